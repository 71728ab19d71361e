/* Power of the exact tests. Bounded: every sum is over the counts that occur in practice,
 * and too many of them fall back to the normal limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/power.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/boschloo.h"
#include "results/stats/critical.h"
#include "results/stats/demonstration.h"
#include "results/stats/density.h"
#include "results/stats/normal.h"

#define NEGLIGIBLE     1e-20 /* beside the most frequent count */
#define COST_MAX       5e8   /* of one power, in nanoseconds, roughly */
#define SEARCH_MAX     5e8   /* of a search for the number of rounds */
#define COST_PER_TABLE 3.0
#define COST_PER_SUM   4000.0 /* for each number of failures of both arms */
#define BOSCHLOO_MAX   100    /* rounds per arm up to which its sample size is searched */

/* The counts of one arm that matter, and their probabilities. */
struct counts {
    double first, last;
    double *mass; /* of first .. last */
};

static double clamp_rate(double rate) {
    return rate > 0.0 ? fmin(rate, 1.0) : 0.0;
}

static double mode_of(double n, double rate) {
    return fmin(n, floor((n + 1.0) * rate));
}

/* Counts on each side of the mode that are worth a place; a bound, so that memory is,
 * too. */
static double reach_of(double n, double rate) {
    return 60.0 + 12.0 * sqrt(n * rate * (1.0 - rate));
}

static struct counts counts_make(double n, double rate) {
    double mode = mode_of(n, rate), reach = reach_of(n, rate);
    struct counts counts = {fmax(0.0, mode - reach), fmin(n, mode + reach), NULL};
    counts.first = floor(counts.first);
    counts.last = floor(counts.last);
    counts.mass =
        mp_memory_zeroed((size_t)(counts.last - counts.first) + 1, sizeof(double));
    double diff = fma(-n, rate, mode);
    double top = exp(mp_binomial_density_log(mode, n, rate, 1.0 - rate, diff));
    double odds = rate / (1.0 - rate), mass = top, k = mode;
    counts.mass[(size_t)(mode - counts.first)] = top;
    while (k < counts.last && mass > top * NEGLIGIBLE) {
        mass *= odds * ((n - k) / (k + 1.0));
        k += 1.0;
        counts.mass[(size_t)(k - counts.first)] = mass;
    }
    double last = k;
    mass = top;
    k = mode;
    while (k > counts.first && mass > top * NEGLIGIBLE) {
        mass *= k / odds / (n - k + 1.0);
        k -= 1.0;
        counts.mass[(size_t)(k - counts.first)] = mass;
    }
    size_t skip = (size_t)(k - counts.first);
    for (size_t i = 0; i + skip <= (size_t)(last - counts.first); i++)
        counts.mass[i] = counts.mass[i + skip];
    counts.first = k;
    counts.last = last;
    return counts;
}

/* The probability of the tables whose Fisher p (or mid-P) is `limit` or less. */
static double enumerate(double n1, double n2, struct mp_contrast contrast, double limit,
                        bool is_mid_p) {
    struct counts a = counts_make(n1, contrast.rate_a),
                  b = counts_make(n2, contrast.rate_b);
    double power = 0.0;
    for (double m = a.first + b.first; m <= a.last + b.last; m += 1.0) {
        struct mp_hypergeometric h = mp_hypergeometric_make(n1, n2, m);
        struct mp_critical critical = mp_critical_make(&h, limit, is_mid_p);
        double first = fmax(a.first, m - b.last), last = fmin(a.last, m - b.first);
        for (double k = first; k <= last; k += 1.0) {
            if (k > critical.left && k < critical.right) {
                k = fmin(critical.right, last + 1.0) - 1.0;
                continue;
            }
            power += a.mass[(size_t)(k - a.first)] * b.mass[(size_t)(m - k - b.first)];
        }
    }
    free(a.mass);
    free(b.mass);
    return fmin(1.0, power);
}

static double cost_of(double n1, double n2, struct mp_contrast contrast) {
    double a = 20.0 + 18.0 * sqrt(n1 * contrast.rate_a * (1.0 - contrast.rate_a));
    double b = 20.0 + 18.0 * sqrt(n2 * contrast.rate_b * (1.0 - contrast.rate_b));
    return (a + b) * (COST_PER_SUM + COST_PER_TABLE * (a + b)) + a * b * COST_PER_TABLE;
}

static double normal_power(double n1, double n2, struct mp_contrast contrast) {
    double p = contrast.rate_a, q = contrast.rate_b, both = (n1 * p + n2 * q) / (n1 + n2);
    double null = sqrt(both * (1.0 - both) * (1.0 / n1 + 1.0 / n2));
    double real = sqrt(p * (1.0 - p) / n1 + q * (1.0 - q) / n2);
    double gap = fabs(p - q) - mp_normal_quantile_upper(contrast.alpha / 2.0) * null;
    return real > 0.0 ? mp_normal_cdf(gap / real) : gap > 0.0 ? 1.0 : 0.0;
}

