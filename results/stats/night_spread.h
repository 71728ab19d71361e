/* Whether nights differ more than by chance, with cells as strata, and limits of the
 * overall rate that allow for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_NIGHT_SPREAD_H
#define MP_STATS_NIGHT_SPREAD_H

#include "results/stats/binomial.h"
#include "results/stats/night_series.h"

struct mp_night_spread {
    size_t nights; /* that have rounds */
    double chi2;   /* of "each cell has one rate in all nights", summed over nights */
    double phi;    /* chi2 / (nights - 1); 1 where nights differ by chance alone */
    double p;      /* of nights that differ as much by chance, by shuffling */
    double design_effect;    /* rounds that are worth one independent one; 1 or more */
    double effective_rounds; /* rounds / design_effect */
    /* Korn and Graubard 1998: with the effective rounds, fewer still for what so few
     * nights leave unknown of their spread (Student's t). Where nothing or everything
     * failed, nights cannot be seen to differ, and these are Clopper-Pearson's. */
    struct mp_interval adjusted;
};

/* The one-sided limit if the same spread is taken over `nights` nights, of whose `rounds`
 * rounds so many failed: Clopper-Pearson's for no failure. */
double mp_night_spread_upper(const struct mp_night_spread *spread, size_t nights,
                             uint64_t failures, uint64_t rounds, double alpha);

/* `draws` shuffles; 0: p is 1. Never NaN. */
struct mp_night_spread mp_night_spread_measure(struct mp_night_series series,
                                               double alpha, uint64_t draws,
                                               uint64_t seed);

#endif
