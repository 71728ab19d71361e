/* Limits of one rate, demonstration plans and the distributions below them, against
 * values that were made elsewhere. Unless a row says more, a value was computed with
 * mpmath at 40 digits or with exact rationals; Clopper-Pearson, Wilson and Jeffreys also
 * with R 4.2.2.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include <stdbool.h>
#include <string.h>

#include "results/stats/binomial.h"
#include "results/stats/demonstration.h"
#include "results/stats/gamma.h"
#include "results/stats/normal.h"
#include "results/stats/percent.h"

enum method { CLOPPER_PEARSON, WILSON, JEFFREYS, MID_P, METHODS };

typedef struct mp_interval interval_fn(uint64_t failures, uint64_t rounds, double alpha);
static interval_fn *const functions[METHODS] = {mp_binomial_clopper_pearson,
                                                mp_binomial_wilson, mp_binomial_jeffreys,
                                                mp_binomial_mid_p};
static const char *const names[METHODS] = {"Clopper-Pearson", "Wilson", "Jeffreys",
                                           "mid-P"};

static const struct {
    enum method method;
    uint64_t failures, rounds;
    double alpha, low, high, tolerance;
    const char *source;
} INTERVALS[] = {
    {CLOPPER_PEARSON, 0, 20, 0.05, 0.0, 0.168433470983085, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 11, 20, 0.05, 0.315278133040548, 0.769422103224076, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 20, 20, 0.05, 0.831566529016915, 1.0, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 1, 1, 0.05, 0.025, 1.0, 1e-09, "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 0, 660, 0.05, 0.0, 0.00557362071254225, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 0, 2966, 0.05, 0.0, 0.00124294889904626, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 24, 40, 0.05, 0.433267052193297, 0.751350013412256, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 46, 77, 0.05, 0.479413781017051, 0.707663901559689, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 51, 149, 0.05, 0.266591948566623, 0.424384325636332, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 0, 405, 0.05, 0.0, 0.00906698901764194, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 11, 20, 0.1, 0.346931397643093, 0.741349390251088, 1e-09,
     "Clopper & Pearson 1934"},
    {CLOPPER_PEARSON, 11, 20, 0.01, 0.257225907604963, 0.819351104758824, 1e-09,
     "Clopper & Pearson 1934"},
    {WILSON, 0, 20, 0.05, 0.0, 0.161125158052819, 1e-09,
     "Wilson 1927; Newcombe 1998 method 3"},
    {WILSON, 11, 20, 0.05, 0.342085342450342, 0.741802141744376, 1e-09,
     "Wilson 1927; Newcombe 1998 method 3"},
    {WILSON, 20, 20, 0.05, 0.838874841947181, 1.0, 1e-09,
     "Wilson 1927; Newcombe 1998 method 3"},
    {WILSON, 1, 2966, 0.05, 5.95185128008677e-05, 0.00190740763517396, 1e-09,
     "Wilson 1927; Newcombe 1998 method 3"},
    {WILSON, 3, 1000000, 0.05, 1.02027124096812e-06, 8.82114977431244e-06, 1e-09,
     "Wilson 1927; Newcombe 1998 method 3"},
    {JEFFREYS, 2, 20, 0.05, 0.0213724880224748, 0.283853257304252, 1e-09,
     "Brown, Cai & DasGupta 2001"},
    {JEFFREYS, 1, 2966, 0.05, 3.63805712813313e-05, 0.00157481932164625, 1e-09,
     "Brown, Cai & DasGupta 2001"},
    {JEFFREYS, 20, 20, 0.05, 0.883361017095125, 1.0, 1e-09, "Brown, Cai & DasGupta 2001"},
    {MID_P, 11, 20, 0.05, 0.332799016698987, 0.753614981579392, 1e-09,
     "Lancaster 1961; Berry & Armitage 1995"},
    {MID_P, 2, 20, 0.05, 0.0171184255366326, 0.292862240983426, 1e-09,
     "Lancaster 1961; Berry & Armitage 1995"},
    {MID_P, 0, 2966, 0.05, 0.0, 0.00100951446442253, 1e-09,
     "Lancaster 1961; Berry & Armitage 1995"},
    {JEFFREYS, 1, 1000000000, 0.05, 1.0789764133310239406e-10, 4.6742017924925431171e-9,
     1e-12, "mpmath, 40 digits"},
    {MID_P, 1, 1000000000, 0.05, 5.0020344835275894197e-11, 4.9318605145953701124e-9,
     1e-12, "mpmath, 40 digits"},
    {WILSON, 1, 1000000000, 0.05, 1.7652455495696313174e-10, 5.6649342432974394003e-9,
     1e-12, "mpmath, 40 digits"},
    {JEFFREYS, 3, 1000000000, 0.05, 8.4493459103788829825e-10, 8.0063821152715623523e-9,
     1e-12, "mpmath, 40 digits"},
    {MID_P, 3, 1000000000, 0.05, 7.6309629834709165805e-10, 8.1644691861888563653e-9,
     1e-12, "mpmath, 40 digits"},
    {WILSON, 3, 1000000000, 0.05, 1.0202707288769235635e-9, 8.8211880540116437448e-9,
     1e-12, "mpmath, 40 digits"},
    {JEFFREYS, 10, 1000000000, 0.05, 5.1414489024660649444e-9, 1.7739437879782128085e-8,
     1e-12, "mpmath, 40 digits"},
    {MID_P, 10, 1000000000, 0.05, 5.0795218580299343831e-9, 1.7824853623628199325e-8,
     1e-12, "mpmath, 40 digits"},
    {WILSON, 10, 1000000000, 0.05, 5.4319861143485585944e-9, 1.8409472614759585431e-8,
     1e-12, "mpmath, 40 digits"},
    {JEFFREYS, 1000, 1000000000, 0.05, 9.3945755234785435789e-7, 1.0634366115602348141e-6,
     1e-12, "mpmath, 40 digits"},
    {MID_P, 1000, 1000000000, 0.05, 9.3944992720615972032e-7, 1.0634444734728836987e-6,
     1e-12, "mpmath, 40 digits"},
    {WILSON, 1000, 1000000000, 0.05, 9.3991149922251130385e-7, 1.0639299519005084044e-6,
     1e-12, "mpmath, 40 digits"},
};

static const struct {
    uint64_t failures, rounds;
    double alpha, high, tolerance;
    const char *source;
} BOUNDS[] = {
    {0, 59, 0.05, 0.0495076098882269, 1e-09,
     "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983 (zero numerators)"},
    {0, 660, 0.05, 0.0045287026539172, 1e-09,
     "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983 (zero numerators)"},
    {0, 2966, 0.05, 0.00100951446442253, 1e-09,
     "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983 (zero numerators)"},
    {1, 2966, 0.05, 0.00159840579033246, 1e-09,
     "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983 (zero numerators)"},
    {2, 2966, 0.05, 0.00212111798049075, 1e-09,
     "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983 (zero numerators)"},
    {0, 660, 0.05, 0.0045287026539172, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 1000, 0.05, 0.0029912495450953, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 2000, 0.05, 0.00149674489518828, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 2966, 0.05, 0.00100951446442253, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 3966, 0.05, 0.000755068366070208, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 5932, 0.05, 0.000504884686484588, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 10000, 0.05, 0.000299528359776612, 1e-10, "-expm1(log(0.05) / n), mpmath"},
    {0, 59, 0.05, 0.0495076098882269, 1e-9, "Hanley and Lippman-Hand 1983"},
    {0, 299, 0.05, 0.00996914679289927, 1e-9, "Hanley and Lippman-Hand 1983"},
};

static const struct {
    uint64_t failures, rounds;
    double limit, want, tolerance;
    const char *source;
} POSTERIORS[] = {
    {0, 2966, 0.001, 0.985160874800796, 1e-09, "Jeffreys prior"},
    {0, 405, 0.01, 0.995683906083397, 1e-09, "Jeffreys prior"},
    {0, 50, 0.05, 0.976822459698374, 1e-09, "Jeffreys prior"},
    {3, 1000000000, 1e-8, 0.99443031708905264661, 1e-12, "mpmath, 40 digits"},
};

static const struct {
    uint64_t allowed;
    double rate, confidence;
    uint64_t want;
    const char *source;
} PLANS[] = {
    {0, 0.1, 0.8, 16,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.1, 0.9, 22,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.1, 0.95, 29,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.1, 0.99, 44,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.05, 0.8, 32,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.05, 0.9, 45,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.05, 0.95, 59,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.05, 0.99, 90,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.02, 0.8, 80,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.02, 0.9, 114,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.02, 0.95, 149,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.02, 0.99, 228,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.01, 0.8, 161,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.01, 0.9, 230,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.01, 0.95, 299,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.01, 0.99, 459,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.002, 0.8, 804,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.002, 0.9, 1151,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.002, 0.95, 1497,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.002, 0.99, 2301,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0005, 0.8, 3219,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0005, 0.9, 4605,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0005, 0.95, 5990,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0005, 0.99, 9209,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0001, 0.8, 16094,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0001, 0.9, 23025,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0001, 0.95, 29956,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.0001, 0.99, 46050,
     "success-run theorem (Bayes with uniform prior needs one trial fewer)"},
    {0, 0.001, 0.95, 2995, "binomial demonstration plan / single sampling"},
    {1, 0.001, 0.95, 4742, "binomial demonstration plan / single sampling"},
    {2, 0.001, 0.95, 6294, "binomial demonstration plan / single sampling"},
    {0, 0.05, 0.9, 45, "binomial demonstration plan / single sampling"},
    {1, 0.05, 0.9, 77, "binomial demonstration plan / single sampling"},
    {2, 0.05, 0.9, 105, "binomial demonstration plan / single sampling"},
    {3, 0.05, 0.9, 132, "binomial demonstration plan / single sampling"},
    {0, 0.55, 0.95, 4, "positive control: geometric waiting time"},
    {0, 0.55, 0.99, 6, "positive control: geometric waiting time"},
    {0, 0.55, 0.999, 9, "positive control: geometric waiting time"},
    {0, 0.315, 0.95, 8, "positive control: geometric waiting time"},
    {0, 0.315, 0.99, 13, "positive control: geometric waiting time"},
    {0, 0.315, 0.999, 19, "positive control: geometric waiting time"},
    {0, 0.2, 0.95, 14, "positive control: geometric waiting time"},
    {0, 0.2, 0.99, 21, "positive control: geometric waiting time"},
    {0, 0.2, 0.999, 31, "positive control: geometric waiting time"},
    {0, 0.1, 0.95, 29, "positive control: geometric waiting time"},
    {0, 0.1, 0.99, 44, "positive control: geometric waiting time"},
    {0, 0.1, 0.999, 66, "positive control: geometric waiting time"},
    {0, 0.05, 0.95, 59, "positive control: geometric waiting time"},
    {0, 0.05, 0.99, 90, "positive control: geometric waiting time"},
    {0, 0.05, 0.999, 135, "positive control: geometric waiting time"},
    {0, 0.01, 0.95, 299, "positive control: geometric waiting time"},
    {0, 0.01, 0.99, 459, "positive control: geometric waiting time"},
    {0, 0.01, 0.999, 688, "positive control: geometric waiting time"},
    {0, 0.55, 0.9991666666666666, 9, "union bound over 60 steps"},
    {0, 0.3, 0.9991666666666666, 20, "union bound over 60 steps"},
    {0, 0.1, 0.9991666666666666, 68, "union bound over 60 steps"},
    {0, 1e-8, 0.95, 299573226, "log(0.05) / log1p(-1e-8), mpmath"},
    {0, 1e-8, 0.99, 460517017, "log(0.01) / log1p(-1e-8), mpmath"},
};

static const struct {
    uint64_t rounds;
    double rate, want;
} CHANCES[] = {
    {2995, 0.0001, 0.741177622452}, {2995, 0.0005, 0.22360492772},
    {2995, 0.001, 0.0499617033974}, {299, 0.001, 0.741448480637},
    {299, 0.01, 0.0495362566377},
};

static void intervals_agree_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(INTERVALS); i++) {
        char what[256];
        snprintf(what, sizeof(what), "%s %llu/%llu (%s)", names[INTERVALS[i].method],
                 (unsigned long long)INTERVALS[i].failures,
                 (unsigned long long)INTERVALS[i].rounds, INTERVALS[i].source);
        struct mp_interval got = functions[INTERVALS[i].method](
            INTERVALS[i].failures, INTERVALS[i].rounds, INTERVALS[i].alpha);
        assert_near(got.low, INTERVALS[i].low, INTERVALS[i].tolerance, what);
        assert_near(got.high, INTERVALS[i].high, INTERVALS[i].tolerance, what);
    }
}

static void one_sided_bounds_agree_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(BOUNDS); i++) {
        double got =
            mp_binomial_upper(BOUNDS[i].failures, BOUNDS[i].rounds, BOUNDS[i].alpha);
        assert_near(got, BOUNDS[i].high, BOUNDS[i].tolerance, BOUNDS[i].source);
        double mirrored = mp_binomial_lower(BOUNDS[i].rounds - BOUNDS[i].failures,
                                            BOUNDS[i].rounds, BOUNDS[i].alpha);
        assert_near(mirrored, 1.0 - BOUNDS[i].high, 1e-13,
                    "lower bound of the mirror image");
    }
}

static void posterior_agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(POSTERIORS); i++) {
        double got = mp_binomial_posterior_below(
            POSTERIORS[i].failures, POSTERIORS[i].rounds, POSTERIORS[i].limit);
        assert_near(got, POSTERIORS[i].want, POSTERIORS[i].tolerance,
                    POSTERIORS[i].source);
    }
}

static void intervals_are_ordered_and_hold_the_rate_at_any_count(void **state) {
    (void)state;
    static const uint64_t rounds[] = {0, 1, 2, 7, 1000, 1000000000, 10000000000000};
    static const double alphas[] = {-1.0, 0.0, 1e-9, 0.05, 0.9, 1.0, NAN};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        uint64_t n = rounds[i],
                 failures[] = {0, 1, n / 1000, n / 2, n - (n > 0), n, n + 1, UINT64_MAX};
        for (size_t j = 0; j < MP_COUNT(failures); j++) {
            for (size_t k = 0; k < MP_COUNT(alphas); k++) {
                for (int m = 0; m < METHODS; m++) {
                    struct mp_interval got = functions[m](failures[j], n, alphas[k]);
                    assert_true(got.low >= 0.0 && got.low <= got.high && got.high <= 1.0);
                    double rate =
                        n == 0 ? 0.5 : fmin(1.0, (double)failures[j] / (double)n);
                    assert_true(
                        m == JEFFREYS || alphas[k] > 0.1 ||
                        (got.low <= rate * (1 + 1e-9) && rate <= got.high * (1 + 1e-9)));
                }
                double low = mp_binomial_lower(failures[j], n, alphas[k]);
                double high = mp_binomial_upper(failures[j], n, alphas[k]);
                assert_true(low >= 0.0 && low <= 1.0 && high >= 0.0 && high <= 1.0);
            }
            double belief = mp_binomial_posterior_below(failures[j], n, 0.001);
            assert_true(belief >= 0.0 && belief <= 1.0);
        }
    }
}

/* P(X = k) for X ~ Binomial(n, p), by the ratio of terms. */
static double binomial_mass(int k, int n, double p) {
    double mass = pow(1.0 - p, n);
    for (int i = 1; i <= k; i++)
        mass *= (double)(n - i + 1) / i * (p / (1.0 - p));
    return mass;
}

