/* A control group in which a runner and its rounds live, on Linux: whatever they start
 * stays in it, under any parent, in any session, with any environment, and is killed as a
 * whole. Rounds are born in it: to move each would cost milliseconds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_CGROUP_H
#define MP_PROCESS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

#define MP_CGROUP_PATH_MAX 1024
#define MP_CGROUP_NAME     "mpstress-" /* then the runner's process and a number */

/* Makes one below that of this process and writes its folder; `id` tells several of a
 * process apart, `buf` has MP_CGROUP_PATH_MAX bytes. Empty ones that killed runners left
 * there are removed. On failure it is "" (MP_UNSUPPORTED): no cgroup v2, no right
 * to it, or a kernel that cannot kill a group (before 5.14). */
enum mp_status mp_cgroup_make(uint64_t id, char *buf, struct mp_error *err);
/* Moves this process into it: what it starts from then on is in it. False if that cannot
 * be, and for "". */
bool mp_cgroup_enter(const char *path);
/* Moves this process back to where the group was made. The same. */
bool mp_cgroup_leave(const char *path);
/* Kills all that is in it and removes it once that is gone, for which it waits a moment.
 * False if something is left. "" is allowed. */
bool mp_cgroup_end(const char *path);

#endif
