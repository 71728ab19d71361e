/* Verdicts of a comparison, kept once they are decided.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/demonstration.h"
#include "results/stats/multiple.h"
#include "results/stats/paired.h"
#include "results/stats/strata_exact.h"

/* P of what covered failures show, as a share of alpha, at which looking at it ends; and
 * above which it is not waited for. */
#define SHOWN_AT_SOME_LOOK 0.01
#define COVERED_DOUBT      0.3

/* Control and arm over all strata, as one number. */
struct sum {
    uint64_t rounds_a, failures_a, rounds_b;
    uint64_t only_a, only_b; /* pairs in which just this one failed */
};

static struct sum sum_strata(const struct mp_comparison *comparison, size_t arm,
                             enum mp_comparison_view view) {
    struct sum sum = {0};
    for (size_t i = 0; i < comparison->rule.stratum_count; i++) {
        struct mp_two_arms table = mp_comparison_table(comparison, i, arm, view);
        sum.rounds_a += table.rounds_a;
        sum.rounds_b += table.rounds_b;
        sum.failures_a += table.failures_a;
        struct mp_pair_eprocess pairs = mp_comparison_pairs(comparison, i, arm, view);
        sum.only_a += pairs.only_a;
        sum.only_b += pairs.only_b;
    }
    return sum;
}

/* Of the chance of error of one arm the pooled statement gets one half and the strata
 * share the other, if there is more than one. */
static double pooled_share(const struct mp_comparison_rule *rule) {
    return rule->stratum_count > 1 && rule->margin <= 0 ? 0.5 : 1;
}

double mp_comparison_evidence_needed(const struct mp_comparison_rule *rule) {
    return -log(mp_comparison_alpha(rule) * pooled_share(rule));
}

/* In some stratum the arm failed more often, significantly or not: more rounds may yet
 * show it. */
static bool may_be_worse_somewhere(const struct mp_comparison *comparison, size_t arm,
                                   enum mp_comparison_view view) {
    for (size_t i = 0; i < comparison->rule.stratum_count; i++) {
        struct mp_pair_eprocess pairs = mp_comparison_pairs(comparison, i, arm, view);
        if (pairs.only_b > pairs.only_a)
            return true;
    }
    return false;
}

/* In one of several strata: what the pooled number might hide. */
static bool is_worse_somewhere(const struct mp_comparison *comparison, size_t arm,
                               enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    double strata = (double)rule->stratum_count;
    double alpha = mp_comparison_alpha(rule) * (1 - pooled_share(rule)) / strata;
    for (size_t i = 0; i < rule->stratum_count && strata > 1; i++) {
        struct mp_pair_eprocess pairs = mp_comparison_pairs(comparison, i, arm, view);
        if (pairs.only_b <= pairs.only_a)
            continue;
        bool is_shown = rule->looks
                            ? mp_eprocess_decides(pairs.log_e, alpha)
                            : mp_paired_mcnemar(pairs.only_a, pairs.only_b) <= alpha;
        if (is_shown)
            return true;
    }
    return false;
}

static void add_pairs(struct mp_pair_eprocess *sum, const struct mp_pair_eprocess *one) {
    sum->pairs += one->pairs;
    sum->only_a += one->only_a;
    sum->only_b += one->only_b;
    sum->log_e += one->log_e; /* each pair is one step of a sequence */
}

/* The other failures of all strata. */
struct others {
    struct mp_pair_eprocess uncovered, all;
    bool is_enough;   /* the uncovered pairs may judge */
    double covered_p; /* P of this many where the control failed, one-sided */
};

static struct others sum_others(const struct mp_comparison *comparison, size_t arm) {
    size_t strata = comparison->rule.stratum_count;
    struct mp_two_arms *covered = mp_memory_zeroed(strata, sizeof(*covered));
    struct others sum = {.covered_p = 1};
    uint64_t others = 0, rounds = 0;
    for (size_t i = 0; i < strata; i++) {
        const struct mp_comparison_others *one =
            &comparison->other[i * comparison->rule.arm_count + arm];
        struct mp_comparison_counts count = mp_comparison_count(comparison, i, arm);
        add_pairs(&sum.uncovered, &one->uncovered);
        add_pairs(&sum.all, &one->all);
        covered[i] = one->covered;
        others += count.other;
        rounds += count.passed;
    }
    sum.is_enough = (double)sum.uncovered.pairs * (double)others >=
                    MP_OTHERS_EXPECTED * (double)rounds;
    if (others > 0) {
        struct mp_strata_exact exact = mp_strata_exact(covered, strata);
        sum.covered_p = exact.is_complete ? exact.greater : 1;
    }
    free(covered);
    return sum;
}

