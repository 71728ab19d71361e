/* Reads what a user's program writes, line by line, for a line that its user calls
 * a failure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_PROGRAM_OUTPUT_H
#define MP_PROCESS_PROGRAM_OUTPUT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/wire/outcome.h"

/* Of a longer line each such part is looked at by itself. */
#define MP_PROGRAM_LINE_MAX 4096

struct mp_program_output {
    bool has_pattern;
    regex_t pattern;
    char line[MP_PROGRAM_LINE_MAX];
    size_t len;
    char match[MP_OUTCOME_SAID_MAX]; /* the first line that matched, cut; "" none */
};

/* Reads the parameter fail_output of `spec`. MP_USAGE if it is not a regular
 * expression. */
enum mp_status mp_program_output_open(struct mp_program_output *output,
                                      const struct mp_round_spec *spec,
                                      struct mp_error *err);
void mp_program_output_add(struct mp_program_output *output, const char *bytes,
                           size_t len);
/* Looks at a last line without a newline. */
void mp_program_output_end(struct mp_program_output *output);
/* May be called for one that is zeroed. */
void mp_program_output_close(struct mp_program_output *output);

#endif
