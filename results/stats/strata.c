/* Two arms over strata: the estimates and the large-sample tests. The exact test stands
 * in strata_exact.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/strata.h"

#include <math.h>

#include "results/stats/gamma.h"
#include "results/stats/normal.h"
#include "results/stats/strata_exact.h"

#define MANTEL_FLEISS 5.0

/* One stratum: failures and passes of arm A, of arm B, and their sums. */
struct table {
    double a, b, c, d, n1, n2, failures, all;
};

static struct table table_of(struct mp_two_arms arms) {
    struct table t = {.n1 = (double)arms.rounds_a, .n2 = (double)arms.rounds_b};
    t.a = fmin((double)arms.failures_a, t.n1);
    t.c = fmin((double)arms.failures_b, t.n2);
    t.b = t.n1 - t.a;
    t.d = t.n2 - t.c;
    t.failures = t.a + t.c;
    t.all = t.n1 + t.n2;
    return t;
}

static bool has_both_arms(struct table t) {
    return t.n1 > 0.0 && t.n2 > 0.0;
}

/* Whether it says anything about equality. */
static bool is_informative(struct table t) {
    return has_both_arms(t) && t.failures > 0.0 && t.failures < t.all;
}

static double expected(struct table t) {
    return t.n1 * (t.failures / t.all);
}

static double variance(struct table t) {
    return t.n1 / t.all * t.n2 * (t.failures / t.all) *
           ((t.all - t.failures) / (t.all - 1.0));
}

static void test_equality(const struct mp_two_arms *strata, size_t count,
                          struct mp_strata *ret) {
    double gap = 0.0, spread = 0.0, below = 0.0, above = 0.0;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (!is_informative(t)) {
            ret->dropped++;
            continue;
        }
        ret->used++;
        gap += t.a - expected(t);
        spread += variance(t);
        below += expected(t) - fmax(0.0, t.failures - t.n2);
        above += fmin(t.n1, t.failures) - expected(t);
    }
    double corrected = fmax(0.0, fabs(gap) - 0.5);
    ret->chi2 = spread > 0.0 ? gap / spread * gap : 0.0;
    ret->chi2_p = mp_chi2_upper(ret->chi2, 1.0);
    ret->chi2_corrected = spread > 0.0 ? corrected / spread * corrected : 0.0;
    ret->chi2_corrected_p = mp_chi2_upper(ret->chi2_corrected, 1.0);
    ret->is_large = fmin(below, above) >= MANTEL_FLEISS;
}

/* value * exp(-+ z * sqrt(variance)), or the widest limits at an end. */
static struct mp_effect ratio_effect(double up, double down, double log_variance,
                                     double z) {
    if (up <= 0.0 || down <= 0.0) {
        double value = up > 0.0 ? INFINITY : down > 0.0 ? 0.0 : 1.0;
        return (struct mp_effect){value, 0.0, INFINITY};
    }
    double reach = z * sqrt(fmax(0.0, log_variance));
    return (struct mp_effect){up / down, up / down * exp(-reach), up / down * exp(reach)};
}

static struct mp_effect pooled_odds(const struct mp_two_arms *strata, size_t count,
                                    double z) {
    double r = 0.0, s = 0.0, pr = 0.0, mixed = 0.0, qs = 0.0;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (!is_informative(t))
            continue;
        double p = (t.a + t.d) / t.all, q = (t.b + t.c) / t.all;
        double up = t.a / t.all * t.d, down = t.b / t.all * t.c;
        r += up;
        s += down;
        pr += p * up;
        mixed += p * down + q * up;
        qs += q * down;
    }
    return ratio_effect(
        r, s, pr / (2.0 * r * r) + mixed / (2.0 * r * s) + qs / (2.0 * s * s), z);
}

static struct mp_effect pooled_ratio(const struct mp_two_arms *strata, size_t count,
                                     double z) {
    double up = 0.0, down = 0.0, spread = 0.0;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (has_both_arms(t)) {
            up += t.a / t.all * t.n2;
            down += t.c / t.all * t.n1;
            spread += t.n1 / t.all * (t.n2 / t.all) * t.failures - t.a / t.all * t.c;
        }
    }
    return ratio_effect(up, down, spread / (up * down), z);
}

/* Limits from those of the strata, weighted and added in squares: for tables whose
 * variance Sato's formula puts at 0, since every arm failed always or never. Nothing is
 * known that well. */