static void exact_limits_cover_every_rate_as_often_as_they_say(void **state) {
    (void)state;
    static const int sizes[] = {1, 7, 30, 90};
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        int n = sizes[i];
        for (double p = 0.0005; p < 0.9995; p += 0.0013) {
            double two_sided = 0.0, upper = 0.0, lower = 0.0;
            for (int k = 0; k <= n; k++) {
                uint64_t x = (uint64_t)k, rounds = (uint64_t)n;
                struct mp_interval limits = mp_binomial_clopper_pearson(x, rounds, 0.05);
                double mass = binomial_mass(k, n, p);
                two_sided += limits.low <= p && p <= limits.high ? mass : 0.0;
                upper += p <= mp_binomial_upper(x, rounds, 0.05) ? mass : 0.0;
                lower += p >= mp_binomial_lower(x, rounds, 0.05) ? mass : 0.0;
            }
            assert_true(fmin(two_sided, fmin(upper, lower)) >= 0.95 - 1e-12);
        }
    }
}

static void counts_that_nobody_reaches_are_answered_too(void **state) {
    (void)state;
    for (int m = 0; m < METHODS; m++) {
        struct mp_interval got = functions[m](UINT64_MAX / 3, UINT64_MAX, 0.05);
        assert_true(got.low >= 0.0 && got.low <= 0.3334 && got.high >= 0.3333 &&
                    got.high <= 1.0);
        got = functions[m](0, UINT64_MAX, 0.05);
        assert_true(got.low == 0.0 && got.high > 0.0 && got.high < 1e-18);
    }
}

