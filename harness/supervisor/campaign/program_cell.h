/* The cells of a user's program: its parameters and arms, checked and written in
 * full before any round. Used by matrix.c and by commands that write such sections.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_PROGRAM_CELL_H
#define MP_CAMPAIGN_PROGRAM_CELL_H

#include <stdbool.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/suite.h"
#include "results/store/cell.h"

/* Whether a section is a program: [exec], or any other heading that names no scenario,
 * with a key exec. */
bool mp_program_cell_is_section(const struct mp_suite_section *section);

/* The value of a parameter as it is stored: a line of words without , or |. Parameters
 * that are not lines of words are left as they are. */
enum mp_status mp_program_cell_value(const char *name, const char *value,
                                     struct mp_strbuf *ret_value, struct mp_error *err);

/* Checks an arm and writes it into the cell. `arm` is none, or one of the program's. */
enum mp_status mp_program_cell_set_arm(struct mp_cell *cell, const char *arm,
                                       struct mp_error *err);

/* Completes a cell that has all its parameters and its arm: finds the program, reads its
 * build, and checks the rest. */
enum mp_status mp_program_cell_finish(struct mp_cell *cell, struct mp_error *err);

#endif
