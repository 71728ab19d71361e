/* Two arms: tests and effects against values that were made elsewhere. Unless a row says
 * more, a value was computed with exact rationals or mpmath at 30 digits or more; Fisher
 * also with R 4.2.2, Boschloo's supremum by an own search at 30 digits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/effect.h"
#include "results/stats/eprocess.h"
#include "results/stats/two_arms.h"

enum method {
    NEWCOMBE,
    DIFFERENCE_SCORE,
    KOOPMAN,
    RATIO_SCORE,
    KATZ,
    WOOLF,
    CONDITIONAL,
    METHODS
};

typedef struct mp_effect effect_fn(struct mp_two_arms arms, double alpha);
static effect_fn *const functions[METHODS] = {
    mp_effect_difference_newcombe, mp_effect_difference_score, mp_effect_ratio_koopman,
    mp_effect_ratio_score,         mp_effect_ratio_katz,       mp_effect_odds_woolf,
    mp_effect_odds_conditional};
static const char *const names[METHODS] = {"Newcombe",
                                           "Miettinen-Nurminen difference",
                                           "Koopman",
                                           "Miettinen-Nurminen ratio",
                                           "Katz",
                                           "Woolf",
                                           "conditional odds ratio"};

static const struct {
    struct mp_two_arms arms;
    double less, greater, two_sided, mid_p;
    const char *source;
} FISHER[] = {
    {{11, 20, 0, 20},
     1.0,
     7.26532984597501e-05,
     0.0001453065969195,
     7.26532984597501e-05,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{2, 20, 0, 20},
     1.0,
     0.243589743589744,
     0.487179487179487,
     0.243589743589744,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{46, 77, 51, 149},
     0.999931570938242,
     0.000208951857788131,
     0.000361882821729355,
     0.000291621423714509,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{8, 20, 0, 8},
     1.0,
     0.0405295187903884,
     0.0628328193545585,
     0.0425680599593643,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{5, 20, 0, 105},
     1.0,
     6.61063220672808e-05,
     6.61063220672808e-05,
     3.30531610336404e-05,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{1, 10, 0, 10}, 1.0, 0.5, 1.0, 0.5, "Fisher 1934; mid-P Lancaster 1961"},
    {{5, 20, 0, 20},
     1.0,
     0.0235620235620236,
     0.0471240471240471,
     0.0235620235620236,
     "Fisher 1934; mid-P Lancaster 1961"},
    {{6, 10, 15, 30},
     0.819020125471738,
     0.429106638784058,
     0.720857390212229,
     0.596794008084331,
     "Fisher 1934; mid-P Lancaster 1961"},
};

/* Large counts: "mpmath", sums of exact terms at 50 digits. */
static const struct {
    struct mp_two_arms arms;
    double less, greater, two_sided;
    const char *source;
} FISHER_LARGE[] = {
    {{30, 1000000000, 10, 1000000000},
     0.99966022591297785396,
     0.0011107167767553423018,
     0.0022214335535106846036,
     "mpmath, 50 digits"},
    {{12, 1000000000, 0, 1000000000},
     1.0,
     0.00024414061694335946161,
     0.00048828123388671892322,
     "mpmath, 50 digits"},
    {{1000, 1000000000, 1200, 2000000000},
     1.0,
     3.2332308221188659615e-32,
     5.0116324684375855387e-32,
     "mpmath, 50 digits"},
    {{500040000, 1000000000, 499960000, 1000000000},
     0.99982671996747112455,
     0.00017333932101685669738,
     0.00034667864203371339476,
     "mpmath, 50 digits"},
    {{100300000, 1000000000, 99900000, 1000000000},
     1.0,
     1.899638238476090594e-195,
     3.7992764769521811879e-195,
     "mpmath, 50 digits"},
    {{333466000, 1000000007, 333000000, 1000000009},
     1.0,
     1.3846118330278651149e-108,
     2.7682534597055156861e-108,
     "mpmath, 50 digits"},
    {{665000000, 2000000001, 332300000, 1000000007},
     1.0,
     2.9056738732627039542e-28,
     5.8113087584193123689e-28,
     "mpmath, 50 digits"},
};

