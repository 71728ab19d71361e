/* A small process that outlives this one by a moment, should it be killed: it kills what
 * rounds that nobody traced have left. Traced ones need none: their tracer's end is
 * theirs.
 *
 * It finds processes by a mark in the environment that they were started with. One that
 * was started with another environment is not found; nor is anything if the guard is
 * killed as well.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_GUARD_H
#define MP_PROCESS_GUARD_H

#include "harness/base/status.h"

/* Starts a guard over processes with an entry in their environment that begins with
 * `mark`
 * ("NAME=value"). Must come before this process adopts orphans. -1 in `ret_fd` where the
 * system has no way to find them. */
enum mp_status mp_guard_start(const char *mark, int *ret_fd, struct mp_error *err);
/* Sends it home: nothing is left that it would have to kill. -1 is fine. */
void mp_guard_stop(int fd);

#endif
