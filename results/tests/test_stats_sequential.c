/* Sequential tests, changes over nights and order within one, against values that were
 * made elsewhere and against plain enumeration.
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
#include "harness/base/rng.h"
#include "results/stats/binomial.h"
#include "results/stats/change_point.h"
#include "results/stats/night_alarm.h"
#include "results/stats/night_spread.h"
#include "results/stats/runs.h"
#include "results/stats/sprt.h"

static const double REALS[] = {NAN,    -INFINITY, -1.0,  0.0,     DBL_TRUE_MIN,
                               1e-300, 1e-9,      0.05,  0.5,     0.99,
                               1.0,    2.0,       1e300, INFINITY};

static void assert_near(double got, double want, double tolerance, const char *what,
                        size_t row) {
    double scale = want == 0.0 ? 1.0 : fabs(want);
    if (!(fabs(got - want) <= tolerance * scale))
        fail_msg("%s, row %zu: got %.17g, want %.17g", what, row, got, want);
}

static void sprt_agrees_with_mpmath(void **state) {
    (void)state;
    static const struct {
        struct mp_sprt_plan plan;
        struct mp_sprt want;
    } rows[] = {
        {{0.001, 0.01, 0.05, 0.05},
         {2.94443897916644, -2.94443897916644, 2.30258509299405, -0.00904983551991791,
          0.00391490689480782, 1.2737473996637, 1.2737473996637, 393.279339981426,
          188.390323677903, 326, 2}},
        {{0.05, 0.55, 0.01, 0.01},
         {4.59511985013459, -4.59511985013459, 2.39789527279837, -0.747214401830221,
          0.237579760050326, 1.46103644245005, 1.46103644245005, 7.6331034500572,
          4.58298000741467, 7, 2}},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_sprt got;
        assert_true(mp_sprt_make(rows[i].plan, &got));
        const struct mp_sprt *want = &rows[i].want;
        assert_near(got.log_upper, want->log_upper, 1e-13, "upper", i);
        assert_near(got.log_lower, want->log_lower, 1e-13, "lower", i);
        assert_near(got.step_fail, want->step_fail, 1e-13, "fail", i);
        assert_near(got.step_pass, want->step_pass, 1e-12, "pass", i);
        assert_near(got.slope, want->slope, 1e-12, "slope", i);
        assert_near(got.below, want->below, 1e-12, "below", i);
        assert_near(got.above, want->above, 1e-12, "above", i);
        assert_near(got.rounds_p0, want->rounds_p0, 1e-11, "rounds at p0", i);
        assert_near(got.rounds_p1, want->rounds_p1, 1e-11, "rounds at p1", i);
        assert_int_equal(got.clean_rounds, want->clean_rounds);
        assert_int_equal(got.failures, want->failures);
        uint64_t n = want->clean_rounds;
        assert_int_equal(mp_sprt_decide(&got, 0, n), MP_SPRT_LOW);
        assert_int_equal(mp_sprt_decide(&got, 0, n - 1), MP_SPRT_OPEN);
        assert_int_equal(mp_sprt_decide(&got, 1, 1), MP_SPRT_OPEN);
        assert_int_equal(mp_sprt_decide(&got, 2, 2), MP_SPRT_HIGH);
    }
}

static void sprt_refuses_what_it_cannot_tell_apart(void **state) {
    (void)state;
    size_t made = 0;
    for (size_t i = 0; i < MP_COUNT(REALS) * MP_COUNT(REALS); i++) {
        for (size_t j = 0; j < MP_COUNT(REALS) * MP_COUNT(REALS); j++) {
            struct mp_sprt_plan plan = {
                REALS[i % MP_COUNT(REALS)], REALS[i / MP_COUNT(REALS)],
                REALS[j % MP_COUNT(REALS)], REALS[j / MP_COUNT(REALS)]};
            struct mp_sprt got = {.slope = 77.0};
            if (!mp_sprt_make(plan, &got)) {
                assert_true(got.slope == 77.0);
                continue;
            }
            made++;
            assert_true(got.log_lower < 0.0 && got.log_upper > 0.0);
            assert_true(got.slope > plan.p0 && got.slope < plan.p1);
            assert_true(got.rounds_p0 > 0.0 && got.rounds_p1 > 0.0);
            assert_true(got.clean_rounds > 0 && got.failures > 0);
        }
    }
    assert_true(made > 20);
}

static const struct mp_night NIGHTS[] = {
    {0, 100}, {1, 100}, {0, 100}, {0, 100}, {1, 100}, {0, 100}, {0, 100},
    {0, 100}, {4, 100}, {6, 100}, {3, 100}, {5, 100}, {4, 100}, {7, 100},
};

static struct mp_night_series one_cell(const struct mp_night *nights, size_t count) {
    return (struct mp_night_series){.nights = count, .cells = 1, .count = nights};
}

/* N - 1 times Pearson's chi-squared of the two by two table over N: by hand. */
static void a_split_is_a_mantel_haenszel_test(void **state) {
    (void)state;
    struct mp_night_series series = one_cell(NIGHTS, MP_COUNT(NIGHTS));
    double excess = 29.0 - 600.0 * 31.0 / 1400.0;
    double variance = 800.0 * 600.0 * 31.0 * 1369.0 / (1400.0 * 1400.0 * 1399.0);
    struct mp_change_plan plan = {2000, 1};
    struct mp_change got =
        mp_change_point_scan(series, mp_night_series_dispersion(series), plan);
    assert_int_equal(got.night, 8);
    assert_near(got.statistic, excess * excess / variance, 1e-10, "statistic", 0);
    assert_near(mp_change_point_statistic(series, 8), got.statistic, 1e-12, "split", 8);
    assert_near(got.rate_before, 0.0025, 1e-12, "before", 0);
    assert_near(got.rate_after, 0.0483333333333333, 1e-12, "after", 0);
    assert_true(got.p < 0.01);
}

