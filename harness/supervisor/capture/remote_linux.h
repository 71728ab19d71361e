/* Reads the memory of a stopped process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REMOTE_LINUX_H
#define MP_CAPTURE_REMOTE_LINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor of the memory as the stopped thread `tid` sees it, -1 if it cannot be
 * opened. The caller closes it. */
int mp_remote_open(pid_t tid);
/* Reads up to `len` bytes from `address` on; returns how many could be read without a
 * gap. `fd` -1: none. */
size_t mp_remote_read(int fd, uint64_t address, void *buf, size_t len);

#endif
