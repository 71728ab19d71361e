/* Limits of a rate. Never NaN: every edge case is handled separately.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/binomial.h"

#include <math.h>
#include <stdbool.h>

#include "results/stats/beta.h"
#include "results/stats/normal.h"

#define STEPS_MAX 200

/* The rate at which `failures` or more of `rounds` have probability `tail`. */
static double lower_limit(double failures, double rounds, double tail) {
    if (!(failures > 0.0))
        return 0.0;
    if (failures >= rounds)
        return exp(log(tail) / rounds);
    return mp_beta_quantile(tail, failures, rounds - failures + 1.0);
}

/* The rate at which `failures` or fewer of `rounds` have probability `tail`. */
static double upper_limit(double failures, double rounds, double tail) {
    if (failures >= rounds)
        return 1.0;
    if (!(failures > 0.0))
        return -expm1(log(tail) / rounds);
    return mp_beta_quantile_upper(tail, failures + 1.0, rounds - failures);
}

/* Whether anything can be said at all. */
static bool is_known(double rounds, double alpha) {
    return rounds > 0.0 && alpha > 0.0 && alpha < 1.0;
}

struct mp_interval mp_binomial_clopper_pearson_real(double failures, double rounds,
                                                    double alpha) {
    if (!is_known(rounds, alpha))
        return (struct mp_interval){0.0, 1.0};
    return (struct mp_interval){lower_limit(failures, rounds, alpha / 2.0),
                                upper_limit(failures, rounds, alpha / 2.0)};
}

struct mp_interval mp_binomial_clopper_pearson(uint64_t failures, uint64_t rounds,
                                               double alpha) {
    return mp_binomial_clopper_pearson_real((double)failures, (double)rounds, alpha);
}

double mp_binomial_upper(uint64_t failures, uint64_t rounds, double alpha) {
    return is_known((double)rounds, alpha)
               ? upper_limit((double)failures, (double)rounds, alpha)
               : 1.0;
}

double mp_binomial_lower(uint64_t failures, uint64_t rounds, double alpha) {
    return is_known((double)rounds, alpha)
               ? lower_limit((double)failures, (double)rounds, alpha)
               : 0.0;
}

struct mp_interval mp_binomial_wilson(uint64_t failures, uint64_t rounds, double alpha) {
    if (!is_known((double)rounds, alpha))
        return (struct mp_interval){0.0, 1.0};
    double n = (double)rounds, x = fmin((double)failures, n);
    double z = mp_normal_quantile_upper(alpha / 2.0), zz = z * z;
    double root = z * sqrt(zz + 4.0 * x * ((n - x) / n));
    double high = x >= n ? 1.0 : (2.0 * x + zz + root) / (2.0 * (n + zz));
    /* The product of the limits is known, so the lower one needs no difference. */
    double low = x / n * x / ((n + zz) * high);
    return (struct mp_interval){low, fmin(high, 1.0)};
}

struct mp_interval mp_binomial_jeffreys(uint64_t failures, uint64_t rounds,
                                        double alpha) {
    if (!is_known((double)rounds, alpha))
        return (struct mp_interval){0.0, 1.0};
    double n = (double)rounds, x = fmin((double)failures, n);
    return (struct mp_interval){
        x > 0.0 ? mp_beta_quantile(alpha / 2.0, x + 0.5, n - x + 0.5) : 0.0,
        x < n ? mp_beta_quantile_upper(alpha / 2.0, x + 0.5, n - x + 0.5) : 1.0};
}

/* P(X > x) + P(X = x) / 2 at rate p, or the other tail; 0 < x < n. */
static double mid_tail(double x, double n, double p, bool is_upper) {
    return is_upper
               ? 0.5 * (mp_beta_cdf(p, x, n - x + 1.0) + mp_beta_cdf(p, x + 1.0, n - x))
               : 0.5 * (mp_beta_upper(p, x, n - x + 1.0) +
                        mp_beta_upper(p, x + 1.0, n - x));
}

/* The rate between `low` and `high` at which that tail is `target`. */
static double solve_mid_tail(double x, double n, double target, bool is_upper, double low,
                             double high) {
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if ((mid_tail(x, n, middle, is_upper) < target) == is_upper)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct mp_interval mp_binomial_mid_p(uint64_t failures, uint64_t rounds, double alpha) {
    if (!is_known((double)rounds, alpha))
        return (struct mp_interval){0.0, 1.0};
    double n = (double)rounds, x = fmin((double)failures, n), rate = x / n;
    if (x == 0.0) /* only half of P(X = 0) = (1 - p)^n is left */
        return (struct mp_interval){0.0, -expm1(log(alpha) / n)};
    if (x == n)
        return (struct mp_interval){exp(log(alpha) / n), 1.0};
    struct mp_interval wide = {lower_limit(x, n, alpha / 2.0),
                               upper_limit(x, n, alpha / 2.0)};
    return (struct mp_interval){
        solve_mid_tail(x, n, alpha / 2.0, true, wide.low, rate),
        solve_mid_tail(x, n, alpha / 2.0, false, rate, wide.high)};
}

double mp_binomial_posterior_below(uint64_t failures, uint64_t rounds, double limit) {
    double n = (double)rounds, x = fmin((double)failures, n);
    return isnan(limit) ? 0.0 : mp_beta_cdf(limit, x + 0.5, n - x + 0.5);
}