/* Two cells at 0 and 20 %, whose shares of the rounds change: each keeps its rate. */
static void a_changed_mixture_is_no_change(void **state) {
    (void)state;
    struct mp_night nights[2 * 20];
    for (size_t i = 0; i < 20; i++) {
        nights[2 * i] = (struct mp_night){0, i < 10 ? 160 : 40};
        nights[2 * i + 1] = (struct mp_night){i < 10 ? 8 : 32, i < 10 ? 40 : 160};
    }
    struct mp_night_series series = {.nights = 20, .cells = 2, .count = nights};
    struct mp_change changes[MP_CHANGES_MAX];
    struct mp_change_plan plan = {999, 1};
    assert_int_equal(mp_change_point_find(series, 0.05, plan, changes), 0);
    assert_true(mp_night_spread_measure(series, 0.05, 199, 1).p > 0.5);
    assert_false(mp_night_alarm_test(series, 0.05).has_alarm);
    /* And a change of one of them is found. */
    for (size_t i = 15; i < 20; i++)
        nights[2 * i + 1].failures = 96;
    assert_int_equal(mp_change_point_find(series, 0.05, plan, changes), 1);
    assert_int_equal(changes[0].night, 15);
    assert_true(mp_night_alarm_test(series, 0.05).has_alarm);
}

/* At rates of 20 % and more they differed by a third less, since what is dealt cannot be
 * dealt again. */
static void dealt_nights_differ_as_much_as_asked(void **state) {
    (void)state;
    static const uint64_t failures[] = {10, 40, 60, 100, 160, 600}; /* of 200; of 2000 */
    for (size_t i = 0; i < MP_COUNT(failures); i++) {
        uint64_t rounds = failures[i] > 200 ? 2000 : 200;
        struct mp_night nights[30];
        for (size_t night = 0; night < MP_COUNT(nights); night++)
            nights[night] = (struct mp_night){failures[i], rounds};
        struct mp_night_dealer *dealer = mp_night_dealer_make(one_cell(nights, 30));
        struct mp_rng rng;
        double sum = 0;
        mp_rng_seed(&rng, 3);
        for (int deal = 0; deal < 200; deal++)
            sum +=
                mp_night_spread_measure(mp_night_dealer_deal(dealer, 5, &rng), 0.05, 0, 1)
                    .phi;
        mp_night_dealer_free(dealer);
        assert_near(sum / 200, 5, 0.1, "phi", (int)i);
    }
}