static const struct {
    struct mp_two_arms arms;
    double two_sided;
    const char *source;
} BOSCHLOO[] = {
    {{11, 20, 0, 20}, 5.32827129951e-05, "Boschloo 1970; Lydersen et al. 2009"},
    {{2, 20, 0, 20}, 0.323725144825, "Boschloo 1970; Lydersen et al. 2009"},
    {{24, 40, 0, 60}, 3.3619624733e-13, "Boschloo 1970; Lydersen et al. 2009"},
    {{8, 20, 0, 8}, 0.0358125418425, "Boschloo 1970; Lydersen et al. 2009"},
    {{1, 10, 0, 10}, 1.0, "Boschloo 1970; Lydersen et al. 2009"},
    {{6, 10, 15, 30}, 0.690612552698, "Boschloo 1970; Lydersen et al. 2009"},
};

static const struct {
    enum method method;
    struct mp_two_arms arms;
    double value, low, high, tolerance;
    const char *source;
} EFFECTS[] = {
    {NEWCOMBE,
     {11, 20, 0, 20},
     0.55,
     0.286960418602946,
     0.741802141744376,
     1e-09,
     "Newcombe 1998 Stat Med 17:873"},
    {NEWCOMBE,
     {46, 77, 51, 149},
     0.255120718207967,
     0.118193798884031,
     0.379914731459347,
     1e-09,
     "Newcombe 1998 Stat Med 17:873"},
    {NEWCOMBE,
     {51, 149, 0, 405},
     0.342281879194631,
     0.270304572359782,
     0.421571327456511,
     1e-09,
     "Newcombe 1998 Stat Med 17:873"},
    {NEWCOMBE,
     {1, 20, 11, 20},
     -0.5,
     -0.696160130583285,
     -0.220942074117398,
     1e-09,
     "Newcombe 1998 Stat Med 17:873"},
    {DIFFERENCE_SCORE,
     {11, 20, 0, 20},
     0.55,
     0.339780000961,
     0.74376233523,
     1e-08,
     "Miettinen & Nurminen 1985"},
    {DIFFERENCE_SCORE,
     {46, 77, 51, 149},
     0.255120718207967,
     0.118479181418,
     0.382769895296,
     1e-08,
     "Miettinen & Nurminen 1985"},
    {DIFFERENCE_SCORE,
     {51, 149, 0, 405},
     0.342281879194631,
     0.270860926442,
     0.421644861389,
     1e-08,
     "Miettinen & Nurminen 1985"},
    {DIFFERENCE_SCORE,
     {1, 20, 11, 20},
     -0.5,
     -0.708374224346,
     -0.235751647248,
     1e-08,
     "Miettinen & Nurminen 1985"},
    {KOOPMAN,
     {11, 20, 0, 20},
     INFINITY,
     3.32666336411,
     INFINITY,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {RATIO_SCORE,
     {11, 20, 0, 20},
     INFINITY,
     3.25290838676,
     INFINITY,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {KOOPMAN,
     {46, 77, 51, 149},
     1.74535268652916,
     1.30300408628,
     2.32586217208,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {RATIO_SCORE,
     {46, 77, 51, 149},
     1.74535268652916,
     1.30214374176,
     2.32734270172,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {KOOPMAN,
     {2, 20, 0, 20},
     INFINITY,
     0.555681255908,
     INFINITY,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {RATIO_SCORE,
     {2, 20, 0, 20},
     INFINITY,
     0.542077488669,
     INFINITY,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {KOOPMAN,
     {1, 20, 11, 20},
     0.0909090909090909,
     0.0157140264034,
     0.459703955962,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {RATIO_SCORE,
     {1, 20, 11, 20},
     0.0909090909090909,
     0.0154334426822,
     0.466873695881,
     1e-08,
     "Koopman 1984; Miettinen & Nurminen 1985"},
    {KATZ,
     {46, 77, 51, 149},
     1.74535268652916,
     1.30810351906535,
     2.32875759141076,
     1e-09,
     "Katz et al. 1978"},
    {KATZ,
     {11, 20, 1, 20},
     11.0,
     1.56339627720375,
     77.395604533751,
     1e-09,
     "Katz et al. 1978"},
    {WOOLF,
     {46, 77, 51, 149},
     2.85135989879823,
     1.61670526382853,
     5.02890258006667,
     1e-09,
     "Woolf 1955"},
    {WOOLF,
     {11, 20, 1, 20},
     23.2222222222222,
     2.58501088478219,
     208.614829482125,
     1e-09,
     "Woolf 1955"},
    {WOOLF,
     {11, 20, 0, 20},
     49.6315789473684,
     2.63944059977537,
     933.263521451668,
     1e-09,
     "Haldane 1956; Anscombe 1956"},
    {CONDITIONAL,
     {46, 77, 51, 149},
     2.83742189404,
     1.55616410578,
     5.23780071365,
     1e-08,
     "Cornfield 1956; R fisher.test"},
    {CONDITIONAL,
     {5, 20, 0, 105},
     INFINITY,
     5.60796504115,
     INFINITY,
     1e-08,
     "Cornfield 1956; R fisher.test"},
    {NEWCOMBE,
     {30, 1000000000, 10, 1000000000},
     2.0e-8,
     7.6935857389412466994e-9,
     3.3615523272412839563e-8,
     1e-11,
     "mpmath, 40 digits"},
    {DIFFERENCE_SCORE,
     {30, 1000000000, 10, 1000000000},
     2.0e-8,
     8.0081819994992006726e-9,
     3.3778092421307680319e-8,
     1e-11,
     "mpmath, 40 digits"},
    {KOOPMAN,
     {30, 1000000000, 10, 1000000000},
     3.0,
     1.48793591944402707,
     6.0486475917153560983,
     1e-11,
     "mpmath, 40 digits"},
    {CONDITIONAL,
     {30, 1000000000, 10, 1000000000},
     3.0000000585000017331,
     1.4274084886129482052,
     6.8793019433470590294,
     1e-11,
     "mpmath, 40 digits"},
    {NEWCOMBE,
     {12, 1000000000, 0, 1000000000},
     1.2e-8,
     5.5869275955852970056e-9,
     2.0976698913241451841e-8,
     1e-11,
     "mpmath, 40 digits"},
    {DIFFERENCE_SCORE,
     {12, 1000000000, 0, 1000000000},
     1.2e-8,
     6.8647597995665171928e-9,
     2.0976698916096520959e-8,
     1e-11,
     "mpmath, 40 digits"},
    {KOOPMAN,
     {12, 1000000000, 0, 1000000000},
     INFINITY,
     3.1238132686141399679,
     INFINITY,
     1e-11,
     "mpmath, 40 digits"},
    {CONDITIONAL,
     {12, 1000000000, 0, 1000000000},
     INFINITY,
     2.7785973530338612015,
     INFINITY,
     1e-11,
     "mpmath, 40 digits"},
    {NEWCOMBE,
     {500040000, 1000000000, 499960000, 1000000000},
     0.00008,
     0.000036173872978286929539,
     0.00012382612658710161905,
     1e-11,
     "mpmath, 40 digits"},
    {DIFFERENCE_SCORE,
     {500040000, 1000000000, 499960000, 1000000000},
     0.00008,
     0.000036173872988888705964,
     0.00012382612670379458882,
     1e-11,
     "mpmath, 40 digits"},
    {KOOPMAN,
     {500040000, 1000000000, 499960000, 1000000000},
     1.0001600128010240819,
     1.0000723503631351873,
     1.000247682923674828,
     1e-11,
     "mpmath, 40 digits"},
};

static void describe(char *what, size_t size, struct mp_two_arms arms,
                     const char *method) {
    snprintf(what, size, "%s %llu/%llu against %llu/%llu", method,
             (unsigned long long)arms.failures_a, (unsigned long long)arms.rounds_a,
             (unsigned long long)arms.failures_b, (unsigned long long)arms.rounds_b);
}

static void fisher_agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(FISHER); i++) {
        char what[160];
        describe(what, sizeof(what), FISHER[i].arms, "Fisher");
        struct mp_fisher got = mp_two_arms_fisher(FISHER[i].arms);
        assert_near(got.less, FISHER[i].less, 1e-12, what);
        assert_near(got.greater, FISHER[i].greater, 1e-12, what);
        assert_near(got.two_sided, FISHER[i].two_sided, 1e-12, what);
        assert_near(got.mid_p, FISHER[i].mid_p, 1e-12, what);
    }
}

static void fisher_keeps_its_digits_at_large_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(FISHER_LARGE); i++) {
        char what[160];
        describe(what, sizeof(what), FISHER_LARGE[i].arms, "Fisher");
        struct mp_fisher got = mp_two_arms_fisher(FISHER_LARGE[i].arms);
        assert_near(got.less, FISHER_LARGE[i].less, 3e-12, what);
        assert_near(got.greater, FISHER_LARGE[i].greater, 3e-12, what);
        assert_near(got.two_sided, FISHER_LARGE[i].two_sided, 3e-12, what);
    }
}

static void boschloo_agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(BOSCHLOO); i++) {
        char what[160];
        describe(what, sizeof(what), BOSCHLOO[i].arms, "Boschloo");
        struct mp_boschloo got = mp_two_arms_boschloo(BOSCHLOO[i].arms);
        assert_true(got.is_exact);
        assert_near(got.two_sided, BOSCHLOO[i].two_sided, 1e-7, what);
        struct mp_two_arms arms = BOSCHLOO[i].arms;
        struct mp_two_arms swapped = {arms.failures_b, arms.rounds_b, arms.failures_a,
                                      arms.rounds_a};
        assert_near(mp_two_arms_boschloo(swapped).two_sided, got.two_sided, 1e-12, what);
    }
}

static void boschloo_is_never_weaker_than_fisher(void **state) {
    (void)state;
    for (uint64_t a = 0; a <= 9; a++) {
        for (uint64_t b = 0; b <= 12; b++) {
            struct mp_two_arms arms = {a, 9, b, 12};
            assert_true(mp_two_arms_boschloo(arms).two_sided <=
                        mp_two_arms_fisher(arms).two_sided);
        }
    }
}

static void boschloo_keeps_its_level_at_every_common_rate(void **state) {
    (void)state;
    enum { ROUNDS_A = 12, ROUNDS_B = 17 };
    bool rejects[ROUNDS_A + 1][ROUNDS_B + 1];
    for (uint64_t a = 0; a <= ROUNDS_A; a++) {
        for (uint64_t b = 0; b <= ROUNDS_B; b++) {
            struct mp_two_arms arms = {a, ROUNDS_A, b, ROUNDS_B};
            rejects[a][b] = mp_two_arms_boschloo(arms).two_sided <= 0.05;
        }
    }
    double largest = 0.0;
    for (double rate = 0.001; rate < 1.0; rate += 0.001) {
        double size = 0.0, odds = rate / (1.0 - rate), mass_a = pow(1.0 - rate, ROUNDS_A);
        for (int a = 0; a <= ROUNDS_A; a++) {
            double mass_b = pow(1.0 - rate, ROUNDS_B);
            for (int b = 0; b <= ROUNDS_B; b++) {
                size += rejects[a][b] ? mass_a * mass_b : 0.0;
                mass_b *= odds * (ROUNDS_B - b) / (b + 1);
            }
            mass_a *= odds * (ROUNDS_A - a) / (a + 1);
        }
        largest = fmax(largest, size);
    }
    assert_true(largest <= 0.05 &&
                largest > 0.035); /* and does not waste it as Fisher does */
}

static void boschloo_says_when_it_fell_back(void **state) {
    (void)state;
    struct mp_two_arms arms = {30, 4000, 8, 4000};
    struct mp_boschloo got = mp_two_arms_boschloo(arms);
    assert_false(got.is_exact);
    assert_true(got.two_sided == mp_two_arms_fisher(arms).mid_p);
}

static void effects_agree_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(EFFECTS); i++) {
        char what[160];
        describe(what, sizeof(what), EFFECTS[i].arms, names[EFFECTS[i].method]);
        struct mp_effect got = functions[EFFECTS[i].method](EFFECTS[i].arms, 0.05);
        assert_near(got.value, EFFECTS[i].value, EFFECTS[i].tolerance, what);
        assert_near(got.low, EFFECTS[i].low, EFFECTS[i].tolerance, what);
        assert_near(got.high, EFFECTS[i].high, EFFECTS[i].tolerance, what);
    }
}

