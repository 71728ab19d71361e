/* First rounds of processes against later ones. A process ends at its first failure, so
 * that each round but the first follows passes only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/reuse.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/report/line.h"
#include "results/stats/digits.h"
#include "results/stats/strata_exact.h"

#define SHOWN 0.05

static void read_limit(struct mp_reuse *reuse, struct mp_query *query,
                       int64_t campaign_id) {
    sqlite3_stmt *rows =
        mp_query_rows(query, "SELECT reuse FROM campaign WHERE id = ?1", campaign_id, 0);
    while (mp_query_next(query, rows))
        reuse->limit = sqlite3_column_int64(rows, 0);
}

static void add_up(struct mp_two_arms *total, const struct mp_two_arms *arms) {
    total->rounds_a += arms->rounds_a;
    total->failures_a += arms->failures_a;
    total->rounds_b += arms->rounds_b;
    total->failures_b += arms->failures_b;
}

void mp_reuse_load(struct mp_reuse *reuse, struct mp_query *query, int64_t campaign_id) {
    struct mp_two_arms *cell = NULL;
    size_t count = 0;
    *reuse = (struct mp_reuse){.limit = 1, .p = NAN};
    read_limit(reuse, query, campaign_id);
    if (reuse->limit <= 1)
        return;
    sqlite3_stmt *rows = mp_query_rows(
        query,
        "SELECT count(*) FILTER (WHERE turn > 1),"
        " count(*) FILTER (WHERE turn > 1 AND class = 'failure'),"
        " count(*) FILTER (WHERE turn = 1),"
        " count(*) FILTER (WHERE turn = 1 AND class = 'failure')"
        " FROM round JOIN outcome ON outcome.name = outcome"
        " WHERE campaign_id = ?1 AND class <> 'no_verdict' GROUP BY cell_id",
        campaign_id, 0);
    while (mp_query_next(query, rows)) {
        cell = mp_memory_resize(cell, count + 1, sizeof(*cell));
        cell[count] =
            (struct mp_two_arms){.rounds_a = (uint64_t)sqlite3_column_int64(rows, 0),
                                 .failures_a = (uint64_t)sqlite3_column_int64(rows, 1),
                                 .rounds_b = (uint64_t)sqlite3_column_int64(rows, 2),
                                 .failures_b = (uint64_t)sqlite3_column_int64(rows, 3)};
        add_up(&reuse->arms, &cell[count++]);
    }
    struct mp_strata_exact exact = mp_strata_exact(cell, count);
    bool can_show = reuse->arms.rounds_a > 0 && reuse->arms.rounds_b > 0 &&
                    reuse->arms.failures_a + reuse->arms.failures_b > 0;
    if (can_show && exact.is_complete)
        reuse->p = exact.two_sided;
    free(cell);
}

void mp_reuse_write(const struct mp_reuse *reuse, struct mp_strbuf *buf) {
    const struct mp_two_arms *arms = &reuse->arms;
    char p[MP_DIGITS_SIZE];
    if (reuse->limit <= 1)
        return;
    mp_strbuf_addf(
        buf,
        "a process ran up to %lld rounds of one cell; of its first rounds %" PRIu64
        " of %" PRIu64 " failed, of the later ones, which follow passes only, "
        "%" PRIu64 " of %" PRIu64,
        (long long)reuse->limit, arms->failures_b, arms->rounds_b, arms->failures_a,
        arms->rounds_a);
    if (isnan(reuse->p)) {
        mp_strbuf_addstr(buf, ", which cannot show whether they depend on each other");
    } else {
        mp_digits_probability(reuse->p, p, sizeof(p));
        mp_strbuf_addf(buf, " (P %s, each cell by itself): %s", p,
                       reuse->p < SHOWN
                           ? "rounds of one process depend on each other"
                           : "no dependence is shown, which is not to show that there is "
                             "none");
    }
    mp_strbuf_addstr(buf,
                     ". Its device stayed open from round to round, with the kernels "
                     "that it had loaded (null is opened anew); closing it and the end "
                     "of the process were seen after its last round only. These rounds "
                     "are in no other claim, night or plan");
}

void mp_reuse_add(const struct mp_reuse *reuse, struct mp_text *text) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_reuse_write(reuse, &words);
    if (words.len > 0) {
        mp_line_title(text, "Rounds shared processes");
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_WARN, 2, words.text);
    }
    mp_strbuf_release(&words);
}

void mp_reuse_add_json(const struct mp_reuse *reuse, struct json_object *to) {
    struct json_object *object = mp_json_add_object(to, "reuse");
    mp_json_add_integer(object, "rounds_per_process", reuse->limit);
    if (reuse->limit <= 1)
        return;
    mp_json_add_count(object, "first", reuse->arms.rounds_b);
    mp_json_add_count(object, "first_failed", reuse->arms.failures_b);
    mp_json_add_count(object, "later", reuse->arms.rounds_a);
    mp_json_add_count(object, "later_failed", reuse->arms.failures_a);
    mp_json_add_number(object, "p", reuse->p);
}
