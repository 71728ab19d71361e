/* The plan of a campaign: read, and shown in one line. The claim it makes is judged in
 * claim.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/report/text.h"

void mp_report_load_plan(struct mp_report *report) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT id, hash, ifnull(claim, ''), prior_a, prior_b, ifnull(rounds, 0),"
        " ifnull(duration_ns, 0), json_array_length(text, '$.cells')"
        " FROM plan WHERE id = (SELECT plan_id FROM campaign WHERE id = ?1)",
        0);
    while (mp_report_next(report, rows)) {
        struct mp_report_plan *plan = &report->plan;
        plan->id = sqlite3_column_int64(rows, 0);
        plan->hash = mp_memory_copy_text(mp_report_column(rows, 1));
        plan->claim_text = mp_memory_copy_text(mp_report_column(rows, 2));
        plan->prior.a = sqlite3_column_double(rows, 3);
        plan->prior.b = sqlite3_column_double(rows, 4);
        plan->rounds = (uint64_t)sqlite3_column_int64(rows, 5);
        plan->duration_ns = (uint64_t)sqlite3_column_int64(rows, 6);
        plan->cells = (uint64_t)sqlite3_column_int64(rows, 7);
    }
}

void mp_report_release_plan(struct mp_report_plan *plan) {
    free(plan->hash);
    free(plan->claim_text);
}

void mp_report_add_plan(const struct mp_report *report, struct mp_text *text) {
    const struct mp_report_plan *plan = &report->plan;
    if (plan->id == 0)
        return; /* written by a program that made no plans */
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%lld · %.12s · %s · %llu cell%s · ", (long long)plan->id,
                   plan->hash,
                   plan->claim_text[0] != '\0' ? plan->claim_text : "no claim",
                   (unsigned long long)plan->cells, plan->cells == 1 ? "" : "s");
    if (plan->rounds > 0) {
        mp_strbuf_addf(&line, "at most %llu round%s", (unsigned long long)plan->rounds,
                       plan->rounds == 1 ? "" : "s");
    } else {
        mp_strbuf_addstr(&line, "rounds until it ends");
    }
    if (plan->duration_ns > 0) {
        char duration[32];
        mp_clock_format_duration(plan->duration_ns, duration, sizeof(duration));
        mp_strbuf_addf(&line, " within %s", duration);
    }
    mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, "plan");
    mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH, line.text);
    mp_strbuf_release(&line);
}
