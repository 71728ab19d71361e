/* Strata and trends against values that were made elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/strata.h"
#include "results/stats/trend.h"

/* Threads 2, 4, 8, 16. Values: mpmath at 40 digits and R 4.2.2's mantelhaen.test;
 * formulas of Mantel and Haenszel 1959, Robins, Breslow and Greenland 1986, Tarone 1985,
 * Greenland and Robins 1985, Sato 1989; the exact test of Mehta, Patel and Gray 1985 with
 * exact rationals. */
static const struct mp_two_arms THREADS[] = {
    {2, 20, 0, 20}, {6, 20, 1, 20}, {11, 20, 1, 20}, {11, 20, 2, 20}};

static void strata_agree_with_published_values(void **state) {
    (void)state;
    struct mp_strata got = mp_strata_compare(THREADS, MP_COUNT(THREADS), 0.05);
    assert_int_equal(got.used, 4);
    assert_int_equal(got.dropped, 0);
    assert_near(got.chi2, 26.523138832998, 1e-9, "chi2");
    assert_near(got.chi2_p, 2.60400333814338e-07, 1e-9, "chi2_p");
    assert_near(got.chi2_corrected, 24.5221327967807, 1e-9, "chi2_corrected");
    assert_near(got.chi2_corrected_p, 7.34611313253351e-07, 1e-9, "chi2_corrected_p");
    assert_near(got.odds.value, 13.6829268292683, 1e-9, "odds.value");
    assert_near(got.odds.low, 4.33764163529786, 1e-9, "odds.low");
    assert_near(got.odds.high, 43.1622762681855, 1e-9, "odds.high");
    assert_near(got.ratio.value, 7.5, 1e-9, "ratio.value");
    assert_near(got.ratio.low, 2.810293942577, 1e-9, "ratio.low");
    assert_near(got.ratio.high, 20.015699834025, 1e-9, "ratio.high");
    assert_near(got.difference.value, 0.325, 1e-9, "difference.value");
    assert_near(got.difference.low, 0.211004671512911, 1e-9, "difference.low");
    assert_near(got.difference.high, 0.438995328487089, 1e-9, "difference.high");
    assert_near(got.breslow_day, 0.665102447186336, 1e-9, "breslow_day");
    assert_near(got.tarone, 0.664869634126471, 1e-9, "tarone");
    assert_near(got.tarone_p, 0.881434174253066, 1e-9, "tarone_p");
    assert_near(got.freedom, 3, 1e-9, "freedom");
    assert_near(got.exact_greater, 1.0272993922898416e-07, 1e-9, "exact_greater");
    assert_near(got.exact_less, 0.9999999927558564, 1e-9, "exact_less");
    assert_near(got.exact_two_sided, 2.0545987845796832e-07, 1e-9, "exact_two_sided");
    assert_true(got.has_exact && got.is_large);
    assert_true(got.p == got.chi2_p && !got.is_exact); /* the normal limit is good */
}

static void unequal_arms_agree_with_the_formulas(void **state) {
    (void)state;
    /* The formulas of the authors named above, with exact rationals and mpmath. */
    static const struct mp_two_arms strata[] = {
        {9, 30, 2, 50}, {14, 25, 20, 60}, {3, 80, 1, 20}};
    struct mp_strata got = mp_strata_compare(strata, 3, 0.05);
    static const double want[] = {0.16556272803817008, 0.065907451199419572,
                                  0.26521800487692059, 2.167194301543332,
                                  1.3617900363820028,  3.4489392748974309,
                                  3.2339619783382565,  1.5152266942585264,
                                  6.9022741725490414,  10.513351405206761};
    const double have[] = {got.difference.value, got.difference.low,
                           got.difference.high,  got.ratio.value,
                           got.ratio.low,        got.ratio.high,
                           got.odds.value,       got.odds.low,
                           got.odds.high,        got.chi2};
    for (size_t i = 0; i < MP_COUNT(want); i++) {
        char what[32];
        snprintf(what, sizeof(what), "value %zu", i);
        assert_near(have[i], want[i], 1e-12, what);
    }
}