static struct mp_effect difference_of_strata(const struct mp_two_arms *strata,
                                             size_t count, double value, double weight,
                                             double alpha) {
    double down = 0.0, up = 0.0;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (has_both_arms(t)) {
            struct mp_effect here = mp_effect_difference_newcombe(strata[i], alpha);
            double share = t.n1 / t.all * t.n2 / weight;
            down += share * share * (here.value - here.low) * (here.value - here.low);
            up += share * share * (here.high - here.value) * (here.high - here.value);
        }
    }
    return (struct mp_effect){value, fmax(-1.0, value - sqrt(down)),
                              fmin(1.0, value + sqrt(up))};
}

static struct mp_effect pooled_difference(const struct mp_two_arms *strata, size_t count,
                                          double z, double alpha) {
    double gap = 0.0, weight = 0.0, p = 0.0, q = 0.0;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (!has_both_arms(t))
            continue;
        double share1 = t.n1 / t.all, share2 = t.n2 / t.all;
        gap += t.a * share2 - t.c * share1;
        weight += share1 * t.n2;
        p += share1 * share1 * t.c - share2 * share2 * t.a +
             share1 * share2 * (t.n2 - t.n1) / 2.0;
        q += (t.a / t.all * t.d + t.c / t.all * t.b) / 2.0;
    }
    if (weight <= 0.0)
        return (struct mp_effect){0.0, -1.0, 1.0};
    double value = gap / weight;
    double variance = value * p + q;
    if (!(variance > 1e-9 * weight))
        return difference_of_strata(strata, count, value, weight, alpha);
    double reach = z * sqrt(variance) / weight;
    return (struct mp_effect){value, fmax(-1.0, value - reach), fmin(1.0, value + reach)};
}

/* Failures of arm A expected in this stratum where the odds ratio is `odds`, its margins
 * given. */
static double fitted(struct table t, double odds) {
    double low = fmax(0.0, t.failures - t.n2), high = fmin(t.n1, t.failures);
    double quadratic = odds - 1.0;
    double linear = odds * (t.n1 + t.failures) + t.n2 - t.failures;
    double root =
        sqrt(fmax(0.0, linear * linear - 4.0 * quadratic * odds * t.n1 * t.failures));
    return fmax(low, fmin(high, 2.0 * odds * t.n1 * t.failures / (linear + root)));
}

static void test_homogeneity(const struct mp_two_arms *strata, size_t count,
                             struct mp_strata *ret) {
    double odds = ret->odds.value, gaps = 0.0, variances = 0.0;
    ret->tarone_p = 1.0;
    if (ret->used < 2 || !(odds > 0.0) || isinf(odds))
        return;
    for (size_t i = 0; i < count; i++) {
        struct table t = table_of(strata[i]);
        if (!is_informative(t))
            continue;
        double a = fitted(t, odds), gap = t.a - a;
        double spread = 1.0 / (1.0 / a + 1.0 / (t.failures - a) + 1.0 / (t.n1 - a) +
                               1.0 / (t.n2 - t.failures + a));
        ret->breslow_day += spread > 0.0 ? gap / spread * gap : 0.0;
        gaps += gap;
        variances += spread > 0.0 ? spread : 0.0;
    }
    ret->freedom = (double)ret->used - 1.0;
    ret->tarone = ret->breslow_day - (variances > 0.0 ? gaps / variances * gaps : 0.0);
    ret->tarone = fmax(0.0, ret->tarone);
    ret->tarone_p = mp_chi2_upper(ret->tarone, ret->freedom);
}

struct mp_strata mp_strata_compare(const struct mp_two_arms *strata, size_t count,
                                   double alpha) {
    struct mp_strata result = {0};
    double z = mp_normal_quantile_upper(alpha > 0.0 && alpha < 1.0 ? alpha / 2.0 : 0.0);
    test_equality(strata, count, &result);
    result.odds = pooled_odds(strata, count, z);
    result.ratio = pooled_ratio(strata, count, z);
    result.difference = pooled_difference(strata, count, z, alpha);
    test_homogeneity(strata, count, &result);
    struct mp_strata_exact exact = mp_strata_exact(strata, count);
    result.exact_greater = exact.greater;
    result.exact_less = exact.less;
    result.exact_two_sided = exact.two_sided;
    result.has_exact = exact.is_complete;
    result.is_exact = result.has_exact && !result.is_large;
    result.p = result.is_exact ? result.exact_two_sided : result.chi2_p;
    return result;
}
