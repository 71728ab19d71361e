/* Computes the answers of `mpstress plan`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/rounds_needed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/query.h"
#include "results/report/rows.h"
#include "results/stats/binomial.h"
#include "results/stats/demonstration.h"

#define ALPHA_USUAL 0.05

/* The newest rounds of the campaign, each with the time to the start of the next: it
 * includes everything between rounds, and parallel rounds share it. Per cell the mean
 * of the middle 80 %, without pauses and single hangs. */
#define SPEED                                                                            \
    "WITH newest AS (SELECT cell_id, started_at, wall_ns, seq FROM round WHERE "         \
    "campaign_id = ?1"                                                                   \
    " ORDER BY seq DESC LIMIT 2000), gap AS (SELECT cell_id, coalesce(round((julianday(" \
    "lead(started_at) OVER (ORDER BY started_at, seq)) - julianday(started_at)) * "      \
    "86400e3) * 1e6,"                                                                    \
    " wall_ns) AS ns FROM newest), ranked AS (SELECT cell_id, ns, row_number() OVER "    \
    "(PARTITION BY"                                                                      \
    " cell_id ORDER BY ns) AS spot, count(*) OVER (PARTITION BY cell_id) AS n FROM gap)" \
    " SELECT CAST(avg(ns) AS INTEGER), role = 'subject' FROM ranked JOIN campaign_cell " \
    "AS c ON"                                                                            \
    " c.cell_id = ranked.cell_id AND c.campaign_id = ?1"                                 \
    " WHERE spot > n / 10 AND spot <= n - n / 10 GROUP BY ranked.cell_id"

/* The subjects of the campaign with the rounds that may be pooled with theirs. */
#define COUNTS                                                                           \
    "SELECT t.title || ', arm ' || r.arm || ', '"                                        \
    " || r.device, r.rounds, r.failures, r.no_verdict, r.without_power, r.campaigns,"    \
    " r.looked_at, r.no_verdict - r.skipped, r.no_overlap"                               \
    " FROM campaign AS c JOIN campaign_cell AS m ON m.campaign_id = c.id"                \
    " JOIN cell_title AS t ON t.cell_id = m.cell_id"                                     \
    " JOIN cell_rate AS r ON r.cell_id = m.cell_id AND r.role = m.role"                  \
    " AND r.environment_id = c.environment_id AND r.version = c.version"                 \
    " WHERE c.id = ?1 AND m.role = 'subject'"                                            \
    " AND r.rounds + r.without_power + r.no_verdict > 0 ORDER BY r.cell_id"

static void load_speed(struct mp_query *query, int64_t campaign_id,
                       struct mp_rounds_needed *needed) {
    uint64_t subjects = 0, subject_ns = 0;
    sqlite3_stmt *rows = mp_query_rows(query, SPEED, campaign_id, 0);
    while (mp_query_next(query, rows)) {
        int64_t ns = sqlite3_column_int64(rows, 0);
        uint64_t mean_ns = ns > 0 ? (uint64_t)ns : 1;
        needed->block_ns += mean_ns;
        needed->cells++;
        if (sqlite3_column_int(rows, 1)) {
            subjects++;
            subject_ns += mean_ns;
        }
    }
    needed->campaign_id = needed->cells > 0 ? campaign_id : 0;
    needed->round_ns = subjects > 0 ? subject_ns / subjects : 0;
}

static struct mp_rounds_needed_known *add_known(struct mp_rounds_needed *needed,
                                                const char *name) {
    needed->known =
        mp_memory_resize(needed->known, needed->known_count + 1, sizeof(*needed->known));
    struct mp_rounds_needed_known *known = &needed->known[needed->known_count++];
    memset(known, 0, sizeof(*known));
    known->name = mp_memory_copy_text(name);
    return known;
}

static void load_counts(struct mp_query *query, int64_t campaign_id,
                        struct mp_rounds_needed *needed) {
    sqlite3_stmt *rows = mp_query_rows(query, COUNTS, campaign_id, 0);
    while (mp_query_next(query, rows)) {
        struct mp_rounds_needed_known *known = add_known(needed, mp_query_text(rows, 0));
        known->rounds = (uint64_t)sqlite3_column_int64(rows, 1);
        known->failures = (uint64_t)sqlite3_column_int64(rows, 2);
        known->no_verdict = (uint64_t)sqlite3_column_int64(rows, 3);
        known->without_power = (uint64_t)sqlite3_column_int64(rows, 4);
        known->campaigns = (uint64_t)sqlite3_column_int64(rows, 5);
        known->looked_at = (uint64_t)sqlite3_column_int64(rows, 6);
        known->hidden = (uint64_t)sqlite3_column_int64(rows, 7);
        known->no_overlap = (uint64_t)sqlite3_column_int64(rows, 8);
        /* Rounds of campaigns without power are not included. */
        if (known->no_overlap > known->rounds - known->failures)
            known->no_overlap = known->rounds - known->failures;
    }
}

static enum mp_status load(struct mp_store *store, struct mp_rounds_needed *needed,
                           struct mp_error *err) {
    struct mp_query query;
    int64_t campaign_id = 0;
    mp_query_begin(&query, store);
    sqlite3_stmt *rows = mp_query_rows(&query,
                                       "SELECT id FROM campaign WHERE (?2 <> 0 AND id "
                                       "= ?2) OR (?2 = 0 AND ?1 = 0 AND NOT is_replay"
                                       " AND EXISTS"
                                       " (SELECT 1 FROM round WHERE campaign_id = "
                                       "campaign.id)) ORDER BY id DESC LIMIT 1",
                                       0, needed->options.campaign_id);
    while (mp_query_next(&query, rows))
        campaign_id = sqlite3_column_int64(rows, 0);
    load_speed(&query, campaign_id, needed);
    if (!needed->options.has_rounds)
        load_counts(&query, campaign_id, needed);
    mp_query_end(&query);
    return mp_query_status(&query, err);
}

