/* Starts a program: own process group, default signals, exactly the descriptors it is
 * given.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_SPAWN_H
#define MP_PROCESS_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"

#define MP_SPAWN_FDS 4

struct mp_spawn {
    const char *program;
    char *const *argv;
    char *const *envp;
    int fd[MP_SPAWN_FDS]; /* becomes descriptor 0, 1, 2, 3; -1: inherited */
};

/* Starts it. All other descriptors of this process must be close-on-exec. */
enum mp_status mp_spawn_start(const struct mp_spawn *spawn, pid_t *ret_pid,
                              struct mp_error *err);

/* Both ends close-on-exec; reading never blocks. */
enum mp_status mp_spawn_pipe(int ret_fd[2], struct mp_error *err);

/* Makes sure that descriptors 0 to 2 are taken, so that no pipe of ours ever becomes
 * one. */
void mp_spawn_occupy_standard(void);

#endif
