/* The incomplete gamma function: the series left of the mean, the continued fraction
 * right of it. Accurate at shapes of 1e9.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/gamma.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "results/stats/density.h"

#define TWO_PI     6.283185307179586476925286766559
#define STEPS_MAX  200
#define TERMS_MAX  10000000
#define LOG_MAX    700.0
#define LENTZ_TINY 1e-300

/* Both tails at one point. `weight` is x^shape exp(-x) / Gamma(shape), the slope of the
 * lower tail over log(x). */
struct tails {
    double lower, upper, weight;
};

static double series(double x, double shape) {
    double term = 1.0, sum = 1.0;
    for (int i = 1; i < TERMS_MAX && term > sum * DBL_EPSILON * 0.1; i++) {
        term *= x / (shape + i);
        sum += term;
    }
    return sum;
}

/* Lentz's method for Gamma(shape, x) exp(x) x^-shape. */
static double fraction(double x, double shape) {
    double b = x + 1.0 - shape, c = 1.0 / LENTZ_TINY, d = 1.0 / b, value = d;
    for (int i = 1; i < TERMS_MAX; i++) {
        double a = -(double)i * (i - shape);
        b += 2.0;
        d = a * d + b;
        c = b + a / c;
        d = 1.0 / (fabs(d) < LENTZ_TINY ? LENTZ_TINY : d);
        c = fabs(c) < LENTZ_TINY ? LENTZ_TINY : c;
        value *= c * d;
        if (fabs(c * d - 1.0) < DBL_EPSILON)
            break;
    }
    return value;
}

static struct tails gamma_tails(double x, double shape) {
    if (!(x > 0.0))
        return (struct tails){0.0, 1.0, 0.0};
    if (isinf(x))
        return (struct tails){1.0, 0.0, 0.0};
    double exponent = -mp_stirling_rest(shape) - mp_deviance(shape, x, shape - x);
    struct tails tails = {.weight = sqrt(shape / TWO_PI) * exp(exponent)};
    if (x < shape + 1.0) {
        tails.lower = fmin(1.0, tails.weight / shape * series(x, shape));
        tails.upper = 1.0 - tails.lower;
    } else {
        tails.upper = fmin(1.0, tails.weight * fraction(x, shape));
        tails.lower = 1.0 - tails.upper;
    }
    return tails;
}

/* x whose lower (or upper) tail is `target`, by Newton on the logarithm of the tail over
 * log(x), kept inside a bracket that halves where Newton would leave it. */
static double gamma_invert(double target, double shape, bool is_upper) {
    double low = -LOG_MAX, high = LOG_MAX, u = log(shape);
    for (int i = 0; i < STEPS_MAX; i++) {
        struct tails tails = gamma_tails(exp(u), shape);
        double tail = is_upper ? tails.upper : tails.lower;
        double step = tail / tails.weight * log(target / tail);
        step = is_upper ? -step : step;
        if ((tail < target) != is_upper)
            low = u;
        else
            high = u;
        double next = u + step;
        if (!(next > low && next < high)) /* also for a step that is not a number */
            next = 0.5 * (low + high);
        double moved = fabs(next - u);
        u = next;
        if (moved <= 1e-16 * fmax(1.0, fabs(u)))
            break;
    }
    return exp(u);
}

double mp_gamma_cdf(double x, double shape) {
    return gamma_tails(x, shape).lower;
}

double mp_gamma_upper(double x, double shape) {
    return gamma_tails(x, shape).upper;
}

double mp_gamma_quantile(double p, double shape) {
    if (!(p > 0.0))
        return 0.0;
    if (p >= 1.0)
        return INFINITY;
    return p <= 0.5 ? gamma_invert(p, shape, false) : gamma_invert(1.0 - p, shape, true);
}

double mp_gamma_quantile_upper(double q, double shape) {
    if (!(q > 0.0))
        return INFINITY;
    if (q >= 1.0)
        return 0.0;
    return q <= 0.5 ? gamma_invert(q, shape, true) : gamma_invert(1.0 - q, shape, false);
}

double mp_chi2_upper(double x, double freedom) {
    return mp_gamma_upper(0.5 * x, 0.5 * freedom);
}
