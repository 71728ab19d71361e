/* Whether a rate rises or falls over ordered groups, such as thread counts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_TREND_H
#define MP_STATS_TREND_H

#include <stddef.h>
#include <stdint.h>

struct mp_trend {
    double z;    /* positive: failures rise with the score */
    double chi2; /* z squared, 1 degree of freedom */
    double p;    /* two-sided */
};

/* Cochran-Armitage. One score per group: for thread counts their logarithm to base 2.
 * Groups without rounds are passed over; fewer than two different scores, or none or all
 * failing, give z = 0 and p = 1. */
struct mp_trend mp_trend_test(const uint64_t *failures, const uint64_t *rounds,
                              const double *scores, size_t count);

#endif
