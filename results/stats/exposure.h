/* Failures per unit of exposure: per op, or per second. These assume that failures come
 * at a constant rate; the rate per round remains the primary figure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_EXPOSURE_H
#define MP_STATS_EXPOSURE_H

#include <stdint.h>

#include "results/stats/binomial.h"

/* `between` is the exposure between failures, the inverse of the rate; infinite without
 * failures.
 */
struct mp_exposure_rate {
    double rate;
    struct mp_interval limits; /* Garwood's (1936), two-sided */
    double upper;              /* one-sided, at the same confidence */
    double between;
    struct mp_interval between_limits;
    double between_lower; /* one-sided */
};

/* Rate of `failures` over `exposure` with limits at confidence 1 - alpha. An exposure
 * that is not positive and finite, or an alpha outside (0, 1), leaves the limits at 0 and
 * infinity. Never NaN. */
struct mp_exposure_rate mp_exposure_rate(uint64_t failures, double exposure,
                                         double alpha);

/* Log likelihood of the exponential distribution at its best fit; 0 if nothing was
 * seen. */
double mp_exposure_log_likelihood(uint64_t failures, double exposure);

struct mp_exposures {
    uint64_t failures_a, failures_b;
    double exposure_a, exposure_b;
};

struct mp_exposure_ratio {
    double ratio;              /* rate of A over rate of B; infinite if only A failed */
    struct mp_interval limits; /* exact, given the sum of failures */
    double greater, two_sided; /* P values of "equal": A more often than B; either way */
};

/* The test given the sum of failures (Przyborowski and Wilenski 1940); two-sided by
 * adding up what is as improbable, with R's slack of 1e-7. Without failures or exposure:
 * ratio 1, limits 0 and infinity, P 1. */
struct mp_exposure_ratio mp_exposure_compare(struct mp_exposures arms, double alpha);

#endif
