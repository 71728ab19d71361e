/* The comparison as a member of the JSON report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_json.h"

#include <math.h>

#include "results/report/compare_lives.h"
#include "results/report/compare_tries.h"
#include "results/report/json.h"
#include "results/stats/effect.h"

/* Zero means unknown. */
static void add_positive(struct json_object *to, const char *name, double value) {
    mp_json_add_number(to, name, value > 0 ? value : NAN);
}

static void add_effect(struct json_object *to, const char *name,
                       struct mp_effect effect) {
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_number(object, "value", effect.value);
    mp_json_add_number(object, "low", effect.low);
    mp_json_add_number(object, "high", effect.high);
}

static void add_cost(struct json_object *to, struct mp_paired_ratio cost) {
    struct json_object *object = mp_json_add_object(to, "throughput_ratio");
    mp_json_add_count(object, "pairs", cost.pairs);
    mp_json_add_number(object, "median", cost.pairs > 0 ? cost.median : NAN);
    mp_json_add_number(object, "low", cost.low);
    mp_json_add_number(object, "high", cost.high);
}

static void add_counts(struct json_object *to, const char *name,
                       struct mp_comparison_counts count) {
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_count(object, "rounds", count.passed + count.failed);
    mp_json_add_count(object, "failures", count.failed);
    mp_json_add_count(object, "other_failures", count.other);
    mp_json_add_count(object, "no_verdict", count.no_verdict);
}

/* How the rounds of an arm ended; outcomes without rounds are left out. */
static void add_outcomes(struct json_object *to, const struct mp_compare_arm *arm) {
    struct json_object *object = mp_json_add_object(to, "outcomes");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        if (arm->outcome[i] > 0)
            mp_json_add_count(object, mp_outcome_name((enum mp_outcome)i),
                              arm->outcome[i]);
}

/* The kinds of failure that count; null: all. */
static void add_counted(struct json_object *to, struct mp_outcome_set counts) {
    if (counts.bits == 0) {
        mp_json_add_null(to, "counted");
        return;
    }
    struct json_object *array = mp_json_add_array(to, "counted");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        if (mp_outcome_set_counts(counts, (enum mp_outcome)i))
            mp_json_add_text(array, NULL, mp_outcome_name((enum mp_outcome)i));
}

/* One stratum of one arm against the control. */
static void add_stratum(const struct mp_compare *compare, size_t stratum, size_t arm,
                        struct json_object *strata) {
    const struct mp_comparison *comparison = &compare->comparison;
    const struct mp_compare_stratum *place = &compare->stratum[stratum];
    struct mp_two_arms table =
        mp_comparison_table(comparison, stratum, arm, MP_COMPARISON_SEEN);
    double alpha = comparison->rule.alpha;
    struct json_object *object = mp_json_add_object(strata, NULL);
    mp_json_add_text(object, "title", place->title);
    add_positive(object, "threads", place->threads);
    struct json_object *cells = mp_json_add_array(object, "cells");
    mp_json_add_integer(cells, NULL, place->cell[0]->id);
    mp_json_add_integer(cells, NULL, place->cell[arm]->id);
    add_counts(object, "control", mp_comparison_count(comparison, stratum, 0));
    add_counts(object, "arm", mp_comparison_count(comparison, stratum, arm));
    mp_json_add_number(
        object, "log_e",
        mp_comparison_evidence(comparison, stratum, arm, MP_COMPARISON_SEEN));
    mp_json_add_number(
        object, "log_e_margin",
        comparison->rule.margin > 0
            ? mp_comparison_margin_evidence(comparison, stratum, arm, MP_COMPARISON_SEEN)
            : NAN);
    mp_json_add_number(object, "boschloo_p", mp_two_arms_boschloo(table).two_sided);
    mp_json_add_number(object, "fisher_p", mp_two_arms_fisher(table).two_sided);
    add_effect(object, "difference", mp_effect_difference_newcombe(table, alpha));
    add_effect(object, "ratio", mp_effect_ratio_koopman(table, alpha));
    add_effect(object, "difference_at_all_looks",
               mp_effect_difference_anytime(table, alpha));
    add_effect(object, "ratio_at_all_looks", mp_effect_ratio_anytime(table, alpha));
    add_cost(object, place->cost[arm]);
    mp_compare_lives_add_json(compare->lives, stratum, arm, object);
}

