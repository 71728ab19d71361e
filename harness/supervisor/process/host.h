/* What the runner needs from the system and POSIX does not offer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_HOST_H
#define MP_PROCESS_HOST_H

#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"

/* A file of `size` zero bytes without a name, close-on-exec, that can be mapped by
 * several processes and, where the system can promise it, not be shortened. The caller
 * closes it. */
enum mp_status mp_host_shared_file(size_t size, int *ret_fd, struct mp_error *err);

/* Path of the running program. */
enum mp_status mp_host_program_path(char *buf, size_t size, struct mp_error *err);

/* From now on processes whose parent dies become children of this one, where the system
 * can. */
void mp_host_adopt_orphans(void);

/* A descriptor that is readable once a child has changed its state; SIGCHLD must be
 * blocked. It stays so until mp_host_clear_children. The caller closes it. */
enum mp_status mp_host_watch_children(int *ret_fd, struct mp_error *err);
void mp_host_clear_children(int fd);

/* One result of waiting for any child or thread without blocking: its id, 0 if none is
 * ready, -1 if there is none at all. `ret_group` is the process group it was in, -1
 * unknown. */
pid_t mp_host_wait_any(int *ret_status, pid_t *ret_group);

/* Lists up to `max` living children of this process; 0 where the system cannot tell. */
size_t mp_host_children(pid_t *ret_pids, size_t max);

/* The variable of the environment that makes the loader inject libraries into a
 * program. */
const char *mp_host_preload_variable(void);

enum mp_host_mark {
    MP_HOST_MARKED,   /* the environment that it was started with holds the entry */
    MP_HOST_OTHER,    /* it holds another value of the same name */
    MP_HOST_UNMARKED, /* it does not hold the name, or cannot be read */
    MP_HOST_DYING     /* it has no memory any more */
};

/* How process `pid` is marked by `entry` ("NAME=value"). */
enum mp_host_mark mp_host_mark_of(pid_t pid, const char *entry);

#endif
