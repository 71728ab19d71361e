/* A task of this Mac behind the questions of task.h. Every one of them takes the read
 * port of a task or of a thread, which is what exception messages carry where developer
 * mode is off (XNU, exception.c).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_TASK_MACOS_H
#define MP_CAPTURE_TASK_MACOS_H

#include <mach/mach.h>

#include "harness/supervisor/capture/task.h"

/* `task` must outlive what is returned. */
struct mp_task mp_task_of_port(const mach_port_t *task);

#endif
