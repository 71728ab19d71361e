/* Starts a program: own process group, default signals, only the given descriptors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_SPAWN_H
#define MP_PROCESS_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"
#include "harness/supervisor/capture/capture.h"

#define MP_SPAWN_FDS 5

struct mp_spawn {
    const char *program;
    char *const *argv;
    char *const *envp;
    int fd[MP_SPAWN_FDS];       /* becomes descriptor 0 to 4; -1: inherited */
    struct mp_capture *capture; /* NULL: nobody looks into it */
};

/* Starts it. All other descriptors of this process must be close-on-exec. */
enum mp_status mp_spawn_start(const struct mp_spawn *spawn, pid_t *ret_pid,
                              struct mp_error *err);

/* Both ends close-on-exec; reading never blocks. */
enum mp_status mp_spawn_pipe(int ret_fd[2], struct mp_error *err);

/* Ensures that descriptors 0 to 2 are open, so that no pipe becomes one of them. */
void mp_spawn_occupy_standard(void);

#endif