static void answer_claim(struct mp_rounds_needed *needed, struct mp_beta_prior prior) {
    double target = needed->claim.target, alpha = needed->claim.alpha;
    for (uint64_t i = 0; i < MP_ROUNDS_NEEDED_FIXED; i++) {
        uint64_t rounds = mp_demonstration_rounds(i, target, alpha);
        needed->fixed[i] = (struct mp_rounds_needed_fixed){
            .allowed = i,
            .rounds = rounds,
            .pass_tenth = mp_demonstration_pass(i, rounds, target / 10.0),
            .pass_half = mp_demonstration_pass(i, rounds, target / 2.0)};
    }
    uint64_t budget = mp_stopping_default_budget(&needed->claim);
    needed->budget = (struct mp_rounds_needed_budget){
        .rounds = budget,
        .tenth = mp_stopping_make(&needed->claim, prior, target / 10.0, budget),
        .half = mp_stopping_make(&needed->claim, prior, target / 2.0, budget)};
    for (uint64_t i = 0; i < MP_ROUNDS_NEEDED_LOOKING; i++) {
        uint64_t clean = mp_eprocess_clean_rounds(i, i, target, alpha, prior);
        needed->looking[i] = (struct mp_rounds_needed_looking){
            .failures = i, .rounds = clean == UINT64_MAX ? MP_ROUNDS_NEVER : clean + i};
    }
}

static void answer_known(const struct mp_rounds_needed *needed,
                         struct mp_beta_prior prior,
                         struct mp_rounds_needed_known *known) {
    double alpha = needed->claim.alpha;
    bool has_claim = needed->options.claim != NULL;
    struct mp_evidence_cell cell =
        mp_evidence_at_worst((struct mp_evidence_cell){.rounds = known->rounds,
                                                       .failures = known->failures,
                                                       .no_overlap = known->no_overlap,
                                                       .no_verdict = known->hidden});
    known->upper = mp_binomial_upper(cell.failures, cell.rounds, alpha);
    known->upper_looking = mp_evidence_upper(cell.failures, cell.rounds, alpha, prior);
    if (has_claim) {
        double target = needed->claim.target;
        known->log_e = mp_eprocess_log_below(cell.failures, cell.rounds, target, prior);
        known->clean_left =
            mp_eprocess_clean_rounds(cell.failures, cell.rounds, target, alpha, prior);
        known->is_shown = known->upper <= target;
    }
    known->more[0].rounds = 1000;
    known->more[1].rounds = known->rounds;
    known->more[2].rounds =
        needed->block_ns > 0 ? needed->options.night_ns / needed->block_ns : 0;
    for (size_t i = 0; i < sizeof(known->more) / sizeof(known->more[0]); i++)
        known->more[i].upper =
            mp_binomial_upper(cell.failures, cell.rounds + known->more[i].rounds, alpha);
}

static void answer_margin(struct mp_rounds_needed *needed, struct mp_pair_rates apart) {
    const struct mp_rounds_needed_options *options = &needed->options;
    struct mp_margin_question question = {options->margin, ALPHA_USUAL,
                                          options->is_two_sided, 1};
    struct mp_pair_rates together = {.only_a = fmax(0, options->from - options->to),
                                     .only_b = fmax(0, options->to - options->from),
                                     .alpha = ALPHA_USUAL};
    needed->margin_apart = mp_margin_rounds(question, apart, options->power);
    needed->margin_together = mp_margin_rounds(question, together, options->power);
}

enum mp_status mp_rounds_needed_make(const struct mp_rounds_needed_options *options,
                                     struct mp_store *store,
                                     struct mp_rounds_needed *ret_needed,
                                     struct mp_error *err) {
    struct mp_rounds_needed *needed = ret_needed;
    enum mp_status status = MP_OK;
    memset(needed, 0, sizeof(*needed));
    needed->options = *options;
    needed->claim = options->claim != NULL ? *options->claim
                                           : (struct mp_claim){.alpha = ALPHA_USUAL};
    struct mp_beta_prior prior = mp_evidence_prior(options->claim);
    if (store != NULL)
        status = load(store, needed, err);
    if (options->has_rounds) {
        struct mp_rounds_needed_known *known = add_known(needed, "");
        known->rounds = options->rounds;
        known->failures = options->failures;
    }
    if (options->claim != NULL)
        answer_claim(needed, prior);
    for (size_t i = 0; i < needed->known_count; i++)
        answer_known(needed, prior, &needed->known[i]);
    if (options->has_contrast) {
        struct mp_contrast contrast = {
            .rate_a = options->from, .rate_b = options->to, .alpha = ALPHA_USUAL};
        struct mp_pair_rates rates = mp_pair_rates_independent(contrast);
        if (options->margin > 0)
            answer_margin(needed, rates);
        needed->contrast = mp_pairs_fixed(rates, options->power);
        needed->contrast_looking = mp_pairs_sequential(rates, options->power);
    }
    return status;
}

void mp_rounds_needed_release(struct mp_rounds_needed *needed) {
    for (size_t i = 0; i < needed->known_count; i++)
        free(needed->known[i].name);
    free(needed->known);
    memset(needed, 0, sizeof(*needed));
}