static bool rose(const struct mp_pair_eprocess *pairs, double alpha) {
    return pairs->only_b > pairs->only_a &&
           mp_paired_mcnemar(pairs->only_a, pairs->only_b) / 2 <= alpha;
}

/* Other failures rose; since it withholds a verdict, by a test of this number of pairs
 * that errs more often than evidence for all looks. */
static bool others_rose(const struct mp_comparison *comparison, size_t arm) {
    double alpha = comparison->rule.alpha;
    struct others sum = sum_others(comparison, arm);
    return sum.is_enough ? rose(&sum.uncovered, alpha / 2) || sum.covered_p <= alpha / 2
                         : rose(&sum.all, alpha);
}

/* Below the figure in every stratum. */
static bool is_fixed(const struct mp_comparison *comparison, size_t arm,
                     enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    double alpha = mp_comparison_alpha(rule);
    bool is_fixed = true;
    for (size_t i = 0; i < rule->stratum_count && is_fixed; i++) {
        struct mp_two_arms table = mp_comparison_table(comparison, i, arm, view);
        double log_e = mp_eprocess_log_below(table.failures_b, table.rounds_b,
                                             rule->fixed_below, mp_prior_jeffreys());
        is_fixed = rule->looks ? mp_eprocess_decides(log_e, alpha)
                               : mp_binomial_upper(table.failures_b, table.rounds_b,
                                                   alpha) < rule->fixed_below;
    }
    return is_fixed;
}

/* Shown to be above the figure somewhere: more rounds cannot make it fixed. */
static bool is_past_fixing(const struct mp_comparison *comparison, size_t arm,
                           enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_two_arms table = mp_comparison_table(comparison, i, arm, view);
        double log_e = mp_eprocess_log_above(table.failures_b, table.rounds_b,
                                             rule->fixed_below, mp_prior_jeffreys());
        if (mp_eprocess_decides(log_e, mp_comparison_alpha(rule)))
            return true;
    }
    return false;
}

struct mp_strata mp_comparison_pool(const struct mp_comparison *comparison, size_t arm,
                                    enum mp_comparison_view view) {
    size_t count = comparison->rule.stratum_count;
    struct mp_two_arms *table = mp_memory_zeroed(count, sizeof(*table));
    for (size_t i = 0; i < count; i++)
        table[i] = mp_comparison_table(comparison, i, arm, view);
    struct mp_strata strata = mp_strata_compare(table, count, comparison->rule.alpha);
    free(table);
    return strata;
}

double mp_comparison_p(const struct mp_comparison *comparison, size_t arm,
                       enum mp_comparison_view view) {
    struct sum sum = sum_strata(comparison, arm, view);
    return mp_paired_mcnemar(sum.only_a, sum.only_b);
}

/* p of every arm, adjusted for being one of several. */
static void adjusted_p(const struct mp_comparison *comparison,
                       enum mp_comparison_view view,
                       double ret_p[MP_COMPARISON_ARMS_MAX]) {
    ret_p[0] = NAN; /* the control is not tested */
    for (size_t arm = 1; arm < comparison->rule.arm_count; arm++)
        ret_p[arm] = mp_comparison_p(comparison, arm, view);
    mp_multiple_holm(ret_p, comparison->rule.arm_count, ret_p);
}

/* `is_shown`: control and arm differ. */
static enum mp_comparison_verdict judge_arm(const struct mp_comparison *comparison,
                                            size_t arm, enum mp_comparison_view view,
                                            bool is_shown) {
    struct sum sum = sum_strata(comparison, arm, view);
    if (sum.rounds_a == 0 || sum.rounds_b == 0)
        return MP_COMPARISON_NOTHING;
    if ((is_shown && sum.only_a < sum.only_b) ||
        is_worse_somewhere(comparison, arm, view))
        return MP_COMPARISON_WORSE;
    if (is_shown && sum.only_a > sum.only_b)
        return is_fixed(comparison, arm, view) ? MP_COMPARISON_FIXED
                                               : MP_COMPARISON_BETTER;
    return sum.failures_a == 0 ? MP_COMPARISON_NO_POWER : MP_COMPARISON_NO_DIFFERENCE;
}

static bool is_shown_by_evidence(const struct mp_comparison *comparison, size_t arm,
                                 enum mp_comparison_view view) {
    double alpha =
        mp_comparison_alpha(&comparison->rule) * pooled_share(&comparison->rule);
    return mp_eprocess_decides(comparison->latch[view][arm].peak, alpha);
}

