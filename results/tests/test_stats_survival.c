/* Lifetimes and rates per op, against values that were made elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/stats/exposure.h"
#include "results/stats/survival.h"

#define BILLION UINT64_C(1000000000)

static void assert_near(double got, double want, double tolerance, const char *what,
                        size_t row) {
    double scale = want == 0.0 ? 1.0 : fabs(want);
    if (!(got == want || fabs(got - want) <= tolerance * scale))
        fail_msg("%s, row %zu: got %.17g, want %.17g", what, row, got, want);
}

/* Exact fractions; R 4.2.2 survfit(conf.type = "log-log"), survreg. Thousands of ops; out
 * of order on purpose. */
static const struct mp_lifetime TWELVE[] = {
    {100, false}, {12, true}, {100, false}, {30, true},   {60, false},  {30, true},
    {45, true},   {60, true}, {75, true},   {100, false}, {100, false}, {100, false},
};

static void kaplan_meier_agrees_with_r(void **state) {
    (void)state;
    static const struct mp_survival_step want[] = {
        {12,
         12,
         1,
         0.916666666666667,
         0.0797855923130282,
         {0.538977180570741, 0.987825565400458}},
        {30, 11, 2, 0.75, 0.125, {0.408415913151595, 0.911720406125698}},
        {45,
         9,
         1,
         0.666666666666667,
         0.136082763487954,
         {0.337018932541402, 0.85971179908444}},
        {60,
         8,
         1,
         0.583333333333333,
         0.142318760638328,
         {0.270138924085497, 0.800940192333387}},
        {75,
         6,
         1,
         0.486111111111111,
         0.148130062553483,
         {0.191876619618728, 0.729671569779485}},
    };
    struct mp_lifetime lives[12];
    struct mp_survival_step got[12];
    for (size_t i = 0; i < 12; i++)
        lives[i] = TWELVE[i];
    size_t count = mp_survival_curve(lives, 12, 0.05, got);
    assert_int_equal(count, MP_COUNT(want));
    for (size_t i = 0; i < count; i++) {
        assert_near(got[i].time, want[i].time, 0.0, "time", i);
        assert_int_equal(got[i].at_risk, want[i].at_risk);
        assert_int_equal(got[i].failures, want[i].failures);
        assert_near(got[i].survival, want[i].survival, 1e-14, "survival", i);
        assert_near(got[i].error, want[i].error, 1e-13, "error", i);
        assert_near(got[i].limits.low, want[i].limits.low, 1e-12, "low", i);
        assert_near(got[i].limits.high, want[i].limits.high, 1e-12, "high", i);
    }
    assert_near(mp_survival_median(got, count), 75.0, 0.0, "median", 0);
    assert_near(mp_survival_mean(got, count, 100.0), 70.65277777777777, 1e-13, "mean", 0);
    assert_near(mp_survival_mean(got, count, 12.0), 12.0, 0.0, "mean", 1);
    assert_true(isinf(mp_survival_median(got, 3)));
}

static void where_nobody_is_left_limits_are_still_numbers(void **state) {
    (void)state;
    struct mp_lifetime lives[] = {{1, true}, {2, true}};
    struct mp_survival_step got[2];
    assert_int_equal(mp_survival_curve(lives, 2, 0.05, got), 2);
    assert_true(got[1].survival == 0.0 && got[1].limits.low == 0.0);
    assert_true(got[1].limits.high == got[0].limits.high);
    assert_near(mp_survival_median(got, 2), 1.0, 0.0, "median", 0);
    assert_near(mp_survival_mean(got, 2, INFINITY), 1.5, 1e-15, "mean", 0);
}

static void log_rank_agrees_with_r(void **state) {
    (void)state;
    /* Exact fractions; R 4.2.2 survdiff. */
    struct mp_lifetime a[] = {{5, true},  {8, true},  {12, true},
                              {20, true}, {33, true}, {40, true}};
    struct mp_lifetime b[] = {{100, false}, {25, true},   {60, true},
                              {100, false}, {100, false}, {100, false}};
    struct mp_log_rank got = mp_survival_log_rank(a, 6, b, 6);
    assert_true(got.observed_a == 6.0 && got.observed_b == 2.0);
    assert_near(got.expected_a, 2.39025974025974, 1e-13, "expected a", 0);
    assert_near(got.expected_b, 5.60974025974026, 1e-13, "expected b", 0);
    assert_near(got.chi2, 8.74144101379248, 1e-12, "chi2", 0);
    double excess = got.observed_a - got.expected_a;
    assert_near(got.chi2, excess * excess / got.variance, 1e-14, "variance", 0);
    assert_near(got.p, 0.00311058606805949, 1e-12, "p", 0);
    got = mp_survival_log_rank(b, 6, a, 6);
    assert_near(got.chi2, 8.74144101379248, 1e-12, "chi2 mirrored", 0);
    got = mp_survival_log_rank(a, 0, b, 6);
    assert_true(got.chi2 == 0.0 && got.p == 1.0);
}

