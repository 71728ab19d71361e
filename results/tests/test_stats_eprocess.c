/* Evidence at every look, against values that were made elsewhere and by its own laws.
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
#include "results/stats/eprocess.h"

#define BILLION UINT64_C(1000000000)

static void assert_near(double got, double want, double tolerance, const char *what,
                        size_t row) {
    double scale = want == 0.0 ? 1.0 : fabs(want);
    if (!(fabs(got - want) <= tolerance * scale))
        fail_msg("%s, row %zu: got %.17g, want %.17g", what, row, got, want);
}

/* "bisection": the mixture of Robbins 1970, Howard et al. 2021, solved by mpmath at 40 or
 * 50 digits; "closed": 1 - (alpha B(a, b + n) / B(a, b))^(1/n). */
static const struct {
    uint64_t failures, rounds;
    struct mp_beta_prior prior;
    double low, high, tolerance;
    const char *source;
} SEQUENCES[] = {
    {0, 299, {1.0, 1.0}, 0.0, 0.0286761722395, 1e-9, "closed"},
    {0, 2966, {1.0, 1.0}, 0.0, 0.00369881975852, 1e-9, "closed"},
    {0, 2966, {0.5, 0.5}, 0.0, 0.00254753310393, 1e-9, "closed"},
    {0, 2966, {0.5, 500.0}, 0.0, 0.0013355942831, 1e-9, "closed"},
    {11, 20, {0.5, 0.5}, 0.230664762501, 0.841921942764, 1e-9, "bisection"},
    {11, 20, {1.0, 1.0}, 0.242862979654, 0.83186269675, 1e-9, "bisection"},
    {46, 77, {1.0, 1.0}, 0.418561770999, 0.760114764656, 1e-9, "bisection"},
    {3, 1000, {0.5, 0.5}, 0.000123873754098, 0.0143121541321, 1e-9, "bisection"},
    {1,
     2966,
     {0.5, 500.0},
     2.76230455574309898e-6,
     0.00226267308426634208,
     1e-12,
     "bisection"},
    {0, BILLION, {0.5, 5e7}, 0.0, 4.51799348459052222e-9, 1e-12, "closed"},
    {3,
     BILLION,
     {0.5, 5e7},
     2.86583942254933488e-10,
     1.13138339541195679e-8,
     1e-12,
     "bisection"},
    {1000,
     BILLION,
     {0.5, 0.5},
     8.44106074695682907e-7,
     1.17399935550983014e-6,
     1e-12,
     "bisection"},
    {500000000,
     BILLION,
     {0.5, 0.5},
     0.499917588968091584,
     0.500082411031908416,
     1e-12,
     "bisection"},
};

/* log E of the mixture truncated at p0; mpmath, 40 or 50 digits, from the series of the
 * incomplete beta function. NAN: not made. */
static const struct {
    uint64_t failures, rounds;
    double p0;
    struct mp_beta_prior prior;
    double below, above, tolerance;
} EVIDENCE[] = {
    {0, 299, 0.01, {1.0, 1.0}, 1.85615391304, NAN, 1e-9},
    {1, 700, 0.01, {1.0, 1.0}, 3.12486950667, NAN, 1e-9},
    {0, 2995, 0.001, {1.0, 1.0}, 1.8480200382, NAN, 1e-9},
    {0, 299, 0.01, {0.5, 0.5}, 2.32025535190042303, -4.60772260392950504, 1e-12},
    {1, 700, 0.01, {0.5, 0.5}, 3.28843188289586819, -5.26728342534817507, 1e-12},
    {300, 1000, 0.3, {0.5, 0.5}, -3.3798460545801513, -3.9089666057207492, 1e-12},
    {46, 77, 0.3, {0.5, 0.5}, -4.09616114506608688, 12.5972016917496012, 1e-12},
    {12, 1000000, 2e-5, {0.5, 0.5}, 0.564978531462891626, -8.79888878867139712, 1e-12},
    {0, BILLION, 1e-8, {0.5, 0.5}, 8.7279175198300734, -12.7024984625872709, 1e-12},
    {3, BILLION, 1e-8, {0.5, 0.5}, 2.44319336758677222, -12.4034979472588544, 1e-12},
    {3, BILLION, 2e-8, {0.5, 0.5}, 10.022762346598844, -12.8778553049447604, 1e-12},
    {20, BILLION, 1e-8, {0.5, 0.5}, -3.11580928350248034, -6.72885786135982845, 1e-12},
};

