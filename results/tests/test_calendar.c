/* The calendar of nights: days stand under their weekday.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/report/calendar_html.h"

/* How many empty cells stand before the first of the month, and how many days it has. */
static void count_cells(const char *night, size_t *ret_blank, size_t *ret_days) {
    struct mp_nights_row row = {
        .night = (char *)night, .rounds = 5, .failures = 2, .control = MP_CONTROL_FOUND};
    struct mp_nights_build build = {.name = "A"};
    struct mp_nights nights = {
        .build = &build, .build_count = 1, .row = &row, .row_count = 1};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    struct mp_html html = {.buf = &buf};
    mp_calendar_add(&nights, &html);
    *ret_blank = *ret_days = 0;
    for (const char *at = buf.text; (at = strstr(at, "<td>")) != NULL; at++)
        ++*ret_blank;
    for (const char *at = buf.text; (at = strstr(at, "<td class=")) != NULL; at++)
        ++*ret_days;
    assert_non_null(strstr(buf.text, ": 2 of 5 rounds failed</span>"));
    assert_non_null(strstr(buf.text, "href=\"#night-"));
    mp_strbuf_release(&buf);
}

static void days_stand_under_their_weekday(void **state) {
    (void)state;
    static const struct {
        const char *night;
        size_t blank, days; /* blank 0: the month begins on a Monday */
    } rows[] = {
        {"2026-11-10", 6, 30}, /* a Sunday */
        {"2026-06-30", 0, 30}, /* a Monday */
        {"2024-02-29", 3, 29}, /* a Thursday, in a leap year */
        {"2100-02-01", 0, 28}, /* a Monday, in none */
        {"2025-01-31", 2, 31}, /* a Wednesday */
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        size_t blank = 0, days = 0;
        count_cells(rows[i].night, &blank, &days);
        assert_int_equal(blank, rows[i].blank);
        assert_int_equal(days, rows[i].days);
    }
}

static void what_changed_stands_beside_the_months(void **state) {
    (void)state;
    struct mp_nights_row row = {.night = (char *)"2026-11-02",
                                .rounds = 9,
                                .failures = 3,
                                .control = MP_CONTROL_FOUND};
    struct mp_nights_build build = {.name = "A"};
    size_t changed_row[] = {0};
    struct mp_nights nights = {.build = &build,
                               .build_count = 1,
                               .row = &row,
                               .row_count = 1,
                               .change = {{.night = 0, .rate_after = 0.25}},
                               .changed_row = changed_row};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    struct mp_html html = {.buf = &buf};
    mp_calendar_add(&nights, &html);
    assert_null(strstr(buf.text, "What changed"));
    mp_strbuf_clear(&buf);
    nights.change_count = 1;
    mp_calendar_add(&nights, &html);
    assert_non_null(strstr(buf.text, "What changed"));
    assert_non_null(
        strstr(buf.text, "<a href=\"#night-2026-11-02\">2026-11-02</a> the rate changed "
                         "here: 0 % before, 25"));
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_stand_under_their_weekday),
        cmocka_unit_test(what_changed_stands_beside_the_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
