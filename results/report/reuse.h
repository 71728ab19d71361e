/* Rounds that shared a process (run --reuse): how many did, and whether it mattered, as
 * far as failures can tell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REUSE_H
#define MP_REPORT_REUSE_H

#include "harness/base/text.h"
#include "results/report/json.h"
#include "results/report/query.h"
#include "results/stats/two_arms.h"

struct mp_reuse {
    int64_t limit; /* rounds that a process might run; 1: none was reused */
    /* A: later rounds of a process, B: the first; of all cells */
    struct mp_two_arms arms;
    double p; /* that their rates differ so much by chance, each cell by itself; NAN: no
                 test */
};

/* Reads a campaign; failures are kept by the query. */
void mp_reuse_load(struct mp_reuse *reuse, struct mp_query *query, int64_t campaign_id);
/* Adds it in words; nothing if every round had its own process. */
void mp_reuse_write(const struct mp_reuse *reuse, struct mp_strbuf *buf);
/* The same as a section, and as the member "reuse" of a document. */
void mp_reuse_add(const struct mp_reuse *reuse, struct mp_text *text);
void mp_reuse_add_json(const struct mp_reuse *reuse, struct json_object *to);

#endif
