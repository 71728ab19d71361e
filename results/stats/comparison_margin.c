/* What a comparison shows of a margin: that an arm fails hardly more often than the
 * control, or about as often.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/comparison.h"

#include <math.h>

#include "results/stats/margin.h"

void mp_comparison_rule_claim(struct mp_comparison_rule *rule,
                              const struct mp_claim *claim) {
    rule->alpha = claim->alpha;
    rule->fixed_below = claim->kind == MP_CLAIM_RATE ? claim->target : 0;
    rule->margin = claim->kind == MP_CLAIM_RATE ? 0 : claim->target;
    rule->is_two_sided = claim->kind == MP_CLAIM_DIFFERENCE;
}

static struct mp_margin_pairs pairs_of(const struct mp_comparison *comparison,
                                       size_t stratum, size_t arm,
                                       enum mp_comparison_view view) {
    struct mp_pair_eprocess pairs = mp_comparison_pairs(comparison, stratum, arm, view);
    return (struct mp_margin_pairs){
        .pairs = pairs.pairs, .only_a = pairs.only_a, .only_b = pairs.only_b};
}

static struct mp_margin_pairs mirrored(struct mp_margin_pairs pairs) {
    return (struct mp_margin_pairs){
        .pairs = pairs.pairs, .only_a = pairs.only_b, .only_b = pairs.only_a};
}

double mp_comparison_margin_evidence(const struct mp_comparison *comparison,
                                     size_t stratum, size_t arm,
                                     enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    struct mp_margin_pairs pairs = pairs_of(comparison, stratum, arm, view);
    double log_e = mp_margin_log_below(pairs, rule->margin);
    if (rule->is_two_sided)
        log_e = fmin(log_e, mp_margin_log_below(mirrored(pairs), rule->margin));
    return log_e;
}

double mp_comparison_margin_least(const struct mp_comparison *comparison, size_t arm,
                                  enum mp_comparison_view view) {
    double least = INFINITY;
    for (size_t i = 0; i < comparison->rule.stratum_count; i++)
        least = fmin(least, mp_comparison_margin_evidence(comparison, i, arm, view));
    return least;
}

/* The margin is exceeded in some stratum: one of all that might be, on each side. */
static bool is_exceeded(const struct mp_comparison *comparison, size_t arm,
                        enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    double ways = (double)rule->stratum_count * (rule->is_two_sided ? 2 : 1);
    double alpha = mp_comparison_alpha(rule) / ways;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_margin_pairs pairs = pairs_of(comparison, i, arm, view);
        if (mp_eprocess_decides(mp_margin_log_above(pairs, rule->margin), alpha) ||
            (rule->is_two_sided &&
             mp_eprocess_decides(mp_margin_log_above(mirrored(pairs), rule->margin),
                                 alpha)))
            return true;
    }
    return false;
}

enum mp_comparison_verdict
mp_comparison_judge_margin(const struct mp_comparison *comparison, size_t arm,
                           enum mp_comparison_view view) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    uint64_t pairs = 0;
    for (size_t i = 0; i < rule->stratum_count; i++)
        pairs += pairs_of(comparison, i, arm, view).pairs;
    if (pairs == 0)
        return MP_COMPARISON_NOTHING;
    if (is_exceeded(comparison, arm, view))
        return rule->is_two_sided ? MP_COMPARISON_DIFFERENT : MP_COMPARISON_WORSE;
    if (!mp_eprocess_decides(mp_comparison_margin_least(comparison, arm, view),
                             mp_comparison_alpha(rule)))
        return MP_COMPARISON_NOT_SHOWN;
    return rule->is_two_sided ? MP_COMPARISON_SAME : MP_COMPARISON_NO_WORSE;
}
