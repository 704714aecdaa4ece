import Glibc
import Shell

// Nothing else belongs here: this code runs on the main actor, and a closure would pull in the actor runtime.
exit(App.main())