/* Sums of what is beyond the rate of all leave 1e-17 or so. */
static void no_failure_before_a_change_is_a_rate_of_zero(void **state) {
    (void)state;
    for (size_t count = 4; count <= 40; count++) {
        struct mp_night nights[40] = {{0, 0}};
        for (size_t i = 0; i < count; i++)
            nights[i] = (struct mp_night){i + 1 < count ? 0 : 100, 200};
        struct mp_night_series series = one_cell(nights, count);
        struct mp_change got = mp_change_point_scan(
            series, mp_night_series_dispersion(series), (struct mp_change_plan){9, 1});
        assert_int_equal(got.night, count - 1);
        assert_true(got.rate_before == 0.0);
        assert_near(got.rate_after, 0.5, 1e-12, "after", (int)count);
    }
}

/* The change itself is not taken for a difference between nights. */
static void a_great_change_is_found_in_the_night_it_happens(void **state) {
    (void)state;
    for (size_t count = 5; count <= 80; count += 15) {
        for (uint64_t rate = 0; rate <= 2; rate += 2) {
            struct mp_night nights[80];
            for (size_t i = 0; i < count; i++)
                nights[i] = (struct mp_night){i + 1 < count ? rate + i % 2 : 100, 200};
            struct mp_night_series series = one_cell(nights, count);
            struct mp_change changes[MP_CHANGES_MAX];
            struct mp_change_plan plan = {999, 3};
            assert_int_equal(mp_change_point_find(series, 0.05, plan, changes), 1);
            assert_int_equal(changes[0].night, count - 1);
            struct mp_night_alarm alarm = mp_night_alarm_test(series, 0.05);
            /* Of four nights it is hardly known how much they differ. */
            assert_true(alarm.has_alarm || count == 5);
            assert_true(alarm.night == count - 1 || count == 5);
        }
    }
    static const struct mp_night halves[] = {{0, 200},   {0, 200},   {0, 200},
                                             {100, 200}, {100, 200}, {100, 200}};
    struct mp_change changes[MP_CHANGES_MAX];
    struct mp_change_plan plan = {999, 3};
    assert_int_equal(mp_change_point_find(one_cell(halves, 6), 0.05, plan, changes), 1);
    assert_int_equal(changes[0].night, 3);
}

static void the_same_seed_gives_the_same_p(void **state) {
    (void)state;
    struct mp_night nights[] = {{3, 50}, {1, 60}, {5, 40}, {7, 50}, {6, 70}};
    struct mp_night_series series = one_cell(nights, MP_COUNT(nights));
    struct mp_night_dispersion dispersion = mp_night_series_dispersion(series);
    struct mp_change_plan plan = {4000, 11};
    double p = mp_change_point_scan(series, dispersion, plan).p;
    assert_true(p > 0.01 && p < 0.9);
    assert_true(mp_change_point_scan(series, dispersion, plan).p == p);
    plan.seed = 12;
    assert_true(mp_change_point_scan(series, dispersion, plan).p != p);
    /* Passes and failures change places: the same evidence. */
    struct mp_night mirror[MP_COUNT(nights)];
    for (size_t i = 0; i < MP_COUNT(nights); i++) {
        mirror[i] =
            (struct mp_night){nights[i].rounds - nights[i].failures, nights[i].rounds};
    }
    assert_near(mp_change_point_scan(one_cell(mirror, 5), dispersion, plan).p,
                mp_change_point_scan(series, dispersion, plan).p, 0.05, "mirror", 0);
}

