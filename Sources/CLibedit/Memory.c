// What is freed is used again. A long reply fills one array after the other, each larger than the last; by its defaults glibc
// takes each from the system and gives it back, and to touch a new page costs more than to fill it.

#include "CLibedit.h"

#include <malloc.h>

void cle_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}
