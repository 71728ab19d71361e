/* Thompson sampling with gamma posteriors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/portfolio.h"

#include "harness/base/rng.h"
#include "results/stats/beta.h"
#include "results/stats/gamma.h"

#define PRIOR_SHAPE 0.5 /* Jeffreys' prior of a rate */
#define FLOOR_DRAW  UINT64_C(0xf100)

static double drawn_rate(const struct mp_portfolio_way *way, double unit) {
    /* The quantile of 0 would be 0 for every way. */
    double p = unit < 1e-12 ? 1e-12 : unit;
    return mp_gamma_quantile(p, (double)way->failures + PRIOR_SHAPE) / way->seconds;
}

size_t mp_portfolio_choose(const struct mp_portfolio_way *way, size_t count,
                           uint64_t seed, uint64_t number) {
    uint64_t draw = mp_rng_hash(seed, number);
    size_t best = 0;
    double most = -1;
    for (size_t i = 0; i < count; i++)
        if (way[i].rounds == 0 || !(way[i].seconds > 0))
            return i;
    if (mp_rng_hash_unit(draw, FLOOR_DRAW) < MP_PORTFOLIO_FLOOR)
        return 0;
    for (size_t i = 0; i < count; i++) {
        double rate = drawn_rate(&way[i], mp_rng_hash_unit(draw, i));
        if (rate > most) {
            most = rate;
            best = i;
        }
    }
    return best;
}

double mp_portfolio_is_faster(const struct mp_portfolio_way *a,
                              const struct mp_portfolio_way *b) {
    double all = a->seconds + b->seconds;
    if (!(a->seconds > 0) || !(b->seconds > 0))
        return 0.5;
    return mp_beta_cdf(b->seconds / all, (double)b->failures + PRIOR_SHAPE,
                       (double)a->failures + PRIOR_SHAPE);
}

size_t mp_portfolio_leader(const struct mp_portfolio_way *way, size_t count,
                           double *ret_doubt) {
    size_t leader = 0;
    double most = 0, doubt = 0;
    for (size_t i = 0; i < count; i++) {
        double rate = way[i].seconds > 0 ? (double)way[i].failures / way[i].seconds : 0;
        if (rate > most) {
            most = rate;
            leader = i;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (i != leader)
            doubt += mp_portfolio_is_faster(&way[i], &way[leader]);
    *ret_doubt = most > 0 && doubt < 1 ? doubt : 1;
    return leader;
}