static void log_rank_knows_that_ties_say_less(void **state) {
    (void)state;
    /* By hand: 3 of 4 fail at time 1; E = 3 * 2/4, V = 3 * 1/2 * 1/2 * (4 - 3) / (4 -
     * 1). */
    struct mp_lifetime a[] = {{1, true}, {1, true}};
    struct mp_lifetime b[] = {{2, false}, {1, true}};
    struct mp_log_rank got = mp_survival_log_rank(a, 2, b, 2);
    assert_near(got.expected_a, 1.5, 1e-15, "expected", 0);
    assert_near(got.chi2, 1.0, 1e-14, "chi2", 0);
}

/* mpmath; R 4.2.2 poisson.test for the two-sided limits of rows 0 and 2. */
static const struct {
    uint64_t failures;
    double exposure, rate, low, high, upper, between, between_lower, tolerance;
} RATES[] = {
    {0, 474560, 0.0, 0.0, 7.77326250445e-6, 6.31265229592e-6, INFINITY, 158412.019722,
     1e-9},
    {11, 3200, 0.0034375, 0.00171598761476, 0.00615063703541, 0.00568984820341,
     290.909090909091, 175.751613092, 1e-9},
    {3, 480000, 6.25e-6, 1.288900e-6, 1.826515e-5, NAN, 160000.0, NAN, 1e-6},
};

static void rates_per_op_agree_with_r(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(RATES); i++) {
        struct mp_exposure_rate got =
            mp_exposure_rate(RATES[i].failures, RATES[i].exposure, 0.05);
        assert_near(got.rate, RATES[i].rate, 1e-14, "rate", i);
        assert_near(got.limits.low, RATES[i].low, RATES[i].tolerance, "low", i);
        assert_near(got.limits.high, RATES[i].high, RATES[i].tolerance, "high", i);
        assert_near(got.between, RATES[i].between, 1e-13, "between", i);
        if (!isnan(RATES[i].upper)) {
            assert_near(got.upper, RATES[i].upper, RATES[i].tolerance, "upper", i);
            assert_near(got.between_lower, RATES[i].between_lower, RATES[i].tolerance,
                        "between, lower", i);
        }
    }
}

static void time_to_a_failure_agrees_with_scipy(void **state) {
    (void)state;
    /* 11 failures in 20 rounds of 240 s in all; scipy gamma.ppf. */
    struct mp_exposure_rate got = mp_exposure_rate(11, 240.0, 0.05);
    assert_near(got.between, 21.8181818181818, 1e-13, "between", 0);
    assert_near(got.between_limits.low, 12.19385887, 1e-8, "low", 0);
    assert_near(got.between_limits.high, 43.70660916, 1e-8, "high", 0);
}

static void exponential_fit_agrees_with_r(void **state) {
    (void)state;
    double time = 0.0;
    uint64_t failures = 0;
    for (size_t i = 0; i < MP_COUNT(TWELVE); i++) {
        time += TWELVE[i].time;
        failures += TWELVE[i].has_failed;
    }
    struct mp_exposure_rate got = mp_exposure_rate(failures, time, 0.05);
    assert_near(got.between, 135.333333333333, 1e-12, "mean", 0);
    assert_near(mp_exposure_log_likelihood(failures, time), -35.4464452256017, 1e-12,
                "fit", 0);
}

static void rates_of_two_arms_agree_with_r(void **state) {
    (void)state;
    /* Exact fractions; R 4.2.2 poisson.test. */
    struct mp_exposures arms = {11, 1, 3200.0, 64000.0};
    struct mp_exposure_ratio got = mp_exposure_compare(arms, 0.05);
    assert_near(got.ratio, 220.0, 1e-13, "ratio", 0);
    assert_near(got.greater, 3.2763139106638634e-14, 1e-9, "greater", 0);
    assert_near(got.two_sided, 3.2763139106638634e-14, 1e-9, "two-sided", 0);
    assert_true(got.limits.low > 1.0 && got.limits.low < 220.0 &&
                got.limits.high > 220.0);
}

/* The two-sided P against the plain sum of all probabilities that are as small. */
static void two_sided_p_is_the_sum_of_what_is_as_improbable(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 30; n++) {
        for (unsigned x = 0; x <= n; x++) {
            static const double shares[] = {0.5, 0.2, 1.0 / 3.0, 0.97};
            for (size_t j = 0; j < MP_COUNT(shares); j++) {
                double p = shares[j], sum = 0.0, own = 0.0, densities[31];
                for (unsigned k = 0; k <= n; k++)
                    densities[k] =
                        exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)) *
                        pow(p, k) * pow(1.0 - p, n - k);
                own = densities[x];
                for (unsigned k = 0; k <= n; k++)
                    sum += densities[k] <= own * (1.0 + 1e-7) ? densities[k] : 0.0;
                struct mp_exposures arms = {x, n - x, p, 1.0 - p};
                assert_near(mp_exposure_compare(arms, 0.05).two_sided, sum, 1e-10, "P",
                            x);
            }
        }
    }
}

