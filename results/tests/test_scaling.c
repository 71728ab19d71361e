/* Speed-up, efficiency and saturation: planted curves with noise that whole blocks share,
 * and limits that say when too little was measured.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "harness/base/rng.h"
#include "results/stats/scaling.h"

#define POINTS 5
#define BLOCKS 20
#define ALPHA  0.05

static double speed[POINTS][BLOCKS];
static struct mp_scaling_point point[POINTS];

/* Threads 1, 2, 4, 8, 16 that do `planted` times as much; each block has a speed of its
 * own, between half and double, and each measurement is off by up to `noise`. */
static void plant(const double *planted, double noise) {
    struct mp_rng rng;
    mp_rng_seed(&rng, 9);
    for (size_t i = 0; i < POINTS; i++)
        point[i] = (struct mp_scaling_point){.at = (double)(1 << i), .speed = speed[i]};
    for (size_t k = 0; k < BLOCKS; k++) {
        double block = 1000 * pow(2, 2 * (double)(mp_rng_next(&rng) >> 11) * 0x1p-53 - 1);
        for (size_t i = 0; i < POINTS; i++)
            speed[i][k] =
                block * planted[i] *
                (1 + noise * (2 * (double)(mp_rng_next(&rng) >> 11) * 0x1p-53 - 1));
    }
}

static void a_planted_curve_is_measured_though_blocks_differ(void **state) {
    (void)state;
    static const double planted[POINTS] = {1, 1.9, 3.5, 6, 9};
    size_t at = 99;
    plant(planted, 0.02);
    assert_int_equal(mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at),
                     MP_SATURATION_NONE);
    assert_int_equal(at, 99);
    for (size_t i = 0; i < POINTS; i++) {
        assert_int_equal(point[i].speed_up.pairs, BLOCKS);
        assert_true(fabs(point[i].speed_up.median / planted[i] - 1) < 0.03);
        assert_true(point[i].speed_up.low <= planted[i] * 1.03);
        assert_true(point[i].speed_up.high >= planted[i] * 0.97);
        assert_near(point[i].efficiency, point[i].speed_up.median / (double)(1 << i),
                    1e-12, "efficiency");
        assert_near(point[i].low * (double)(1 << i), point[i].speed_up.low, 1e-12, "low");
        assert_true(point[i].low <= point[i].efficiency &&
                    point[i].efficiency <= point[i].high);
        /* Of the speed itself the limits are as wide as the blocks differ. */
        assert_true(point[i].speeds.high > 1.3 * point[i].speeds.low);
    }
    assert_near(point[0].efficiency, 1, 1e-12, "first");
}

static void saturation_is_the_first_that_no_larger_one_beats(void **state) {
    (void)state;
    static const double flat[POINTS] = {1, 1.9, 3, 3.1, 2.5};
    static const double serial[POINTS] = {1, 1, 1, 1, 1};
    static const double late[POINTS] = {1, 1, 1, 1, 1.5};
    size_t at = 99;
    plant(flat, 0.01);
    assert_int_equal(mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at),
                     MP_SATURATION_AT);
    assert_int_equal(at, 2);
    plant(serial, 0.01);
    assert_int_equal(mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at),
                     MP_SATURATION_AT);
    assert_int_equal(at, 0);
    plant(late, 0.01);
    assert_int_equal(mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at),
                     MP_SATURATION_NONE);
}

/* Two blocks have no limits, and noise hides a plateau. */
static void too_little_is_told_as_unknown(void **state) {
    (void)state;
    static const double flat[POINTS] = {1, 1.9, 3, 3, 3};
    size_t at = 99;
    plant(flat, 0.01);
    assert_int_equal(mp_scaling_measure(point, POINTS, 2, ALPHA, &at),
                     MP_SATURATION_UNKNOWN);
    assert_int_equal(point[4].speed_up.pairs, 2);
    assert_true(isinf(point[4].high));
    plant(flat, 0.9);
    assert_int_equal(mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at),
                     MP_SATURATION_UNKNOWN);
    assert_int_equal(mp_scaling_measure(point, 1, BLOCKS, ALPHA, &at),
                     MP_SATURATION_UNKNOWN);
}

/* A round that did not pass leaves its block out, for that pair alone. */
static void blocks_without_a_speed_are_left_out(void **state) {
    (void)state;
    static const double planted[POINTS] = {1, 2, 4, 8, 16};
    size_t at = 0;
    plant(planted, 0);
    speed[0][3] = 0;
    speed[2][4] = 0;
    mp_scaling_measure(point, POINTS, BLOCKS, ALPHA, &at);
    assert_int_equal(point[0].speeds.pairs, BLOCKS - 1);
    assert_int_equal(point[1].speed_up.pairs, BLOCKS - 1);
    assert_int_equal(point[2].speed_up.pairs, BLOCKS - 2);
    assert_near(point[2].speed_up.median, 4, 1e-9, "median");
    /* From 2 threads on: what counts is how many times as many there are. */
    mp_scaling_measure(point + 1, POINTS - 1, BLOCKS, ALPHA, &at);
    assert_near(point[4].speed_up.median, 8, 1e-9, "median");
    assert_near(point[4].efficiency, 1, 1e-9, "efficiency");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_curve_is_measured_though_blocks_differ),
        cmocka_unit_test(saturation_is_the_first_that_no_larger_one_beats),
        cmocka_unit_test(too_little_is_told_as_unknown),
        cmocka_unit_test(blocks_without_a_speed_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