static void plans_agree_with_exact_rationals(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(PLANS); i++) {
        uint64_t got = mp_demonstration_rounds(PLANS[i].allowed, PLANS[i].rate,
                                               1.0 - PLANS[i].confidence);
        if (got != PLANS[i].want)
            fail_msg("%llu allowed, rate %g, confidence %g (%s): got %llu, want %llu",
                     (unsigned long long)PLANS[i].allowed, PLANS[i].rate,
                     PLANS[i].confidence, PLANS[i].source, (unsigned long long)got,
                     (unsigned long long)PLANS[i].want);
    }
    for (size_t i = 0; i < MP_COUNT(CHANCES); i++)
        assert_near(mp_demonstration_pass(0, CHANCES[i].rounds, CHANCES[i].rate),
                    CHANCES[i].want, 1e-10, "(1 - p)^n");
}

static void a_plan_is_the_smallest_one_at_any_rate(void **state) {
    (void)state;
    static const double rates[] = {1e-8, 3.3e-5, 0.01, 0.4, 0.97};
    for (size_t i = 0; i < MP_COUNT(rates); i++) {
        for (uint64_t allowed = 0; allowed <= 20; allowed += 5) {
            uint64_t n = mp_demonstration_rounds(allowed, rates[i], 0.05);
            assert_true(mp_demonstration_pass(allowed, n, rates[i]) <=
                        0.05 * (1 + 1e-11));
            assert_true(mp_demonstration_pass(allowed, n - 1, rates[i]) > 0.05);
            /* Having run it, the one-sided bound is below the rate: the same
             * statement. */
            assert_true(mp_binomial_upper(allowed, n, 0.05) <= rates[i] * (1 + 1e-11));
        }
    }
    assert_int_equal(mp_demonstration_rounds(0, 0.5, 0.25), 2); /* met exactly */
    assert_int_equal(mp_demonstration_rounds(0, 1.0, 0.05), 1);
    assert_true(mp_demonstration_rounds(0, 0.0, 0.05) == MP_ROUNDS_NEVER);
    assert_true(mp_demonstration_rounds(0, NAN, 0.05) == MP_ROUNDS_NEVER);
    assert_true(mp_demonstration_rounds(0, 0.1, 0.0) == MP_ROUNDS_NEVER);
    assert_true(mp_demonstration_rounds(0, 1e-300, 0.05) == MP_ROUNDS_NEVER);
    assert_true(mp_demonstration_rounds(UINT64_MAX, 0.1, 0.05) == MP_ROUNDS_NEVER);
    assert_int_equal(mp_demonstration_rounds(3, 0.1, 1.0), 0);
}

