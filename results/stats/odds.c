/* The odds ratio given the margins, by Fisher's noncentral hypergeometric distribution.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "results/stats/effect.h"
#include "results/stats/hypergeometric.h"

#define STEPS_MAX  200
#define LOG_MAX    700.0
#define NEGLIGIBLE 1e-18
#define VARIANCE_MAX                                                                     \
    1e7 /* beyond, the logarithm is normal to more digits than anybody reads */
#define TERMS_MAX 10000000

/* Of the noncentral distribution: its mean, and its tails at one value (which both hold
 * it). */
struct moments {
    double mean, lower, upper;
};

/* The most frequent value: where the ratio to the next one falls below 1. */
static double mode_of(const struct mp_hypergeometric *h, double odds) {
    double low = h->low, high = h->high;
    while (low < high) {
        double middle = floor(low + (high - low) / 2.0);
        if (mp_hypergeometric_ratio_up(h, middle) * odds > 1.0) {
            if (middle + 1.0 == middle)
                break;
            low = middle + 1.0;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct moments moments_at(const struct mp_hypergeometric *h, double odds,
                                 double x) {
    double mode = mode_of(h, odds), mass = 1.0, all = 1.0, shift = 0.0;
    double lower = mode <= x ? 1.0 : 0.0, upper = mode >= x ? 1.0 : 0.0;
    double k = mode;
    for (int i = 0; i < TERMS_MAX && k < h->high && mass > NEGLIGIBLE; i++) {
        mass *= mp_hypergeometric_ratio_up(h, k) * odds;
        k += 1.0;
        all += mass;
        shift += mass * (k - mode);
        lower += k <= x ? mass : 0.0;
        upper += k >= x ? mass : 0.0;
    }
    mass = 1.0;
    k = mode;
    for (int i = 0; i < TERMS_MAX && k > h->low && mass > NEGLIGIBLE; i++) {
        mass *= mp_hypergeometric_ratio_down(h, k) / odds;
        k -= 1.0;
        all += mass;
        shift += mass * (k - mode);
        lower += k <= x ? mass : 0.0;
        upper += k >= x ? mass : 0.0;
    }
    return (struct moments){mode + shift / all, lower / all, upper / all};
}

/* What is to be matched by the odds. */
enum target { MEAN, UPPER, LOWER };

/* The odds at which the mean is x, or a tail at x is `tail`. The mean and the upper tail
 * rise with the odds, the lower tail falls. */
static double solve(const struct mp_hypergeometric *h, double x, enum target target,
                    double tail) {
    double low = -LOG_MAX, high = LOG_MAX;
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (low + high);
        if (high - low < 1e-15 * fmax(1.0, fabs(middle)) || middle == low ||
            middle == high)
            break;
        struct moments m = moments_at(h, exp(middle), x);
        bool is_below = target == MEAN    ? m.mean < x
                        : target == UPPER ? m.upper < tail
                                          : m.lower > tail;
        if (is_below)
            low = middle;
        else
            high = middle;
    }
    return exp(0.5 * (low + high));
}

/* For an arm A that is not the larger one: its failures are counted one by one. */
static struct mp_effect smaller_first(struct mp_two_arms arms, double alpha) {
    double n1 = (double)arms.rounds_a, n2 = (double)arms.rounds_b;
    double x1 = fmin((double)arms.failures_a, n1), x2 = fmin((double)arms.failures_b, n2);
    struct mp_hypergeometric h = mp_hypergeometric_make(n1, n2, x1 + x2);
    if (h.low == h.high || !(alpha > 0.0 && alpha < 1.0))
        return (struct mp_effect){1.0, 0.0, INFINITY};
    if (mp_hypergeometric_variance(&h) > VARIANCE_MAX)
        return mp_effect_odds_woolf(arms, alpha);
    struct mp_effect effect = {0.0, 0.0, INFINITY};
    if (x1 > h.low) {
        effect.low = solve(&h, x1, UPPER, alpha / 2.0);
        effect.value = x1 < h.high ? solve(&h, x1, MEAN, 0.0) : INFINITY;
    }
    if (x1 < h.high)
        effect.high = solve(&h, x1, LOWER, alpha / 2.0);
    return effect;
}

struct mp_effect mp_effect_odds_conditional(struct mp_two_arms arms, double alpha) {
    if (arms.rounds_a <= arms.rounds_b)
        return smaller_first(arms, alpha);
    struct mp_two_arms swapped = {arms.failures_b, arms.rounds_b, arms.failures_a,
                                  arms.rounds_a};
    struct mp_effect inverse = smaller_first(swapped, alpha);
    return (struct mp_effect){1.0 / inverse.value, 1.0 / inverse.high, 1.0 / inverse.low};
}
