/* How rates look: limits on the safe side, bars at their places, round scales.
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

#include "results/report/rate.h"

static struct mp_strbuf buf;

static int begin(void **state) {
    (void)state;
    mp_strbuf_init(&buf);
    return 0;
}

static int end(void **state) {
    (void)state;
    mp_strbuf_release(&buf);
    return 0;
}

static const char *write_rate(uint64_t failures, uint64_t rounds) {
    mp_strbuf_clear(&buf);
    mp_rate_write(mp_rate_of(failures, rounds), &buf);
    return buf.text;
}

static const char *write_bar(uint64_t failures, uint64_t rounds, bool is_summary,
                             double scale, size_t width) {
    mp_strbuf_clear(&buf);
    mp_rate_write_bar(mp_rate_of(failures, rounds), is_summary, scale, width, &buf);
    return buf.text;
}

static void a_rate_says_only_what_its_rounds_show(void **state) {
    (void)state;
    assert_string_equal(write_rate(0, 0), "unknown");
    assert_string_equal(write_rate(0, 100), "≤ 2.96 %");
    assert_string_equal(write_rate(1, 100), "1.00 %  [0.0253, 5.45]");
    assert_string_equal(write_rate(100, 100), "100 %  [96.3, 100]");
}

/* The chance that the limits that are shown hold a rate of p. */
static double coverage(uint64_t rounds, double p) {
    double sum = 0;
    for (uint64_t x = 0; x <= rounds; x++) {
        struct mp_interval limits = mp_rate_limits(mp_rate_of(x, rounds));
        double n = (double)rounds, k = (double)x;
        double chance = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) +
                            k * log(p) + (n - k) * log1p(-p));
        sum += limits.low <= p && p <= limits.high ? chance : 0;
    }
    return sum;
}

/* One-sided where nothing failed and two-sided elsewhere: of a rate just above the limit
 * of no failure both sides are lost, 5 and up to 2.5 %, as the reports say. */
static void limits_cover_as_the_reports_say(void **state) {
    (void)state;
    double least = 1;
    for (uint64_t rounds = 1; rounds <= 200; rounds++) {
        double beyond = mp_rate_limits(mp_rate_of(0, rounds)).high * (1 + 1e-9);
        least = fmin(least, coverage(rounds, beyond));
    }
    assert_true(least >= 0.925 && least < 0.926);
}

/* 5 of 10: limits 0.187 and 0.813. */
static void bars_stand_at_their_places(void **state) {
    (void)state;
    assert_string_equal(write_bar(5, 10, false, 1.0, 11), " ├───●───┤");
    assert_string_equal(write_bar(5, 10, true, 1.0, 11), " ├───◆───┤");
    assert_string_equal(write_bar(0, 10, false, 0.5, 11), "◁─────┤");
    assert_string_equal(write_bar(5, 10, false, 0.5, 6), " ├───●");
    assert_string_equal(write_bar(4, 10, false, 0.5, 6), " ├──●▷");
    assert_string_equal(write_bar(0, 0, false, 0.5, 6), "");
    assert_string_equal(write_bar(5, 10, false, 1.0, 1), "");
}

static void a_scale_is_round_and_holds_what_it_is_for(void **state) {
    (void)state;
    for (double rate = 1e-6; rate < 1.0; rate *= 1.07) {
        double scale = mp_rate_scale(rate);
        assert_true(scale >= rate * (1 - 1e-9) && scale <= 2.01 * rate);
    }
    assert_true(fabs(mp_rate_scale(0.139) - 0.15) < 1e-12);
    assert_true(mp_rate_scale(0.91) == 1.0);
    assert_true(mp_rate_scale(0.0) > 0.0);
}

static void an_axis_ends_where_its_bars_do(void **state) {
    (void)state;
    mp_rate_write_axis(0.05, 12, &buf);
    assert_string_equal(buf.text, "0        5 %");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_rate_says_only_what_its_rounds_show),
        cmocka_unit_test(limits_cover_as_the_reports_say),
        TEST(bars_stand_at_their_places),
        TEST(a_scale_is_round_and_holds_what_it_is_for),
        TEST(an_axis_ends_where_its_bars_do),
    };
    return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