static void normal_and_gamma_agree_with_published_values(void **state) {
    (void)state;
    assert_near(mp_normal_quantile(0.975), 1.95996398454005423552, 1e-15, "z");
    assert_near(mp_normal_quantile(0.5), 0.0, 1e-15, "median");
    for (double p = 1e-290; p < 1.0; p = p < 1e-3 ? p * 1e5 : p + 0.0613) {
        assert_near(mp_normal_cdf(mp_normal_quantile(p)), p, 1e-12, "normal quantile");
        assert_near(mp_normal_upper(mp_normal_quantile_upper(p)), p, 1e-12,
                    "upper quantile");
    }
    assert_true(isfinite(mp_normal_quantile(0.0)) && isfinite(mp_normal_quantile(1.0)) &&
                isfinite(mp_normal_quantile(NAN)));
    /* Of chi-square: with 1 degree of freedom two normal tails, with 2 an exponential. */
    for (double x = 0.01; x < 200.0; x *= 1.7) {
        assert_near(mp_chi2_upper(x, 1.0), 2.0 * mp_normal_upper(sqrt(x)), 1e-13,
                    "1 degree");
        assert_near(mp_chi2_upper(x, 2.0), exp(-0.5 * x), 1e-13, "2 degrees");
    }
    static const double shapes[] = {0.5, 1, 3, 11, 600, 4e5, 1e9};
    for (size_t i = 0; i < MP_COUNT(shapes); i++) {
        for (double p = 1e-9; p < 1.0; p = p < 1e-2 ? p * 37 : p + 0.119) {
            double slack = 1e-11 + 8 * 2.3e-16 * sqrt(shapes[i]) / fmin(p, 1 - p) * 3;
            assert_near(mp_gamma_cdf(mp_gamma_quantile(p, shapes[i]), shapes[i]), p,
                        slack, "gamma");
            assert_near(mp_gamma_upper(mp_gamma_quantile_upper(p, shapes[i]), shapes[i]),
                        p, slack, "upper gamma");
        }
    }
}