/* With rates in [0, 1]; false if the level says nothing. */
static bool make_sound(struct mp_contrast *contrast) {
    contrast->rate_a = clamp_rate(contrast->rate_a);
    contrast->rate_b = clamp_rate(contrast->rate_b);
    return contrast->alpha > 0.0 && contrast->alpha < 1.0;
}

struct mp_power mp_power_make(enum mp_exact_test test, uint64_t rounds_a,
                              uint64_t rounds_b, struct mp_contrast contrast) {
    if (!make_sound(&contrast) || rounds_a == 0 || rounds_b == 0)
        return (struct mp_power){0.0, true};
    double n1 = (double)rounds_a, n2 = (double)rounds_b;
    if (cost_of(n1, n2, contrast) > COST_MAX)
        return (struct mp_power){normal_power(n1, n2, contrast), false};
    double limit = contrast.alpha;
    bool is_exact = test != MP_TEST_BOSCHLOO || mp_boschloo_fits(rounds_a, rounds_b);
    if (test == MP_TEST_BOSCHLOO && is_exact)
        limit = mp_boschloo_critical(rounds_a, rounds_b, contrast.alpha);
    return (struct mp_power){enumerate(n1, n2, contrast, limit, test == MP_TEST_MID_P),
                             is_exact};
}

double mp_power_rounds_normal(struct mp_contrast contrast, double power,
                              bool is_corrected) {
    if (!make_sound(&contrast) || contrast.rate_a == contrast.rate_b || !(power < 1.0))
        return INFINITY;
    double p = contrast.rate_a, q = contrast.rate_b, both = 0.5 * (p + q),
           gap = fabs(p - q);
    double root =
        mp_normal_quantile_upper(contrast.alpha / 2.0) * sqrt(2.0 * both * (1.0 - both)) +
        mp_normal_quantile(power) * sqrt(p * (1.0 - p) + q * (1.0 - q));
    double n = root > 0.0 ? root / gap * (root / gap) : 1.0;
    double factor = 1.0 + sqrt(1.0 + 4.0 / (n * gap));
    return is_corrected ? 0.25 * n * factor * factor : n;
}

/* The first number of rounds from `first` on, in steps, with the wished power. */
static struct mp_sample_size scan(enum mp_exact_test test, struct mp_contrast contrast,
                                  double power, double first, double step, double last) {
    double n = fmax(1.0, first);
    struct mp_power got = mp_power_make(test, (uint64_t)n, (uint64_t)n, contrast);
    while (got.power < power) {
        n += step;
        if (n > last)
            return (struct mp_sample_size){MP_ROUNDS_NEVER, got.power, true};
        got = mp_power_make(test, (uint64_t)n, (uint64_t)n, contrast);
    }
    return (struct mp_sample_size){(uint64_t)n, got.power, step == 1.0 && got.is_exact};
}

struct mp_sample_size mp_power_rounds(enum mp_exact_test test,
                                      struct mp_contrast contrast, double power) {
    double about = mp_power_rounds_normal(contrast, power, false);
    if (!(about < 1e15) || !make_sound(&contrast))
        return (struct mp_sample_size){MP_ROUNDS_NEVER, 0.0, true};
    double cost = cost_of(about, about, contrast), last = 100.0 * about + 1000.0;
    if (cost * 20.0 > SEARCH_MAX) {
        double n = ceil(mp_power_rounds_normal(contrast, power, true));
        return (struct mp_sample_size){(uint64_t)n, normal_power(n, n, contrast), false};
    }
    /* Exact power reaches the wish at 0.9 of the formula or later; small numbers are more
     * uneven.
     */
    double first = floor(about * (about < 2000.0 ? 0.7 : 0.85));
    double step = fmax(1.0, ceil(0.4 * about * cost / SEARCH_MAX));
    if (test != MP_TEST_BOSCHLOO)
        return scan(test, contrast, power, first, step, last);
    if (about > BOSCHLOO_MAX) { /* Fisher is never stronger: its number is enough */
        struct mp_sample_size enough =
            scan(MP_TEST_FISHER, contrast, power, first, step, last);
        enough.is_smallest = false;
        return enough;
    }
    /* Each try is slow, and the answer is never far from that of mid-P. */
    struct mp_sample_size near = scan(MP_TEST_MID_P, contrast, power, first, step, last);
    return scan(test, contrast, power, floor(0.9 * (double)near.rounds_per_arm), 1.0,
                last);
}
