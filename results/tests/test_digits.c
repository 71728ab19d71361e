/* Numbers in three digits: limits go outward, nothing possible is shown as impossible.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/stats/digits.h"
#include "results/stats/effect.h"

static void limits_are_rounded_outward(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *down, *up;
    } rows[] = {
        {2.4703, "2.47", "2.48"},
        {0.2801, "0.28", "0.281"},
        {2.5, "2.5", "2.5"},
        {0.1 + 0.2, "0.3", "0.3"}, /* but for the last bits of a double */
        {12.345, "12.3", "12.4"},
        {9.996, "9.99", "10"},
        {1234.5, "1230", "1240"},
        {4.4e-9, "4.4e-09", "4.4e-09"},
        {0, "0", "0"},
        {INFINITY, "inf", "inf"},
    };
    char text[MP_DIGITS_SIZE];
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        mp_digits_lower(rows[i].value, text, sizeof(text));
        assert_string_equal(text, rows[i].down);
        mp_digits_upper(rows[i].value, text, sizeof(text));
        assert_string_equal(text, rows[i].up);
    }
    mp_digits_point(2.4756, text, sizeof(text));
    assert_string_equal(text, "2.48");
}

/* The interval that is shown holds the one that was computed, and is hardly wider. */
static void every_ratio_of_small_arms_is_shown_by_a_wider_interval(void **state) {
    (void)state;
    for (uint64_t a = 1; a < 74; a += 3) {
        for (uint64_t b = 1; b < 74; b += 2) {
            struct mp_effect ratio =
                mp_effect_ratio_koopman((struct mp_two_arms){a, 74, b, 74}, 0.05);
            char low[MP_DIGITS_SIZE], high[MP_DIGITS_SIZE];
            mp_digits_lower(ratio.low, low, sizeof(low));
            mp_digits_upper(ratio.high, high, sizeof(high));
            assert_true(strtod(low, NULL) <= ratio.low * (1 + 1e-10));
            assert_true(strtod(high, NULL) >= ratio.high * (1 - 1e-10));
            assert_true(strtod(low, NULL) >= ratio.low * 0.99);
            assert_true(strtod(high, NULL) <= ratio.high * 1.01);
        }
    }
}

/* No E that decides nothing may read like the threshold. */
static void evidence_is_rounded_down_and_what_it_needs_up(void **state) {
    (void)state;
    static const struct {
        double e;
        const char *shown, *needed;
    } rows[] = {
        {19.97, "19.9", "20"},       {20, "20", "20"},           {999.9, "999", "1000"},
        {100.0 / 3, "33.3", "33.4"}, {0.2789, "0.278", "0.279"}, {2e-9, "2e-09", "2e-09"},
    };
    char text[MP_DIGITS_SIZE];
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        mp_digits_evidence(log(rows[i].e), text, sizeof(text));
        assert_string_equal(text, rows[i].shown);
        mp_digits_evidence_needed(log(rows[i].e), text, sizeof(text));
        assert_string_equal(text, rows[i].needed);
    }
    mp_digits_evidence(log(9.98e12), text, sizeof(text));
    assert_string_equal(text, "9.9e12");
    mp_digits_evidence(1e6, text, sizeof(text)); /* more than a double holds */
    assert_string_equal(text, "3.0e434294");
}

static void no_probability_is_shown_as_zero(void **state) {
    (void)state;
    static const struct {
        double p;
        const char *text;
    } rows[] = {{0.0313, "= 0.031"},    {1, "= 1"},           {6.2e-20, "= 6.2e-20"},
                {1e-300, "= 1.0e-300"}, {1e-310, "< 1e-300"}, {0, "< 1e-300"},
                {-1, "< 1e-300"},       {NAN, "< 1e-300"}};
    char text[MP_DIGITS_SIZE];
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        mp_digits_probability(rows[i].p, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_rounded_outward),
        cmocka_unit_test(every_ratio_of_small_arms_is_shown_by_a_wider_interval),
        cmocka_unit_test(evidence_is_rounded_down_and_what_it_needs_up),
        cmocka_unit_test(no_probability_is_shown_as_zero),
    };
    return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
