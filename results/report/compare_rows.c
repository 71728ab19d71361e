/* Reads a comparison.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/wire/round_spec.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/report.h"
#include "results/stats/claim.h"
#include "results/stats/demonstration.h"
#include "results/stats/median.h"
#include "results/stats/sequential.h"
#include "results/stats/two_arms.h"

#define POWER            0.8
#define TREND_LEVELS_MIN 3

/* The question is in the plan. */
static void load_rule(struct mp_compare *compare, struct mp_comparison_rule *rule) {
    struct mp_claim claim;
    struct mp_error ignored;
    sqlite3_stmt *rows = mp_query_rows(
        &compare->report->query,
        "SELECT kind, (SELECT count(DISTINCT arm) FROM campaign_cell JOIN cell ON "
        "cell.id = cell_id"
        " WHERE campaign_id = ?1),"
        " (SELECT count(DISTINCT stratum) FROM campaign_cell WHERE campaign_id = ?1)"
        " FROM plan WHERE id = (SELECT plan_id FROM campaign WHERE id = ?1)"
        " AND kind IN ('" MP_COMPARE_KIND_LOOKS "', '" MP_COMPARE_KIND_ALL "')",
        compare->report->campaign_id, 0);
    while (mp_query_next(&compare->report->query, rows)) {
        rule->looks = strcmp(mp_query_text(rows, 0), MP_COMPARE_KIND_LOOKS) == 0;
        rule->arm_count = (size_t)sqlite3_column_int64(rows, 1);
        rule->stratum_count = (size_t)sqlite3_column_int64(rows, 2);
    }
    compare->is_one =
        rule->arm_count >= 2 && rule->arm_count <= MP_COMPARISON_ARMS_MAX &&
        rule->stratum_count >= 1 &&
        mp_claim_parse_any(compare->report->plan.claim_text, &claim, &ignored) == MP_OK;
    if (compare->is_one) {
        compare->report->plan.has_claim =
            false; /* it is not the campaign's claim, but each arm's */
        mp_comparison_rule_claim(rule, &claim);
    }
    const char *counts = compare->report->plan.counts_text;
    if (compare->is_one && counts != NULL && counts[0] != '\0')
        compare->is_one =
            mp_outcome_set_parse(counts, &compare->counts, &ignored) == MP_OK;
}

static const struct mp_report_cell *find_cell(const struct mp_report *report,
                                              int64_t id) {
    for (size_t i = 0; i < report->cell_count; i++)
        if (report->cell[i].id == id)
            return &report->cell[i];
    return NULL;
}

/* The number of an arm, in order of first occurrence in the plan. */
static size_t place_arm(struct mp_compare *compare, size_t *count,
                        const struct mp_report_cell *cell) {
    for (size_t i = 0; i < *count; i++) {
        struct mp_compare_arm *arm = &compare->arm[i];
        if (strcmp(arm->id, cell->arm) == 0) {
            if (strcmp(arm->name, mp_cell_arm_name(cell)) != 0) {
                arm->program = NULL; /* another one in each stratum */
                arm->name = arm->id;
            }
            return i;
        }
    }
    compare->arm[*count].id = cell->arm;
    compare->arm[*count].program = cell->program;
    compare->arm[*count].name = mp_cell_arm_name(cell);
    return (*count)++;
}

/* Puts the cells into their strata, in the order of the plan. */
static void load_strata(struct mp_compare *compare,
                        const struct mp_comparison_rule *rule) {
    struct mp_report *report = compare->report;
    int64_t *stratum = mp_memory_zeroed(rule->stratum_count, sizeof(*stratum));
    size_t strata = 0, arms = 0;
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT cell_id, stratum, json_extract(params, '$.threads') FROM campaign_cell"
        " JOIN cell ON cell.id = cell_id WHERE campaign_id = ?1 ORDER BY place",
        report->campaign_id, 0);
    compare->stratum = mp_memory_zeroed(rule->stratum_count, sizeof(*compare->stratum));
    while (mp_query_next(&report->query, rows)) {
        const struct mp_report_cell *cell =
            find_cell(report, sqlite3_column_int64(rows, 0));
        size_t i = 0;
        while (i < strata && stratum[i] != sqlite3_column_int64(rows, 1))
            i++;
        if (cell != NULL && i < rule->stratum_count) {
            strata += i == strata;
            stratum[i] = sqlite3_column_int64(rows, 1);
            compare->stratum[i].cell[place_arm(compare, &arms, cell)] = cell;
            compare->stratum[i].threads = sqlite3_column_double(rows, 2);
        }
    }
    free(stratum);
    for (size_t i = 0; i < rule->stratum_count; i++)
        for (size_t j = 0; j < rule->arm_count; j++)
            compare->is_one = compare->is_one && compare->stratum[i].cell[j] != NULL;
}

