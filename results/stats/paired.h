/* Paired measurements: two of each block, so that what changes between blocks cancels
 * out. Pure: numbers in, numbers out; libm only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_PAIRED_H
#define MP_STATS_PAIRED_H

#include <stddef.h>
#include <stdint.h>

/* McNemar's exact test (1947): of the pairs in which just one of two failed, how
 * improbable it is that it was so unevenly one or the other, if each were as likely;
 * two-sided. Right for pairs that share seed, minute and machine, of which a test of two
 * independent arms knows nothing. 1 without such a pair. */
double mp_paired_mcnemar(uint64_t only_a, uint64_t only_b);

struct mp_paired_ratio {
    size_t pairs;
    double median;    /* of the ratios B / A, 1 without a pair */
    double low, high; /* 0 and infinity where there are too few pairs to say */
};

/* The median of the ratios b[i] / a[i] with the limits of the sign test: they cover the
 * true median with probability 1 - alpha or more whatever the distribution, and single
 * wild pairs do not move them. Pairs that are not both positive and finite are left
 * out. */
struct mp_paired_ratio mp_paired_ratio(const double *a, const double *b, size_t count,
                                       double alpha);

#endif
