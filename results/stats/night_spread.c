/* Spread of nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/night_spread.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/beta.h"
#include "results/stats/normal.h"

#define SLACK 1e-9

/* Pearson's sum over nights; `excess` has room for all of them. */
static double chi2_of(struct mp_night_series series, struct mp_night_excess *excess) {
    double sum = 0.0;
    mp_night_series_excess(series, excess);
    for (size_t i = 0; i < series.nights; i++)
        if (excess[i].variance > 0.0)
            sum += excess[i].failures * (excess[i].failures / excess[i].variance);
    return sum;
}

static double find_p(struct mp_night_series series, double chi2, uint64_t draws,
                     uint64_t seed, struct mp_night_excess *excess) {
    struct mp_night_dealer *dealer = mp_night_dealer_make(series);
    struct mp_rng rng;
    uint64_t as_large = 0;
    mp_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < draws; i++)
        as_large += chi2_of(mp_night_dealer_deal(dealer, 1.0, &rng), excess) >=
                    chi2 * (1.0 - SLACK);
    mp_night_dealer_free(dealer);
    return ((double)as_large + 1.0) / ((double)draws + 1.0);
}

/* The square of Student's quantile with upper tail `q` over that of the normal one. */
static double student_factor(double q, double freedom) {
    double normal = mp_normal_quantile_upper(q);
    /* t^2 / (t^2 + freedom) has the beta distribution (1/2, freedom/2). */
    double share = mp_beta_quantile_upper(2.0 * q, 0.5, freedom / 2.0);
    return share < 1.0 ? freedom * share / (1.0 - share) / (normal * normal) : INFINITY;
}

double mp_night_spread_upper(const struct mp_night_spread *spread, size_t nights,
                             uint64_t failures, uint64_t rounds, double alpha) {
    double worth = 1.0;
    if (failures > 0 && nights >= 2)
        worth =
            1.0 / (spread->design_effect * student_factor(alpha, (double)nights - 1.0));
    return mp_binomial_clopper_pearson_real((double)failures * worth,
                                            (double)rounds * worth, 2.0 * alpha)
        .high;
}

struct mp_night_spread mp_night_spread_measure(struct mp_night_series series,
                                               double alpha, uint64_t draws,
                                               uint64_t seed) {
    struct mp_night_spread result = {.phi = 1.0, .p = 1.0, .design_effect = 1.0};
    struct mp_night_excess *excess = mp_memory_zeroed(series.nights + 1, sizeof(*excess));
    double rounds = 0.0, failures = 0.0, squares = 0.0, variance = 0.0;
    result.chi2 = chi2_of(series, excess);
    for (size_t i = 0; i < series.nights; i++) {
        double own = 0.0;
        for (size_t cell = 0; cell < series.cells; cell++) {
            struct mp_night night = series.count[i * series.cells + cell];
            own += (double)night.rounds;
            failures += fmin((double)night.failures, (double)night.rounds);
        }
        result.nights += own > 0.0;
        rounds += own;
        squares += excess[i].failures * excess[i].failures;
        variance += excess[i].variance;
    }
    double worth = 1.0;
    if (result.nights >= 2 && variance > 0.0) {
        double freedom = (double)result.nights - 1.0;
        result.phi = result.chi2 / freedom;
        result.p = draws > 0 ? find_p(series, result.chi2, draws, seed, excess) : 1.0;
        result.design_effect =
            fmax(1.0, (double)result.nights / freedom * squares / variance);
        worth = 1.0 / (result.design_effect * student_factor(alpha / 2.0, freedom));
    }
    result.effective_rounds = rounds / result.design_effect;
    result.adjusted =
        mp_binomial_clopper_pearson_real(failures * worth, rounds * worth, alpha);
    free(excess);
    return result;
}