static void per_cent_is_rounded_away_from_the_estimate(void **state) {
    (void)state;
    static const struct {
        double rate;
        const char *lower, *point, *upper;
    } cases[] = {
        {0.00101, "0.101", "0.101", "0.101"},
        {0.001009514464, "0.100", "0.101", "0.101"},
        {0.315278133040548, "31.5", "31.5", "31.6"},
        {0.0, "0", "0", "0"},
        {1.0, "100", "100", "100"},
        {0.99951, "99.9", "100", "100"},
        {5.5716433782e-9, "0.000000557", "0.000000557", "0.000000558"},
        {0.05, "5.00", "5.00", "5.00"}, /* not 5.01 for the last bit of a double */
        {0.0495076098882269, "4.95", "4.95", "4.96"},
        {0.769422103224076, "76.9", "76.9", "77.0"},
        {1e-17, "0.000000000000", "0.000000000000", "0.000000000001"},
        {-0.0765348722, "-7.66", "-7.65", "-7.65"},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char buf[MP_PERCENT_SIZE];
        mp_percent_lower(cases[i].rate, buf, sizeof(buf));
        assert_string_equal(buf, cases[i].lower);
        mp_percent_point(cases[i].rate, buf, sizeof(buf));
        assert_string_equal(buf, cases[i].point);
        mp_percent_upper(cases[i].rate, buf, sizeof(buf));
        assert_string_equal(buf, cases[i].upper);
    }
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, 1e-300};
    for (size_t i = 0; i < MP_COUNT(odd); i++) {
        char buf[MP_PERCENT_SIZE];
        mp_percent_upper(odd[i], buf, sizeof(buf));
        assert_true(strlen(buf) < sizeof(buf) - 1 &&
                    strspn(buf, "-0123456789.") == strlen(buf));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_agree_with_published_values),
        cmocka_unit_test(one_sided_bounds_agree_with_published_values),
        cmocka_unit_test(posterior_agrees_with_published_values),
        cmocka_unit_test(intervals_are_ordered_and_hold_the_rate_at_any_count),
        cmocka_unit_test(exact_limits_cover_every_rate_as_often_as_they_say),
        cmocka_unit_test(counts_that_nobody_reaches_are_answered_too),
        cmocka_unit_test(plans_agree_with_exact_rationals),
        cmocka_unit_test(a_plan_is_the_smallest_one_at_any_rate),
        cmocka_unit_test(normal_and_gamma_agree_with_published_values),
        cmocka_unit_test(per_cent_is_rounded_away_from_the_estimate),
    };
    return cmocka_run_group_tests_name("stats_rates", tests, NULL, NULL);
}