static void every_change_is_found_and_no_more(void **state) {
    (void)state;
    struct mp_night nights[30];
    for (size_t i = 0; i < 30; i++) {
        uint64_t failures = i < 10 ? 2 + i % 2 : i < 20 ? 30 + i % 3 : 9 + i % 2;
        nights[i] = (struct mp_night){failures, 200};
    }
    struct mp_change changes[MP_CHANGES_MAX];
    struct mp_change_plan plan = {1999, 5};
    assert_int_equal(mp_change_point_find(one_cell(nights, 30), 0.05, plan, changes), 2);
    assert_int_equal(changes[0].night, 10);
    assert_int_equal(changes[1].night, 20);
    assert_int_equal(mp_change_point_find(one_cell(nights, 10), 0.05, plan, changes), 0);
}

/* 12 nights of a known vector: with t(11) instead of z, limits are wider. */
static void limits_over_nights_allow_for_what_few_of_them_leave_unknown(void **state) {
    (void)state;
    static const uint64_t failures[12] = {0, 1, 0, 0, 7, 2, 0, 0, 5, 0, 1, 0};
    struct mp_night nights[12];
    for (size_t i = 0; i < 12; i++)
        nights[i] = (struct mp_night){failures[i], 100};
    struct mp_night_spread spread =
        mp_night_spread_measure(one_cell(nights, 12), 0.05, 999, 1);
    assert_near(spread.phi, 4.054054, 1e-6, "phi", 0);
    assert_near(spread.effective_rounds, 296.0, 1e-4, "effective rounds", 0);
    assert_near(spread.p, 1.0 / 1000.0, 1e-9, "p", 0);
    double factor = pow(2.2009851600829 / 1.95996398454005, 2.0); /* t(11) over z */
    struct mp_interval want = mp_binomial_clopper_pearson_real(
        spread.effective_rounds / factor * (16.0 / 1200.0),
        spread.effective_rounds / factor, 0.05);
    assert_near(spread.adjusted.low, want.low, 1e-9, "low", 0);
    assert_near(spread.adjusted.high, want.high, 1e-9, "high", 0);
    struct mp_night none[3] = {{0, 100}, {0, 100}, {0, 100}};
    spread = mp_night_spread_measure(one_cell(none, 3), 0.05, 0, 1);
    assert_near(mp_night_spread_upper(&spread, 3, 0, 300, 0.05),
                mp_binomial_upper(0, 300, 0.05), 1e-12, "no failure", 0);
}

static void no_night_makes_nan(void **state) {
    (void)state;
    static const uint64_t counts[] = {0, 1, 1000, UINT64_C(1) << 40};
    struct mp_change changes[MP_CHANGES_MAX];
    for (size_t i = 0; i < 4096; i++) {
        struct mp_night nights[3];
        for (size_t j = 0; j < 3; j++) {
            nights[j] =
                (struct mp_night){counts[i >> 4 * j & 3], counts[i >> (4 * j + 2) & 3]};
        }
        struct mp_night_series series = one_cell(nights, 3);
        struct mp_change_plan plan = {3, i};
        struct mp_change got =
            mp_change_point_scan(series, mp_night_series_dispersion(series), plan);
        assert_true(got.statistic >= 0.0 && got.p > 0.0 && got.p <= 1.0);
        assert_true(got.rate_before >= 0.0 && got.rate_before <= 1.0);
        assert_true(got.rate_after >= 0.0 && got.rate_after <= 1.0);
        assert_in_range(mp_change_point_find(series, 1.0, plan, changes), 0, 2);
        struct mp_night_spread spread = mp_night_spread_measure(series, 0.05, 3, i);
        assert_true(spread.adjusted.low >= 0.0 && spread.adjusted.high <= 1.0);
        assert_true(spread.phi >= 0.0 && spread.p > 0.0 && spread.p <= 1.0);
    }
    struct mp_change_plan plan = {0, 0};
    struct mp_night_dispersion usual = {.phi = 1.0};
    assert_true(mp_change_point_scan(one_cell(NULL, 0), usual, plan).p == 1.0);
    assert_true(mp_change_point_scan(one_cell(NIGHTS, 1), usual, plan).p == 1.0);
    assert_true(mp_change_point_statistic(one_cell(NIGHTS, 2), 7) == 0.0);
    assert_false(mp_night_alarm_test(one_cell(NULL, 0), 0.05).has_alarm);
}