/* More rounds may yet show that other failures rose, or that they were covered. */
static bool may_be_exchanged(const struct mp_comparison *comparison, size_t arm) {
    double alpha = mp_comparison_alpha(&comparison->rule);
    struct others sum = sum_others(comparison, arm);
    struct mp_pair_eprocess judging = sum.is_enough ? sum.uncovered : sum.all;
    bool will_tell = sum.uncovered.pairs >= sum.all.pairs / 10;
    double log_e = will_tell ? sum.uncovered.log_e : sum.all.log_e;
    bool is_shown =
        mp_eprocess_decides(log_e, alpha) || sum.covered_p <= alpha * SHOWN_AT_SOME_LOOK;
    bool has_more = judging.only_b > judging.only_a || sum.covered_p < COVERED_DOUBT;
    return has_more && !is_shown;
}

static void latch_margin(struct mp_comparison *comparison, size_t arm,
                         enum mp_comparison_view view) {
    struct mp_comparison_latch *latch = &comparison->latch[view][arm];
    latch->peak = fmax(latch->peak, mp_comparison_margin_least(comparison, arm, view));
    enum mp_comparison_verdict verdict =
        mp_comparison_judge_margin(comparison, arm, view);
    bool is_good = mp_comparison_is_good(verdict);
    if (verdict == MP_COMPARISON_WORSE || verdict == MP_COMPARISON_DIFFERENT ||
        (is_good && !may_be_exchanged(comparison, arm))) {
        latch->is_set = true;
        latch->verdict = verdict;
    }
}

/* Keeps the verdict of `arm` once it is decided. */
static void keep_decided(struct mp_comparison *comparison, size_t arm,
                         enum mp_comparison_view view) {
    struct mp_comparison_latch *latch = &comparison->latch[view][arm];
    if (!comparison->rule.looks || latch->is_set)
        return;
    if (comparison->rule.margin > 0) {
        latch_margin(comparison, arm, view);
        return;
    }
    latch->peak = fmax(latch->peak, mp_comparison_evidence_total(comparison, arm, view));
    enum mp_comparison_verdict verdict =
        judge_arm(comparison, arm, view, is_shown_by_evidence(comparison, arm, view));
    bool is_known =
        verdict == MP_COMPARISON_FIXED ||
        (verdict == MP_COMPARISON_BETTER && is_past_fixing(comparison, arm, view));
    is_known = is_known && !may_be_exchanged(comparison, arm);
    if (verdict == MP_COMPARISON_WORSE ||
        (is_known && !may_be_worse_somewhere(comparison, arm, view))) {
        latch->is_set = true;
        latch->verdict = verdict;
    }
}

void mp_comparison_add(struct mp_comparison *comparison, size_t stratum, size_t arm,
                       uint64_t seed, enum mp_block_verdict verdict) {
    uint32_t paired = mp_comparison_record(comparison, stratum, arm, seed, verdict);
    for (size_t i = 1; i < comparison->rule.arm_count; i++)
        for (int view = 0; view < MP_COMPARISON_VIEWS && (paired >> i & 1) != 0; view++)
            keep_decided(comparison, i, (enum mp_comparison_view)view);
}

double mp_comparison_peak(const struct mp_comparison *comparison, size_t arm,
                          enum mp_comparison_view view) {
    if (comparison->rule.looks)
        return comparison->latch[view][arm].peak;
    return comparison->rule.margin > 0
               ? mp_comparison_margin_least(comparison, arm, view)
               : mp_comparison_evidence_total(comparison, arm, view);
}

void mp_comparison_judge(const struct mp_comparison *comparison,
                         enum mp_comparison_view view,
                         enum mp_comparison_verdict ret_verdict[MP_COMPARISON_ARMS_MAX]) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    double p[MP_COMPARISON_ARMS_MAX] = {0};
    if (!rule->looks && rule->margin <= 0)
        adjusted_p(comparison, view, p);
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        const struct mp_comparison_latch *latch = &comparison->latch[view][arm];
        if (rule->margin > 0) {
            ret_verdict[arm] = latch->is_set
                                   ? latch->verdict
                                   : mp_comparison_judge_margin(comparison, arm, view);
            continue;
        }
        bool is_shown = rule->looks ? is_shown_by_evidence(comparison, arm, view)
                                    : p[arm] <= rule->alpha * pooled_share(rule);
        ret_verdict[arm] =
            latch->is_set ? latch->verdict : judge_arm(comparison, arm, view, is_shown);
    }
}

/* The reading that is against a verdict. */
static enum mp_comparison_view adverse_view(enum mp_comparison_verdict verdict) {
    return verdict == MP_COMPARISON_WORSE ? MP_COMPARISON_IN_FAVOUR
                                          : MP_COMPARISON_AGAINST;
}

