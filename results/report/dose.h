/* The rate against a parameter that a campaign sweeps: cells that differ in nothing but
 * one number, and the slope through them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_DOSE_H
#define MP_REPORT_DOSE_H

#include "harness/base/text.h"
#include "harness/wire/outcome_set.h"
#include "results/report/rows.h"
#include "results/stats/dose.h"

struct mp_dose_cell {
    const struct mp_report_cell *cell; /* borrowed */
    double dose;
    uint64_t failures; /* of those kinds that count */
};

/* Cells of one scenario, device, arm and role. */
struct mp_dose_family {
    char *parameter, *settings; /* "threads"; the others: "n=256,q=0.1" */
    struct mp_dose_cell *cell;  /* doses rise */
    size_t count;
    uint64_t no_verdict; /* rounds that are in no rate */
    struct mp_dose_response response;
};

struct mp_dose_sweep {
    struct mp_dose_family *family; /* in the order of their first cells */
    size_t count;
    struct mp_outcome_set counts;
    bool has_looked; /* the campaign was judged as it ran */
};

/* Of the cells of the report, which must outlive it. Failures are those that `counts`
 * names, as in a comparison. To be released. */
void mp_dose_load(struct mp_dose_sweep *sweep, const struct mp_report *report,
                  struct mp_outcome_set counts);
void mp_dose_release(struct mp_dose_sweep *sweep);
/* A section with the slopes; nothing where there is none. */
void mp_dose_add(const struct mp_dose_sweep *sweep, const struct mp_report *report,
                 struct mp_text *text);
/* The member "dose_response" of a document: every sweep. A limit of null has no end, or
 * no slope fits ("is_refuted_at_all_looks"). All are null without a slope. */
void mp_dose_add_json(const struct mp_dose_sweep *sweep, struct json_object *to);
/* The section in Markdown; `add` writes a text so that nothing in it is markup. */
void mp_dose_add_markdown(const struct mp_dose_sweep *sweep,
                          const struct mp_report *report,
                          void (*add)(struct mp_strbuf *buf, const char *text),
                          struct mp_strbuf *buf);

#endif
