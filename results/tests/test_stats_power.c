/* Power and sample size against enumeration that was done elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/beta.h"
#include "results/stats/boschloo.h"
#include "results/stats/demonstration.h"
#include "results/stats/power.h"
#include "results/stats/two_arms.h"

/* Equal arms; power of Fisher and of its mid-P, by enumeration of all tables with
 * SciPy 1.10.1. */
static const struct {
    uint64_t rounds;
    struct mp_contrast contrast;
    double fisher, mid_p;
} POWER[] = {
    {14, {0.55, 0.05, 0.05}, 0.804997706769, 0.875245886112},
    {20, {0.55, 0.05, 0.05}, 0.944430658454, 0.971271062753},
    {52, {0.2, 0.02, 0.05}, 0.802895171694, 0.87462899899},
    {62, {0.6, 0.34, 0.05}, 0.805934352202, 0.823879032122},
};

/* Power of Boschloo, 3 digits, by enumeration with an own search for the supremum. */
static const struct {
    uint64_t rounds_a, rounds_b;
    struct mp_contrast contrast;
    double power;
} BOSCHLOO[] = {
    {10, 10, {0.55, 0.05, 0.05}, 0.718}, {20, 20, {0.55, 0.05, 0.05}, 0.971},
    {20, 20, {0.20, 0.02, 0.05}, 0.302}, {40, 40, {0.20, 0.02, 0.05}, 0.741},
    {30, 30, {0.30, 0.05, 0.05}, 0.701}, {60, 60, {0.20, 0.02, 0.05}, 0.916},
    {20, 60, {0.30, 0.02, 0.05}, 0.943}, {100, 100, {0.10, 0.01, 0.05}, 0.805},
};

/* Rounds per arm for a power of 80 %: enumeration upward from 0.7 of the formula; the
 * formula without and with the correction of Casagrande, Pike and Smith 1978. */
static const struct {
    struct mp_contrast contrast;
    uint64_t fisher, mid_p;
    double normal, corrected;
} ROUNDS[] = {
    {{0.6, 0.34, 0.05}, 62, 57, 56.65, 64.11},
    {{0.55, 0.05, 0.05}, 14, 12, 11.93, 15.68},
    {{0.55, 0.02, 0.05}, 12, 10, 10.12, 13.63},
    {{0.3, 0.05, 0.05}, 39, 34, 35.06, 42.68},
    {{0.2, 0.02, 0.05}, 52, 45, 46.24, 56.8},
    {{0.1, 0.01, 0.05}, 106, 91, 99.54, 120.74},
    {{0.55, 0.0, 0.05}, 11, 9, 9.07, 12.44},
    {{0.2, 0.0, 0.05}, 39, 33, 34.12, 43.54},
    {{0.1, 0.0, 0.05}, 78, 66, 73.37, 92.29},
};

static void power_agrees_with_enumeration(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(POWER); i++) {
        uint64_t n = POWER[i].rounds;
        struct mp_power fisher = mp_power_make(MP_TEST_FISHER, n, n, POWER[i].contrast);
        struct mp_power mid_p = mp_power_make(MP_TEST_MID_P, n, n, POWER[i].contrast);
        assert_true(fisher.is_exact && mid_p.is_exact);
        assert_near(fisher.power, POWER[i].fisher, 1e-9, "Fisher");
        assert_near(mid_p.power, POWER[i].mid_p, 1e-9, "mid-P");
    }
    for (size_t i = 0; i < MP_COUNT(BOSCHLOO); i++) {
        struct mp_power got = mp_power_make(MP_TEST_BOSCHLOO, BOSCHLOO[i].rounds_a,
                                            BOSCHLOO[i].rounds_b, BOSCHLOO[i].contrast);
        assert_true(got.is_exact);
        assert_true(fabs(got.power - BOSCHLOO[i].power) < 0.0006);
    }
}

static void boschloo_rejects_where_its_p_value_is_small(void **state) {
    (void)state;
    double limit = mp_boschloo_critical(8, 11, 0.05);
    assert_true(limit >= 0.05);
    for (uint64_t a = 0; a <= 8; a++) {
        for (uint64_t b = 0; b <= 11; b++) {
            struct mp_two_arms arms = {a, 8, b, 11};
            assert_int_equal(mp_two_arms_fisher(arms).two_sided <= limit,
                             mp_two_arms_boschloo(arms).two_sided <= 0.05);
        }
    }
}

