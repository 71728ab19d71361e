/* Programs on a command line (--exec, or what stands behind --) as sections of a suite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_PROGRAM_SECTION_H
#define MP_CLI_PROGRAM_SECTION_H

#include <stdbool.h>

#include "harness/base/args.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/suite.h"

/* Adds a section for each program, with the options that say how it is read. MP_USAGE if
 * there are such options and no program. */
enum mp_status mp_program_sections_add(struct mp_suite *suite, const struct mp_args *args,
                                       struct mp_error *err);

/* Adds one section for the command line `command`. */
enum mp_status mp_program_section_add(struct mp_suite *suite, const struct mp_args *args,
                                      const char *command, struct mp_error *err);

/* MP_USAGE if a program of the plan could not trace another, since it is traced. */
enum mp_status mp_program_section_check(const struct mp_plan *plan, bool captures,
                                        struct mp_error *err);
/* Warns of what such programs cannot have here: rights of their owner while they are
 * traced. */
void mp_program_section_say(const struct mp_plan *plan, bool captures);

#endif
