#define _GNU_SOURCE  // for wcwidth and fopencookie

#include "CLibedit.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

// From <curses.h>: false for the size in terminfo's entry instead of the window's.
void use_env(bool);

// Where libedit draws.
static FILE *drawing;

static ssize_t pass_bell(void *cookie, const char *text, size_t count) {
    (void)cookie;
    if (memchr(text, '\a', count) != NULL && write(STDOUT_FILENO, "\a", 1) < 0) return 0;
    return (ssize_t)count;
}

EditLine *cle_init(const char *program, int terminal) {
    use_env(terminal >= 0);
    if (drawing == NULL) drawing = fopencookie(NULL, "w", (cookie_io_functions_t){.write = pass_bell});
    if (drawing == NULL) return NULL;
    return el_init_fd(program, stdin, drawing, stderr, terminal, fileno(stdout), fileno(stderr));
}

void cle_flush(void) {
    fflush(drawing);
}

int cle_width(wchar_t character) {
    return wcwidth(character);
}