static void no_lifetime_makes_nan(void **state) {
    (void)state;
    static const double times[] = {NAN, -INFINITY, -1.0, 0.0, 1.0, 1.0, 1e300, INFINITY};
    enum { COUNT_ALL = 2 * MP_COUNT(times) };
    struct mp_lifetime lives[COUNT_ALL], more[COUNT_ALL];
    struct mp_survival_step steps[COUNT_ALL];
    static const double alphas[] = {NAN, 0.0, 1e-300, 0.05, 1.0, INFINITY};
    for (size_t k = 0; k < MP_COUNT(alphas); k++) {
        for (size_t kinds = 0; kinds < 256; kinds++) {
            for (size_t i = 0; i < COUNT_ALL; i++) {
                bool has_failed = (kinds >> i / 2 & 1) != 0;
                lives[i] = more[i] =
                    (struct mp_lifetime){times[i % MP_COUNT(times)], has_failed};
            }
            size_t count = mp_survival_curve(lives, COUNT_ALL, alphas[k], steps);
            for (size_t i = 0; i < count; i++) {
                assert_true(steps[i].survival >= 0.0 && steps[i].survival <= 1.0);
                assert_true(steps[i].error >= 0.0);
                assert_true(steps[i].limits.low >= 0.0);
                assert_true(steps[i].limits.low <= steps[i].limits.high);
                assert_true(steps[i].limits.high <= 1.0);
            }
            for (size_t i = 0; i < MP_COUNT(times); i++)
                assert_true(mp_survival_mean(steps, count, times[i]) >= 0.0);
            struct mp_log_rank rank = mp_survival_log_rank(lives, 5, more, COUNT_ALL);
            assert_true(rank.chi2 >= 0.0 && rank.p >= 0.0 && rank.p <= 1.0);
        }
    }
    assert_int_equal(mp_survival_curve(NULL, 0, 0.05, steps), 0);
}

static void no_exposure_makes_nan(void **state) {
    (void)state;
    static const uint64_t counts[] = {0, 1, 7, BILLION, UINT64_C(1) << 53, UINT64_MAX};
    static const double reals[] = {NAN,  -1.0, 0.0,     DBL_TRUE_MIN, 1e-300,  1e-8,
                                   0.05, 1.0,  3.5e300, DBL_MAX,      INFINITY};
    for (size_t i = 0; i < MP_COUNT(counts); i++) {
        for (size_t j = 0; j < MP_COUNT(reals); j++) {
            for (size_t k = 0; k < MP_COUNT(reals); k++) {
                struct mp_exposure_rate got =
                    mp_exposure_rate(counts[i], reals[j], reals[k]);
                assert_true(got.rate >= 0.0 && got.between >= 0.0 &&
                            got.between_lower >= 0.0);
                assert_true(got.limits.low <= got.limits.high && got.upper >= got.rate);
                assert_true(got.between_limits.low <= got.between_limits.high);
                assert_false(isnan(mp_exposure_log_likelihood(counts[i], reals[j])));
                for (size_t m = 0; m < MP_COUNT(counts); m++) {
                    struct mp_exposures arms = {counts[i], counts[m], reals[j], reals[k]};
                    struct mp_exposure_ratio ratio = mp_exposure_compare(arms, 0.05);
                    assert_true(ratio.ratio >= 0.0 &&
                                ratio.limits.low <= ratio.limits.high);
                    assert_true(ratio.greater >= 0.0 && ratio.greater <= 1.0);
                    assert_true(ratio.two_sided >= 0.0 && ratio.two_sided <= 1.0);
                }
            }
        }
    }
}

static void one_failure_in_a_billion_is_not_lost(void **state) {
    (void)state;
    struct mp_exposure_rate got = mp_exposure_rate(1, 1e9, 0.05);
    assert_near(got.limits.low, -log1p(-0.025) / 1e9, 1e-12, "low", 0);
    got = mp_exposure_rate(0, 1e17, 0.05);
    assert_near(got.upper, -log(0.05) / 1e17, 1e-12, "upper", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_meier_agrees_with_r),
        cmocka_unit_test(where_nobody_is_left_limits_are_still_numbers),
        cmocka_unit_test(log_rank_agrees_with_r),
        cmocka_unit_test(log_rank_knows_that_ties_say_less),
        cmocka_unit_test(rates_per_op_agree_with_r),
        cmocka_unit_test(time_to_a_failure_agrees_with_scipy),
        cmocka_unit_test(exponential_fit_agrees_with_r),
        cmocka_unit_test(rates_of_two_arms_agree_with_r),
        cmocka_unit_test(two_sided_p_is_the_sum_of_what_is_as_improbable),
        cmocka_unit_test(no_lifetime_makes_nan),
        cmocka_unit_test(no_exposure_makes_nan),
        cmocka_unit_test(one_failure_in_a_billion_is_not_lost),
    };
    return cmocka_run_group_tests_name("lifetimes", tests, NULL, NULL);
}
