/* The limits of rates against values that were made elsewhere, and against sums made
 * here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "results/stats/beta.h"
#include "results/stats/binomial.h"
#include "results/tests/near.h"

/* Two-sided Clopper-Pearson limits. "R": also recomputed with R 4.2.2's qbeta; "mpmath":
 * bisection of the binomial sum at 60 digits. */
static const struct {
    uint64_t failures, rounds;
    double alpha, low, high, tolerance;
    const char *source;
} LIMITS[] = {
    {0, 20, 0.05, 0.0, 0.168433470983085, 1e-13, "mpmath, R"},
    {11, 20, 0.05, 0.315278133040548, 0.769422103224076, 1e-13, "mpmath, R"},
    {20, 20, 0.05, 0.831566529016915, 1.0, 1e-13, "mpmath, R"},
    {1, 1, 0.05, 0.025, 1.0, 1e-13, "mpmath, R"},
    {0, 660, 0.05, 0.0, 0.00557362071254225, 1e-13, "mpmath, R"},
    {0, 2966, 0.05, 0.0, 0.00124294889904626, 1e-13, "mpmath, R"},
    {24, 40, 0.05, 0.433267052193297, 0.751350013412256, 1e-13, "mpmath, R"},
    {46, 77, 0.05, 0.479413781017051, 0.707663901559689, 1e-13, "mpmath, R"},
    {51, 149, 0.05, 0.266591948566623, 0.424384325636332, 1e-13, "mpmath, R"},
    {0, 405, 0.05, 0.0, 0.00906698901764194, 1e-13, "mpmath, R"},
    {11, 20, 0.10, 0.346931397643093, 0.741349390251088, 1e-13, "mpmath, R"},
    {11, 20, 0.01, 0.257225907604963, 0.819351104758824, 1e-13, "mpmath, R"},
    {1, 2966, 0.05, 8.53597435200820834e-6, 0.00187705710105191085, 1e-13, "mpmath"},
    {3, 1000000, 0.05, 6.18672550190639863e-7, 8.76724778814522352e-6, 1e-13, "mpmath"},
    {500, 1000, 0.05, 0.468549172971791941, 0.531450827028208059, 1e-13, "mpmath"},
    {1, 1000000000, 0.05, 2.53178079839693797e-11, 5.57164337820311527e-9, 1e-13,
     "mpmath"},
    {10, 1000000000, 0.05, 4.79538870621380644e-9, 1.83903559648669613e-8, 1e-13,
     "mpmath"},
    {1000, 1000000000, 0.05, 9.38973046589560942e-7, 1.06395210199528843e-6, 1e-13,
     "mpmath"},
};

/* I_x(a, b). "quad": the density integrated by mpmath at 60 digits; "betainc": mpmath. */
static const struct {
    double x, a, b, want, tolerance;
    const char *source;
} BETA[] = {
    {0.49997, 5e8, 5e8, 0.0288897854804697766, 1e-10, "quad"},
    {0.5, 5e8, 5e8 + 7.0, 0.500088309637277222, 1e-12, "quad"},
    {0.0999, 1e7, 9e7, 0.000427675353088371812, 1e-11, "quad"},
    {0.3, 300, 700, 0.503671182860767914, 1e-13, "quad"},
    {0.1, 0.5, 0.5, 0.20483276469913345165, 1e-13, "betainc"},
    {1e-8, 3, 1e5, 1.665467141861269785e-10, 1e-13, "betainc"},
    {0.5, 20, 0.5, 1.6530980936398790955e-7, 1e-13, "betainc"},
    {0.02, 11, 491, 0.41948359029384254419, 1e-13, "betainc"},
    {0.7, 12.5, 3.25, 0.17168692723612873808, 1e-13, "betainc"},
};

static void clopper_pearson_agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(LIMITS); i++) {
        char what[128];
        snprintf(what, sizeof(what), "%llu/%llu alpha %g (%s)",
                 (unsigned long long)LIMITS[i].failures,
                 (unsigned long long)LIMITS[i].rounds, LIMITS[i].alpha, LIMITS[i].source);
        struct mp_interval got = mp_binomial_clopper_pearson(
            LIMITS[i].failures, LIMITS[i].rounds, LIMITS[i].alpha);
        assert_near(got.low, LIMITS[i].low, LIMITS[i].tolerance, what);
        assert_near(got.high, LIMITS[i].high, LIMITS[i].tolerance, what);
    }
}

static void one_sided_upper_limit_agrees_with_published_values(void **state) {
    (void)state;
    assert_near(mp_binomial_upper(0, 59, 0.05), 0.0495076098882269, 1e-13, "0/59");
    assert_near(mp_binomial_upper(0, 660, 0.05), 0.0045287026539172, 1e-13, "0/660");
    assert_near(mp_binomial_upper(0, 2966, 0.05), 0.00100951446442253, 1e-13, "0/2966");
    assert_near(mp_binomial_upper(1, 2966, 0.05), 0.00159840579033246, 1e-13, "1/2966");
    assert_near(mp_binomial_upper(2, 2966, 0.05), 0.00212111798049075, 1e-13, "2/2966");
    assert_near(mp_binomial_upper(0, 1000000000, 0.05), 2.9957322690682e-09, 1e-12,
                "0/1e9");
}

static void incomplete_beta_agrees_with_integration(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(BETA); i++) {
        char what[128];
        snprintf(what, sizeof(what), "I_%g(%g, %g) (%s)", BETA[i].x, BETA[i].a, BETA[i].b,
                 BETA[i].source);
        assert_near(mp_beta_cdf(BETA[i].x, BETA[i].a, BETA[i].b), BETA[i].want,
                    BETA[i].tolerance, what);
    }
}

