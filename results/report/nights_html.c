/* Nights as a page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_html.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/wire/device_name.h"
#include "results/report/calendar_html.h"
#include "results/report/line.h"
#include "results/report/nights_sections.h"
#include "results/report/nights_text.h"
#include "results/report/parts_html.h"
#include "results/stats/percent.h"

#define COLUMNS    100
#define NIGHTS_MAX 400 /* rows of the table, the newest */

static void add_verdict(const struct mp_nights *nights, struct mp_html *html) {
    struct mp_strbuf view, words, reason;
    bool has_model = false;
    mp_strbuf_init(&view);
    mp_strbuf_init(&words);
    mp_strbuf_init(&reason);
    for (size_t i = 0; i < nights->cell_count; i++)
        has_model = has_model || mp_device_name_is_model(nights->cell[i].device);
    if (has_model)
        mp_page_note(html, MP_MODEL_NOTE);
    if (nights->has_virtual)
        mp_page_note(html, MP_VIRTUAL_NOTE);
    mp_strbuf_addstr(&view, "nights");
    if (nights->row_count > 0)
        mp_strbuf_addf(&view, " · %s to %s · %zu campaigns · %zu subjects",
                       nights->row[0].night, nights->row[nights->row_count - 1].night,
                       nights->campaign_count, nights->shown);
    mp_verdict_write_words(mp_verdict_name(nights->verdict), &words);
    mp_nights_write_reason(nights, &reason);
    mp_page_verdict(html, mp_verdict_mood(nights->verdict), view.text, words.text,
                    reason.text);
    mp_strbuf_release(&reason);
    mp_strbuf_release(&words);
    mp_strbuf_release(&view);
}

static void add_alarm(const struct mp_nights *nights, struct mp_html *html) {
    const struct mp_night_alarm *alarm = &nights->alarm;
    char before[MP_PERCENT_SIZE], after[MP_PERCENT_SIZE];
    if (!nights->has_watch)
        return;
    mp_page_section(html, "alarm", "Is the newest night worse than those before?");
    if (alarm->has_alarm) {
        mp_percent_point(alarm->rate_before, before, sizeof(before));
        mp_percent_point(alarm->rate_after, after, sizeof(after));
        mp_html_open_class(html, "p", "bad-text");
        mp_html_text(html,
                     "Alarm in the night of %s: %s %% failed before, %s %% since %s.",
                     nights->row[nights->watched_row[alarm->night]].night, before, after,
                     nights->row[nights->watched_row[alarm->first]].night);
        mp_html_close(html);
    } else {
        mp_html_leaf(html, "p", NULL, "%s", "No alarm.");
    }
    mp_page_small(html,
                  "Exact, with cells as strata; a false alarm in %zu watched nights has "
                  "a chance of 5 %% or less.",
                  alarm->watched);
    mp_page_section_end(html);
}

static double find_scale(const struct mp_nights *nights, size_t first) {
    double high = 0.0;
    uint64_t most = 0;
    for (size_t i = first; i < nights->row_count; i++)
        most = nights->row[i].rounds > most ? nights->row[i].rounds : most;
    for (size_t i = first; i < nights->row_count; i++)
        if (nights->row[i].is_pooled && nights->row[i].rounds >= most / 4)
            high = fmax(high, mp_rate_limits(mp_nights_rate(&nights->row[i])).high);
    return high;
}

static void add_campaigns(const struct mp_nights *nights, size_t row,
                          struct mp_html *html) {
    for (size_t i = 0; i < nights->campaign_count; i++)
        if (nights->campaign[i].row == row)
            mp_page_id(html, "campaign", nights->campaign[i].id);
}

static void add_markers(const struct mp_nights *nights, size_t row,
                        struct mp_html *html) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_calendar_write_changes(nights, row, &line);
    if (line.len > 0)
        mp_html_leaf(html, "span", "sub warn-text", "changed: %s", line.text);
    mp_strbuf_release(&line);
}

static void add_row(const struct mp_nights *nights, size_t index, struct mp_axis axis,
                    struct mp_html *html) {
    const struct mp_nights_row *row = &nights->row[index];
    mp_html_open(html, "tr");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    if (index == 0 || strcmp(nights->row[index - 1].night, row->night) != 0)
        mp_html_set(html, "id", "night-%s", row->night);
    mp_html_text(html, "%s ", row->night);
    if (nights->build_count > 1)
        mp_html_leaf(html, "span", "soft", "build %s ", nights->build[row->build].name);
    add_campaigns(nights, index, html);
    add_markers(nights, index, html);
    mp_html_close(html);
    mp_html_count(html, "rounds", row->rounds + row->without_power);
    mp_html_count(html, "failed", row->failures);
    mp_html_count(html, "no verdict", row->no_verdict);
    mp_html_cell(html, row->control == MP_CONTROL_FOUND ? NULL : "warn-text", "control");
    mp_html_text(html, "%s", mp_nights_control_name(row->control));
    mp_html_close(html);
    mp_html_add_rate(html, axis, mp_nights_rate(row),
                     row->failures > 0                  ? MP_MOOD_BAD
                     : row->control == MP_CONTROL_FOUND ? MP_MOOD_GOOD
                                                        : MP_MOOD_WARN,
                     NAN);
    mp_html_close(html);
}