static void make_titles(struct mp_compare *compare, size_t strata) {
    for (size_t i = 0; i < strata; i++) {
        const struct mp_report_cell *cell = compare->stratum[i].cell[0];
        struct mp_strbuf title;
        mp_strbuf_init(&title);
        mp_cell_title_write(compare->report, cell, NULL, &title);
        if (compare->report->device_count > 1)
            mp_strbuf_addf(&title, " on device %zu", cell->device_index + 1);
        compare->stratum[i].title = mp_strbuf_detach(&title);
    }
}

enum mp_block_verdict mp_compare_block_verdict(struct mp_outcome_set counts,
                                               enum mp_outcome outcome) {
    switch (mp_outcome_class(outcome)) {
    case MP_CLASS_PASS:
        return MP_BLOCK_PASS;
    case MP_CLASS_FAILURE:
        return mp_outcome_set_counts(counts, outcome) ? MP_BLOCK_FAIL : MP_BLOCK_OTHER;
    case MP_CLASS_NO_VERDICT:
        break;
    }
    return MP_BLOCK_NONE;
}

/* Finds stratum and arm of a cell. */
static bool find_place(const struct mp_compare *compare, int64_t cell_id,
                       size_t *ret_stratum, size_t *ret_arm) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        for (size_t j = 0; j < rule->arm_count; j++) {
            if (compare->stratum[i].cell[j]->id == cell_id) {
                *ret_stratum = i;
                *ret_arm = j;
                return true;
            }
        }
    }
    return false;
}

/* In starting order. A round in flight, now or when its supervisor died, has no
 * verdict. */
void mp_compare_add_rounds(struct mp_compare *compare, int64_t campaign_id) {
    sqlite3_stmt *rows = mp_query_rows(&compare->report->query,
                                       "SELECT cell_id, seed, outcome FROM (SELECT "
                                       "cell_id, seed, outcome, ifnull(position, seq)"
                                       " AS place FROM round WHERE campaign_id = ?1"
                                       " UNION ALL SELECT cell_id, seed, 'lost', "
                                       "position FROM running WHERE campaign_id = ?1)"
                                       " ORDER BY place",
                                       campaign_id, 0);
    while (mp_query_next(&compare->report->query, rows)) {
        size_t stratum = 0, arm = 0;
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 2));
        outcome = outcome == MP_OUTCOME_COUNT ? MP_OUTCOME_NO_VERDICT : outcome;
        if (find_place(compare, sqlite3_column_int64(rows, 0), &stratum, &arm)) {
            mp_comparison_add(&compare->comparison, stratum, arm,
                              strtoull(mp_query_text(rows, 1), NULL, 16),
                              mp_compare_block_verdict(compare->counts, outcome));
            compare->arm[arm].outcome[outcome]++;
        }
    }
}

/* A growing list of numbers. */
struct series {
    double *value;
    size_t count;
};

static void series_add(struct series *series, double value) {
    if ((series->count & (series->count - 1)) ==
        0) { /* 0 or a power of two: it is full */
        size_t room = series->count > 0 ? 2 * series->count : 1;
        series->value = mp_memory_resize(series->value, room, sizeof(*series->value));
    }
    series->value[series->count++] = value;
}

/* Speeds relative to the control in blocks where both passed. `stratum` SIZE_MAX: all. */
static struct mp_paired_ratio find_cost(const struct mp_compare *compare, size_t stratum,
                                        size_t arm) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct series a = {0}, b = {0};
    for (size_t i = 0; i < rule->stratum_count; i++) {
        if (stratum != SIZE_MAX && stratum != i)
            continue;
        sqlite3_stmt *rows = mp_query_rows(
            &compare->report
                 ->query, /* GROUP BY rather than a join: rounds have no index on seed. */
            "SELECT max(iif(cell_id = ?2, ops_done * 1e9 / run_ns, 0)),"
            " max(iif(cell_id = ?3, ops_done * 1e9 / run_ns, 0)) FROM round"
            " WHERE cell_id IN (?2, ?3) AND campaign_id = ?1 AND outcome = 'pass' AND "
            "run_ns > 0"
            " GROUP BY seed HAVING count(DISTINCT cell_id) = 2",
            compare->report->campaign_id, compare->stratum[i].cell[0]->id);
        sqlite3_bind_int64(rows, 3, compare->stratum[i].cell[arm]->id);
        while (mp_query_next(&compare->report->query, rows)) {
            series_add(&a, sqlite3_column_double(rows, 0));
            series_add(&b, sqlite3_column_double(rows, 1));
        }
    }
    struct mp_paired_ratio ratio =
        mp_paired_ratio(a.value, b.value, a.count, mp_comparison_alpha(rule));
    free(a.value);
    free(b.value);
    return ratio;
}

