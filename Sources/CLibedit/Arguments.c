// Replaces what the Swift runtime looks for in /proc, which is missing in a chroot or a small container and costs each
// start more than reading the command line: the runtime takes the arguments from the stack, which it finds through
// /proc/self/maps; and where it is linked in, it asks /proc/self/exe for the folder of its backtracer before main, and
// aborts without an answer.

#define _GNU_SOURCE  // for setenv

#include "CLibedit.h"

#include <stdlib.h>
#include <string.h>

static int argument_count;
static char **arguments;
static int names_backtracer;

// glibc passes the arguments to each function that runs before main. This one runs before those of the runtime, which
// have no priority.
__attribute__((constructor(101))) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
    names_backtracer = getenv("SWIFT_BACKTRACE") == NULL;
    if (names_backtracer) setenv("SWIFT_BACKTRACE", "enable=no,swift-backtrace=/", 0);
}

void cle_restore_environment(void) {
    if (names_backtracer) unsetenv("SWIFT_BACKTRACE");
}

// The standard library asks for the arguments with these. As they are defined here, the runtime's own are not linked
// in.
char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    *count = argument_count;
    return arguments;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **values, int count) {
    arguments = values;
    argument_count = count;
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
