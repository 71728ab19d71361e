/* The part of `mpstress doctor` that looks at a database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_DOCTOR_DB_H
#define MP_CLI_DOCTOR_DB_H

#include "harness/base/args.h"

/* Checks the database of --db and prints what was found. Returns the exit code. */
int mp_doctor_database(const struct mp_args *args);

#endif
