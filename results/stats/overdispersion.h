/* Whether groups of rounds, such as nights, differ more than by chance, and what that
 * does to the limits of their common rate.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_OVERDISPERSION_H
#define MP_STATS_OVERDISPERSION_H

#include <stddef.h>
#include <stdint.h>

#include "results/stats/binomial.h"

/* Groups without rounds are passed over. With fewer than two groups, or where none or all
 * rounds failed, nothing can be seen: the tests give p 1, factors 1 and correlations 0.
 * Never NaN. */
struct mp_overdispersion {
    size_t groups;
    double rate;               /* of all rounds together */
    double chi2, freedom, p;   /* Pearson's test of "one rate in all groups" */
    double phi;                /* chi2 / freedom; 1 where groups differ by chance alone */
    double tarone_z, tarone_p; /* Tarone 1979, against the beta-binomial; upper tail */
    double icc;                /* intraclass correlation, by analysis of variance */
    double design_effect;      /* how many rounds are worth one independent one, by the
                                  variance      of a ratio; may come out below 1 */
    double effective_rounds;   /* rounds / design_effect, at most the rounds there are */
    struct mp_interval naive;  /* Clopper-Pearson as if all rounds were independent */
    struct mp_interval
        adjusted; /* the same with the effective rounds (Korn and Graubard 1998) */
};

struct mp_overdispersion mp_overdispersion_measure(const uint64_t *failures,
                                                   const uint64_t *rounds, size_t count,
                                                   double alpha);

/* The beta-binomial distribution that fits best: rates of groups have this mean, and
 * rounds of one group this correlation. */
struct mp_beta_binomial {
    double mean, correlation; /* correlation 0: the binomial fits as well */
    double log_likelihood, log_likelihood_binomial;
    double p; /* of the likelihood ratio against the binomial, halved at the border (Self
                 and Liang 1987); 1 where correlation is 0 */
};

struct mp_beta_binomial mp_overdispersion_fit(const uint64_t *failures,
                                              const uint64_t *rounds, size_t count);

#endif
