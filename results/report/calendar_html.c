/* A calendar.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/calendar_html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "results/stats/percent.h"

#define MONTHS_MAX 18 /* the newest */

/* All rows of one date. */
struct day {
    uint64_t rounds, failures;
    bool has_control, is_silent, is_changed, has_alarm;
};

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* Of the first of a month, 0 for Monday (Sakamoto). */
static int weekday_of(int year, int month) {
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    year -= month < 3;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + 1) % 7;
}

static bool read_month(const char *night, int *ret_year, int *ret_month) {
    return sscanf(night, "%4d-%2d", ret_year, ret_month) == 2 && *ret_month >= 1 &&
           *ret_month <= 12 && *ret_year > 0;
}

static bool find_day(const struct mp_nights *nights, const char *night, struct day *day) {
    bool is_there = false;
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    *day = (struct day){0};
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        if (strcmp(row->night, night) != 0)
            continue;
        is_there = true;
        day->rounds += row->rounds + row->without_power;
        day->failures += row->failures;
        day->has_control = day->has_control || row->control == MP_CONTROL_FOUND;
        day->is_silent = day->is_silent || row->control == MP_CONTROL_SILENT;
        mp_strbuf_clear(&words);
        mp_nights_write_difference(nights, i, &words);
        day->is_changed = day->is_changed || words.len > 0;
        day->has_alarm =
            day->has_alarm || (nights->has_watch && nights->alarm.has_alarm &&
                               nights->watched_row[nights->alarm.night] == i);
    }
    mp_strbuf_release(&words);
    return is_there;
}

static void add_day(const struct day *day, const char *night, int number,
                    struct mp_html *html) {
    const char *mood = day->failures > 0                     ? "n-bad"
                       : day->is_silent || !day->has_control ? "n-warn"
                                                             : "n-good";
    const char *sign = day->failures > 0 ? "✕" : day->has_control ? "✓" : "!";
    mp_html_open(html, "td");
    mp_html_set(html, "class", "%s%s%s", mood, day->has_alarm ? " alarm" : "",
                day->is_changed ? " changed" : "");
    mp_html_open(html, "a");
    mp_html_set(html, "href", "#night-%s", night);
    mp_html_text(html, "%d", number);
    if (day->failures > 0)
        mp_html_leaf(html, "small", NULL, "%s%" PRIu64, sign, day->failures);
    else
        mp_html_leaf(html, "small", NULL, "%s", sign);
    mp_html_leaf(html, "span", "hidden",
                 "%s: %" PRIu64 " of %" PRIu64 " rounds failed%s%s%s", night,
                 day->failures, day->rounds, day->has_control ? "" : ", no control found",
                 day->is_changed ? ", system or driver changed" : "",
                 day->has_alarm ? ", alarm" : "");
    mp_html_close(html);
    mp_html_close(html);
}

static void add_month(const struct mp_nights *nights, int year, int month,
                      struct mp_html *html) {
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
    int offset = weekday_of(year, month) - 1, count = days_of(year, month);
    offset = offset < 0 ? 6 : offset; /* Sunday was 0 */
    mp_html_open_class(html, "table", "month");
    mp_html_leaf(html, "caption", NULL, "%s %d", names[month - 1], year);
    mp_html_open(html, "thead");
    mp_html_open(html, "tr");
    for (int i = 0; i < 7; i++) {
        mp_html_open(html, "th");
        mp_html_set(html, "scope", "col");
        mp_html_text(html, "%s", days[i]);
        mp_html_close(html);
    }
    mp_html_close(html);
    mp_html_close(html);
    mp_html_open(html, "tbody");
    for (int at = 0; at < offset + count; at++) {
        char night[24];
        struct day day;
        int number = at - offset + 1;
        if (at % 7 == 0) {
            if (at > 0)
                mp_html_close(html);
            mp_html_open(html, "tr");
        }
        snprintf(night, sizeof(night), "%04d-%02d-%02d", year, month, number);
        if (number >= 1 && find_day(nights, night, &day))
            add_day(&day, night, number, html);
        else if (number >= 1)
            mp_html_leaf(html, "td", "day-off", "%d", number);
        else
            mp_html_leaf(html, "td", NULL, "%s", "");
    }
    mp_html_close(html);
    mp_html_close(html);
    mp_html_close(html);
}

void mp_calendar_write_changes(const struct mp_nights *nights, size_t row,
                               struct mp_strbuf *line) {
    mp_nights_write_difference(nights, row, line);
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        char before[MP_PERCENT_SIZE], after[MP_PERCENT_SIZE];
        if (nights->changed_row[change->night] != row)
            continue;
        mp_percent_point(change->rate_before, before, sizeof(before));
        mp_percent_point(change->rate_after, after, sizeof(after));
        mp_strbuf_addf(line, "%sthe rate changed here: %s %% before, %s %% from here on",
                       line->len > 0 ? "; " : "", before, after);
    }
}

/* Beside the months: each night on which something changed, and what. */
static void add_changes(const struct mp_nights *nights, struct mp_html *html) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    bool is_open = false;
    for (size_t i = 0; i < nights->row_count; i++) {
        mp_strbuf_clear(&line);
        mp_calendar_write_changes(nights, i, &line);
        if (line.len == 0)
            continue;
        if (!is_open) {
            mp_html_open_class(html, "div", "changes");
            mp_html_leaf(html, "p", "soft", "%s", "What changed");
            mp_html_open(html, "ul");
            is_open = true;
        }
        mp_html_open(html, "li");
        mp_html_open(html, "a");
        mp_html_set(html, "href", "#night-%s", nights->row[i].night);
        mp_html_text(html, "%s", nights->row[i].night);
        mp_html_close(html);
        mp_html_text(html, " %s", line.text);
        mp_html_close(html);
    }
    if (is_open) {
        mp_html_close(html);
        mp_html_close(html);
    }
    mp_strbuf_release(&line);
}

void mp_calendar_add(const struct mp_nights *nights, struct mp_html *html) {
    int year = 0, month = 0, end_year = 0, end_month = 0;
    if (!read_month(nights->row[0].night, &year, &month) ||
        !read_month(nights->row[nights->row_count - 1].night, &end_year, &end_month))
        return;
    int count = (end_year - year) * 12 + end_month - month + 1;
    if (count > MONTHS_MAX) {
        int from = end_year * 12 + end_month - MONTHS_MAX;
        year = from / 12;
        month = from % 12 + 1;
        count = MONTHS_MAX;
    }
    mp_page_section(html, "calendar", "Calendar");
    mp_html_open_class(html, "div", "months");
    for (int i = 0; i < count; i++) {
        add_month(nights, year, month, html);
        month = month % 12 + 1;
        year += month == 1;
    }
    add_changes(nights, html);
    mp_html_close(html);
    mp_page_small(html, "✓ none of the subjects' rounds failed and the control that must "
                        "fail did; ✕ so many failed; ! no control that must fail did, so "
                        "that zeros mean nothing. Framed: system or driver changed, or "
                        "(thick) an alarm. Each night leads to its row below.");
    mp_page_section_end(html);
}