static void assert_sound(struct mp_two_arms arms) {
    char what[160];
    describe(what, sizeof(what), arms, "all");
    struct mp_fisher fisher = mp_two_arms_fisher(arms);
    struct mp_boschloo boschloo = mp_two_arms_boschloo(arms);
    const double p[] = {fisher.greater, fisher.less, fisher.two_sided, fisher.mid_p,
                        boschloo.two_sided};
    for (size_t i = 0; i < MP_COUNT(p); i++)
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            fail_msg("%s: probability %zu is %g", what, i, p[i]);
    for (int m = 0; m < METHODS; m++) {
        struct mp_effect got = functions[m](arms, 0.05);
        double slack = 1e-9 * fabs(got.value) + 1e-12;
        if (isnan(got.value) || isnan(got.low) || isnan(got.high) ||
            !(got.value == got.low || got.low <= got.value + slack) ||
            !(got.value == got.high || got.value <= got.high + slack))
            fail_msg("%s, %s: %g [%g, %g]", what, names[m], got.value, got.low, got.high);
    }
}

static void any_counts_give_sound_numbers(void **state) {
    (void)state;
    static const uint64_t rounds[] = {0, 1, 40, 1000000000, UINT64_MAX};
    for (size_t i = 0; i < MP_COUNT(rounds); i++) {
        for (size_t j = 0; j < MP_COUNT(rounds); j++) {
            uint64_t of_a[] = {0, 1, rounds[i] / 2, rounds[i], UINT64_MAX};
            uint64_t of_b[] = {0, 3, rounds[j] / 2, rounds[j]};
            for (size_t a = 0; a < MP_COUNT(of_a); a++) {
                for (size_t b = 0; b < MP_COUNT(of_b); b++) {
                    assert_sound(
                        (struct mp_two_arms){of_a[a], rounds[i], of_b[b], rounds[j]});
                }
            }
        }
    }
}