static double median_speed(struct mp_compare *compare, size_t arm) {
    struct series speed = {0};
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        sqlite3_stmt *rows = mp_query_rows(&compare->report->query,
                                           "SELECT ops_done * 1e9 / run_ns FROM round "
                                           "WHERE cell_id = ?2 AND campaign_id = ?1"
                                           " AND outcome = 'pass' AND run_ns > 0",
                                           compare->report->campaign_id,
                                           compare->stratum[i].cell[arm]->id);
        while (mp_query_next(&compare->report->query, rows))
            series_add(&speed, sqlite3_column_double(rows, 0));
    }
    double median = mp_median(speed.value, speed.count);
    free(speed.value);
    return median;
}

static void sum_arm(struct mp_compare *compare, size_t arm) {
    struct mp_compare_arm *sum = &compare->arm[arm];
    sum->passed = sum->failed = sum->no_verdict = sum->other = 0;
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        struct mp_comparison_counts count =
            mp_comparison_count(&compare->comparison, i, arm);
        sum->passed += count.passed;
        sum->failed += count.failed;
        sum->no_verdict += count.no_verdict;
        sum->other += count.other;
    }
}

static void judge(struct mp_compare *compare) {
    size_t arms = compare->comparison.rule.arm_count;
    for (int view = 0; view < MP_COMPARISON_VIEWS; view++) {
        enum mp_comparison_verdict verdict[MP_COMPARISON_ARMS_MAX];
        mp_comparison_judge(&compare->comparison, (enum mp_comparison_view)view, verdict);
        for (size_t arm = 1; arm < arms; arm++)
            compare->arm[arm].verdict[view] = verdict[arm];
    }
    enum mp_comparison_verdict stands[MP_COMPARISON_ARMS_MAX];
    mp_comparison_conclude(&compare->comparison, stands);
    for (size_t arm = 1; arm < arms; arm++)
        compare->arm[arm].stands = stands[arm];
    mp_compare_sum_verdict(compare);
}

void mp_compare_sum_verdict(struct mp_compare *compare) {
    enum mp_comparison_verdict bad = MP_COMPARISON_NOTHING;
    bool must_hold_for_all = compare->comparison.rule.margin > 0;
    compare->verdict = compare->arm[1].stands;
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
        enum mp_comparison_verdict verdict = compare->arm[arm].stands;
        if (verdict == MP_COMPARISON_WORSE || verdict == MP_COMPARISON_DIFFERENT)
            bad = verdict;
        if (must_hold_for_all ? verdict > compare->verdict : verdict < compare->verdict)
            compare->verdict = verdict;
    }
    compare->verdict = bad != MP_COMPARISON_NOTHING ? bad : compare->verdict;
}

void mp_compare_write_arm(const struct mp_compare *compare, size_t arm,
                          struct mp_strbuf *buf) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    if (one->program != NULL)
        mp_strbuf_addf(buf, "%c (%s)", (int)('A' + arm), one->program);
    else
        mp_strbuf_addf(buf, "arm %s", one->name);
}

/* "none,serial" as people read it: "none, serial", "A (./trial)". */
static char *name_arms(const struct mp_compare *compare, const char *ids) {
    struct mp_strbuf names;
    mp_strbuf_init(&names);
    for (const char *at = ids; *at != '\0';) {
        size_t span = strcspn(at, ","), arm = 0,
               arms = compare->comparison.rule.arm_count;
        while (arm < arms && (strlen(compare->arm[arm].id) != span ||
                              memcmp(compare->arm[arm].id, at, span) != 0))
            arm++;
        mp_strbuf_addstr(&names, at > ids ? ", " : "");
        if (arm < arms && compare->arm[arm].program != NULL)
            mp_compare_write_arm(compare, arm, &names);
        else
            mp_strbuf_addf(&names, "%.*s", (int)span, at);
        at += at[span] == ',' ? span + 1 : span;
    }
    return mp_strbuf_detach(&names);
}

