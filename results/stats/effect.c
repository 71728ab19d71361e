/* Differences and ratios of two rates. Never 0/0: every empty cell is handled separately.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/effect.h"

#include <math.h>

#include "results/stats/binomial.h"
#include "results/stats/eprocess.h"
#include "results/stats/normal.h"

#define STEPS_MAX 200
#define LOG_MAX                                                                          \
    300.0 /* of a ratio: its square times that of any count is still finite              \
           */

/* The cells as numbers. */
struct cells {
    double x1, n1, x2, n2;
};

static struct cells cells_of(struct mp_two_arms arms) {
    double n1 = (double)arms.rounds_a, n2 = (double)arms.rounds_b;
    return (struct cells){fmin((double)arms.failures_a, n1), n1,
                          fmin((double)arms.failures_b, n2), n2};
}

static bool is_known(struct cells c, double alpha) {
    return c.n1 > 0.0 && c.n2 > 0.0 && alpha > 0.0 && alpha < 1.0;
}

static double z_of(double alpha) {
    return mp_normal_quantile_upper(alpha / 2.0);
}

struct mp_effect mp_effect_difference_newcombe(struct mp_two_arms arms, double alpha) {
    struct cells c = cells_of(arms);
    if (!is_known(c, alpha))
        return (struct mp_effect){0.0, -1.0, 1.0};
    struct mp_interval a = mp_binomial_wilson(arms.failures_a, arms.rounds_a, alpha);
    struct mp_interval b = mp_binomial_wilson(arms.failures_b, arms.rounds_b, alpha);
    double p1 = c.x1 / c.n1, p2 = c.x2 / c.n2;
    return (struct mp_effect){p1 - p2,
                              fmax(-1.0, p1 - p2 - hypot(p1 - a.low, b.high - p2)),
                              fmin(1.0, p1 - p2 + hypot(a.high - p1, p2 - b.low))};
}

struct mp_effect mp_effect_difference_anytime(struct mp_two_arms arms, double alpha) {
    struct cells c = cells_of(arms);
    if (!is_known(c, alpha))
        return (struct mp_effect){0.0, -1.0, 1.0};
    struct mp_interval a = mp_eprocess_interval(arms.failures_a, arms.rounds_a, alpha / 2,
                                                mp_prior_jeffreys());
    struct mp_interval b = mp_eprocess_interval(arms.failures_b, arms.rounds_b, alpha / 2,
                                                mp_prior_jeffreys());
    return (struct mp_effect){c.x1 / c.n1 - c.x2 / c.n2, a.low - b.high, a.high - b.low};
}

struct mp_effect mp_effect_ratio_anytime(struct mp_two_arms arms, double alpha) {
    struct cells c = cells_of(arms);
    if (!is_known(c, alpha) || c.x1 + c.x2 <= 0.0)
        return (struct mp_effect){1.0, 0.0, INFINITY};
    struct mp_interval a = mp_eprocess_interval(arms.failures_a, arms.rounds_a, alpha / 2,
                                                mp_prior_jeffreys());
    struct mp_interval b = mp_eprocess_interval(arms.failures_b, arms.rounds_b, alpha / 2,
                                                mp_prior_jeffreys());
    return (struct mp_effect){c.x2 > 0.0 ? c.x1 / c.n1 / (c.x2 / c.n2) : INFINITY,
                              a.low / b.high, b.low > 0.0 ? a.high / b.low : INFINITY};
}

/* One term of a score: (x - n p)^2 / (n p (1 - p)). */
static double score_term(double x, double n, double p) {
    double diff = x - n * p, variance = n * p * (1.0 - p);
    return diff == 0.0 ? 0.0 : variance > 0.0 ? diff * (diff / variance) : INFINITY;
}

/* Koopman's statistic for a risk ratio of exp(log_ratio): the rate of arm A that fits
 * best under it is the smaller root of a quadratic. */
