#define _GNU_SOURCE  // for wcwidth

#include "CLibedit.h"

EditLine *cle_init(const char *program) {
    return el_init(program, stdin, stdout, stderr);
}

int cle_width(wchar_t character) {
    return wcwidth(character);
}
