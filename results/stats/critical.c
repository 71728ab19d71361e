/* The critical values of Fisher's test, added up from both ends inward, the rarer end
 * first.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/critical.h"

#include <math.h>

#define TIE 1e-7
/* Tables rarer than exp(-50) * limit add nothing to a sum that is compared with limit. */
#define BEYOND 50.0

/* One end of the values that are not yet counted. */
struct end {
    double k, mass;
};

static void step_up(const struct mp_hypergeometric *h, struct end *left) {
    left->mass *= mp_hypergeometric_ratio_up(h, left->k);
    left->k += 1.0;
}

static void step_down(const struct mp_hypergeometric *h, struct end *right) {
    right->mass *= mp_hypergeometric_ratio_down(h, right->k);
    right->k -= 1.0;
}

struct mp_critical mp_critical_make(const struct mp_hypergeometric *h, double limit,
                                    bool is_mid_p) {
    if (!(limit > 0.0))
        return (struct mp_critical){h->low - 1.0, h->high + 1.0};
    struct end left = {.k = mp_hypergeometric_left_of(h, log(limit) - BEYOND) + 1.0};
    struct end right = {.k = mp_hypergeometric_right_of(h, log(limit) - BEYOND) - 1.0};
    left.mass = exp(mp_hypergeometric_density_log(h, left.k));
    right.mass = exp(mp_hypergeometric_density_log(h, right.k));
    double sum = 0.0;
    while (left.k <= right.k) {
        struct mp_critical before = {left.k - 1.0, right.k + 1.0};
        double rarest = fmin(left.mass, right.mass) * (1.0 + TIE), group = 0.0;
        while (left.k <= right.k && left.mass <= rarest) {
            group += left.mass;
            step_up(h, &left);
        }
        while (left.k <= right.k && right.mass <= rarest) {
            group += right.mass;
            step_down(h, &right);
        }
        if (sum + (is_mid_p ? 0.5 : 1.0) * group > limit)
            return before;
        sum += group;
    }
    return (struct mp_critical){left.k - 1.0, right.k + 1.0};
}
