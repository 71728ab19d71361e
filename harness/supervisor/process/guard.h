/* A small process that outlives a killed supervisor by a moment, to kill what its rounds
 * left behind. Rounds that die with their tracer need none (capture.h).
 *
 * It kills the cgroup that rounds live in, if they have one (cgroup.h): nothing in it
 * escapes. Else it finds processes by a mark in the environment that they were started
 * with. One that was started with another environment is not found then, nor one whose
 * environment nobody may read. If the guard is killed as well, nothing is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_GUARD_H
#define MP_PROCESS_GUARD_H

#include "harness/base/status.h"

/* Starts a guard over processes whose environment has an entry that begins with `mark`
 * ("NAME=value"), and over `cgroup` ("": none). Call while this process does not adopt
 * orphans. `ret_fd`, both ends of a pipe, are for mp_guard_stop. */
enum mp_status mp_guard_start(const char *mark, const char *cgroup, int ret_fd[2],
                              struct mp_error *err);
/* Dismisses the guard: nothing is left to kill. Descriptors of -1 are allowed. */
void mp_guard_stop(const int fd[2]);

#endif
