/* How a failure rate goes with a number that was varied, such as threads: a slope with
 * its limits.
 *
 * A round fails if one of many chances in it hits, so what adds up is the hazard h of a
 * round, -log(1 - rate). The model is h = c * dose^slope. With slope 1 each thread brings
 * a chance of its own; with 2 it takes pairs of them; 0 is no effect. Odds, as in
 * logistic regression, have no such meaning where rates are high.
 *
 * The limits are those of the profile likelihood. They hold where Wald's break down: all
 * rounds of one dose passed, all of another failed. Then one of them is infinite. Counts
 * are whole numbers, so each limit is that of half a failure more towards it, as in a
 * continuity correction: without it, 20 rounds a dose miss the slope in up to 11 %.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_DOSE_H
#define MP_STATS_DOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Failures above the rounds count as all rounds. */
struct mp_dose {
    double dose;
    uint64_t failures, rounds;
};

struct mp_dose_response {
    /* Different ones that have rounds and are above 0: only these count. */
    size_t doses;
    /* Two of them or more, and neither none nor all of the rounds failed; otherwise
     * nothing below is set. */
    bool has_slope;
    double slope, low, high; /* any may be infinite */
    /* The same, right at all looks together however a run was stopped: what a mixture of
     * rates at each dose (Beta(1/2, 1/2)) explains 1 / alpha times better is left out
     * (Ville). So wide that it may hold where the others do not; low above high: every
     * slope is left out. */
    double low_anytime, high_anytime;
    /* Two-sided, of slope 0: by the likelihood ratio, corrected as the limits are. */
    double p;
    /* Pearson's, that rates are this far from the curve by chance; NaN with fewer than
     * three doses or an infinite slope. */
    double misfit_p;
};

/* Of rounds that are independent and fixed in number; limits at 1 - alpha, not rounded.
 * Never NaN but for `misfit_p`. */
struct mp_dose_response mp_dose_response(const struct mp_dose *doses, size_t count,
                                         double alpha);

#endif
