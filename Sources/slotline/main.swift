import Glibc
import Shell

// Nothing but this: code here runs on the main actor, and a closure would bring in the runtime of all actors.
exit(App.main())
