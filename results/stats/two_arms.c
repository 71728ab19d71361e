/* Fisher's exact test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/two_arms.h"

#include <math.h>

#include "results/stats/hypergeometric.h"

#define TIE                                                                              \
    1e-7 /* tables whose probabilities differ by less are equally probable, as in R */

/* For an arm A that is not the larger one: its failures are counted one by one. */
static struct mp_fisher smaller_first(struct mp_two_arms arms) {
    double rounds_a = (double)arms.rounds_a, rounds_b = (double)arms.rounds_b;
    double a = fmin((double)arms.failures_a, rounds_a),
           b = fmin((double)arms.failures_b, rounds_b);
    struct mp_hypergeometric h = mp_hypergeometric_make(rounds_a, rounds_b, a + b);
    if (h.low == h.high)
        return (struct mp_fisher){1.0, 1.0, 1.0, 0.5};
    double here = mp_hypergeometric_density_log(&h, a);
    double with_ties = mp_hypergeometric_rare(&h, here + log1p(TIE));
    double without = mp_hypergeometric_rare(&h, here + log1p(-TIE));
    return (struct mp_fisher){
        .greater = mp_hypergeometric_upper(&h, a),
        .less = mp_hypergeometric_lower(&h, a),
        .two_sided = with_ties,
        .mid_p = 0.5 * (with_ties + without),
    };
}

struct mp_fisher mp_two_arms_fisher(struct mp_two_arms arms) {
    if (arms.rounds_a <= arms.rounds_b)
        return smaller_first(arms);
    struct mp_two_arms swapped = {arms.failures_b, arms.rounds_b, arms.failures_a,
                                  arms.rounds_a};
    struct mp_fisher mirrored = smaller_first(swapped);
    return (struct mp_fisher){mirrored.less, mirrored.greater, mirrored.two_sided,
                              mirrored.mid_p};
}
