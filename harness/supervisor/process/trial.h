/* Whether a crash of a round can be read on this machine, found out by one: on macOS
 * nothing but a crash tells whether the system lets its message through.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_TRIAL_H
#define MP_PROCESS_TRIAL_H

#include <stdint.h>

#include "harness/base/status.h"

struct mp_trial {
    uint64_t threads; /* whose stacks were read */
    uint64_t wall_ns; /* from the start of the round to its end */
};

/* Runs a round of the null device that reads address 0, by the round program `program`.
 * MP_UNSUPPORTED: its crash was not read, and why; MP_SYSTEM: it could not be tried. No
 * other runner may be open. */
enum mp_status mp_trial_run(const char *program, struct mp_trial *ret_trial,
                            struct mp_error *err);

#endif
