/* What the runner needs from the system and POSIX does not offer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_HOST_H
#define MP_PROCESS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"

/* An anonymous file of `size` zero bytes, close-on-exec, that several processes can
 * map and, if the system supports it, that cannot shrink. The caller closes it. */
enum mp_status mp_host_shared_file(size_t size, int *ret_fd, struct mp_error *err);

/* Path of the running program. */
enum mp_status mp_host_program_path(char *buf, size_t size, struct mp_error *err);

/* Whether processes whose parent dies become children of this one from now on; false,
 * too, if the system has no such thing. */
bool mp_host_adopt_orphans(bool adopts);

/* A descriptor that becomes readable when a child changes state, until
 * mp_host_clear_children; SIGCHLD must be blocked. The caller closes it. */
enum mp_status mp_host_watch_children(int *ret_fd, struct mp_error *err);
void mp_host_clear_children(int fd);

/* Waits for any child or thread without blocking: its id, 0 if none is ready, -1 if
 * there are none. `ret_group` is the process group it was in, -1 unknown. */
pid_t mp_host_wait_any(int *ret_status, pid_t *ret_group);

/* Lists up to `max` processes that rounds may have left, rounds that live among them: the
 * children of this process where it adopts orphans, elsewhere all that are marked by an
 * entry of their environment that begins with `mark` (process_list.h). */
size_t mp_host_leftovers(const char *mark, pid_t *ret_pids, size_t max);

/* The environment variable that makes the loader inject libraries into a program. */
const char *mp_host_preload_variable(void);

/* Whether a round loads the library of its arm by itself once it is seized, so that the
 * end of a library that dies while it is loaded is seen; else the library is in the
 * environment from the start, where this system's capture sees that. */
extern const bool mp_host_round_preloads;

/* What to do where this system refuses to trace rounds; never NULL. */
const char *mp_host_tracing_advice(void);

/* The name that process `pid` goes by, raw, cut to `size` - 1 bytes; "" if it is gone. */
void mp_host_process_name(pid_t pid, char *buf, size_t size);

enum mp_host_mark {
    MP_HOST_MARKED,   /* its initial environment has the entry */
    MP_HOST_OTHER,    /* it has another value for the name */
    MP_HOST_UNMARKED, /* it lacks the name, or cannot be read */
    MP_HOST_DYING     /* a zombie, without memory */
};

/* How process `pid` is marked by `entry` ("NAME=value"). */
enum mp_host_mark mp_host_find_mark(pid_t pid, const char *entry);

#endif