static void runs_agree_with_exact_fractions(void **state) {
    (void)state;
    static const char rounds[] = "000000110111000000001110000000";
    struct mp_runs runs = {0};
    for (size_t i = 0; rounds[i] != '\0'; i++)
        mp_runs_add(&runs, rounds[i] == '1');
    assert_int_equal(runs.runs, 7);
    assert_int_equal(runs.failures, 8);
    assert_int_equal(runs.passes, 22);
    struct mp_runs_test got;
    assert_true(mp_runs_test(&runs, &got));
    assert_near(got.mean, 12.7333333333333, 1e-13, "mean", 0);
    assert_near(got.variance, 4.34268199233716, 1e-13, "variance", 0);
    assert_near(got.z, -2.75123810740891, 1e-13, "z", 0);
    assert_near(got.exact, 0.0079165545432412, 1e-12, "exact", 0);
    assert_near(got.normal, 0.00296852357604957, 1e-12, "normal", 0);
}

/* Against all orders of n rounds with x failures, counted one by one. */
static void runs_are_exact_for_every_order(void **state) {
    (void)state;
    enum { ROUNDS = 11 };
    for (unsigned x = 1; x < ROUNDS; x++) {
        unsigned orders = 0, by_runs[ROUNDS + 1] = {0};
        for (unsigned bits = 0; bits < 1U << ROUNDS; bits++) {
            struct mp_runs runs = {0};
            for (unsigned i = 0; i < ROUNDS; i++)
                mp_runs_add(&runs, (bits >> i & 1) != 0);
            if (runs.failures == x) {
                orders++;
                by_runs[runs.runs]++;
            }
        }
        unsigned below = 0;
        for (unsigned r = 2; r <= ROUNDS; r++) {
            below += by_runs[r];
            struct mp_runs runs = {r, x, ROUNDS - x, false};
            struct mp_runs_test got;
            assert_true(mp_runs_test(&runs, &got));
            assert_near(got.exact, (double)below / orders, 1e-12, "exact", r);
        }
    }
}

static void runs_without_order_say_nothing(void **state) {
    (void)state;
    static const uint64_t counts[] = {0, 1, 2, 3, 1000000000, UINT64_MAX};
    for (size_t i = 0; i < MP_COUNT(counts) * MP_COUNT(counts) * MP_COUNT(counts); i++) {
        struct mp_runs runs = {counts[i % MP_COUNT(counts)],
                               counts[i / MP_COUNT(counts) % MP_COUNT(counts)],
                               counts[i / MP_COUNT(counts) / MP_COUNT(counts)], true};
        struct mp_runs_test got = {.z = 77.0};
        if (runs.failures == 0 || runs.passes == 0) {
            assert_false(mp_runs_test(&runs, &got));
            assert_true(got.z == 77.0);
            continue;
        }
        assert_true(mp_runs_test(&runs, &got));
        assert_true(got.exact >= 0.0 && got.exact <= 1.0);
        assert_true(got.normal >= 0.0 && got.normal <= 1.0 && got.variance >= 0.0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sprt_agrees_with_mpmath),
        cmocka_unit_test(sprt_refuses_what_it_cannot_tell_apart),
        cmocka_unit_test(a_split_is_a_mantel_haenszel_test),
        cmocka_unit_test(a_changed_mixture_is_no_change),
        cmocka_unit_test(dealt_nights_differ_as_much_as_asked),
        cmocka_unit_test(no_failure_before_a_change_is_a_rate_of_zero),
        cmocka_unit_test(a_great_change_is_found_in_the_night_it_happens),
        cmocka_unit_test(limits_over_nights_allow_for_what_few_of_them_leave_unknown),
        cmocka_unit_test(the_same_seed_gives_the_same_p),
        cmocka_unit_test(every_change_is_found_and_no_more),
        cmocka_unit_test(no_night_makes_nan),
        cmocka_unit_test(runs_agree_with_exact_fractions),
        cmocka_unit_test(runs_are_exact_for_every_order),
        cmocka_unit_test(runs_without_order_say_nothing),
    };
    return cmocka_run_group_tests_name("sequential", tests, NULL, NULL);
}
