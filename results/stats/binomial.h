/* Rates of failing rounds with their limits. Pure: numbers in, numbers out; libm only.
 * For all of them: failures above rounds count as rounds, no round gives [0, 1], an alpha
 * outside (0, 1) claims nothing, and nothing is ever NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_BINOMIAL_H
#define MP_STATS_BINOMIAL_H

#include <stdint.h>

struct mp_interval {
    double low, high;
};

/* Clopper-Pearson limits (1934) for `failures` of `rounds` at confidence 1 - alpha,
 * two-sided. Exact: coverage never falls below 1 - alpha. */
struct mp_interval mp_binomial_clopper_pearson(uint64_t failures, uint64_t rounds,
                                               double alpha);
/* The same for counts that are not whole, such as those divided by a design effect. */
struct mp_interval mp_binomial_clopper_pearson_real(double failures, double rounds,
                                                    double alpha);

/* One-sided limits at confidence 1 - alpha. For zero failures the upper one is
 * 1 - alpha^(1/rounds) and the lower one 0. */
double mp_binomial_upper(uint64_t failures, uint64_t rounds, double alpha);
double mp_binomial_lower(uint64_t failures, uint64_t rounds, double alpha);

/* Wilson's score interval (1927): close to its level on average, but not guaranteed. */
struct mp_interval mp_binomial_wilson(uint64_t failures, uint64_t rounds, double alpha);
/* Equal-tailed interval of the posterior under Jeffreys' prior, 0 at no failure and 1
 * where every round failed (Brown, Cai and DasGupta 2001). */
struct mp_interval mp_binomial_jeffreys(uint64_t failures, uint64_t rounds, double alpha);
/* Limits at which the tail that counts the observed value half is alpha / 2 (Lancaster
 * 1961). */
struct mp_interval mp_binomial_mid_p(uint64_t failures, uint64_t rounds, double alpha);

/* P(rate < limit) after these rounds, under Jeffreys' prior. */
double mp_binomial_posterior_below(uint64_t failures, uint64_t rounds, double limit);

#endif