/* What both rates may be at all looks, each at half of alpha, is what their difference and
 * ratio may be; wider than for one look. */
static void limits_for_all_looks_are_those_of_both_rates(void **state) {
    (void)state;
    static const struct mp_two_arms arms[] = {
        {20, 40, 5, 40}, {5, 40, 20, 60}, {3, 500, 9, 400}, {40, 40, 1, 40}};
    for (size_t i = 0; i < MP_COUNT(arms); i++) {
        struct mp_interval a = mp_eprocess_interval(arms[i].failures_a, arms[i].rounds_a,
                                                    0.025, mp_prior_jeffreys());
        struct mp_interval b = mp_eprocess_interval(arms[i].failures_b, arms[i].rounds_b,
                                                    0.025, mp_prior_jeffreys());
        double rate_a = (double)arms[i].failures_a / (double)arms[i].rounds_a;
        double rate_b = (double)arms[i].failures_b / (double)arms[i].rounds_b;
        struct mp_effect got = mp_effect_difference_anytime(arms[i], 0.05);
        struct mp_effect once = mp_effect_difference_newcombe(arms[i], 0.05);
        assert_near(got.value, rate_a - rate_b, 1e-12, "difference");
        assert_near(got.low, a.low - b.high, 1e-12, "lower difference");
        assert_near(got.high, a.high - b.low, 1e-12, "upper difference");
        assert_true(got.low < once.low && got.high > once.high);
        got = mp_effect_ratio_anytime(arms[i], 0.05);
        once = mp_effect_ratio_koopman(arms[i], 0.05);
        assert_near(got.value, rate_a / rate_b, 1e-12, "ratio");
        assert_near(got.low, a.low / b.high, 1e-12, "lower ratio");
        assert_near(got.high, a.high / b.low, 1e-9, "upper ratio");
        assert_true(got.low < once.low && got.high > once.high);
    }
    struct mp_effect none =
        mp_effect_ratio_anytime((struct mp_two_arms){9, 40, 0, 40}, 0.05);
    assert_true(isinf(none.value) && isinf(none.high) && none.low > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fisher_agrees_with_published_values),
        cmocka_unit_test(fisher_keeps_its_digits_at_large_counts),
        cmocka_unit_test(boschloo_agrees_with_published_values),
        cmocka_unit_test(boschloo_is_never_weaker_than_fisher),
        cmocka_unit_test(boschloo_keeps_its_level_at_every_common_rate),
        cmocka_unit_test(boschloo_says_when_it_fell_back),
        cmocka_unit_test(effects_agree_with_published_values),
        cmocka_unit_test(limits_for_all_looks_are_those_of_both_rates),
        cmocka_unit_test(any_counts_give_sound_numbers),
    };
    return cmocka_run_group_tests_name("stats_arms", tests, NULL, NULL);
}