static void limits_for_every_look_agree_with_other_programs(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(SEQUENCES); i++) {
        struct mp_interval got = mp_eprocess_interval(
            SEQUENCES[i].failures, SEQUENCES[i].rounds, 0.05, SEQUENCES[i].prior);
        assert_near(got.low, SEQUENCES[i].low, SEQUENCES[i].tolerance, "low", i);
        assert_near(got.high, SEQUENCES[i].high, SEQUENCES[i].tolerance, "high", i);
    }
}

static void evidence_below_and_above_agrees_with_other_programs(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(EVIDENCE); i++) {
        double below = mp_eprocess_log_below(EVIDENCE[i].failures, EVIDENCE[i].rounds,
                                             EVIDENCE[i].p0, EVIDENCE[i].prior);
        assert_near(below, EVIDENCE[i].below, EVIDENCE[i].tolerance, "below", i);
        if (!isnan(EVIDENCE[i].above)) {
            double above = mp_eprocess_log_above(EVIDENCE[i].failures, EVIDENCE[i].rounds,
                                                 EVIDENCE[i].p0, EVIDENCE[i].prior);
            assert_near(above, EVIDENCE[i].above, EVIDENCE[i].tolerance, "above", i);
        }
    }
}

static void clean_rounds_needed_agree_with_other_programs(void **state) {
    (void)state;
    /* mpmath; the success run that dies at its first failure needs 59, 299 and 2,995. */
    static const struct {
        double p0;
        uint64_t uniform, jeffreys;
    } rows[] = {
        {0.05, 88, 74},
        {0.01, 449, 377},
        {0.001, 4512, 3787},
    };
    struct mp_beta_prior uniform = {1.0, 1.0}, jeffreys = mp_prior_jeffreys();
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        double p0 = rows[i].p0;
        assert_int_equal(mp_eprocess_clean_rounds(0, 0, p0, 0.05, uniform),
                         rows[i].uniform);
        assert_int_equal(mp_eprocess_clean_rounds(0, 0, p0, 0.05, jeffreys),
                         rows[i].jeffreys);
        assert_int_equal(mp_eprocess_clean_rounds(0, 20, p0, 0.05, jeffreys),
                         rows[i].jeffreys - 20);
    }
}

static void clean_rounds_needed_are_exactly_enough(void **state) {
    (void)state;
    static const struct {
        uint64_t failures, rounds;
        double p0, alpha;
    } rows[] = {
        {0, 0, 0.3, 0.05},   {1, 5, 0.05, 0.05}, {7, 1000, 0.001, 0.01},
        {3, 10, 1e-8, 0.05}, {0, 0, 0.9, 0.05},  {5, 2, 0.01, 0.05}, /* as 2 of 2 */
    };
    struct mp_beta_prior prior = mp_prior_jeffreys();
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        uint64_t x =
            rows[i].failures < rows[i].rounds ? rows[i].failures : rows[i].rounds;
        uint64_t more = mp_eprocess_clean_rounds(rows[i].failures, rows[i].rounds,
                                                 rows[i].p0, rows[i].alpha, prior);
        uint64_t n = rows[i].rounds + more;
        assert_true(more > 0 && more < UINT64_C(1) << 50);
        assert_true(mp_eprocess_log_below(x, n, rows[i].p0, prior) >=
                    -log(rows[i].alpha));
        assert_true(mp_eprocess_log_below(x, n - 1, rows[i].p0, prior) <
                    -log(rows[i].alpha));
        assert_int_equal(mp_eprocess_clean_rounds(x, n, rows[i].p0, rows[i].alpha, prior),
                         0);
    }
}

/* What makes it a fair game: the mean of E over the next round, at the rate p0, is E
 * now. */
