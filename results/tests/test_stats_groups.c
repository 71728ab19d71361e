/* Groups of rounds and families of tests against values that were made elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/multiple.h"
#include "results/stats/overdispersion.h"

/* Twelve nights of 100 rounds. Values: mpmath at 40 digits (Tarone 1979; Fleiss' ICC; Rao
 * and Scott 1992; Korn and Graubard 1998 without the t-based size); the fit by mpmath's
 * findroot. */
static const uint64_t NIGHTS[] = {0, 1, 0, 0, 7, 2, 0, 0, 5, 0, 1, 0};
static const uint64_t HUNDRED[] = {100, 100, 100, 100, 100, 100,
                                   100, 100, 100, 100, 100, 100};

static void correlated_nights_agree_with_published_values(void **state) {
    (void)state;
    struct mp_overdispersion got = mp_overdispersion_measure(NIGHTS, HUNDRED, 12, 0.05);
    assert_int_equal(got.groups, 12);
    assert_near(got.rate, 0.0133333333333333, 1e-8, "rate");
    assert_near(got.chi2, 44.5945945945946, 1e-8, "chi2");
    assert_near(got.freedom, 11, 1e-8, "freedom");
    assert_near(got.phi, 4.05405405405405, 1e-8, "phi");
    assert_near(got.p, 5.71686381169929e-06, 1e-8, "p");
    assert_near(got.tarone_z, 6.68686207752591, 1e-8, "tarone_z");
    assert_near(got.tarone_p, 1.14003288004608e-11, 1e-8, "tarone_p");
    assert_near(got.icc, 0.0307111519232731, 1e-8, "icc");
    assert_near(got.design_effect, 4.05405405405405, 1e-8, "design_effect");
    assert_near(got.effective_rounds, 296.0, 1e-8, "effective_rounds");
    assert_near(got.naive.low, 0.00763983888154, 1e-8, "naive");
    assert_near(got.naive.high, 0.0215624013407, 1e-8, "naive");
    assert_near(got.adjusted.low, 0.00360255860237, 1e-8, "adjusted");
    assert_near(got.adjusted.high, 0.0339796235412, 1e-8, "adjusted");
}

static void the_fitted_distribution_agrees_with_published_values(void **state) {
    (void)state;
    struct mp_beta_binomial got = mp_overdispersion_fit(NIGHTS, HUNDRED, 12);
    assert_near(got.mean, 0.0132709719879, 1e-8, "mean");
    assert_near(got.correlation, 0.0379580933837, 1e-8, "correlation");
    assert_near(got.log_likelihood, -18.0670642513, 1e-8, "log likelihood");
    assert_near(got.log_likelihood_binomial, -25.6220307227, 1e-8, "binomial");
    assert_near(got.p, 5.071409934e-05, 1e-8, "p");
}

static void unlike_baselines_agree_with_published_values(void **state) {
    (void)state;
    static const uint64_t failures[] = {24, 0, 0, 0, 0}, rounds[] = {40, 60, 20, 8, 11};
    struct mp_overdispersion got = mp_overdispersion_measure(failures, rounds, 5, 0.05);
    assert_near(got.chi2, 71.7965217391304, 1e-9, "chi2");
    assert_near(got.freedom, 4.0, 1e-9, "freedom");
    assert_near(got.p, 9.4752197600767e-15, 1e-9, "p");
    assert_near(got.phi, 17.9491304347826, 1e-9, "phi");
}

static void like_nights_lose_no_rounds(void **state) {
    (void)state;
    static const uint64_t failures[] = {2, 2, 1, 2}, rounds[] = {100, 100, 100, 100};
    struct mp_overdispersion got = mp_overdispersion_measure(failures, rounds, 4, 0.05);
    assert_true(got.design_effect < 1.0 && got.effective_rounds == 400.0);
    assert_true(got.adjusted.low == got.naive.low && got.adjusted.high == got.naive.high);
    struct mp_beta_binomial fit = mp_overdispersion_fit(failures, rounds, 4);
    assert_true(fit.correlation == 0.0 && fit.p == 1.0);
    assert_near(fit.mean, 7.0 / 400.0, 1e-15, "mean");
}

static void the_fit_holds_for_rare_failures_in_large_groups(void **state) {
    (void)state;
    /* A thousandfold of rounds at a thousandth of the rate is the same mixture of Poisson
     * counts.
     */
    uint64_t large[12], larger[12];
    for (size_t i = 0; i < 12; i++) {
        large[i] = 1000000;
        larger[i] = 1000000000;
    }
    struct mp_beta_binomial one = mp_overdispersion_fit(NIGHTS, large, 12);
    struct mp_beta_binomial other = mp_overdispersion_fit(NIGHTS, larger, 12);
    assert_near(other.mean * 1000.0, one.mean, 1e-5, "mean");
    assert_near(other.correlation * 1000.0, one.correlation, 1e-4, "correlation");
    assert_near(other.log_likelihood, one.log_likelihood, 1e-5, "log likelihood");
}

