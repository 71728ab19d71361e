/* Allocation of host memory. Running out of memory ends the process with exit code 6:
 * nothing sensible can be done without it. What is committed stays, rounds in flight end
 * with their tracer or by the guard, and the next run records them as lost. Device memory
 * is not allocated here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_MEMORY_H
#define MP_BASE_MEMORY_H

#include <stddef.h>

/* With which a process ends that gets none. */
#define MP_MEMORY_EXIT_CODE 6

/* Zeroed memory for `count` items of `size` bytes; never NULL. Freed with free(). */
void *mp_memory_zeroed(size_t count, size_t size);
/* As realloc, never NULL. */
void *mp_memory_resize(void *memory, size_t count, size_t size);
/* A copy of `text`; NULL stays NULL. */
char *mp_memory_copy_text(const char *text);

/* For failed allocations in other libraries: reports it and ends the process with exit
 * code 6. */
_Noreturn void mp_memory_exhausted(void);

#endif