static void rounds_agree_with_enumeration(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(ROUNDS); i++) {
        struct mp_sample_size fisher =
            mp_power_rounds(MP_TEST_FISHER, ROUNDS[i].contrast, 0.8);
        struct mp_sample_size mid_p =
            mp_power_rounds(MP_TEST_MID_P, ROUNDS[i].contrast, 0.8);
        assert_int_equal(fisher.rounds_per_arm, ROUNDS[i].fisher);
        assert_int_equal(mid_p.rounds_per_arm, ROUNDS[i].mid_p);
        assert_true(fisher.is_smallest && fisher.power >= 0.8);
        double normal = mp_power_rounds_normal(ROUNDS[i].contrast, 0.8, false);
        double corrected = mp_power_rounds_normal(ROUNDS[i].contrast, 0.8, true);
        assert_near(normal, ROUNDS[i].normal, 1e-3, "normal");
        assert_near(corrected, ROUNDS[i].corrected, 1e-3, "corrected");
    }
}

static void rare_and_close_rates_are_answered_too(void **state) {
    (void)state;
    static const struct mp_contrast cases[] = {{1e-8, 0.0, 0.05},   {1e-4, 1e-5, 0.05},
                                               {0.5, 0.4999, 0.05}, {0.999, 0.99, 0.01},
                                               {1.0, 0.0, 0.05},    {0.3, 0.2, 1e-9}};
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        for (int test = MP_TEST_FISHER; test <= MP_TEST_BOSCHLOO; test++) {
            struct mp_sample_size got =
                mp_power_rounds((enum mp_exact_test)test, cases[i], 0.9);
            assert_true(got.rounds_per_arm > 0 && got.rounds_per_arm != MP_ROUNDS_NEVER);
            assert_true(got.power >= 0.9 && got.power <= 1.0);
        }
    }
    /* Against an arm that never fails, six failures are significant: 2 / 2^6 < 0.05 < 2 /
     * 2^5. */
    struct mp_contrast silent = {1e-8, 0.0, 0.05};
    assert_near(mp_power_make(MP_TEST_FISHER, 1000000000, 1000000000, silent).power,
                mp_beta_cdf(1e-8, 6.0, 1000000000.0 - 5.0), 1e-10,
                "power against silence");
    /* With few failures the counts are Poisson: the plan depends on rate times rounds
     * alone. */
    struct mp_contrast rare = {1e-8, 0.0, 0.05}, rarer = {1e-10, 0.0, 0.05};
    double ratio = (double)mp_power_rounds(MP_TEST_FISHER, rarer, 0.8).rounds_per_arm /
                   (double)mp_power_rounds(MP_TEST_FISHER, rare, 0.8).rounds_per_arm;
    assert_near(ratio, 100.0, 2e-3, "rounds at a hundredth of the rate");
}

static void what_cannot_be_told_apart_needs_rounds_without_end(void **state) {
    (void)state;
    static const struct mp_contrast cases[] = {{0.1, 0.1, 0.05}, {0.0, 0.0, 0.05},
                                               {1.0, 1.0, 0.05}, {-3.0, NAN, 0.05},
                                               {0.2, 0.1, 0.0},  {0.2, 0.1, NAN}};
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        assert_true(mp_power_rounds(MP_TEST_FISHER, cases[i], 0.8).rounds_per_arm ==
                    MP_ROUNDS_NEVER);
    struct mp_contrast fair = {0.2, 0.1, 0.05};
    assert_true(mp_power_rounds(MP_TEST_FISHER, fair, 1.0).rounds_per_arm ==
                MP_ROUNDS_NEVER);
    assert_true(mp_power_rounds(MP_TEST_FISHER, fair, NAN).rounds_per_arm ==
                MP_ROUNDS_NEVER);
    static const uint64_t rounds[] = {0, 1, 30, 1000000, UINT64_MAX};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        for (size_t j = 0; j < MP_COUNT(rounds); j++) {
            double power = mp_power_make(MP_TEST_MID_P, rounds[i], rounds[j], fair).power;
            assert_true(power >= 0.0 && power <= 1.0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_agrees_with_enumeration),
        cmocka_unit_test(boschloo_rejects_where_its_p_value_is_small),
        cmocka_unit_test(rounds_agree_with_enumeration),
        cmocka_unit_test(rare_and_close_rates_are_answered_too),
        cmocka_unit_test(what_cannot_be_told_apart_needs_rounds_without_end),
    };
    return cmocka_run_group_tests_name("stats_power", tests, NULL, NULL);
}
