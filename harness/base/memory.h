/* Allocation for the host side. Memory that runs out ends the process with exit code 6:
 * there is nothing sensible to do without it. Device memory is not allocated here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_MEMORY_H
#define MP_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for `count` items of `size` bytes; never NULL. Freed with free(). */
void *mp_memory_zeroed(size_t count, size_t size);
/* As realloc, never NULL. */
void *mp_memory_resize(void *memory, size_t count, size_t size);
/* A copy of `text`; NULL stays NULL. */
char *mp_memory_copy_text(const char *text);

/* For allocations of other libraries that failed: says so and ends the process with exit
 * code 6. */
_Noreturn void mp_memory_exhausted(void);

#endif
