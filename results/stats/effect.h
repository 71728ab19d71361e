/* How much more often arm A fails than arm B, with limits at confidence 1 - alpha. Common
 * rules: failures above rounds count as rounds; a ratio may be infinite; where nothing is
 * known (an empty arm; for ratios also two arms without a failure) the value is 0 for a
 * difference and 1 for a ratio, with the widest limits. Never NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_EFFECT_H
#define MP_STATS_EFFECT_H

#include "results/stats/two_arms.h"

struct mp_effect {
    double value, low, high;
};

/* Risk difference, A minus B: Newcombe's hybrid of two Wilson intervals (1998, method
 * 10). */
struct mp_effect mp_effect_difference_newcombe(struct mp_two_arms arms, double alpha);
/* Risk difference by the score of Miettinen and Nurminen (1985). */
struct mp_effect mp_effect_difference_score(struct mp_two_arms arms, double alpha);

/* The same from limits of both rates that hold at every look (eprocess.h), half of alpha
 * each: right however often one looked, and wider. */
struct mp_effect mp_effect_difference_anytime(struct mp_two_arms arms, double alpha);
struct mp_effect mp_effect_ratio_anytime(struct mp_two_arms arms, double alpha);

/* Risk ratio, A over B: Koopman's score interval (1984); works with a zero on either
 * side. */
struct mp_effect mp_effect_ratio_koopman(struct mp_two_arms arms, double alpha);
/* The same with the variance of Miettinen and Nurminen (1985), times N / (N - 1). */
struct mp_effect mp_effect_ratio_score(struct mp_two_arms arms, double alpha);
/* Risk ratio by the logarithm (Katz 1978): [0, infinity] where an arm never failed. */
struct mp_effect mp_effect_ratio_katz(struct mp_two_arms arms, double alpha);

/* Odds ratio by the logarithm (Woolf 1955), with 1/2 added to every cell where one is 0
 * (Haldane 1956, Anscombe 1956). */
struct mp_effect mp_effect_odds_woolf(struct mp_two_arms arms, double alpha);
/* Odds ratio given the margins: maximum likelihood with exact limits (Cornfield 1956);
 * Woolf's where the variance of the count is above 1e7. */
struct mp_effect mp_effect_odds_conditional(struct mp_two_arms arms, double alpha);

#endif
