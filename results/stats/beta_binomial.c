/* The beta-binomial distribution of groups that fits best. The likelihood is written with
 * densities that keep their digits, and its slopes with differences of digamma, so that
 * neither a rate of 1e-8 nor a group of 1e9 rounds loses the fit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdbool.h>

#include "results/stats/beta.h"
#include "results/stats/density.h"
#include "results/stats/gamma.h"
#include "results/stats/overdispersion.h"

#define STEPS_MAX 200
#define LOGIT_MAX 60.0
#define TERMS_MAX 32.0 /* a difference of digamma over fewer steps is a plain sum */

struct groups {
    const uint64_t *failures, *rounds;
    size_t count;
    double rate;
};

/* digamma(z + steps) - digamma(z) for a whole number of steps. */
static double digamma_rise(double z, double steps) {
    double rise = 0.0;
    if (steps <= TERMS_MAX) {
        for (double j = 0.0; j < steps; j += 1.0)
            rise += 1.0 / (z + j);
        return rise;
    }
    double end = z + steps;
    for (; z < 16.0; z += 1.0)
        rise += 1.0 / z;
    double low = 1.0 / (z * z), high = 1.0 / (end * end);
    double series_low =
        low * (1.0 / 12.0 - low * (1.0 / 120.0 - low * (1.0 / 252.0 - low / 240.0)));
    double series_high =
        high * (1.0 / 12.0 - high * (1.0 / 120.0 - high * (1.0 / 252.0 - high / 240.0)));
    return rise + log1p((end - z) / z) + 0.5 * (end - z) / z / end + series_low -
           series_high;
}

/* Slopes of the log likelihood over the parameters a and b of the beta distribution. */
struct slopes {
    double a, b;
};

static struct slopes slopes_at(const struct groups *groups, double a, double b) {
    struct slopes slopes = {0.0, 0.0};
    for (size_t i = 0; i < groups->count; i++) {
        double n = (double)groups->rounds[i], x = fmin((double)groups->failures[i], n);
        double all = digamma_rise(a + b, n);
        slopes.a += digamma_rise(a, x) - all;
        slopes.b += digamma_rise(b, n - x) - all;
    }
    return slopes;
}

static double logistic(double u) {
    return 1.0 / (1.0 + exp(-u));
}

/* logit of the mean that fits best where a + b = size: the slope over it only falls. */
static double best_mean(const struct groups *groups, double size) {
    double low = -LOGIT_MAX, high = LOGIT_MAX;
    for (int i = 0; i < STEPS_MAX && high - low > 1e-14 * fmax(1.0, fabs(low)); i++) {
        double middle = 0.5 * (low + high);
        struct slopes slopes =
            slopes_at(groups, size * logistic(middle), size * logistic(-middle));
        if (slopes.a > slopes.b)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* log size where the likelihood, with its best mean, stops to rise. */
static double best_size(const struct groups *groups) {
    double low = -20.0, high = 40.0;
    for (int i = 0; i < STEPS_MAX && high - low > 1e-13 * fmax(1.0, fabs(low)); i++) {
        double middle = 0.5 * (low + high), size = exp(middle),
               mean = best_mean(groups, size);
        struct slopes slopes =
            slopes_at(groups, size * logistic(mean), size * logistic(-mean));
        if (logistic(mean) * slopes.a + logistic(-mean) * slopes.b > 0.0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* By Bayes' rule at the rate t where both sides are large: P(x) = binomial * prior /
 * posterior. */
static double log_likelihood(const struct groups *groups, double a, double b) {
    double sum = 0.0;
    for (size_t i = 0; i < groups->count; i++) {
        double n = (double)groups->rounds[i], x = fmin((double)groups->failures[i], n);
        double t = (a + x) / (a + b + n), u = (b + n - x) / (a + b + n);
        sum += mp_binomial_density_log(x, n, t, u, fma(-n, t, x)) +
               mp_beta_log_weight(t, u, a, b) -
               mp_beta_log_weight(t, u, a + x, b + n - x);
    }
    return sum;
}

static double log_likelihood_binomial(const struct groups *groups) {
    double sum = 0.0;
    for (size_t i = 0; i < groups->count; i++) {
        double n = (double)groups->rounds[i], x = fmin((double)groups->failures[i], n);
        sum += mp_binomial_density_log(x, n, groups->rate, 1.0 - groups->rate,
                                       fma(-n, groups->rate, x));
    }
    return sum;
}

/* Whether a little correlation fits better than none: the slope of the likelihood
 * there. */
static bool is_correlated(const struct groups *groups) {
    double slope = 0.0, p = groups->rate, q = 1.0 - p;
    if (!(p > 0.0 && q > 0.0))
        return false;
    for (size_t i = 0; i < groups->count; i++) {
        double n = (double)groups->rounds[i], x = fmin((double)groups->failures[i], n);
        slope += (x * (x - 1.0) / p + (n - x) * (n - x - 1.0) / q - n * (n - 1.0)) / 2.0;
    }
    return slope > 0.0;
}

struct mp_beta_binomial mp_overdispersion_fit(const uint64_t *failures,
                                              const uint64_t *rounds, size_t count) {
    struct groups groups = {failures, rounds, count, 0.0};
    double all = 0.0, failed = 0.0;
    for (size_t i = 0; i < count; i++) {
        all += (double)rounds[i];
        failed += fmin((double)failures[i], (double)rounds[i]);
    }
    groups.rate = all > 0.0 ? failed / all : 0.0;
    struct mp_beta_binomial fit = {.mean = groups.rate, .p = 1.0};
    fit.log_likelihood = fit.log_likelihood_binomial = log_likelihood_binomial(&groups);
    if (!is_correlated(&groups))
        return fit;
    double size = exp(best_size(&groups)), mean = best_mean(&groups, size);
    double likelihood =
        log_likelihood(&groups, size * logistic(mean), size * logistic(-mean));
    if (!(likelihood > fit.log_likelihood_binomial))
        return fit;
    fit.mean = logistic(mean);
    fit.correlation = 1.0 / (1.0 + size);
    fit.log_likelihood = likelihood;
    fit.p = 0.5 * mp_chi2_upper(2.0 * (likelihood - fit.log_likelihood_binomial), 1.0);
    return fit;
}