/* The kinds of failures, most frequent first. */
static void load_kinds(struct mp_compare *compare) {
    sqlite3_stmt *rows = mp_query_rows(
        &compare->report->query,
        "SELECT count(DISTINCT r.id), r.outcome, s.title, group_concat(DISTINCT "
        "cell.arm),"
        " max(c.id), max(r.id) FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN cell ON cell.id = r.cell_id"
        " LEFT JOIN crash AS c ON c.round_id = r.id AND c.sample IS NOT 2"
        " LEFT JOIN signature AS s ON s.id = r.signature_id"
        " WHERE r.campaign_id = ?1 AND o.class = 'failure' GROUP BY r.outcome, s.id"
        " ORDER BY 1 DESC",
        compare->report->campaign_id, 0);
    while (mp_query_next(&compare->report->query, rows)) {
        if (compare->kind_count == MP_COMPARE_KINDS)
            continue;
        compare->kind[compare->kind_count++] =
            (struct mp_compare_kind){.rounds = (uint64_t)sqlite3_column_int64(rows, 0),
                                     .outcome = mp_query_copy(rows, 1),
                                     .title = mp_query_copy(rows, 2),
                                     .arms = name_arms(compare, mp_query_text(rows, 3)),
                                     .crash_id = sqlite3_column_int64(rows, 4),
                                     .round_id = sqlite3_column_int64(rows, 5)};
    }
}

static void load_skip_reason(struct mp_compare *compare, size_t arm) {
    if (compare->arm[arm].outcome[MP_OUTCOME_SKIP] == 0)
        return;
    sqlite3_stmt *rows =
        mp_query_rows(&compare->report->query,
                      "SELECT detail FROM round WHERE id = (SELECT "
                      "max(id) FROM round WHERE campaign_id = ?1"
                      " AND outcome = 'skip' AND cell_id = ?2)",
                      compare->report->campaign_id, compare->stratum[0].cell[arm]->id);
    while (mp_query_next(&compare->report->query, rows)) {
        free(compare->arm[arm].skip_reason);
        compare->arm[arm].skip_reason = mp_query_copy(rows, 0);
    }
}

static double rate_of(const struct mp_compare_arm *arm) {
    uint64_t rounds = arm->passed + arm->failed;
    return rounds > 0 ? (double)arm->failed / (double)rounds : INFINITY;
}

/* Fewer failures first; then lower cost. */
static bool ranks_before(const struct mp_compare_arm *left,
                         const struct mp_compare_arm *right) {
    if (rate_of(left) < rate_of(right) || rate_of(left) > rate_of(right))
        return rate_of(left) < rate_of(right);
    return left->speed > right->speed;
}

static void rank(const struct mp_compare *compare,
                 size_t ret_arm[MP_COMPARISON_ARMS_MAX]) {
    size_t count = 0;
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
        size_t at = count++;
        while (at > 0 &&
               ranks_before(&compare->arm[arm], &compare->arm[ret_arm[at - 1]])) {
            ret_arm[at] = ret_arm[at - 1];
            at--;
        }
        ret_arm[at] = arm;
    }
}

static uint64_t rounds_for_halving(const struct mp_compare *compare) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double rate = rate_of(&compare->arm[0]);
    if (compare->arm[0].failed == 0 || !isfinite(rate) || rule->margin > 0)
        return 0;
    struct mp_pair_rates rates = mp_pair_rates_independent(
        (struct mp_contrast){.rate_a = rate,
                             .rate_b = rate / 2,
                             .alpha = exp(-mp_comparison_evidence_needed(rule))});
    uint64_t rounds =
        (rule->looks ? mp_pairs_sequential(rates, POWER) : mp_pairs_fixed(rates, POWER))
            .rounds_per_arm;
    return rounds == MP_ROUNDS_NEVER ? 0 : rounds;
}

/* The verdict of the report, and so the exit code, for a verdict of the comparison. */
static enum mp_verdict code_of(enum mp_comparison_verdict verdict) {
    static const enum mp_verdict codes[] = {
        [MP_COMPARISON_FIXED] = MP_VERDICT_CLEAN,
        [MP_COMPARISON_BETTER] = MP_VERDICT_CLEAN,
        [MP_COMPARISON_NO_WORSE] = MP_VERDICT_CLEAN,
        [MP_COMPARISON_SAME] = MP_VERDICT_CLEAN,
        [MP_COMPARISON_DIFFERENT] = MP_VERDICT_FAILURES,
        [MP_COMPARISON_NOT_SHOWN] = MP_VERDICT_INCONCLUSIVE,
        [MP_COMPARISON_EXCHANGED] = MP_VERDICT_INCONCLUSIVE,
        [MP_COMPARISON_WORSE] = MP_VERDICT_FAILURES,
        [MP_COMPARISON_NO_DIFFERENCE] = MP_VERDICT_INCONCLUSIVE,
        [MP_COMPARISON_NO_POWER] = MP_VERDICT_NO_POWER,
        [MP_COMPARISON_NOTHING] = MP_VERDICT_NOTHING_RAN,
    };
    return codes[verdict];
}

