/* The comparison as a member of the JSON report. SQLite's JSON functions write it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "results/report/compare.h"
#include "results/stats/effect.h"

/* Values for the parameters of one statement that gives one text. */
struct maker {
    struct mp_report *report;
    sqlite3_stmt *stmt;
    int index;
};

static struct maker begin(struct mp_report *report, const char *sql) {
    struct maker maker = {.report = report};
    mp_report_note(report, sqlite3_prepare_v2(report->db, sql, -1, &maker.stmt, NULL));
    return maker;
}

static void put_text(struct maker *maker, const char *text) {
    sqlite3_bind_text(maker->stmt, ++maker->index, text, -1, SQLITE_TRANSIENT);
}

static void put_count(struct maker *maker, uint64_t value) {
    sqlite3_bind_int64(maker->stmt, ++maker->index, (int64_t)value);
}

/* JSON knows no infinity: null. */
static void put_real(struct maker *maker, double value) {
    maker->index++;
    if (isfinite(value))
        sqlite3_bind_double(maker->stmt, maker->index, value);
    else
        sqlite3_bind_null(maker->stmt, maker->index);
}

static void put_effect(struct maker *maker, struct mp_effect effect) {
    put_real(maker, effect.value);
    put_real(maker, effect.low);
    put_real(maker, effect.high);
}

static void end(struct maker *maker, struct mp_strbuf *buf) {
    if (maker->report->code == SQLITE_OK) {
        int code = sqlite3_step(maker->stmt);
        if (code == SQLITE_ROW)
            mp_strbuf_addstr(buf, mp_report_column(maker->stmt, 0));
        mp_report_note(maker->report, code == SQLITE_ROW ? SQLITE_OK : code);
    }
    sqlite3_finalize(maker->stmt);
}

#define EFFECT "json_object('value', ?, 'low', ?, 'high', ?)"
#define COST   "json_object('pairs', ?, 'median', ?, 'low', ?, 'high', ?)"

static void put_cost(struct maker *maker, struct mp_paired_ratio cost) {
    put_count(maker, cost.pairs);
    put_real(maker, cost.pairs > 0 ? cost.median : INFINITY);
    put_real(maker, cost.low);
    put_real(maker, cost.high);
}

/* One stratum of one arm against the control. */
static void add_stratum(const struct mp_compare *compare, size_t stratum, size_t arm,
                        struct mp_strbuf *buf) {
    const struct mp_comparison *comparison = &compare->comparison;
    struct mp_two_arms table =
        mp_comparison_table(comparison, stratum, arm, MP_COMPARISON_SEEN);
    struct mp_comparison_counts a = mp_comparison_count(comparison, stratum, 0);
    struct mp_comparison_counts b = mp_comparison_count(comparison, stratum, arm);
    double alpha = comparison->rule.alpha;
    struct maker maker =
        begin(compare->report,
              "SELECT json_object('title', ?, 'threads', ?, 'cells', json_array(?, ?),"
              " 'control', json_object('rounds', ?, 'failures', ?, 'no_verdict', ?),"
              " 'arm', json_object('rounds', ?, 'failures', ?, 'no_verdict', ?),"
              " 'log_e', ?, 'boschloo_p', ?, 'fisher_p', ?, 'difference', " EFFECT
              ", 'ratio', " EFFECT ", 'throughput_ratio', " COST ")");
    put_text(&maker, compare->stratum[stratum].title);
    put_real(&maker, compare->stratum[stratum].threads > 0
                         ? compare->stratum[stratum].threads
                         : INFINITY);
    put_count(&maker, (uint64_t)compare->stratum[stratum].cell[0]->id);
    put_count(&maker, (uint64_t)compare->stratum[stratum].cell[arm]->id);
    put_count(&maker, table.rounds_a);
    put_count(&maker, table.failures_a);
    put_count(&maker, a.no_verdict);
    put_count(&maker, table.rounds_b);
    put_count(&maker, table.failures_b);
    put_count(&maker, b.no_verdict);
    put_real(&maker,
             mp_comparison_evidence(comparison, stratum, arm, MP_COMPARISON_SEEN));
    put_real(&maker, mp_two_arms_boschloo(table).two_sided);
    put_real(&maker, mp_two_arms_fisher(table).two_sided);
    put_effect(&maker, mp_effect_difference_newcombe(table, alpha));
    put_effect(&maker, mp_effect_ratio_koopman(table, alpha));
    put_cost(&maker, mp_compare_cost(compare, stratum, arm));
    end(&maker, buf);
}

static void add_strata(const struct mp_compare *compare, size_t arm,
                       struct mp_strbuf *buf) {
    mp_strbuf_addch(buf, '[');
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        mp_strbuf_addstr(buf, i > 0 ? "," : "");
        add_stratum(compare, i, arm, buf);
    }
    mp_strbuf_addch(buf, ']');
}

