/* Whose fault a failure is: a cell that breaks Apple's rules beside its lawful twin, and
 * both under a validation layer, as run --legality makes them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_LEGALITY_H
#define MP_REPORT_LEGALITY_H

#include <stdbool.h>

#include "harness/base/text.h"
#include "results/report/rows.h"

struct json_object;

/* A call that a validation layer objected to. */
struct mp_objection {
    char *call; /* "-[MTLDebugComputeCommandEncoder setBuffer:offset:atIndex:]" */
    uint64_t rounds;
};

/* One validated cell; `cell` is NULL if the campaign has none. */
struct mp_legality_check {
    const struct mp_report_cell *cell;
    struct mp_objection *objection;
    size_t count;
    uint64_t rounds; /* in which something was objected to */
};

/* A cell that breaks the rules; what is beside it in the campaign, NULL where nothing
 * is. */
struct mp_legality_row {
    const struct mp_report_cell *cell, *twin;
    struct mp_legality_check checked, checked_twin;
};

struct mp_legality {
    struct mp_legality_row *row;
    size_t count; /* 0: the campaign has no such pair */
};

/* Reads the pairs of a campaign, of which the cells are borrowed. */
void mp_legality_load(struct mp_legality *legality, struct mp_report *report);
void mp_legality_release(struct mp_legality *legality);

/* A part of the report; nothing without pairs. */
void mp_legality_add(const struct mp_legality *legality, struct mp_text *text);
void mp_legality_add_json(const struct mp_legality *legality, struct json_object *to);

/* Whether "destroy_impl:q=1,share=all,sync=off_queue" shares an encoder against the
 * rules. */
bool mp_legality_is_unlawful(const char *cell);
/* For a failure of such a cell on `device`: the rule, and how to see the twin. Nothing
 * for others. */
void mp_legality_add_note(const char *cell, const char *device, struct mp_text *text);

#endif
