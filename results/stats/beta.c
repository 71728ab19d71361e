/* The incomplete beta function. Keeps its digits at rates of 1e-8 and counts of 1e9, so
 * nothing here subtracts two large logarithms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/beta.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "results/stats/density.h"

#define TWO_PI     6.283185307179586476925286766559
#define STEPS_MAX  100 /* of the inverse; halving alone needs 64 */
#define LOGIT_MAX  745.0
#define LENTZ_TINY 1e-300

/* Both tails at one point. `weight` is x^a y^b / B(a, b), the slope of the lower tail
 * over logit(x). */
struct tails {
    double lower, upper, weight;
};

/* x^a y^b / B(a, b) without its power of n, as a logarithm, by the saddle-point form
 * (Loader 2000). `lambda` is a - (a + b) x. */
static double beta_exponent(double a, double b, double x, double y, double lambda) {
    return mp_stirling_rest(a + b) - mp_stirling_rest(a) - mp_stirling_rest(b) -
           mp_deviance(a, (a + b) * x, lambda) - mp_deviance(b, (a + b) * y, -lambda);
}

static double beta_weight(double a, double b, double x, double y, double lambda) {
    return sqrt(a / (a + b) * b / TWO_PI) * exp(beta_exponent(a, b, x, y, lambda));
}

/* a - (a + b) x, from the one of x and y that holds the digits. */
static double beta_lambda(double a, double b, double x, double y) {
    return x < y ? fma(-(a + b), x, a) : fma(a + b, y, -b);
}

/* The continued fraction of DiDonato and Morris (1992): all terms are positive for lambda
 * >= 0 and m < b, so nothing cancels near the mean, where the usual fraction loses half
 * its digits. */
static double beta_fraction(double a, double b, double x, double y, double lambda) {
    double value = a * (lambda + 1.0) / (a + 1.0);
    double c = value, d = 0.0;
    double limit = 1000.0 + fmin(1e7, 20.0 * sqrt(fmax(a, b)));
    for (double m = 1.0; m < limit; m += 1.0) {
        double t = a + 2.0 * m - 1.0;
        double alpha = (a + m - 1.0) / t * ((a + b + m - 1.0) / t) * m * (b - m) * x * x;
        double beta = m + m * (b - m) * x / t +
                      (a + m) / (t + 2.0) * (lambda + 1.0 + m * (1.0 + y));
        d = beta + alpha * d;
        c = beta + alpha / c;
        d = 1.0 / (fabs(d) < LENTZ_TINY ? LENTZ_TINY : d);
        c = fabs(c) < LENTZ_TINY ? LENTZ_TINY : c;
        value *= c * d;
        if (fabs(c * d - 1.0) < DBL_EPSILON)
            break;
    }
    return value;
}

/* x + y = 1; both are given because the smaller one holds the digits. */
static struct tails beta_tails(double a, double b, double x, double y) {
    if (x <= 0.0)
        return (struct tails){0.0, 1.0, 0.0};
    if (y <= 0.0)
        return (struct tails){1.0, 0.0, 0.0};
    double lambda = beta_lambda(a, b, x, y);
    struct tails tails = {.weight = beta_weight(a, b, x, y, lambda)};
    if (lambda >= 0.0) {
        tails.lower = fmin(1.0, tails.weight / beta_fraction(a, b, x, y, lambda));
        tails.upper = 1.0 - tails.lower;
    } else {
        tails.upper = fmin(1.0, tails.weight / beta_fraction(b, a, y, x, -lambda));
        tails.lower = 1.0 - tails.upper;
    }
    return tails;
}

/* x whose lower (or upper) tail is `target`, by Newton on the logarithm of the tail over
 * logit(x), where it is concave, kept inside a bracket that halves where Newton would
 * leave it. */
static double beta_invert(double target, double a, double b, bool is_upper) {
    double low = -LOGIT_MAX, high = LOGIT_MAX;
    double u = fmax(low, fmin(high, log(a) - log(b)));
    double x = a / (a + b);
    for (int i = 0; i < STEPS_MAX; i++) {
        struct tails tails = beta_tails(a, b, x, 1.0 / (1.0 + exp(u)));
        double tail = is_upper ? tails.upper : tails.lower;
        double step = tail / tails.weight * log(target / tail);
        step = is_upper ? -step : step;
        if ((tail < target) != is_upper)
            low = u;
        else
            high = u;
        double next = u + step;
        if (next == u)
            break;
        if (!(next > low && next < high)) /* also for a step that is not a number */
            next = 0.5 * (low + high);
        double moved = fabs(next - u);
        u = next;
        x = 1.0 / (1.0 + exp(-u));
        if (moved <= 1e-15 * fmax(1.0, fabs(u)))
            break;
    }
    return x;
}

double mp_beta_log_weight(double x, double y, double a, double b) {
    return 0.5 * log(a / (a + b) * b / TWO_PI) +
           beta_exponent(a, b, x, y, beta_lambda(a, b, x, y));
}

double mp_beta_log_tail(double x, double y, double a, double b) {
    double lambda = beta_lambda(a, b, x, y);
    if (lambda >= 0.0)
        return -log(beta_fraction(a, b, x, y, lambda));
    double weight = mp_beta_log_weight(x, y, a, b);
    double upper = exp(weight) / beta_fraction(b, a, y, x, -lambda);
    return log1p(-fmin(upper, 1.0)) - weight;
}

double mp_beta_cdf(double x, double a, double b) {
    return beta_tails(a, b, x, 1.0 - x).lower;
}

double mp_beta_upper(double x, double a, double b) {
    return beta_tails(a, b, x, 1.0 - x).upper;
}

double mp_beta_quantile(double p, double a, double b) {
    if (!(p > 0.0))
        return 0.0;
    if (p >= 1.0)
        return 1.0;
    return p <= 0.5 ? beta_invert(p, a, b, false) : beta_invert(1.0 - p, a, b, true);
}

double mp_beta_quantile_upper(double q, double a, double b) {
    if (!(q > 0.0))
        return 1.0;
    if (q >= 1.0)
        return 0.0;
    return q <= 0.5 ? beta_invert(q, a, b, true) : beta_invert(1.0 - q, a, b, false);
}