static void one_stratum_is_fishers_test(void **state) {
    (void)state;
    for (uint64_t a = 0; a <= 12; a++) {
        for (uint64_t b = 0; b <= 7; b++) {
            struct mp_two_arms arms = {a, 12, b, 7};
            struct mp_strata got = mp_strata_compare(&arms, 1, 0.05);
            struct mp_fisher fisher = mp_two_arms_fisher(arms);
            assert_near(got.exact_two_sided, fisher.two_sided, 1e-12, "two-sided");
            assert_near(got.exact_greater, fisher.greater, 1e-12, "greater");
            assert_near(got.exact_less, fisher.less, 1e-12, "less");
            assert_int_equal(got.used, a + b > 0 && a + b < 19);
            if (got.is_exact)
                assert_true(got.p == got.exact_two_sided);
        }
    }
}

static void strata_are_not_pooled_as_one_table(void **state) {
    (void)state;
    /* In each stratum both arms fail equally often; only their shares differ
     * (Simpson). */
    static const struct mp_two_arms strata[] = {{80, 100, 8, 10}, {1, 10, 10, 100}};
    struct mp_strata got = mp_strata_compare(strata, 2, 0.05);
    assert_near(got.odds.value, 1.0, 1e-12, "odds");
    assert_near(got.ratio.value, 1.0, 1e-12, "ratio");
    assert_near(got.difference.value, 0.0, 1e-12, "difference");
    assert_near(got.p, 1.0, 1e-9, "p");
    struct mp_two_arms pooled = {81, 110, 18, 110};
    assert_true(mp_two_arms_fisher(pooled).two_sided < 1e-10);
}

static void strata_that_disagree_are_found(void **state) {
    (void)state;
    static const struct mp_two_arms strata[] = {{60, 100, 20, 100}, {20, 100, 60, 100}};
    struct mp_strata got = mp_strata_compare(strata, 2, 0.05);
    assert_near(got.odds.value, 1.0, 1e-12, "pooled");
    assert_true(got.tarone_p < 1e-10 && got.freedom == 1.0);
}

static void strata_without_information_are_dropped_and_counted(void **state) {
    (void)state;
    static const struct mp_two_arms strata[] = {{0, 50, 0, 50},  {3, 20, 0, 0},
                                                {5, 5, 9, 9},    {0, 0, 0, 0},
                                                {11, 20, 0, 20}, {3, 2, 0, 4}};
    struct mp_strata got = mp_strata_compare(strata, MP_COUNT(strata), 0.05);
    assert_int_equal(got.used, 2);
    assert_int_equal(got.dropped, 4);
    struct mp_strata alone = mp_strata_compare(strata + 4, 2, 0.05);
    assert_near(got.chi2, alone.chi2, 1e-12, "chi2");
    assert_near(got.exact_two_sided, alone.exact_two_sided, 1e-12, "exact");
    assert_true(got.odds.value == INFINITY && got.odds.low == 0.0);
    assert_true(got.tarone_p == 1.0 && got.freedom == 0.0);
    struct mp_strata none = mp_strata_compare(strata, 4, 0.05);
    assert_true(none.p == 1.0 && none.used == 0 && none.odds.value == 1.0);
    none = mp_strata_compare(NULL, 0, NAN);
    assert_true(none.p == 1.0 && none.difference.low == -1.0 &&
                none.difference.high == 1.0);
}

static void strata_of_any_size_give_sound_numbers(void **state) {
    (void)state;
    static const uint64_t rounds[] = {0, 1, 50, 1000000000, UINT64_MAX};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        for (size_t j = 0; j < MP_COUNT(rounds); j++) {
            struct mp_two_arms strata[] = {
                {rounds[i] / 3, rounds[i], rounds[j] / 2, rounds[j]},
                {1, rounds[j], 0, rounds[i]},
                {4, 30, UINT64_MAX, 17}};
            struct mp_strata got = mp_strata_compare(strata, 3, 0.05);
            const double p[] = {got.p,
                                got.chi2_p,
                                got.chi2_corrected_p,
                                got.exact_greater,
                                got.exact_less,
                                got.exact_two_sided,
                                got.tarone_p};
            for (size_t k = 0; k < MP_COUNT(p); k++)
                assert_true(p[k] >= 0.0 && p[k] <= 1.0);
            const struct mp_effect effects[] = {got.odds, got.ratio, got.difference};
            for (size_t k = 0; k < MP_COUNT(effects); k++)
                assert_true(effects[k].low <= effects[k].value &&
                            effects[k].value <= effects[k].high);
        }
    }
}

