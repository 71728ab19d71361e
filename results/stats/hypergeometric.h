/* The hypergeometric distribution: of `marked` among drawn + left items, how many are
 * among the `drawn` ones. Exact for drawn below 2^53 (let it be the smaller part); its
 * tails are summed outward from their nearest term, so nothing is subtracted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_HYPERGEOMETRIC_H
#define MP_STATS_HYPERGEOMETRIC_H

/* Whole numbers; low, high and mode are made by mp_hypergeometric_make. */
struct mp_hypergeometric {
    double drawn, left, marked;
    double low, high; /* the values that can occur */
    double mode;      /* the most frequent one */
};

struct mp_hypergeometric mp_hypergeometric_make(double drawn, double left, double marked);
/* log P(X = k). */
double mp_hypergeometric_density_log(const struct mp_hypergeometric *h, double k);
double mp_hypergeometric_variance(const struct mp_hypergeometric *h);
/* P(X <= k), P(X >= k). Beyond a variance of 1e10 by the normal limit. */
double mp_hypergeometric_lower(const struct mp_hypergeometric *h, double k);
double mp_hypergeometric_upper(const struct mp_hypergeometric *h, double k);
/* The sum of all P(X = k) with log P(X = k) <= `limit`. */
double mp_hypergeometric_rare(const struct mp_hypergeometric *h, double limit);
/* The largest k <= mode, the smallest k >= mode with log P(X = k) <= limit; low - 1, high
 * + 1 if there is none. */
double mp_hypergeometric_left_of(const struct mp_hypergeometric *h, double limit);
double mp_hypergeometric_right_of(const struct mp_hypergeometric *h, double limit);
/* P(X = k - 1) / P(X = k), P(X = k + 1) / P(X = k). */
double mp_hypergeometric_ratio_down(const struct mp_hypergeometric *h, double k);
double mp_hypergeometric_ratio_up(const struct mp_hypergeometric *h, double k);

#endif
