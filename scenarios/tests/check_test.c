/* Tests of poison and comparison.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mp_check_tolerance exact = {0, 0};

static void poison_is_a_nan_with_its_payload(void **state) {
    float value[3] = {1, 2, 3};
    uint32_t bits;

    (void)state;
    mp_check_poison(value, 2);
    assert_true(isnan(value[0]) && isnan(value[1]));
    memcpy(&bits, &value[1], sizeof(bits));
    assert_int_equal(bits, MP_CHECK_POISON);
    assert_true(value[2] == 3);
}

static void equal_values_are_right(void **state) {
    const float values[3] = {0.0f, -1.5f, 3e38f};
    struct mp_check check = {0};

    (void)state;
    mp_check_compare(values, values, 3, 0, &exact, &check);
    assert_int_equal(check.compared, 3);
    assert_int_equal(check.wrong, 0);
}

static void first_wrong_value_is_named_with_its_place(void **state) {
    const float expected[4] = {1, 2, 3, 4};
    const float got[4] = {1, 2, 3.5f, 5};
    struct mp_check check = {0};
    char text[200];

    (void)state;
    mp_check_compare(expected, expected, 4, 2, &exact, &check);
    mp_check_compare(got, expected, 4, 3, &exact, &check);
    assert_int_equal(check.compared, 8);
    assert_int_equal(check.wrong, 2);
    assert_int_equal(check.unwritten, 0);
    assert_int_equal(check.array, 3);
    assert_int_equal(check.element, 2);
    mp_check_describe(&check, text, sizeof(text));
    assert_string_equal(
        text, "buffer 3, element 2: got 3.5, expected 3; 2 of 8 elements are wrong, "
              "0 of them never written");
}

static void tolerance_is_absolute_plus_relative(void **state) {
    const struct mp_check_tolerance tolerance = {.absolute = 0.5, .relative = 0.25};
    const float expected[2] = {4, -4};
    const float inside[2] = {5.5f, -2.5f};
    const float outside[2] = {5.51f, -2.49f};
    struct mp_check check = {0};

    (void)state;
    mp_check_compare(inside, expected, 2, 0, &tolerance, &check);
    assert_int_equal(check.wrong, 0);
    mp_check_compare(outside, expected, 2, 0, &tolerance, &check);
    assert_int_equal(check.wrong, 2);
}

static void nan_and_infinity_are_never_right(void **state) {
    const struct mp_check_tolerance wide = {.absolute = 1e30, .relative = 1};
    const float odd[2] = {NAN, INFINITY};
    const float zero[2] = {0, 0};
    struct mp_check check = {0};

    (void)state;
    mp_check_compare(odd, zero, 2, 0, &wide, &check);
    assert_int_equal(check.wrong, 2);
    mp_check_compare(odd, odd, 2, 0, &exact, &check);
    assert_int_equal(check.wrong, 4);
    assert_int_equal(check.unwritten, 0);
}

static void unwritten_elements_are_told_from_wrong_ones(void **state) {
    const float expected[4] = {1, 2, 3, 4};
    float got[4] = {1, 0, 3, 4};
    struct mp_check check = {0};

    (void)state;
    mp_check_poison(&got[3], 1);
    mp_check_compare(got, expected, 4, 0, &exact, &check);
    assert_int_equal(check.wrong, 2);
    assert_int_equal(check.unwritten, 1);
}

static void output_without_any_write_says_so(void **state) {
    const float expected[4] = {1, 2, 3, 4};
    float got[4];
    struct mp_check check = {0};
    char text[100];

    (void)state;
    mp_check_poison(got, 4);
    mp_check_compare(got, expected, 4, 0, &exact, &check);
    assert_int_equal(check.unwritten, check.compared);
    mp_check_describe(&check, text, sizeof(text));
    assert_string_equal(text, "none of its 4 elements was written");
}

#define LONG ((size_t)100)

static void a_wrong_element_of_a_long_array_is_found_wherever_it_is(void **state) {
    const struct mp_check_tolerance tight = {.absolute = 1e-6, .relative = 1e-6};
    float expected[LONG], got[LONG];

    (void)state;
    for (size_t place = 0; place < LONG; place++) {
        struct mp_check check = {0};

        for (size_t i = 0; i < LONG; i++)
            got[i] = expected[i] = (float)i - 50;
        got[place] += place % 2 == 0 ? NAN : 0.001f;
        mp_check_compare(got, expected, LONG, 0, &tight, &check);
        assert_int_equal(check.compared, LONG);
        assert_int_equal(check.wrong, 1);
        assert_int_equal(check.element, place);
    }
}

/* Steps of single precision around the limit: what stands in a long array is judged as
 * each element is by itself, in double precision. */
static void a_long_array_is_judged_as_its_elements_are(void **state) {
    const struct mp_check_tolerance of[] = {{1e-5, 1e-6}, {0, 1e-7}, {1e-7, 0}, {0, 0},
                                            {1, 1},       {0, 3},    {1e38, 0}};
    float expected[LONG], got[LONG];

    (void)state;
    for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++)
        for (int step = -60; step <= 60; step++) {
            struct mp_check whole = {0}, single = {0};

            for (size_t i = 0; i < LONG; i++) {
                expected[i] = ldexpf(1.0f + (float)i / LONG, (int)i - 50);
                double limit =
                    of[k].absolute + of[k].relative * fabs((double)expected[i]);
                got[i] = expected[i] + (float)limit;
                for (int n = 0; n < abs(step); n++)
                    got[i] = nextafterf(got[i], step < 0 ? -INFINITY : INFINITY);
            }
            mp_check_compare(got, expected, LONG, 0, &of[k], &whole);
            for (size_t i = 0; i < LONG; i++)
                mp_check_compare(&got[i], &expected[i], 1, 0, &of[k], &single);
            assert_int_equal(whole.wrong, single.wrong);
        }
}

static void poison_covers_a_long_array_and_no_more(void **state) {
    float value[LONG + 1];

    (void)state;
    value[LONG] = 7;
    mp_check_poison(value, LONG);
    for (size_t i = 0; i < LONG; i++)
        assert_true(isnan(value[i]));
    assert_true(value[LONG] == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poison_is_a_nan_with_its_payload),
        cmocka_unit_test(equal_values_are_right),
        cmocka_unit_test(first_wrong_value_is_named_with_its_place),
        cmocka_unit_test(tolerance_is_absolute_plus_relative),
        cmocka_unit_test(nan_and_infinity_are_never_right),
        cmocka_unit_test(unwritten_elements_are_told_from_wrong_ones),
        cmocka_unit_test(output_without_any_write_says_so),
        cmocka_unit_test(a_wrong_element_of_a_long_array_is_found_wherever_it_is),
        cmocka_unit_test(a_long_array_is_judged_as_its_elements_are),
        cmocka_unit_test(poison_covers_a_long_array_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