void mp_compare_judge(struct mp_compare *compare) {
    for (size_t arm = 0; arm < compare->comparison.rule.arm_count; arm++)
        sum_arm(compare, arm);
    judge(compare);
    rank(compare, compare->ranked);
    compare->rounds_for_halving = rounds_for_halving(compare);
}

void mp_compare_take_verdict(struct mp_compare *compare,
                             enum mp_comparison_verdict verdict) {
    compare->verdict = verdict;
    rank(compare, compare->ranked);
    compare->report->verdict =
        compare->is_unfinished ? MP_VERDICT_INCONCLUSIVE : code_of(verdict);
}

/* The strata, their rounds and what is counted in them. */
static void load_all(struct mp_compare *compare, const struct mp_comparison_rule *rule) {
    make_titles(compare, rule->stratum_count);
    mp_comparison_init(&compare->comparison, rule);
    mp_compare_add_rounds(compare, compare->report->campaign_id);
    for (size_t arm = 0; arm < rule->arm_count; arm++) {
        compare->arm[arm].speed = median_speed(compare, arm);
        load_skip_reason(compare, arm);
        if (arm > 0)
            compare->arm[arm].cost = find_cost(compare, SIZE_MAX, arm);
    }
    for (size_t i = 0; i < rule->stratum_count; i++)
        for (size_t arm = 1; arm < rule->arm_count; arm++)
            compare->stratum[i].cost[arm] = find_cost(compare, i, arm);
    load_kinds(compare);
    compare->is_unfinished =
        !rule->looks && strcmp(compare->report->state, "complete") != 0;
    mp_compare_judge(compare);
    mp_compare_take_verdict(compare, compare->verdict);
}

void mp_compare_load_rows(struct mp_compare *compare, struct mp_report *report) {
    struct mp_comparison_rule rule = {0};
    memset(compare, 0, sizeof(*compare));
    compare->report = report;
    load_rule(compare, &rule);
    if (compare->is_one)
        load_strata(compare, &rule);
    if (compare->is_one)
        load_all(compare, &rule);
}

const char *mp_compare_name(const struct mp_compare *compare) {
    return compare->is_unfinished ? "unfinished"
                                  : mp_comparison_verdict_name(compare->verdict);
}

void mp_compare_release_rows(struct mp_compare *compare) {
    for (size_t i = 0;
         compare->stratum != NULL && i < compare->comparison.rule.stratum_count; i++)
        free(compare->stratum[i].title);
    free(compare->stratum);
    for (size_t arm = 0; arm < MP_COMPARISON_ARMS_MAX; arm++)
        free(compare->arm[arm].skip_reason);
    for (size_t i = 0; i < compare->kind_count; i++) {
        free(compare->kind[i].outcome);
        free(compare->kind[i].arms);
        free(compare->kind[i].title);
    }
    mp_comparison_release(&compare->comparison);
}

bool mp_compare_trend(const struct mp_compare *compare, size_t arm,
                      struct mp_trend *ret_trend) {
    size_t count = compare->comparison.rule.stratum_count;
    uint64_t *failed = mp_memory_zeroed(count, sizeof(*failed));
    uint64_t *rounds = mp_memory_zeroed(count, sizeof(*rounds));
    double *score = mp_memory_zeroed(count, sizeof(*score));
    bool is_one_workload =
        count >= TREND_LEVELS_MIN && compare->report->device_count == 1;
    for (size_t i = 0; i < count; i++) {
        const struct mp_compare_stratum *stratum = &compare->stratum[i];
        char title[MP_SPEC_NAME_MAX + 64];
        snprintf(title, sizeof(title), "%s:threads=%g",
                 compare->stratum[0].cell[0]->scenario, stratum->threads);
        is_one_workload = is_one_workload && strcmp(title, stratum->title) == 0;
        struct mp_comparison_counts counts =
            mp_comparison_count(&compare->comparison, i, arm);
        failed[i] = counts.failed;
        rounds[i] = counts.passed + counts.failed;
        score[i] = log2(fmax(stratum->threads, 1));
    }
    if (is_one_workload)
        *ret_trend = mp_trend_test(failed, rounds, score, count);
    free(failed);
    free(rounds);
    free(score);
    return is_one_workload;
}
