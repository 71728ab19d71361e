/* Reads the memory of a stopped process in lines, not words: an unwinder reads the same
 * neighbourhood again and again, and every read is a system call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REMOTE_LINUX_H
#define MP_CAPTURE_REMOTE_LINUX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mp_remote;

/* The memory as the stopped thread `tid` sees it; valid as long as no thread of it
 * runs. */
struct mp_remote *mp_remote_open(pid_t tid);
/* The word at `address`, aligned or not; false where nothing can be read. */
bool mp_remote_read(struct mp_remote *remote, uint64_t address, uint64_t *ret_word);
void mp_remote_close(struct mp_remote *remote);

#endif
