/* Ratios from pairs, and how well their limits cover.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/rng.h"
#include "results/stats/paired.h"

static void median_and_limits_are_those_of_the_sign_test(void **state) {
    (void)state;
    double a[20], b[20];
    for (int i = 0; i < 20; i++) {
        a[i] = 2;
        b[19 - i] = 2 * (i + 1); /* ratios 1..20, out of order */
    }
    struct mp_paired_ratio ratio = mp_paired_ratio(a, b, 20, 0.05);
    assert_int_equal(ratio.pairs, 20);
    assert_float_equal(ratio.median, sqrt(110), 1e-12);
    /* 20 coins: P(X <= 5) = 0.0207, P(X <= 6) = 0.0577, so the 6th from either end. */
    assert_float_equal(ratio.low, 6, 0);
    assert_float_equal(ratio.high, 15, 0);
}

static void few_pairs_say_nothing_of_the_limits(void **state) {
    (void)state;
    const double a[] = {1, 1, 1, 1, 1, 1}, b[] = {3, 2, 4, 6, 5, 7};
    struct mp_paired_ratio five = mp_paired_ratio(a, b, 5, 0.05); /* 2/32 > 5 % */
    assert_float_equal(five.median, 4, 0);
    assert_float_equal(five.low, 0, 0);
    assert_true(isinf(five.high));
    struct mp_paired_ratio six = mp_paired_ratio(a, b, 6, 0.05); /* 2/64 < 5 % */
    assert_float_equal(six.low, 2, 0);
    assert_float_equal(six.high, 7, 0);
    struct mp_paired_ratio none = mp_paired_ratio(a, b, 0, 0.05);
    assert_int_equal(none.pairs, 0);
    assert_float_equal(none.median, 1, 0);
    assert_float_equal(none.low, 0, 0);
    assert_true(isinf(none.high));
}

static void pairs_that_are_no_measurement_are_left_out(void **state) {
    (void)state;
    const double a[] = {0, 1, NAN, INFINITY, 2, -1, 1e-300},
                 b[] = {1, 0, 1, 1, 4, 1, 1e300};
    struct mp_paired_ratio ratio = mp_paired_ratio(a, b, 7, 0.05);
    assert_int_equal(ratio.pairs, 1);
    assert_float_equal(ratio.median, 2, 0);
}

static void one_wild_pair_does_not_move_the_limits(void **state) {
    (void)state;
    double a[40], b[40];
    for (int i = 0; i < 40; i++) {
        a[i] = 100;
        b[i] = 80 + i % 5;
    }
    b[7] = 1e9;
    struct mp_paired_ratio ratio = mp_paired_ratio(a, b, 40, 0.05);
    assert_float_equal(ratio.median, 0.82, 1e-12);
    assert_true(ratio.low >= 0.80 && ratio.high <= 0.84);
}

/* Blocks whose speed swings by a factor of ten, with a true ratio of 0.7 and skewed
 * noise. */
static void limits_cover_the_true_median_as_often_as_stated(void **state) {
    (void)state;
    enum { CAMPAIGNS = 2000, BLOCKS = 30 };
    struct mp_rng rng;
    int covered = 0;
    mp_rng_seed(&rng, 4);
    for (int i = 0; i < CAMPAIGNS; i++) {
        double a[BLOCKS], b[BLOCKS];
        for (int j = 0; j < BLOCKS; j++) {
            double speed = 1e5 * pow(10, mp_rng_unit(&rng));
            double noise = mp_rng_unit(&rng) - 0.5; /* median 0 */
            a[j] = speed;
            b[j] = 0.7 * speed * exp(noise > 0 ? 3 * noise : noise);
        }
        struct mp_paired_ratio ratio = mp_paired_ratio(a, b, BLOCKS, 0.05);
        covered += ratio.low <= 0.7 && 0.7 <= ratio.high;
    }
    assert_in_range(covered, 1886,
                    CAMPAIGNS); /* 95.7 % expected, and 94.3 % 3 deviations below */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_and_limits_are_those_of_the_sign_test),
        cmocka_unit_test(few_pairs_say_nothing_of_the_limits),
        cmocka_unit_test(pairs_that_are_no_measurement_are_left_out),
        cmocka_unit_test(one_wild_pair_does_not_move_the_limits),
        cmocka_unit_test(limits_cover_the_true_median_as_often_as_stated),
    };
    return cmocka_run_group_tests_name("paired ratios", tests, NULL, NULL);
}
