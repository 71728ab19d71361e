/* Libraries that the loader puts in front of all others.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_PRELOAD_H
#define MP_ROUND_PRELOAD_H

#include "harness/base/status.h"

/* From the next exec on, before any other. */
void mp_preload_set(const char *library);

/* Starts this program again with `library` preloaded, unless it is; `argv` is its own. By
 * now the process is seized, so that its supervisor sees what a library does while it is
 * loaded. Does nothing on systems where that is seen anyway (macOS). Returns only if
 * nothing was to be done, or with why not. */
enum mp_status mp_preload_take(const char *library, char *const *argv,
                               struct mp_error *err);

#endif
