/* Reading the memory of a task in pieces that may end anywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/task.h"

#include <string.h>

#define POINTER_MASK UINT64_C(0x00007fffffffffff)
/* Of arm64 macOS 16384, of Linux 4096: a piece within the smaller is within the other. */
#define PIECE 4096

uint64_t mp_task_strip(uint64_t pointer) {
    return pointer & POINTER_MASK;
}

bool mp_task_read(const struct mp_task *task, uint64_t address, void *buf, size_t size) {
    return address != 0 && size <= UINT64_MAX - address &&
           task->ops->read(task->at, address, buf, size);
}

size_t mp_task_read_text(const struct mp_task *task, uint64_t address, char *buf,
                         size_t size) {
    size_t len = 0;
    buf[0] = '\0';
    while (len + 1 < size) {
        size_t piece = PIECE - (size_t)((address + len) % PIECE);
        if (piece > size - 1 - len)
            piece = size - 1 - len;
        if (!mp_task_read(task, address + len, buf + len, piece))
            break;
        const char *end = memchr(buf + len, '\0', piece);
        if (end != NULL)
            return (size_t)(end - buf);
        len += piece;
    }
    /* Either it is longer than wanted, or its end cannot be read: both are cut. */
    buf[len] = '\0';
    return len;
}
