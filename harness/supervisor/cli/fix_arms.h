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
/* How well `word`, of a command line ("fix", "fix=FILE:X=1", "fix_encoder"), fits the arm
 * of a cell that injects a library: 0 not at all, else more with each variable that it
 * names. Of several words the best one is the cell's. */
unsigned mp_fix_arms_fit(const char *word, const struct mp_round_spec *spec);

#endif
