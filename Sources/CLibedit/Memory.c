// Makes the allocator reuse what is freed. A long reply fills one array after another, each larger than the last; by
// default glibc takes each from the system and gives it back, and touching a new page costs more than filling it.

#include "CLibedit.h"

#include <malloc.h>

void cle_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}
