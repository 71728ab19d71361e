/* Whether a command may use the GPU of this host now, and the messages about it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_GPU_LOCK_H
#define MP_CLI_GPU_LOCK_H

#include "harness/base/args.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/process/host_lock.h"

/* Takes the host's GPU lock if `plan` needs it, waiting as --lock says. `ret_lock` is
 * NULL if none is needed. MP_LIMIT if another process has it. */
enum mp_status mp_gpu_lock_take(const struct mp_args *args, const struct mp_plan *plan,
                                const char *command_line, struct mp_host_lock **ret_lock,
                                struct mp_error *err);

#endif
