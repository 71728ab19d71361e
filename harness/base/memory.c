/* Host memory allocation that succeeds or ends the process. Never used for device memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void mp_memory_exhausted(void) {
    static const char text[] = "mpstress: error: out of memory\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    _exit(MP_MEMORY_EXIT_CODE);
}

void *mp_memory_zeroed(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL)
        mp_memory_exhausted();
    return memory;
}

void *mp_memory_resize(void *memory, size_t count, size_t size) {
    if (size > 0 && count > SIZE_MAX / size)
        mp_memory_exhausted();
    size_t bytes = count * size;
    void *moved = realloc(memory, bytes > 0 ? bytes : 1);
    if (moved == NULL)
        mp_memory_exhausted();
    return moved;
}

char *mp_memory_copy_text(const char *text) {
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(mp_memory_zeroed(size, 1), text, size);
}
