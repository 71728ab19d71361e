/* A set of kinds of failure: what is to be counted, as people write it: "crash,hang".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_OUTCOME_SET_H
#define MP_WIRE_OUTCOME_SET_H

#include <stdbool.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/outcome.h"

/* Bits by enum mp_outcome; 0 stands for all kinds of failure. */
struct mp_outcome_set {
    unsigned bits;
};

/* Whether this outcome is a failure that counts. */
bool mp_outcome_set_counts(struct mp_outcome_set set, enum mp_outcome outcome);
/* Whether it is a failure of another kind. */
bool mp_outcome_set_leaves(struct mp_outcome_set set, enum mp_outcome outcome);
/* Adds the kinds in `text`, with commas or '|' between them. All of them together are
 * the same as none. MP_USAGE names what is not a kind of failure. */
enum mp_status mp_outcome_set_parse(const char *text, struct mp_outcome_set *set,
                                    struct mp_error *err);
/* "crash,hang", in the order of outcome.def; with `between` and before the last one
 * `last` in place of the comma. Nothing for all. */
void mp_outcome_set_write(struct mp_outcome_set set, const char *between,
                          const char *last, struct mp_strbuf *buf);

#endif
