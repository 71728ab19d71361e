/* Tests of durations and times as people write and read them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"

#define MS MP_CLOCK_NS_PER_MS
#define S  MP_CLOCK_NS_PER_S

static void durations_are_read_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } rows[] = {
        {"200us", MS / 5},        {"250ms", 250 * MS},      {"10s", 10 * S},
        {"5m", 300 * S},          {"8h", 8 * 3600 * S},     {"1d", 86400 * S},
        {"1h30m", 5400 * S},      {"90s", 90 * S},          {"2.5s", 2500 * MS},
        {"0.000000001s", 1},      {"1m5s20ms", 65020 * MS}, {"365d", 365 * 86400 * S},
        {"1.0000000019s", S + 1}, {"007s", 7 * S},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        uint64_t ns = 0;
        struct mp_error err = {""};
        assert_int_equal(mp_clock_parse_duration(rows[i].text, &ns, &err), MP_OK);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void durations_that_mean_nothing_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "s",
        "0",
        "0s",
        "0.0000000001s",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1 s",
        "1.",
        ".5",
        "8",
        "2.5",
        "1.5m",
        "1e3",
        "0x10",
        "1x",
        "1hour",
        "1s1s",
        "1s1m",
        "1mm",
        "366d",
        "365d1ms",
        "31536000.1s",
        "99999999999999999999999s",
        "1h30",
        "inf",
        "nan",
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        uint64_t ns = 42;
        struct mp_error err = {""};
        assert_int_equal(mp_clock_parse_duration(texts[i], &ns, &err), MP_USAGE);
        assert_int_equal(ns, 42);
        assert_int_not_equal(err.text[0], '\0');
    }
}

static void exact_format_reads_back_as_the_same_duration(void **state) {
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } rows[] = {
        {5400 * S, "1h30m"}, {90061 * S + MS, "1d1h1m1s1ms"}, {250 * MS, "250ms"},
        {1, "0.000000001s"}, {S + 1, "1.000000001s"},         {365 * 86400 * S, "365d"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        char text[32];
        uint64_t ns = 0;
        struct mp_error err = {""};
        mp_clock_format_duration(rows[i].ns, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
        assert_int_equal(mp_clock_parse_duration(text, &ns, &err), MP_OK);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void short_format_picks_the_unit_of_the_rounded_number(void **state) {
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } rows[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {840 * 1000, "840 us"},
        {999499, "999 us"},
        {999500, "1.0 ms"},
        {12300 * 1000, "12.3 ms"},
        {999949 * 1000, "999.9 ms"},
        {999950 * 1000, "1.0 s"},
        {4100 * MS, "4.1 s"},
        {59949 * MS, "59.9 s"},
        {59950 * MS, "1 min"},
        {720 * S, "12 min"},
        {3569 * S, "59 min"},
        {3570 * S, "1.0 h"},
        {11520 * S, "3.2 h"},
        {UINT64_MAX, "5124095.6 h"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        char text[32];
        mp_clock_format_short(rows[i].ns, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void clock_format_counts_hours_beyond_two_digits(void **state) {
    (void)state;
    char text[32];
    mp_clock_format_hms(3155 * S + 999 * MS, text, sizeof(text));
    assert_string_equal(text, "00:52:35");
    mp_clock_format_hms(UINT64_C(360000) * S, text, sizeof(text));
    assert_string_equal(text, "100:00:00");
}

static void wall_time_is_written_in_utc(void **state) {
    (void)state;
    char text[21];
    mp_clock_format_utc(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    mp_clock_format_utc(UINT64_C(1795230721) * S + 999 * MS, text, sizeof(text));
    assert_string_equal(text, "2026-11-21T03:12:01Z");
}

static void sleep_lasts_at_least_as_long_as_asked(void **state) {
    (void)state;
    uint64_t before = mp_clock_now_ns();
    mp_clock_sleep_ns(2 * MS);
    assert_true(mp_clock_now_ns() - before >= 2 * MS);
    assert_true(mp_clock_wall_ns() > UINT64_C(1700000000) * S);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_as_people_write_them),
        cmocka_unit_test(durations_that_mean_nothing_are_refused_with_a_sentence),
        cmocka_unit_test(exact_format_reads_back_as_the_same_duration),
        cmocka_unit_test(short_format_picks_the_unit_of_the_rounded_number),
        cmocka_unit_test(clock_format_counts_hours_beyond_two_digits),
        cmocka_unit_test(wall_time_is_written_in_utc),
        cmocka_unit_test(sleep_lasts_at_least_as_long_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
