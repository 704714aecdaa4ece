// What the Swift runtime finds out with the help of /proc, which is not there in a chroot or a small container: it takes
// the arguments from the stack whose place it reads in /proc/self/maps, and there are none without it; and where it is
// linked in, it asks /proc/self/exe for the folder of its backtracer before main, and aborts without an answer.

#define _GNU_SOURCE  // for setenv

#include "CLibedit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

// glibc hands the arguments to each function that runs before main. This one comes before those of the runtime, which
// have no priority.
__attribute__((constructor(101))) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
    if (access("/proc/self/exe", F_OK) != 0) setenv("SWIFT_BACKTRACE", "enable=no,swift-backtrace=/", 0);
}

int cle_argument_count(void) {
    return argument_count;
}

const char *cle_argument(int index) {
    return arguments[index];
}

void cle_hide_argument(int index, size_t first, size_t count) {
    memset(arguments[index] + first, '*', count);
}