/* P(X >= k) for X ~ Binomial(n, p), summed from the smaller end by the ratio of terms. */
static double binomial_tail(int k, int n, double p) {
    long double term = powl(1.0L - p, n), sum = k <= 0 ? term : 0.0L;
    for (int i = 1; i <= n; i++) {
        term *= (long double)(n - i + 1) / i * p / (1.0L - p);
        sum += i >= k ? term : 0.0L;
    }
    return (double)sum;
}

static void incomplete_beta_is_the_tail_of_the_binomial(void **state) {
    (void)state;
    static const double rates[] = {1e-6, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.95};
    for (int n = 1; n <= 120; n += n < 12 ? 1 : 17) {
        for (int k = 1; k <= n; k++) {
            for (size_t r = 0; r < MP_COUNT(rates); r++) {
                double want = binomial_tail(k, n, rates[r]);
                char what[64];
                snprintf(what, sizeof(what), "n %d k %d p %g", n, k, rates[r]);
                assert_near(mp_beta_cdf(rates[r], k, n - k + 1), want, 1e-12, what);
            }
        }
    }
}

static void incomplete_beta_obeys_its_symmetry_and_recurrence(void **state) {
    (void)state;
    static const double sizes[] = {0.5, 1, 2.5, 17, 300, 4e4, 1e7};
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        for (size_t j = 0; j < MP_COUNT(sizes); j++) {
            for (double x = 0.125; x < 1.0; x += 0.125) {
                double a = sizes[i], b = sizes[j], one = mp_beta_cdf(x, a, b);
                assert_near(one + mp_beta_cdf(1.0 - x, b, a), 1.0, 1e-12,
                            "I_x(a,b) + I_y(b,a)");
                /* I_x(a + 1, b + 1) = x I_x(a, b + 1) + y I_x(a + 1, b). */
                double mixed = x * mp_beta_cdf(x, a, b + 1.0) +
                               (1.0 - x) * mp_beta_cdf(x, a + 1.0, b);
                assert_near(mp_beta_cdf(x, a + 1.0, b + 1.0), mixed, 1e-8, "recurrence");
            }
        }
    }
}

static void quantiles_undo_the_function_at_every_scale(void **state) {
    (void)state;
    static const double sizes[] = {0.5, 1, 2, 11, 490, 3e5, 1e9};
    static const double tails[] = {1e-12, 1e-4, 0.025, 0.3, 0.5, 0.8, 0.999};
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        for (size_t j = 0; j < MP_COUNT(sizes); j++) {
            for (size_t t = 0; t < MP_COUNT(tails); t++) {
                double a = sizes[i], b = sizes[j], p = tails[t];
                char what[96];
                snprintf(what, sizeof(what), "p %g a %g b %g", p, a, b);
                double x = mp_beta_quantile(p, a, b);
                /* One unit in the last place of x moves the tail by about eps * its
                 * slope. */
                double slack = 1e-11 + 8.0 * DBL_EPSILON * sqrt(a + b) *
                                           sqrt(fmax(a, b)) / fmin(p, 1 - p);
                assert_near(mp_beta_cdf(x, a, b), p, slack, what);
                double mirrored = mp_beta_quantile_upper(p, b, a);
                assert_near(x, 1.0 - mirrored, 1e-12 / fmax(x, 1e-12), what);
            }
        }
    }
}

static void limits_are_never_nan_and_always_enclose_the_rate(void **state) {
    (void)state;
    static const uint64_t rounds[] = {1,    2,      3,          10,           59,
                                      1000, 123456, 1000000000, 1000000000000};
    static const double alphas[] = {1e-12, 0.001, 0.05, 0.5, 0.999};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        uint64_t n = rounds[i];
        uint64_t failures[] = {0, 1, n / 1000, n / 3, n / 2, n - 1, n};
        for (size_t j = 0; j < MP_COUNT(failures); j++) {
            for (size_t k = 0; k < MP_COUNT(alphas) && failures[j] <= n; k++) {
                double rate = (double)failures[j] / (double)n;
                struct mp_interval got =
                    mp_binomial_clopper_pearson(failures[j], n, alphas[k]);
                assert_true(got.low >= 0.0 && got.high <= 1.0);
                assert_true(got.low <= rate * (1 + 1e-9) &&
                            rate <= got.high * (1 + 1e-9));
                double upper = mp_binomial_upper(failures[j], n, alphas[k]);
                assert_true(upper >= 0.0 && upper <= got.high * (1 + 1e-12));
            }
        }
    }
}

static void nothing_counted_means_nothing_known(void **state) {
    (void)state;
    struct mp_interval got = mp_binomial_clopper_pearson(0, 0, 0.05);
    assert_true(got.low == 0.0 && got.high == 1.0);
    assert_true(mp_binomial_upper(0, 0, 0.05) == 1.0);
    got = mp_binomial_clopper_pearson(3, 10, NAN);
    assert_true(got.low == 0.0 && got.high == 1.0);
    got = mp_binomial_clopper_pearson(12, 10, 0.05); /* more failures than rounds */
    assert_true(got.low > 0.5 && got.high == 1.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clopper_pearson_agrees_with_published_values),
        cmocka_unit_test(one_sided_upper_limit_agrees_with_published_values),
        cmocka_unit_test(incomplete_beta_agrees_with_integration),
        cmocka_unit_test(incomplete_beta_is_the_tail_of_the_binomial),
        cmocka_unit_test(incomplete_beta_obeys_its_symmetry_and_recurrence),
        cmocka_unit_test(quantiles_undo_the_function_at_every_scale),
        cmocka_unit_test(limits_are_never_nan_and_always_enclose_the_rate),
        cmocka_unit_test(nothing_counted_means_nothing_known),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
