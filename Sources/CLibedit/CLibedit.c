#define _GNU_SOURCE  // for wcwidth

#include "CLibedit.h"

#include <stdbool.h>

// Of <curses.h>: false for the size of terminfo's entry in place of the window's.
void use_env(bool);

EditLine *cle_init(const char *program, int terminal) {
    use_env(terminal >= 0);
    return el_init_fd(program, stdin, stdout, stderr, terminal, fileno(stdout), fileno(stderr));
}

int cle_width(wchar_t character) {
    return wcwidth(character);
}
