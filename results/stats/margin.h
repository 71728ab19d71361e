/* Whether one arm fails hardly more often than another: evidence that the rate of B is
 * less than `margin` above that of A, from pairs of rounds. "No difference shown" claims
 * nothing; this does.
 *
 * A pair is +1 if just B failed, -1 if just A did, else 0. On each pair is bet that its
 * mean is below the margin (Waudby-Smith and Ramdas 2023); stakes are mixed over a fixed
 * grid, so the evidence needs the counts alone. If the mean is at or above the margin, it
 * reaches 1/alpha with a chance of at most alpha, however often one looks, whatever the
 * rates, and also if they drift. All functions are pure and never NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_MARGIN_H
#define MP_STATS_MARGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/stats/power.h"
#include "results/stats/sequential.h"

/* Counts of pairs in which both rounds have a verdict. */
struct mp_margin_pairs {
    uint64_t pairs;          /* all of them */
    uint64_t only_a, only_b; /* in which just this one failed */
};

/* log E for "rate of B - rate of A < margin", the margin in (0, 1); 0, no evidence, for
 * others. */
double mp_margin_log_below(struct mp_margin_pairs pairs, double margin);
/* The mirror: log E for "rate of B - rate of A > margin". */
double mp_margin_log_above(struct mp_margin_pairs pairs, double margin);

/* What is to be shown: an excess below the margin, or a difference below it either way;
 * in each of `strata` workloads. */
struct mp_margin_question {
    double margin, alpha;
    bool is_two_sided;
    size_t strata;
};

/* The number of pairs in each workload that show it with this power, looking after each,
 * where just one of a pair fails as often as `rates` says. By 1,000 simulated runs with a
 * fixed seed: the power is right to about 1.3 points, the number to about 3 %.
 * MP_ROUNDS_NEVER above MP_MARGIN_PAIRS_MAX. */
#define MP_MARGIN_PAIRS_MAX 10000000
struct mp_sample_size mp_margin_rounds(struct mp_margin_question question,
                                       struct mp_pair_rates rates, double power);

/* The blocks of a comparison whose number of rounds was not given: enough to show it
 * with MP_STOPPING_CHANCE where both arms fail as often as the margin says. */
uint64_t mp_margin_default_budget(struct mp_margin_question question);

#endif
