/* The memory of a process that is gone: its stacks as they were copied, and the rest as
 * the files hold it that were mapped there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_COPY_MEMORY_LINUX_H
#define MP_CAPTURE_COPY_MEMORY_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/supervisor/capture/copy_linux.h"

struct mp_copy_memory;

/* Borrows `copy`. Never NULL. */
struct mp_copy_memory *mp_copy_memory_open(const struct mp_copy *copy);
/* The word at `address`, aligned or not; false where nothing is known. */
bool mp_copy_memory_read(struct mp_copy_memory *memory, uint64_t address,
                         uint64_t *ret_word);
/* A descriptor of the file at `path` if it is a plain one, else -1; owned by the
 * caller. */
int mp_copy_memory_open_file(const char *path);
void mp_copy_memory_close(struct mp_copy_memory *memory);

#endif