static void trend_agrees_with_published_values(void **state) {
    (void)state;
    static const uint64_t failures[] = {2, 6, 11, 11}, rounds[] = {20, 20, 20, 20};
    static const double scores[] = {1, 2, 3, 4}, raw[] = {2, 4, 8, 16};
    struct mp_trend got =
        mp_trend_test(failures, rounds, scores, 4); /* Armitage 1955, R */
    assert_near(got.chi2, 10.9226666666667, 1e-9, "chi2");
    assert_near(got.p, 0.000949947722807541, 1e-9, "p");
    assert_near(got.z, 3.30494578876366, 1e-9, "z");
    got = mp_trend_test(failures, rounds, raw, 4);
    assert_near(got.chi2, 8.32742028985507, 1e-9, "chi2");
    assert_near(got.p, 0.00390510738736961, 1e-9, "p");
    assert_near(got.z, 2.88572699503177, 1e-9, "z");
}

static void a_trend_needs_groups_that_differ(void **state) {
    (void)state;
    static const uint64_t failures[] = {3, 5, UINT64_MAX}, rounds[] = {10, 10, 0},
                          all[] = {10, 10, 0};
    static const double same[] = {2, 2, 3}, wild[] = {NAN, INFINITY, 1};
    static const double vast[] = {-1e308, 1e308};
    assert_true(mp_trend_test(failures, rounds, same, 3).p == 1.0);
    assert_true(mp_trend_test(failures, rounds, wild, 3).p == 1.0);
    assert_true(mp_trend_test(all, rounds, wild + 1, 2).p == 1.0);
    assert_true(mp_trend_test(failures, rounds, vast, 2).p <= 1.0);
    assert_true(mp_trend_test(NULL, NULL, NULL, 0).p == 1.0);
}

/* Two strata, 15 of 15 against 0 of 15: not even there is a difference known without
 * limits. One stratum alone gives Newcombe's own: 1 - sqrt(2) * 0.203886 = 0.711662. */
static void strata_never_give_a_difference_without_width(void **state) {
    (void)state;
    const struct mp_two_arms tables[] = {{15, 15, 0, 15}, {15, 15, 0, 15}};
    struct mp_effect one = mp_strata_compare(tables, 1, 0.05).difference;
    struct mp_effect alone = mp_effect_difference_newcombe(tables[0], 0.05);
    assert_near(one.low, alone.low, 1e-12, "one stratum");
    assert_near(one.low, 0.711662, 1e-5, "one stratum");
    struct mp_effect two = mp_strata_compare(tables, 2, 0.05).difference;
    assert_near(two.low, 1.0 - (1.0 - alone.low) / sqrt(2.0), 1e-12, "two strata");
    assert_near(two.value, 1.0, 1e-12, "two strata");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strata_agree_with_published_values),
        cmocka_unit_test(unequal_arms_agree_with_the_formulas),
        cmocka_unit_test(one_stratum_is_fishers_test),
        cmocka_unit_test(strata_are_not_pooled_as_one_table),
        cmocka_unit_test(strata_that_disagree_are_found),
        cmocka_unit_test(strata_without_information_are_dropped_and_counted),
        cmocka_unit_test(strata_of_any_size_give_sound_numbers),
        cmocka_unit_test(trend_agrees_with_published_values),
        cmocka_unit_test(a_trend_needs_groups_that_differ),
        cmocka_unit_test(strata_never_give_a_difference_without_width),
    };
    return cmocka_run_group_tests_name("stats_strata", tests, NULL, NULL);
}
