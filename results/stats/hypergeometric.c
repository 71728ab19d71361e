/* The hypergeometric distribution. Time does not grow with the counts: sums end when
 * their terms become negligible, and searches bisect.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/hypergeometric.h"

#include <math.h>

#include "results/stats/density.h"
#include "results/stats/normal.h"

#define VARIANCE_MAX 1e10
#define NEGLIGIBLE   1e-18

struct mp_hypergeometric mp_hypergeometric_make(double drawn, double left,
                                                double marked) {
    marked = fmin(marked, drawn + left);
    struct mp_hypergeometric h = {.drawn = drawn, .left = left, .marked = marked};
    h.low = fmax(0.0, marked - left);
    h.high = fmin(drawn, marked);
    double mode = floor((drawn + 1.0) * ((marked + 1.0) / (drawn + left + 2.0)));
    h.mode = fmax(h.low, fmin(h.high, mode));
    return h;
}

double mp_hypergeometric_density_log(const struct mp_hypergeometric *h, double k) {
    if (k < h->low || k > h->high)
        return -INFINITY;
    double all = h->drawn + h->left;
    if (h->low == h->high)
        return 0.0;
    /* A quotient of three binomial densities at the rate marked / all. The difference to
     * the mean is exact but for one rounding. */
    double p = h->marked / all, q = (all - h->marked) / all;
    double product = h->drawn * h->marked, rest = fma(h->drawn, h->marked, -product);
    double diff = (fma(k, all, -product) - rest) / all;
    return mp_binomial_density_log(k, h->drawn, p, q, diff) +
           mp_binomial_density_log(h->marked - k, h->left, p, q, -diff) -
           mp_binomial_density_log(h->marked, all, p, q, 0.0);
}

double mp_hypergeometric_ratio_down(const struct mp_hypergeometric *h, double k) {
    return k / (h->drawn - k + 1.0) * ((h->left - h->marked + k) / (h->marked - k + 1.0));
}

double mp_hypergeometric_ratio_up(const struct mp_hypergeometric *h, double k) {
    return (h->drawn - k) / (k + 1.0) *
           ((h->marked - k) / (h->left - h->marked + k + 1.0));
}

double mp_hypergeometric_variance(const struct mp_hypergeometric *h) {
    double all = h->drawn + h->left;
    return h->drawn * (h->marked / all) * (h->left / all) *
           ((all - h->marked) / (all - 1.0));
}

static double normal_lower(const struct mp_hypergeometric *h, double k) {
    double mean = h->drawn * (h->marked / (h->drawn + h->left));
    return mp_normal_cdf((k + 0.5 - mean) / sqrt(mp_hypergeometric_variance(h)));
}

/* P(X <= k) for k <= mode, and P(X >= k) for k >= mode. */
static double sum_down(const struct mp_hypergeometric *h, double k) {
    if (k < h->low)
        return 0.0;
    if (mp_hypergeometric_variance(h) > VARIANCE_MAX)
        return normal_lower(h, k);
    double term = exp(mp_hypergeometric_density_log(h, k)), sum = term;
    for (; k > h->low && term > sum * NEGLIGIBLE; k -= 1.0) {
        term *= mp_hypergeometric_ratio_down(h, k);
        sum += term;
    }
    return sum;
}

static double sum_up(const struct mp_hypergeometric *h, double k) {
    if (k > h->high)
        return 0.0;
    if (mp_hypergeometric_variance(h) > VARIANCE_MAX)
        return 1.0 - normal_lower(h, k - 1.0);
    double term = exp(mp_hypergeometric_density_log(h, k)), sum = term;
    for (; k < h->high && term > sum * NEGLIGIBLE; k += 1.0) {
        term *= mp_hypergeometric_ratio_up(h, k);
        sum += term;
    }
    return sum;
}

double mp_hypergeometric_lower(const struct mp_hypergeometric *h, double k) {
    if (k >= h->high)
        return 1.0;
    return k <= h->mode ? fmin(1.0, sum_down(h, k)) : fmax(0.0, 1.0 - sum_up(h, k + 1.0));
}

double mp_hypergeometric_upper(const struct mp_hypergeometric *h, double k) {
    if (k <= h->low)
        return 1.0;
    return k >= h->mode ? fmin(1.0, sum_up(h, k)) : fmax(0.0, 1.0 - sum_down(h, k - 1.0));
}

double mp_hypergeometric_left_of(const struct mp_hypergeometric *h, double limit) {
    double in = h->low - 1.0, out = h->mode + 1.0;
    while (out - in > 1.0) {
        double middle = floor(in + (out - in) / 2.0);
        if (middle <= in || middle >= out) /* beyond 2^53 */
            break;
        if (mp_hypergeometric_density_log(h, middle) <= limit)
            in = middle;
        else
            out = middle;
    }
    return in;
}

double mp_hypergeometric_right_of(const struct mp_hypergeometric *h, double limit) {
    double in = h->high + 1.0, out = h->mode - 1.0;
    while (in - out > 1.0) {
        double middle = floor(out + (in - out) / 2.0);
        if (middle <= out || middle >= in)
            break;
        if (mp_hypergeometric_density_log(h, middle) <= limit)
            in = middle;
        else
            out = middle;
    }
    return in;
}

double mp_hypergeometric_rare(const struct mp_hypergeometric *h, double limit) {
    double left = mp_hypergeometric_left_of(h, limit),
           right = mp_hypergeometric_right_of(h, limit);
    if (left >= right - 1.0)
        return 1.0;
    return fmin(1.0, sum_down(h, left) + sum_up(h, right));
}