static double ratio_score(struct cells c, double log_ratio) {
    double ratio = exp(log_ratio), all = c.n1 + c.n2, failures = c.x1 + c.x2;
    double b = ratio * (c.n1 + c.x2) + c.x1 + c.n2;
    double root = sqrt(fmax(0.0, b * b - 4.0 * ratio * all * failures));
    double p2 = fmin(1.0, 2.0 * failures / (b + root)), p1 = fmin(1.0, ratio * p2);
    return score_term(c.x1, c.n1, p1) + score_term(c.x2, c.n2, p2);
}

/* The ratio between exp(inside), where the score is small, and exp(outside) at which it
 * is zz. */
static double solve_ratio(struct cells c, double zz, double inside, double outside) {
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (inside + outside);
        if (middle == inside || middle == outside)
            break;
        if (ratio_score(c, middle) < zz)
            inside = middle;
        else
            outside = middle;
    }
    return exp(outside);
}

static struct mp_effect ratio_interval(struct mp_two_arms arms, double alpha,
                                       bool has_correction) {
    struct cells c = cells_of(arms);
    if (!is_known(c, alpha) || c.x1 + c.x2 == 0.0)
        return (struct mp_effect){1.0, 0.0, INFINITY};
    double all = c.n1 + c.n2, zz = z_of(alpha) * z_of(alpha);
    zz *= has_correction ? all / (all - 1.0) : 1.0;
    struct mp_effect effect = {c.x2 > 0.0 ? c.x1 / c.n1 / (c.x2 / c.n2) : INFINITY, 0.0,
                               INFINITY};
    double best = c.x1 == 0.0 ? -LOG_MAX : c.x2 == 0.0 ? LOG_MAX : log(effect.value);
    if (c.x1 > 0.0)
        effect.low = solve_ratio(c, zz, best, -LOG_MAX);
    if (c.x2 > 0.0)
        effect.high = solve_ratio(c, zz, best, LOG_MAX);
    return effect;
}

struct mp_effect mp_effect_ratio_koopman(struct mp_two_arms arms, double alpha) {
    return ratio_interval(arms, alpha, false);
}

struct mp_effect mp_effect_ratio_score(struct mp_two_arms arms, double alpha) {
    return ratio_interval(arms, alpha, true);
}

/* exp(log_value -+ z * error) around the value. */
static struct mp_effect log_interval(double value, double variance, double alpha) {
    double reach = z_of(alpha) * sqrt(variance);
    return (struct mp_effect){value, value * exp(-reach), value * exp(reach)};
}

struct mp_effect mp_effect_ratio_katz(struct mp_two_arms arms, double alpha) {
    struct cells c = cells_of(arms);
    if (!is_known(c, alpha) || c.x1 + c.x2 == 0.0)
        return (struct mp_effect){1.0, 0.0, INFINITY};
    if (c.x1 == 0.0 || c.x2 == 0.0)
        return (struct mp_effect){c.x1 == 0.0 ? 0.0 : INFINITY, 0.0, INFINITY};
    return log_interval(c.x1 / c.n1 / (c.x2 / c.n2),
                        (1.0 - c.x1 / c.n1) / c.x1 + (1.0 - c.x2 / c.n2) / c.x2, alpha);
}

struct mp_effect mp_effect_odds_woolf(struct mp_two_arms arms, double alpha) {
    struct cells c = cells_of(arms);
    double y1 = c.n1 - c.x1, y2 = c.n2 - c.x2;
    if (!is_known(c, alpha) || c.x1 + c.x2 == 0.0 || y1 + y2 == 0.0)
        return (struct mp_effect){1.0, 0.0, INFINITY};
    double half = c.x1 == 0.0 || c.x2 == 0.0 || y1 == 0.0 || y2 == 0.0 ? 0.5 : 0.0;
    double a = c.x1 + half, b = y1 + half, d = c.x2 + half, e = y2 + half;
    return log_interval(a / b * (e / d), 1.0 / a + 1.0 / b + 1.0 / d + 1.0 / e, alpha);
}
