/* The parts of `mpstress doctor`. Each prints its findings and returns the exit code.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_DOCTOR_H
#define MP_CLI_DOCTOR_H

#include "harness/base/args.h"

/* What this machine allows, one line per check; changes nothing. 6 if rounds cannot
 * run or be recorded here. */
int mp_doctor_machine(const struct mp_args *args);
/* Checks the database of --db. */
int mp_doctor_database(const struct mp_args *args);
/* Runs the cell of the operand, or its default, observed in all ways. */
int mp_doctor_observer(const struct mp_args *args, char *const *argv);

#endif