static void groups_of_any_size_give_sound_numbers(void **state) {
    (void)state;
    static const uint64_t rounds[] = {0, 1, 3, 1000000000, UINT64_MAX};
    static const uint64_t failures[] = {0, 1, 7, 500000000, UINT64_MAX};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        for (size_t j = 0; j < MP_COUNT(failures); j++) {
            uint64_t n[] = {rounds[i], rounds[(i + j) % MP_COUNT(rounds)], 5},
                     x[] = {failures[j], 0, 2};
            for (size_t count = 0; count <= 3; count++) {
                struct mp_overdispersion got =
                    mp_overdispersion_measure(x, n, count, 0.05);
                assert_true(got.p >= 0.0 && got.p <= 1.0);
                assert_true(got.tarone_p >= 0.0 && got.tarone_p <= 1.0);
                assert_true(got.phi >= 0.0 && got.design_effect >= 0.0 &&
                            fabs(got.icc) <= 1.0);
                assert_true(got.adjusted.low <= got.rate * (1.0 + 1e-9) &&
                            got.rate <= got.adjusted.high * (1.0 + 1e-9));
                struct mp_beta_binomial fit = mp_overdispersion_fit(x, n, count);
                assert_true(fit.mean >= 0.0 && fit.mean <= 1.0 && fit.p >= 0.0 &&
                            fit.p <= 1.0);
                assert_true(fit.correlation >= 0.0 && fit.correlation <= 1.0);
                assert_true(fit.log_likelihood >= fit.log_likelihood_binomial);
            }
        }
    }
}

static void adjusted_p_values_agree_with_published_values(void **state) {
    (void)state;
    /* R 4.2.2's p.adjust. */
    static const double p[] = {0.001, 0.008, 0.039, 0.041, 0.042,
                               0.06,  0.074, 0.205, 0.212, 0.216};
    static const double holm[] = {0.01,  0.072, 0.312, 0.312, 0.312,
                                  0.312, 0.312, 0.615, 0.615, 0.615};
    static const double bh[] = {0.01, 0.04,           0.084, 0.084, 0.084,
                                0.1,  0.105714285714, 0.216, 0.216, 0.216};
    static const double by[] = {
        0.0292896825397, 0.117158730159, 0.246033333333, 0.246033333333, 0.246033333333,
        0.292896825397,  0.309633786848, 0.632657142857, 0.632657142857, 0.632657142857};
    double got[MP_COUNT(p)];
    mp_multiple_holm(p, MP_COUNT(p), got);
    for (size_t i = 0; i < MP_COUNT(p); i++)
        assert_near(got[i], holm[i], 1e-9, "Holm");
    mp_multiple_benjamini_hochberg(p, MP_COUNT(p), got);
    for (size_t i = 0; i < MP_COUNT(p); i++)
        assert_near(got[i], bh[i], 1e-9, "Benjamini-Hochberg");
    mp_multiple_benjamini_yekutieli(p, MP_COUNT(p), got);
    for (size_t i = 0; i < MP_COUNT(p); i++)
        assert_near(got[i], by[i], 1e-9, "Benjamini-Yekutieli");
}

static void the_order_of_tests_and_tests_not_done_change_nothing(void **state) {
    (void)state;
    double mixed[] = {0.04, NAN, 0.001, 0.03, NAN}, plain[] = {0.001, 0.03, 0.04},
           want[3];
    mp_multiple_holm(plain, 3, want);
    mp_multiple_holm(mixed, 5, mixed); /* in place */
    assert_true(isnan(mixed[1]) && isnan(mixed[4]));
    assert_true(mixed[2] == want[0] && mixed[3] == want[1] && mixed[0] == want[2]);
    mp_multiple_holm(NULL, 0, NULL);
    double one[] = {0.7};
    mp_multiple_benjamini_yekutieli(one, 1, one);
    assert_true(one[0] == 0.7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlated_nights_agree_with_published_values),
        cmocka_unit_test(the_fitted_distribution_agrees_with_published_values),
        cmocka_unit_test(unlike_baselines_agree_with_published_values),
        cmocka_unit_test(like_nights_lose_no_rounds),
        cmocka_unit_test(the_fit_holds_for_rare_failures_in_large_groups),
        cmocka_unit_test(groups_of_any_size_give_sound_numbers),
        cmocka_unit_test(adjusted_p_values_agree_with_published_values),
        cmocka_unit_test(the_order_of_tests_and_tests_not_done_change_nothing),
    };
    return cmocka_run_group_tests_name("stats_groups", tests, NULL, NULL);
}
