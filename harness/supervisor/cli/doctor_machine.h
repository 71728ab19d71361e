/* The part of `mpstress doctor` that tells what this machine allows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_DOCTOR_MACHINE_H
#define MP_CLI_DOCTOR_MACHINE_H

#include "harness/base/args.h"

/* Looks, changes nothing, prints a line for each thing. Returns 0, or 6 if rounds cannot
 * run or be recorded here. */
int mp_doctor_machine(const struct mp_args *args);

#endif
