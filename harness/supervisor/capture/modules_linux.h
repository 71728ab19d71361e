/* What is loaded in a stopped process: the files that its mappings name, with the build
 * ids that its memory holds. Opens none of these files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_MODULES_LINUX_H
#define MP_CAPTURE_MODULES_LINUX_H

#include <sys/types.h>

#include "harness/supervisor/capture/maps_linux.h"
#include "harness/wire/crash.h"

/* Adds the modules of process `pid` to `crash`; `memory` is what mp_remote_open returned
 * for it. */
void mp_modules_find(pid_t pid, const struct mp_maps *maps, int memory,
                     struct mp_crash *crash);

#endif
