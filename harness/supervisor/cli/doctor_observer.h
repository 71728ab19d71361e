/* The part of `mpstress doctor` that asks whether looking at rounds changes what they do.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_DOCTOR_OBSERVER_H
#define MP_CLI_DOCTOR_OBSERVER_H

#include "harness/base/args.h"

/* Runs the cell of the operand, or its own, in all ways of looking, and says what came
 * out. Returns the exit code. */
int mp_doctor_observer(const struct mp_args *args, char *const *argv);

#endif
