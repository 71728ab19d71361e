/* Evidence for looks after every round. Logarithms of beta functions are never
 * subtracted: their powers of p are cancelled analytically, in mp_beta_log_weight and
 * mp_beta_log_tail.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/eprocess.h"

#include <math.h>

#include "results/stats/beta.h"

#define LOGIT_MAX  700.0 /* beyond it a rate is not a normal number */
#define STEPS_MAX  200
#define ROUNDS_MAX (UINT64_C(1) << 53) /* a double holds every count up to here */

/* Inside (0, 1), and not a number that has no logarithm worth the name. */
static bool is_rate(double p) {
    return p >= 1e-300 && p < 1.0;
}

static bool is_prior(struct mp_beta_prior prior) {
    return prior.a >= 1e-12 && prior.a <= 1e15 && prior.b >= 1e-12 && prior.b <= 1e15;
}

struct mp_beta_prior mp_prior_jeffreys(void) {
    return (struct mp_beta_prior){0.5, 0.5};
}

struct mp_beta_prior mp_prior_rare(double p_target) {
    return (struct mp_beta_prior){
        0.5, p_target > 0.0 && p_target < 1.0 ? fmin(0.5 / p_target, 1e15) : 0.5};
}

/* log of the mixture's likelihood over that of the rate p = 1 - q. */
static double log_mixture(double x, double passed, double p, double q,
                          struct mp_beta_prior prior) {
    return mp_beta_log_weight(p, q, prior.a, prior.b) -
           mp_beta_log_weight(p, q, prior.a + x, prior.b + passed);
}

/* The limit above (direction 1) or below (-1) the rate x/n: where the mixture is e^target
 * times as likely. Over logit(p) the curve is convex with slope np - x, so Newton closes
 * in from outside; halving steps in where it would leave the bracket. 0 < x < n. */
static double mixture_limit(double x, double passed, double target,
                            struct mp_beta_prior prior, double direction) {
    double n = x + passed, centre = log(x) - log(passed);
    double low = direction > 0.0 ? centre : -LOGIT_MAX;
    double high = direction > 0.0 ? LOGIT_MAX : centre;
    double u = centre + direction * sqrt(2.0 * target / (x * passed / n));
    for (int i = 0; i < STEPS_MAX; i++) {
        if (!(u > low && u < high))
            u = 0.5 * (low + high);
        double p = 1.0 / (1.0 + exp(-u)), q = 1.0 / (1.0 + exp(u));
        double excess = log_mixture(x, passed, p, q, prior) - target;
        if ((excess > 0.0) == (direction > 0.0))
            high = u;
        else
            low = u;
        double next = u - excess / (passed * p - x * q);
        double moved = fabs(next - u);
        u = next;
        if (moved <= 1e-15 * fmax(1.0, fabs(u)) || high - low <= 1e-15 * fabs(low))
            break;
    }
    return 1.0 / (1.0 + exp(-fmax(low, fmin(high, u))));
}

struct mp_interval mp_eprocess_interval(uint64_t failures, uint64_t rounds, double alpha,
                                        struct mp_beta_prior prior) {
    struct mp_interval limits = {0.0, 1.0};
    if (rounds == 0 || !is_rate(alpha) || !is_prior(prior))
        return limits;
    double n = (double)rounds, target = -log(alpha);
    double x = failures < rounds ? (double)failures : n, passed = n - x;
    double some = 1.0 / (n + 1.0), most = n / (n + 1.0);
    if (failures ==
        0) { /* closed form: log_mixture(p) + n log(1 - p) does not depend on p */
        double ratio = log_mixture(0.0, n, some, most, prior) + n * log1p(-some);
        limits.high = -expm1(fmin(0.0, ratio - target) / n);
    } else if (passed <= 0.0) {
        double ratio = log_mixture(n, 0.0, most, some, prior) + n * log1p(-some);
        limits.low = exp(fmin(0.0, ratio - target) / n);
    } else {
        limits.low = mixture_limit(x, passed, target, prior, -1.0);
        limits.high = mixture_limit(x, passed, target, prior, 1.0);
    }
    return limits;
}

/* The prior truncated to the side of p0 that mp_beta_log_tail(p, q, ...) integrates. The
 * powers of p0 in the two tails are those of the likelihood, and drop out. */
static double log_truncated(double p, double q, double a, double b, double added_a,
                            double added_b) {
    return mp_beta_log_tail(p, q, a + added_a, b + added_b) -
           mp_beta_log_tail(p, q, a, b);
}

double mp_eprocess_log_below(uint64_t failures, uint64_t rounds, double p0,
                             struct mp_beta_prior prior) {
    if (!is_rate(p0) || !is_prior(prior) || rounds == 0)
        return 0.0;
    double x = (double)(failures < rounds ? failures : rounds), n = (double)rounds;
    return log_truncated(p0, 1.0 - p0, prior.a, prior.b, x, n - x);
}

double mp_eprocess_log_above(uint64_t failures, uint64_t rounds, double p0,
                             struct mp_beta_prior prior) {
    if (!is_rate(p0) || !is_prior(prior) || rounds == 0)
        return 0.0;
    double x = (double)(failures < rounds ? failures : rounds), n = (double)rounds;
    return log_truncated(1.0 - p0, p0, prior.b, prior.a, n - x, x);
}

uint64_t mp_eprocess_clean_rounds(uint64_t failures, uint64_t rounds, double p0,
                                  double alpha, struct mp_beta_prior prior) {
    if (!is_rate(p0) || !is_rate(alpha) || !is_prior(prior) || rounds > ROUNDS_MAX)
        return UINT64_MAX;
    failures = failures < rounds ? failures : rounds;
    /* Each round without failure multiplies E by more than 1. */
    uint64_t low = rounds, high = rounds;
    while (
        !mp_eprocess_decides(mp_eprocess_log_below(failures, high, p0, prior), alpha)) {
        if (high == ROUNDS_MAX)
            return UINT64_MAX;
        low = high + 1;
        high = high < ROUNDS_MAX / 2 ? 2 * high + 1 : ROUNDS_MAX;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (mp_eprocess_decides(mp_eprocess_log_below(failures, middle, p0, prior),
                                alpha))
            high = middle;
        else
            low = middle + 1;
    }
    return low - rounds;
}

double mp_eprocess_share(double log_e, double alpha) {
    if (!(log_e > 0.0) || !is_rate(alpha))
        return 0.0;
    return fmin(1.0, log_e / -log(alpha));
}

bool mp_eprocess_decides(double log_e, double alpha) {
    return is_rate(alpha) && log_e >= -log(alpha);
}

static bool is_verdict(enum mp_block_verdict verdict) {
    return verdict == MP_BLOCK_PASS || verdict == MP_BLOCK_FAIL;
}

void mp_pair_eprocess_init(struct mp_pair_eprocess *test) {
    *test = (struct mp_pair_eprocess){0};
}

double mp_pair_eprocess_log(uint64_t only_a, uint64_t only_b) {
    return only_a + only_b == 0 ? 0.0
                                : log_mixture((double)only_a, (double)only_b, 0.5, 0.5,
                                              mp_prior_jeffreys());
}

void mp_pair_eprocess_add(struct mp_pair_eprocess *test, enum mp_block_verdict a,
                          enum mp_block_verdict b) {
    if (!is_verdict(a) || !is_verdict(b)) {
        test->skipped++;
        return;
    }
    test->pairs++;
    if (a == b)
        return;
    test->only_a += a == MP_BLOCK_FAIL;
    test->only_b += b == MP_BLOCK_FAIL;
    test->log_e = mp_pair_eprocess_log(test->only_a, test->only_b);
}
