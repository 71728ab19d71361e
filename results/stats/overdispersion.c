/* Differences between groups. The beta-binomial fit stands in beta_binomial.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/overdispersion.h"

#include <math.h>

#include "results/stats/gamma.h"
#include "results/stats/normal.h"

/* Sums over the groups that have rounds. */
struct sums {
    double groups, rounds, failures;
    double squares;  /* of rounds */
    double pairs;    /* rounds * (rounds - 1) */
    double gaps;     /* (x - n rate)^2 */
    double weighted; /* (x - n rate)^2 / n */
    double within;   /* n * group's rate * (1 - group's rate) */
};

static struct sums add_up(const uint64_t *failures, const uint64_t *rounds,
                          size_t count) {
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        sums.groups += rounds[i] > 0;
        sums.rounds += (double)rounds[i];
        sums.failures += fmin((double)failures[i], (double)rounds[i]);
    }
    double rate = sums.rounds > 0.0 ? sums.failures / sums.rounds : 0.0;
    for (size_t i = 0; i < count; i++) {
        if (rounds[i] == 0)
            continue;
        double n = (double)rounds[i], x = fmin((double)failures[i], n),
               gap = fma(-n, rate, x);
        sums.squares += n * n;
        sums.pairs += n * (n - 1.0);
        sums.gaps += gap * gap;
        sums.weighted += gap * (gap / n);
        sums.within += x * ((n - x) / n);
    }
    return sums;
}

static double intraclass(struct sums s) {
    double free_within = s.rounds - s.groups;
    double size = (s.rounds - s.squares / s.rounds) / (s.groups - 1.0);
    double between = s.weighted / (s.groups - 1.0);
    double within = free_within > 0.0 ? s.within / free_within : 0.0;
    double all = between + (size - 1.0) * within;
    return all > 0.0 ? (between - within) / all : 0.0;
}

struct mp_overdispersion mp_overdispersion_measure(const uint64_t *failures,
                                                   const uint64_t *rounds, size_t count,
                                                   double alpha) {
    struct sums s = add_up(failures, rounds, count);
    struct mp_overdispersion result = {
        .groups = (size_t)s.groups,
        .rate = s.rounds > 0.0 ? s.failures / s.rounds : 0.0,
        .p = 1.0,
        .phi = 1.0,
        .tarone_p = 1.0,
        .design_effect = 1.0,
        .effective_rounds = s.rounds,
        .naive = mp_binomial_clopper_pearson_real(s.failures, s.rounds, alpha),
    };
    result.adjusted = result.naive;
    double spread = result.rate * (1.0 - result.rate); /* of one round */
    if (s.groups < 2.0 || !(spread > 0.0))
        return result;
    result.freedom = s.groups - 1.0;
    result.chi2 = s.weighted / spread;
    result.p = mp_chi2_upper(result.chi2, result.freedom);
    result.phi = result.chi2 / result.freedom;
    if (s.pairs > 0.0) {
        result.tarone_z = (s.gaps / spread - s.rounds) / sqrt(2.0 * s.pairs);
        result.tarone_p = mp_normal_upper(result.tarone_z);
        result.icc = intraclass(s);
    }
    result.design_effect = s.groups / (s.groups - 1.0) * (s.gaps / spread / s.rounds);
    double divisor = fmax(1.0, result.design_effect);
    result.effective_rounds = s.rounds / divisor;
    result.adjusted =
        mp_binomial_clopper_pearson_real(s.failures / divisor, s.rounds / divisor, alpha);
    return result;
}
