/* Arms of several libraries: --fix a.so --fix b.so makes arm fix two arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_FIX_ARMS_H
#define MP_CLI_FIX_ARMS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/args.h"
#include "harness/wire/round_spec.h"

#define MP_FIX_ARMS_MAX 16

/* The arms that the libraries of --fix make, "fix=FILE" each; one library alone is
 * "fix". */
struct mp_fix_arms {
    size_t count;
    char arm[MP_FIX_ARMS_MAX][MP_SPEC_FIX_MAX + 4];
};

/* MP_LIMIT or MP_USAGE if they are too many, or a path too long. */
enum mp_status mp_fix_arms_read(const struct mp_args *args, struct mp_fix_arms *ret_arms,
                                struct mp_error *err);
/* Replaces the word "fix" in `arm` (room for `max`) by them. */
enum mp_status mp_fix_arms_expand(const struct mp_fix_arms *arms, const char **arm,
                                  size_t *count, size_t max, struct mp_error *err);
/* Whether `arm`, a word of a command line, is the arm of a cell with the library at
 * `path`. */
bool mp_fix_arms_is(const char *arm, const char *path);

#endif