/* A verdict, reduced by the one of the reading against it. */
static enum mp_comparison_verdict lesser(enum mp_comparison_verdict seen,
                                         enum mp_comparison_verdict adverse) {
    if (mp_comparison_is_good(seen))
        return !mp_comparison_is_good(adverse)   ? MP_COMPARISON_NO_DIFFERENCE
               : adverse == MP_COMPARISON_BETTER ? MP_COMPARISON_BETTER
                                                 : seen;
    if (seen == MP_COMPARISON_WORSE && adverse != MP_COMPARISON_WORSE)
        return MP_COMPARISON_NO_DIFFERENCE;
    return seen;
}

void mp_comparison_conclude(const struct mp_comparison *comparison,
                            enum mp_comparison_verdict *ret_verdicts) {
    enum mp_comparison_verdict read[MP_COMPARISON_VIEWS][MP_COMPARISON_ARMS_MAX];
    for (int view = 0; view < MP_COMPARISON_VIEWS; view++)
        mp_comparison_judge(comparison, (enum mp_comparison_view)view, read[view]);
    for (size_t arm = 1; arm < comparison->rule.arm_count; arm++) {
        enum mp_comparison_verdict seen = read[MP_COMPARISON_SEEN][arm];
        enum mp_comparison_verdict adverse = read[adverse_view(seen)][arm];
        bool agree = adverse == seen && (!comparison->rule.is_two_sided ||
                                         read[MP_COMPARISON_IN_FAVOUR][arm] == seen);
        if (comparison->rule.margin <= 0)
            ret_verdicts[arm] = lesser(seen, adverse);
        else
            ret_verdicts[arm] =
                agree || seen == MP_COMPARISON_NOTHING ? seen : MP_COMPARISON_NOT_SHOWN;
        if (mp_comparison_is_good(ret_verdicts[arm]) && others_rose(comparison, arm))
            ret_verdicts[arm] = MP_COMPARISON_EXCHANGED;
    }
}

/* Further rounds of a plan that is judged once. */
static uint64_t clean_rounds(struct mp_two_arms table, double rate, double alpha) {
    uint64_t needed = mp_demonstration_rounds(table.failures_b, rate, alpha);
    if (needed != MP_ROUNDS_NEVER && needed <= table.rounds_b)
        return 0;
    uint64_t clean = mp_demonstration_rounds(0, rate, alpha);
    return clean != MP_ROUNDS_NEVER ? clean : UINT64_MAX;
}

uint64_t mp_comparison_rounds_to_fixed(const struct mp_comparison *comparison,
                                       size_t arm) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    uint64_t most = 0;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_two_arms table =
            mp_comparison_table(comparison, i, arm, MP_COMPARISON_AGAINST);
        uint64_t needed =
            rule->looks
                ? mp_eprocess_clean_rounds(table.failures_b, table.rounds_b,
                                           rule->fixed_below, mp_comparison_alpha(rule),
                                           mp_prior_jeffreys())
                : clean_rounds(table, rule->fixed_below, mp_comparison_alpha(rule));
        most = needed > most ? needed : most;
    }
    return most;
}

bool mp_comparison_is_decided(const struct mp_comparison *comparison) {
    for (size_t i = 1; i < comparison->rule.arm_count; i++) {
        const struct mp_comparison_latch *seen =
            &comparison->latch[MP_COMPARISON_SEEN][i];
        if (!seen->is_set || !comparison->latch[adverse_view(seen->verdict)][i].is_set ||
            (comparison->rule.is_two_sided &&
             !comparison->latch[MP_COMPARISON_IN_FAVOUR][i].is_set))
            return false;
    }
    return true;
}

void mp_comparison_progress(const struct mp_comparison *comparison, double *ret_differ,
                            double *ret_below) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    double differ = 1, below = 1;
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        double peak = comparison->latch[MP_COMPARISON_SEEN][arm].peak;
        differ = fmin(differ, fmax(peak, 0) / mp_comparison_evidence_needed(rule));
        if (rule->margin > 0)
            continue;
        for (size_t i = 0; i < rule->stratum_count; i++) {
            struct mp_two_arms table =
                mp_comparison_table(comparison, i, arm, MP_COMPARISON_SEEN);
            double log_e = mp_eprocess_log_below(table.failures_b, table.rounds_b,
                                                 rule->fixed_below, mp_prior_jeffreys());
            below = fmin(below, mp_eprocess_share(log_e, mp_comparison_alpha(rule)));
        }
    }
    *ret_differ = differ;
    *ret_below = below;
}
