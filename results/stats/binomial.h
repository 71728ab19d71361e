/* Rates of failing rounds with their limits. Pure: numbers in, numbers out; libm only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_BINOMIAL_H
#define MP_STATS_BINOMIAL_H

#include <stdint.h>

struct mp_interval {
    double low, high;
};

/* Clopper-Pearson limits (1934) for `failures` of `rounds` at confidence 1 - alpha, two-sided.
 * Exact: coverage never falls below 1 - alpha. rounds = 0 gives [0, 1]. Never NaN. */
struct mp_interval mp_binomial_clopper_pearson(uint64_t failures, uint64_t rounds, double alpha);

/* One-sided upper limit; for zero failures 1 - alpha^(1/rounds). rounds = 0 gives 1. */
double mp_binomial_upper(uint64_t failures, uint64_t rounds, double alpha);

#endif
