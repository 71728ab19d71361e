/* The risk difference by the score of Miettinen and Nurminen. The rates that fit best
 * under a given difference come from halving, since the closed form of the cubic loses
 * its digits at rare failures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "results/stats/effect.h"
#include "results/stats/normal.h"

#define STEPS_MAX 200

struct cells {
    double x1, n1, x2, n2;
};

/* count / rate, where a count of 0 has no say. */
static double pull(double count, double rate) {
    return count > 0.0 ? count / rate : 0.0;
}

/* The slope of the likelihood where the smaller of both rates is `t` and arm A's rate is
 * larger than arm B's by `difference`. Falls with t. */
static double slope(struct cells c, double difference, double t) {
    double p1 = difference > 0.0 ? t + difference : t,
           p2 = difference > 0.0 ? t : t - difference;
    return pull(c.x1, p1) - pull(c.n1 - c.x1, 1.0 - p1) + pull(c.x2, p2) -
           pull(c.n2 - c.x2, 1.0 - p2);
}

/* The score statistic of `difference`, as a normal deviate. */
static double deviate(struct cells c, double difference) {
    double low = 0.0, high = 1.0 - fabs(difference);
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (slope(c, difference, middle) > 0.0)
            low = middle;
        else
            high = middle;
    }
    double t = 0.5 * (low + high);
    double p1 = difference > 0.0 ? t + difference : t,
           p2 = difference > 0.0 ? t : t - difference;
    double all = c.n1 + c.n2;
    double variance =
        (p1 * (1.0 - p1) / c.n1 + p2 * (1.0 - p2) / c.n2) * (all / (all - 1.0));
    double gap = c.x1 / c.n1 - c.x2 / c.n2 - difference;
    return gap == 0.0       ? 0.0
           : variance > 0.0 ? gap / sqrt(variance)
                            : copysign(INFINITY, gap);
}

/* The difference between `inside` and `outside` whose deviate has the size z. */
static double solve(struct cells c, double z, double inside, double outside) {
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (inside + outside);
        if (middle == inside || middle == outside)
            break;
        if (fabs(deviate(c, middle)) < z)
            inside = middle;
        else
            outside = middle;
    }
    return outside;
}

struct mp_effect mp_effect_difference_score(struct mp_two_arms arms, double alpha) {
    struct cells c = {.n1 = (double)arms.rounds_a, .n2 = (double)arms.rounds_b};
    if (arms.rounds_a == 0 || arms.rounds_b == 0 || !(alpha > 0.0 && alpha < 1.0))
        return (struct mp_effect){0.0, -1.0, 1.0};
    c.x1 = fmin((double)arms.failures_a, c.n1);
    c.x2 = fmin((double)arms.failures_b, c.n2);
    double z = mp_normal_quantile_upper(alpha / 2.0), best = c.x1 / c.n1 - c.x2 / c.n2;
    return (struct mp_effect){best, solve(c, z, best, -1.0), solve(c, z, best, 1.0)};
}
