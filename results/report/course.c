/* Evidence over rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/course.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/wire/outcome.h"

/* The next count at which a point is due, so that `total` of them give all points. */
static uint64_t next_due(uint64_t seen, uint64_t total) {
    uint64_t step = total / (MP_COURSE_POINTS - 2);
    return seen + (step > 0 ? step : 1);
}

/* A claim is judged with what may hide a failure as one, and without the passes that show
 * nothing. */
static void count_at_worst(struct mp_evidence_cell *cell, enum mp_outcome outcome) {
    enum mp_outcome_class class = mp_outcome_class(outcome);
    if (class == MP_CLASS_FAILURE)
        cell->failures++;
    if (outcome == MP_OUTCOME_NO_OVERLAP)
        cell->no_overlap++;
    if (class == MP_CLASS_FAILURE || outcome == MP_OUTCOME_PASS ||
        outcome == MP_OUTCOME_NO_OVERLAP)
        cell->rounds++;
    else if (mp_outcome_may_hide(outcome))
        cell->no_verdict++;
}

static void add_claim_point(const struct mp_report *report, struct mp_evidence_cell cell,
                            struct mp_course_claim *course) {
    const struct mp_report_plan *plan = &report->plan;
    cell = mp_evidence_at_worst(cell);
    if (cell.rounds == 0 || course->count == MP_COURSE_POINTS)
        return;
    struct mp_interval limits =
        mp_eprocess_interval(cell.failures, cell.rounds, plan->claim.alpha, plan->prior);
    course->point[course->count++] = (struct mp_course_rate){
        .rounds = (double)cell.rounds,
        .rate = (double)cell.failures / (double)cell.rounds,
        .low = cell.failures > 0 ? limits.low : 0,
        .high = mp_evidence_upper(cell.failures, cell.rounds, plan->claim.alpha,
                                  plan->prior)};
}

void mp_course_of_claim(struct mp_report *report, size_t index,
                        struct mp_course_claim *ret_course) {
    const struct mp_report_cell *cell = &report->cell[index];
    struct mp_evidence_cell counts = {.role = MP_ROLE_SUBJECT};
    uint64_t total = cell->rounds + cell->no_verdict, seen = 0, due = 1;
    memset(ret_course, 0, sizeof(*ret_course));
    sqlite3_stmt *rows =
        mp_query_rows(&report->query,
                      "SELECT outcome FROM round WHERE campaign_id = ?1 AND cell_id = ?2"
                      " ORDER BY ifnull(position, seq)",
                      report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows)) {
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 0));
        count_at_worst(&counts,
                       outcome == MP_OUTCOME_COUNT ? MP_OUTCOME_NO_VERDICT : outcome);
        if (++seen >= due || seen == total) {
            add_claim_point(report, counts, ret_course);
            due = next_due(seen, total);
        }
    }
}

static bool find_place(const struct mp_compare *compare, int64_t cell_id,
                       size_t *ret_stratum, size_t *ret_arm) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        for (size_t arm = 0; arm < rule->arm_count; arm++) {
            const struct mp_report_cell *cell = compare->stratum[i].cell[arm];
            if (cell != NULL && cell->id == cell_id) {
                *ret_stratum = i;
                *ret_arm = arm;
                return true;
            }
        }
    }
    return false;
}

static void add_evidence_point(const struct mp_comparison *comparison, double blocks,
                               struct mp_course_compare *course) {
    if (course->count == MP_COURSE_POINTS)
        return;
    struct mp_course_evidence *point = &course->point[course->count++];
    point->blocks = blocks;
    for (size_t arm = 1; arm < comparison->rule.arm_count; arm++)
        point->log_e[arm] =
            (comparison->rule.margin > 0
                 ? mp_comparison_margin_least(comparison, arm, MP_COMPARISON_SEEN)
                 : mp_comparison_evidence_total(comparison, arm, MP_COMPARISON_SEEN)) /
            log(10);
}

void mp_course_of_compare(const struct mp_compare *compare,
                          struct mp_course_compare *ret_course) {
    struct mp_query *query = &compare->report->query;
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_comparison comparison;
    uint64_t due = 1;
    uint64_t total = compare->report->rounds / (rule->arm_count * rule->stratum_count);
    memset(ret_course, 0, sizeof(*ret_course));
    mp_comparison_init(&comparison, rule);
    sqlite3_stmt *rows =
        mp_query_rows(query,
                      "SELECT cell_id, seed, outcome FROM round WHERE campaign_id = ?1"
                      " ORDER BY ifnull(position, seq)",
                      compare->report->campaign_id, 0);
    while (mp_query_next(query, rows)) {
        size_t stratum = 0, arm = 0;
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 2));
        outcome = outcome == MP_OUTCOME_COUNT ? MP_OUTCOME_NO_VERDICT : outcome;
        if (!find_place(compare, sqlite3_column_int64(rows, 0), &stratum, &arm))
            continue;
        mp_comparison_add(&comparison, stratum, arm,
                          strtoull(mp_query_text(rows, 1), NULL, 16),
                          mp_compare_block_verdict(compare->counts, outcome));
        if (comparison.blocks >= due * rule->stratum_count) {
            add_evidence_point(&comparison, (double)due, ret_course);
            due = next_due(due, total);
        }
    }
    mp_comparison_release(&comparison);
}