static void the_next_round_cannot_raise_the_evidence_in_the_mean(void **state) {
    (void)state;
    struct mp_beta_prior prior = mp_prior_jeffreys();
    for (uint64_t n = 0; n < 60; n++) {
        for (uint64_t x = 0; x <= n; x++) {
            static const double rates[] = {1e-4, 0.01, 0.3, 0.8};
            for (size_t i = 0; i < MP_COUNT(rates); i++) {
                double p = rates[i];
                double now = mp_eprocess_log_below(x, n, p, prior);
                double mean =
                    p * exp(mp_eprocess_log_below(x + 1, n + 1, p, prior) - now) +
                    (1 - p) * exp(mp_eprocess_log_below(x, n + 1, p, prior) - now);
                assert_near(mean, 1.0, 1e-10, "below", i);
                now = mp_eprocess_log_above(x, n, p, prior);
                mean = p * exp(mp_eprocess_log_above(x + 1, n + 1, p, prior) - now) +
                       (1 - p) * exp(mp_eprocess_log_above(x, n + 1, p, prior) - now);
                assert_near(mean, 1.0, 1e-10, "above", i);
            }
        }
    }
}

static void no_input_makes_nan(void **state) {
    (void)state;
    static const uint64_t counts[] = {0,         1, 2, 77, BILLION, UINT64_C(1) << 53,
                                      UINT64_MAX};
    static const double reals[] = {NAN,    -INFINITY, -1.0,    0.0,   DBL_TRUE_MIN,
                                   1e-300, 1e-8,      0.05,    0.999, 1.0,
                                   2.0,    DBL_MAX,   INFINITY};
    size_t cases = 0;
    for (size_t i = 0; i < MP_COUNT(counts) * MP_COUNT(counts); i++) {
        uint64_t x = counts[i % MP_COUNT(counts)], n = counts[i / MP_COUNT(counts)];
        for (size_t j = 0; j < MP_COUNT(reals) * MP_COUNT(reals); j++) {
            double p = reals[j % MP_COUNT(reals)], a = reals[j / MP_COUNT(reals)];
            struct mp_beta_prior priors[] = {{0.5, a}, {a, 0.5}, mp_prior_rare(p)};
            for (size_t k = 0; k < MP_COUNT(priors); k++, cases++) {
                assert_false(isnan(mp_eprocess_log_below(x, n, p, priors[k])));
                assert_false(isnan(mp_eprocess_log_above(x, n, p, priors[k])));
                struct mp_interval got = mp_eprocess_interval(x, n, p, priors[k]);
                assert_true(got.low >= 0.0 && got.low <= got.high && got.high <= 1.0);
            }
            double share = mp_eprocess_share(a, p);
            assert_true(share >= 0.0 && share <= 1.0);
        }
    }
    assert_true(cases > 20000);
}

static void what_cannot_be_claimed_is_never_claimed(void **state) {
    (void)state;
    struct mp_beta_prior prior = mp_prior_jeffreys(), none = {0.0, 0.5};
    assert_true(mp_eprocess_log_below(0, 1000, 0.0, prior) == 0.0);
    assert_true(mp_eprocess_log_below(0, 1000, 1.0, prior) == 0.0);
    assert_true(mp_eprocess_log_below(0, 0, 0.5, prior) == 0.0);
    assert_true(mp_eprocess_log_below(0, 1000, 0.5, none) == 0.0);
    assert_true(mp_eprocess_clean_rounds(0, 0, 0.0, 0.05, prior) == UINT64_MAX);
    assert_true(mp_eprocess_clean_rounds(0, 0, 0.01, 0.0, prior) == UINT64_MAX);
    assert_true(mp_eprocess_clean_rounds(0, 0, 1e-300, 0.05, prior) == UINT64_MAX);
    assert_false(mp_eprocess_decides(1e9, 0.0));
    assert_false(mp_eprocess_decides(NAN, 0.05));
    assert_true(mp_eprocess_share(NAN, 0.05) == 0.0);
    assert_near(mp_eprocess_share(1.0, exp(-4.0)), 0.25, 1e-15, "share", 0);
    struct mp_interval all = mp_eprocess_interval(3, 10, 1.0, prior);
    assert_true(all.low == 0.0 && all.high == 1.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_for_every_look_agree_with_other_programs),
        cmocka_unit_test(evidence_below_and_above_agrees_with_other_programs),
        cmocka_unit_test(clean_rounds_needed_agree_with_other_programs),
        cmocka_unit_test(clean_rounds_needed_are_exactly_enough),
        cmocka_unit_test(the_next_round_cannot_raise_the_evidence_in_the_mean),
        cmocka_unit_test(no_input_makes_nan),
        cmocka_unit_test(what_cannot_be_claimed_is_never_claimed),
    };
    return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
