/* Runs one row of the fault matrix through the supervisor's runner, for tests that hold two
 * ways to see a crash against each other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MATRIX_RUN_H
#define MP_TESTS_MATRIX_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/supervisor/process/runner.h"
#include "harness/tests/fault_matrix.h"

/* Whether this processor and C library have the fault. */
bool matrix_is_possible(const char *fault);

/* A runner of one round at a time. Close it with mp_runner_close. */
struct mp_runner *matrix_open(bool captures);

/* Fails the test if the round does not end. Release with mp_round_end_release. */
void matrix_run(struct mp_runner *runner, const struct fault_row *row,
                struct mp_round_end *ret_end);
/* The same with a deadline of its own, for rows that hang. */
void matrix_run_for(struct mp_runner *runner, const struct fault_row *row,
                    uint64_t timeout_ms, struct mp_round_end *ret_end);

#endif
