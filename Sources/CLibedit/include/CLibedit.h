#ifndef CLIBEDIT_H
#define CLIBEDIT_H
#include <histedit.h>
static inline void clibedit_placeholder(void) {}
#endif
