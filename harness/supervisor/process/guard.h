/* A small process that outlives a killed supervisor by a moment, to kill what untraced
 * rounds left behind. Traced rounds need no guard: they die with their tracer.
 *
 * It finds processes by a mark in the environment that they were started with. One that
 * was started with another environment is not found; nor is anything if the guard is
 * killed as well.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_GUARD_H
#define MP_PROCESS_GUARD_H

#include "harness/base/status.h"

/* Starts a guard over processes whose environment has an entry that begins with `mark`
 * ("NAME=value"). Call before this process adopts orphans. `ret_fd` is -1 if the
 * system cannot find them. */
enum mp_status mp_guard_start(const char *mark, int *ret_fd, struct mp_error *err);
/* Dismisses the guard: nothing is left to kill. -1 is allowed. */
void mp_guard_stop(int fd);

#endif