static void add_pool(const struct mp_nights *nights, const struct mp_nights_pool *pool,
                     struct mp_axis axis, struct mp_html *html) {
    if (pool->nights == 0)
        return;
    mp_html_open(html, "tr");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    mp_html_text(html, "%s %s",
                 pool->build == SIZE_MAX ? "all builds" : "together, build",
                 pool->build == SIZE_MAX ? "" : nights->build[pool->build].name);
    mp_html_leaf(html, "span", "sub", "%zu nights", pool->nights);
    mp_html_close(html);
    mp_html_count(html, "rounds", pool->rounds);
    mp_html_count(html, "failed", pool->failures);
    mp_html_count(html, "no verdict", pool->no_verdict);
    mp_html_leaf(html, "td", NULL, "%s", "");
    mp_html_add_rate(html, axis, mp_nights_pool_rate(pool),
                     pool->failures > 0 ? MP_MOOD_BAD : MP_MOOD_GOOD, NAN);
    mp_html_close(html);
}

static void add_table(const struct mp_nights *nights, struct mp_html *html) {
    size_t first = nights->row_count > NIGHTS_MAX ? nights->row_count - NIGHTS_MAX : 0;
    struct mp_axis axis = mp_html_rate_axis(find_scale(nights, first));
    mp_page_section(html, "nights", "Night by night, the newest first");
    mp_html_table(html, NULL);
    mp_html_column(html, NULL, "night");
    mp_html_column(html, "num", "rounds");
    mp_html_column(html, "num", "failed");
    mp_html_column(html, "num", "no verdict");
    mp_html_column(html, NULL, "control");
    mp_html_column(html, NULL, MP_RATE_TITLE);
    mp_html_open_class(html, "th", "wide");
    mp_html_set(html, "scope", "col");
    mp_html_leaf(html, "span", "hidden", "%s", "the limits on a scale");
    mp_chart_scale(html, axis, MP_UNIT_PERCENT, NAN);
    mp_html_close(html);
    mp_html_body(html);
    for (size_t i = 0; i < nights->pool_count; i++)
        add_pool(nights, &nights->pool[i], axis, html);
    for (size_t i = nights->row_count; i-- > first;)
        add_row(nights, i, axis, html);
    mp_html_table_end(html);
    if (first > 0)
        mp_page_small(html, "%zu earlier rows are not shown, but counted", first);
    mp_page_small(html,
                  "Subjects alone. Limits: two-sided 95 %% of a night by itself; ≤ where "
                  "none failed: the one-sided upper bound. Builds of system and driver "
                  "are not pooled. The scale ends at %.4g %%; limits beyond it go on.",
                  100 * axis.high);
    mp_page_section_end(html);
}

static void add_builds(const struct mp_nights *nights, struct mp_html *html) {
    mp_page_section(html, "builds", "Systems and drivers");
    mp_page_facts(html);
    for (size_t i = 0; i < nights->build_count; i++) {
        struct mp_strbuf line, label;
        mp_strbuf_init(&line);
        mp_strbuf_init(&label);
        mp_nights_write_build(&nights->build[i], " · ", &line);
        mp_strbuf_addf(&label, "build %s, %zu %s", nights->build[i].name,
                       nights->build[i].nights,
                       mp_plural(nights->build[i].nights, "night", "nights"));
        mp_page_fact(html, label.text, line.text);
        mp_strbuf_release(&label);
        mp_strbuf_release(&line);
    }
    mp_page_fact(html, "database", nights->query.path);
    mp_page_facts_end(html);
    mp_page_section_end(html);
}

static void add_text(const struct mp_nights *nights, struct mp_html *html) {
    struct mp_strbuf lines;
    mp_strbuf_init(&lines);
    struct mp_text text = mp_html_lines(&lines, COLUMNS);
    mp_page_section(html, "text", "Spread, changes, speed, new failures");
    if (nights->row_count > 0)
        mp_nights_add_sections(nights, &text);
    mp_page_lines(html, "figures over the nights", lines.text);
    mp_strbuf_clear(&lines);
    mp_nights_write_text(nights, &text);
    mp_page_fold(html, false, "the whole as 'mpstress report --nights' prints it");
    mp_page_lines(html, "the report as text", lines.text);
    mp_page_fold_end(html);
    mp_page_section_end(html);
    mp_strbuf_release(&lines);
}

void mp_nights_write_html(const struct mp_nights *nights, struct mp_strbuf *buf) {
    struct mp_html html;
    mp_page_begin(&html, buf, nights->query.path, "mpstress: nights");
    add_verdict(nights, &html);
    if (nights->row_count > 0) {
        mp_calendar_add(nights, &html);
        add_alarm(nights, &html);
        add_table(nights, &html);
        add_builds(nights, &html);
    }
    add_text(nights, &html);
    mp_page_end(&html, MP_VERSION);
}
