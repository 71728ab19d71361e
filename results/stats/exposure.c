/* Failures per op or second. Never NaN: every edge case is handled separately.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/exposure.h"

#include <math.h>
#include <stdbool.h>

#include "results/stats/beta.h"
#include "results/stats/density.h"
#include "results/stats/gamma.h"
#include "results/stats/normal.h"

#define LARGE_SHAPE 1e8
#define COUNT_MAX   0x1p50 /* sums of two are whole numbers still */
#define SLACK                                                                            \
    1e-7 /* as R's poisson.test: equal probabilities differ in their last digits */

static bool is_exposure(double exposure) {
    return exposure >= 1e-300 && exposure <= 1e300;
}

static bool is_level(double alpha) {
    return alpha >= 1e-300 && alpha < 1.0;
}

/* The quantile of the gamma distribution at the normal quantile z: the cube root of a
 * large gamma number is normal (Wilson and Hilferty 1931), here to 1e-12, and the exact
 * series would be long.
 */
static double cube(double shape, double z) {
    double root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * sqrt(shape));
    return shape * root * root * root;
}

static double gamma_lower(double p, double shape) {
    return shape < LARGE_SHAPE ? mp_gamma_quantile(p, shape)
                               : cube(shape, mp_normal_quantile(p));
}

static double gamma_upper(double q, double shape) {
    return shape < LARGE_SHAPE ? mp_gamma_quantile_upper(q, shape)
                               : cube(shape, mp_normal_quantile_upper(q));
}

struct mp_exposure_rate mp_exposure_rate(uint64_t failures, double exposure,
                                         double alpha) {
    struct mp_exposure_rate got = {0.0,      {0.0, INFINITY}, INFINITY,
                                   INFINITY, {0.0, INFINITY}, 0.0};
    if (!is_exposure(exposure))
        return got;
    double x = (double)failures;
    if (failures > 0) {
        got.rate = x / exposure;
        got.between = exposure / x;
    }
    if (!is_level(alpha))
        return got;
    double low = failures > 0 ? gamma_lower(alpha / 2.0, x) : 0.0;
    double high = gamma_upper(alpha / 2.0, x + 1.0);
    double upper = gamma_upper(alpha, x + 1.0);
    got.limits = (struct mp_interval){low / exposure, high / exposure};
    got.upper = upper / exposure;
    got.between_limits =
        (struct mp_interval){exposure / high, low > 0.0 ? exposure / low : INFINITY};
    got.between_lower = exposure / upper;
    return got;
}

double mp_exposure_log_likelihood(uint64_t failures, double exposure) {
    if (failures == 0 || !is_exposure(exposure))
        return 0.0;
    double x = (double)failures;
    return x * (log(x) - log(exposure)) - x;
}

/* P(X <= k) and P(X >= k) for X ~ Binomial(n, p). */
static double binomial_lower(double k, double n, double p) {
    return k < 0.0 ? 0.0 : k >= n ? 1.0 : mp_beta_cdf(1.0 - p, n - k, k + 1.0);
}

static double binomial_upper(double k, double n, double p) {
    return k <= 0.0 ? 1.0 : k > n ? 0.0 : mp_beta_cdf(p, k, n - k + 1.0);
}

static double density_log(double k, double n, double p) {
    return mp_binomial_density_log(k, n, p, 1.0 - p, fma(-n, p, k));
}

/* The sum of the probabilities of all counts that are as improbable as k. The density
 * rises to its mode and falls after it, so each side has one edge, which halving
 * finds. */
static double as_improbable(double k, double n, double p) {
    double limit = density_log(k, n, p) + SLACK, mode = floor((n + 1.0) * p);
    mode = fmin(mode, n);
    double low = -1.0,
           high = mode; /* left edge: the largest count <= mode within the limit */
    if (density_log(mode, n, p) <= limit)
        return 1.0;
    while (high - low > 1.0) {
        double middle = floor(0.5 * (low + high));
        if (density_log(middle, n, p) <= limit)
            low = middle;
        else
            high = middle;
    }
    double left = low;
    low = mode;
    high = n + 1.0;
    while (high - low > 1.0) {
        double middle = floor(0.5 * (low + high));
        if (density_log(middle, n, p) <= limit)
            high = middle;
        else
            low = middle;
    }
    return fmin(1.0, binomial_lower(left, n, p) + binomial_upper(high, n, p));
}

/* Odds of a share, times the factor that makes them a ratio of rates. */
static double odds(double share, double factor) {
    return share >= 1.0 ? INFINITY : share / (1.0 - share) * factor;
}

struct mp_exposure_ratio mp_exposure_compare(struct mp_exposures arms, double alpha) {
    struct mp_exposure_ratio got = {1.0, {0.0, INFINITY}, 1.0, 1.0};
    double a = fmin((double)arms.failures_a, COUNT_MAX),
           b = fmin((double)arms.failures_b, COUNT_MAX);
    if (a + b <= 0.0 || !is_exposure(arms.exposure_a) || !is_exposure(arms.exposure_b))
        return got;
    /* What A's share of all failures would be if the rates were equal. */
    double share = 1.0 / (1.0 + arms.exposure_b / arms.exposure_a);
    if (!(share >= 1e-15 && share <= 1.0 - 1e-15))
        return got; /* one arm has hardly run */
    double factor = arms.exposure_b / arms.exposure_a;
    got.ratio = b > 0.0 ? a / b * factor : INFINITY;
    struct mp_interval limits = mp_binomial_clopper_pearson_real(a, a + b, alpha);
    got.limits =
        (struct mp_interval){odds(limits.low, factor), odds(limits.high, factor)};
    got.greater = binomial_upper(a, a + b, share);
    got.two_sided = as_improbable(a, a + b, share);
    return got;
}