/* Null with only one stratum; effects are null if strata contradict each other. */
static void add_pooled(const struct mp_compare *compare, size_t arm,
                       struct json_object *to) {
    if (compare->comparison.rule.stratum_count < 2) {
        mp_json_add_null(to, "pooled");
        return;
    }
    struct mp_strata strata =
        mp_comparison_pool(&compare->comparison, arm, MP_COMPARISON_SEEN);
    bool is_one = strata.freedom <= 0 || strata.tarone_p >= MP_COMPARE_HOMOGENEITY;
    struct mp_effect none = {NAN, NAN, NAN};
    struct json_object *object = mp_json_add_object(to, "pooled");
    mp_json_add_count(object, "strata", strata.used);
    mp_json_add_count(object, "dropped", strata.dropped);
    mp_json_add_number(object, "p", strata.p);
    mp_json_add_bool(object, "is_exact", strata.is_exact);
    mp_json_add_number(object, "tarone_p", strata.freedom > 0 ? strata.tarone_p : NAN);
    mp_json_add_bool(object, "homogeneous", is_one);
    add_effect(object, "odds_ratio", is_one ? strata.odds : none);
    add_effect(object, "ratio", is_one ? strata.ratio : none);
    add_effect(object, "difference", is_one ? strata.difference : none);
}

static void add_trend(const struct mp_compare *compare, size_t arm,
                      struct json_object *to) {
    struct mp_trend trend;
    if (!mp_compare_trend(compare, arm, &trend)) {
        mp_json_add_null(to, "trend");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "trend");
    mp_json_add_number(object, "z", trend.z);
    mp_json_add_number(object, "p", trend.p);
}

static void add_arm(const struct mp_compare *compare, size_t arm,
                    struct json_object *arms) {
    static const char *const views[MP_COMPARISON_VIEWS] = {
        [MP_COMPARISON_SEEN] = "verdict_as_counted",
        [MP_COMPARISON_AGAINST] = "verdict_if_no_verdict_is_against",
        [MP_COMPARISON_IN_FAVOUR] = "verdict_if_no_verdict_is_in_favour"};
    const struct mp_compare_arm *one = &compare->arm[arm];
    const struct mp_comparison *comparison = &compare->comparison;
    struct json_object *object = mp_json_add_object(arms, NULL);
    mp_json_add_text(object, "arm", one->id);
    mp_json_add_text(object, "program", one->program);
    mp_json_add_text(object, "verdict", mp_comparison_verdict_name(one->stands));
    for (int view = 0; view < MP_COMPARISON_VIEWS; view++)
        mp_json_add_text(object, views[view],
                         mp_comparison_verdict_name(one->verdict[view]));
    mp_json_add_count(object, "rounds", one->passed + one->failed);
    mp_json_add_count(object, "failures", one->failed);
    mp_json_add_count(object, "other_failures", one->other);
    mp_json_add_count(object, "no_verdict", one->no_verdict);
    mp_json_add_count(object, "skipped", one->outcome[MP_OUTCOME_SKIP]);
    add_outcomes(object, one);
    mp_json_add_number(object, "log_e",
                       mp_comparison_peak(comparison, arm, MP_COMPARISON_SEEN));
    mp_json_add_number(object, "log_e_needed",
                       mp_comparison_evidence_needed(&comparison->rule));
    mp_json_add_number(object, "p", mp_comparison_p(comparison, arm, MP_COMPARISON_SEEN));
    add_positive(object, "ops_per_second", one->speed);
    add_cost(object, one->cost);
    add_pooled(compare, arm, object);
    add_trend(compare, arm, object);
    struct json_object *strata = mp_json_add_array(object, "strata");
    for (size_t i = 0; i < comparison->rule.stratum_count; i++)
        add_stratum(compare, i, arm, strata);
}

void mp_compare_add_json(const struct mp_compare *compare, struct json_object *to) {
    if (!compare->is_one) {
        mp_json_add_null(to, "comparison");
        return;
    }
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    const struct mp_compare_arm *control = &compare->arm[0];
    struct json_object *object = mp_json_add_object(to, "comparison");
    mp_json_add_bool(object, "on_model", mp_report_is_all_model(compare->report));
    mp_json_add_number(object, "alpha", rule->alpha);
    add_positive(object, "fixed_below", rule->fixed_below);
    add_positive(object, "margin", rule->margin);
    mp_json_add_bool(object, "margin_is_two_sided", rule->is_two_sided);
    add_counted(object, compare->counts);
    mp_json_add_bool(object, "looks_after_every_block", rule->looks);
    mp_json_add_count(object, "blocks", compare->comparison.blocks);
    add_positive(object, "rounds_for_halving", (double)compare->rounds_for_halving);
    struct json_object *one = mp_json_add_object(object, "control");
    mp_json_add_text(one, "arm", control->id);
    mp_json_add_text(one, "program", control->program);
    mp_json_add_count(one, "rounds", control->passed + control->failed);
    mp_json_add_count(one, "failures", control->failed);
    mp_json_add_count(one, "other_failures", control->other);
    mp_json_add_count(one, "no_verdict", control->no_verdict);
    mp_json_add_count(one, "skipped", control->outcome[MP_OUTCOME_SKIP]);
    add_outcomes(one, control);
    add_positive(one, "ops_per_second", control->speed);
    add_trend(compare, 0, one);
    mp_compare_tries_add_json(compare, object);
    struct json_object *arms = mp_json_add_array(object, "arms");
    for (size_t arm = 1; arm < rule->arm_count; arm++)
        add_arm(compare, arm, arms);
}