/* NULL where the strata contradict each other, or where there is only one. */
static void add_pooled(const struct mp_compare *compare, size_t arm,
                       struct mp_strbuf *buf) {
    if (compare->comparison.rule.stratum_count < 2) {
        mp_strbuf_addstr(buf, "null");
        return;
    }
    struct mp_strata strata =
        mp_comparison_pool(&compare->comparison, arm, MP_COMPARISON_SEEN);
    bool is_one = strata.freedom <= 0 || strata.tarone_p >= MP_COMPARE_HOMOGENEITY;
    struct mp_effect none = {INFINITY, INFINITY, INFINITY};
    struct maker maker =
        begin(compare->report,
              "SELECT json_object('strata', ?, 'dropped', ?, 'p', ?, 'is_exact', json(?),"
              " 'tarone_p', ?, 'homogeneous', json(?), 'odds_ratio', " EFFECT
              ", 'ratio', " EFFECT ", 'difference', " EFFECT ")");
    put_count(&maker, strata.used);
    put_count(&maker, strata.dropped);
    put_real(&maker, strata.p);
    put_text(&maker, strata.is_exact ? "true" : "false");
    put_real(&maker, strata.freedom > 0 ? strata.tarone_p : INFINITY);
    put_text(&maker, is_one ? "true" : "false");
    put_effect(&maker, is_one ? strata.odds : none);
    put_effect(&maker, is_one ? strata.ratio : none);
    put_effect(&maker, is_one ? strata.difference : none);
    end(&maker, buf);
}

static void add_trend(const struct mp_compare *compare, size_t arm,
                      struct mp_strbuf *buf) {
    struct mp_trend trend;
    if (!mp_compare_trend(compare, arm, &trend)) {
        mp_strbuf_addstr(buf, "null");
        return;
    }
    struct maker maker = begin(compare->report, "SELECT json_object('z', ?, 'p', ?)");
    put_real(&maker, trend.z);
    put_real(&maker, trend.p);
    end(&maker, buf);
}

static void add_arm(const struct mp_compare *compare, size_t arm, struct mp_strbuf *buf) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    struct mp_strbuf strata, pooled, trend;
    mp_strbuf_init(&strata);
    mp_strbuf_init(&pooled);
    mp_strbuf_init(&trend);
    add_strata(compare, arm, &strata);
    add_pooled(compare, arm, &pooled);
    add_trend(compare, arm, &trend);
    struct maker maker =
        begin(compare->report,
              "SELECT json_object('arm', ?, 'verdict', ?, "
              "'verdict_if_no_verdict_is_against', ?,"
              " 'verdict_if_no_verdict_is_in_favour', ?, 'rounds', ?, 'failures', ?,"
              " 'no_verdict', ?, 'skipped', ?, 'log_e', ?, 'log_e_needed', ?, 'p', ?,"
              " 'ops_per_second', ?, 'throughput_ratio', " COST
              ", 'pooled', json(?), 'trend', json(?), 'strata', json(?))");
    put_text(&maker, one->name);
    for (int view = 0; view < MP_COMPARISON_VIEWS; view++)
        put_text(&maker, mp_comparison_verdict_name(one->verdict[view]));
    put_count(&maker, one->passed + one->failed);
    put_count(&maker, one->failed);
    put_count(&maker, one->no_verdict);
    put_count(&maker, one->skipped);
    put_real(&maker,
             mp_comparison_evidence_total(&compare->comparison, arm, MP_COMPARISON_SEEN));
    put_real(&maker, mp_comparison_evidence_needed(&compare->comparison.rule));
    put_real(&maker, mp_comparison_p(&compare->comparison, arm, MP_COMPARISON_SEEN));
    put_real(&maker, one->speed > 0 ? one->speed : INFINITY);
    put_cost(&maker, one->cost);
    put_text(&maker, pooled.text);
    put_text(&maker, trend.text);
    put_text(&maker, strata.text);
    end(&maker, buf);
    mp_strbuf_release(&strata);
    mp_strbuf_release(&pooled);
    mp_strbuf_release(&trend);
}

void mp_compare_add_json(const struct mp_compare *compare, struct mp_strbuf *buf) {
    if (!compare->is_one) {
        mp_strbuf_addstr(buf, "null");
        return;
    }
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    const struct mp_compare_arm *control = &compare->arm[0];
    struct mp_strbuf arms, trend;
    mp_strbuf_init(&arms);
    mp_strbuf_init(&trend);
    mp_strbuf_addch(&arms, '[');
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        mp_strbuf_addstr(&arms, arm > 1 ? "," : "");
        add_arm(compare, arm, &arms);
    }
    mp_strbuf_addch(&arms, ']');
    add_trend(compare, 0, &trend);
    struct maker maker = begin(
        compare->report,
        "SELECT json_object('on_model', json(?), 'alpha', ?, 'fixed_below', ?,"
        " 'looks_after_every_block', json(?), 'blocks', ?, 'rounds_for_halving', ?,"
        " 'control', json_object('arm', ?, 'rounds', ?, 'failures', ?, 'no_verdict', ?,"
        " 'skipped', ?, 'ops_per_second', ?, 'trend', json(?)), 'arms', json(?))");
    put_text(&maker, mp_report_is_all_model(compare->report) ? "true" : "false");
    put_real(&maker, rule->alpha);
    put_real(&maker, rule->fixed_below);
    put_text(&maker, rule->looks ? "true" : "false");
    put_count(&maker, compare->comparison.blocks);
    uint64_t halving = mp_compare_rounds_for_halving(compare);
    put_real(&maker, halving > 0 ? (double)halving : INFINITY);
    put_text(&maker, control->name);
    put_count(&maker, control->passed + control->failed);
    put_count(&maker, control->failed);
    put_count(&maker, control->no_verdict);
    put_count(&maker, control->skipped);
    put_real(&maker, control->speed > 0 ? control->speed : INFINITY);
    put_text(&maker, trend.text);
    put_text(&maker, arms.text);
    end(&maker, buf);
    mp_strbuf_release(&arms);
    mp_strbuf_release(&trend);
}
