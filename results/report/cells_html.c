/* The table of cells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/cells_html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/judge.h"
#include "results/report/parts_html.h"
#include "results/report/table.h"

#define CELLS_MAX 500 /* more are counted, not shown */

static const char *const ROLE_TITLES[MP_ROLE_COUNT] = {
    "Subjects", "Controls that must fail", "Controls that must pass",
    "Arms that find, in no rate"};

static enum mp_mood mood_of(const struct mp_report_cell *cell, bool is_bad) {
    if (cell->role == MP_ROLE_POSITIVE)
        return is_bad ? MP_MOOD_BAD : MP_MOOD_GOOD;
    if (cell->failures > 0)
        return MP_MOOD_BAD;
    return cell->rounds == 0 || is_bad ? MP_MOOD_WARN : MP_MOOD_GOOD;
}

static struct mp_axis find_axis(const struct mp_report *report) {
    double most = 0;
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->rounds > 0 && cell->role != MP_ROLE_FINDER)
            most = fmax(most, mp_rate_limits(mp_report_rate(report, cell)).high);
    }
    return mp_html_rate_axis(most);
}

static void add_name(const struct mp_report *report, const struct mp_report_cell *cell,
                     struct mp_html *html) {
    bool is_bad = false;
    const char *words = mp_report_control_words(cell, &is_bad);
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_cell_title_write(report, cell, NULL, &name);
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    mp_html_text(html, "%s", name.text);
    mp_strbuf_clear(&name);
    mp_cell_arm_write(cell, &name);
    if (report->device_count > 1)
        mp_strbuf_addf(&name, " · device %zu", cell->device_index + 1);
    mp_html_leaf(html, "span", "sub", "%s", name.text);
    if (words[0] != '\0')
        mp_html_leaf(html, "span", is_bad ? "sub bad-text" : "sub good-text", "%s",
                     words);
    mp_html_close(html);
    mp_strbuf_release(&name);
}

static void add_row(const struct mp_report *report, const struct mp_report_cell *cell,
                    struct mp_axis axis, struct mp_html *html) {
    bool is_bad = false;
    struct mp_strbuf kinds;
    mp_report_control_words(cell, &is_bad);
    mp_strbuf_init(&kinds);
    mp_report_write_kinds(cell, &kinds);
    mp_html_open(html, "tr");
    add_name(report, cell, html);
    mp_html_count(html, "rounds", cell->rounds);
    mp_html_cell(html, "num", "failed");
    mp_html_text(html, "%" PRIu64, cell->failures);
    if (kinds.len > 0)
        mp_html_leaf(html, "span", "sub", "%s", kinds.text);
    mp_html_close(html);
    mp_html_count(html, "no verdict", cell->no_verdict);
    if (cell->role == MP_ROLE_FINDER) {
        mp_html_cell(html, "rate", MP_RATE_TITLE);
        mp_html_text(html, "in no rate");
        mp_html_close(html);
        mp_html_leaf(html, "td", NULL, "%s", "");
    } else {
        mp_html_add_rate(html, axis, mp_report_rate(report, cell), mood_of(cell, is_bad),
                         report->plan.has_claim && cell->role == MP_ROLE_SUBJECT
                             ? report->plan.target
                             : NAN);
    }
    mp_html_close(html);
    mp_strbuf_release(&kinds);
}

static void begin_table(const struct mp_report *report, struct mp_axis axis,
                        struct mp_html *html) {
    mp_html_table(html, NULL);
    mp_html_column(html, NULL, "scenario and arm");
    mp_html_column(html, "num", "rounds");
    mp_html_column(html, "num", "failed");
    mp_html_column(html, "num", "no verdict");
    mp_html_column(html, NULL, MP_RATE_TITLE);
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "col");
    mp_html_set(html, "class", "wide");
    mp_html_leaf(html, "span", "hidden", "%s", "the limits on a scale");
    mp_chart_scale(html, axis, MP_UNIT_PERCENT,
                   report->plan.has_claim ? report->plan.target : NAN);
    mp_html_close(html);
    mp_html_body(html);
}

/* The rows of a role stand together, under its name. */
static void begin_role(enum mp_role role, bool is_first, struct mp_html *html) {
    if (!is_first) {
        mp_html_close(html);
        mp_html_open(html, "tbody");
    }
    mp_html_group(html, 6, ROLE_TITLES[role]);
}

static void add_settings(const struct mp_report *report, struct mp_html *html) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++) {
        if (line.len > 0)
            mp_strbuf_addstr(&line, "; ");
        size_t before = line.len;
        if (!mp_cell_title_write_shared(report, i, &line) && before >= 2) {
            line.len = before - 2;
            line.text[line.len] = '\0';
        }
    }
    if (line.len > 0)
        mp_page_small(html, "Settings that all cells of a scenario share: %s.",
                      line.text);
    mp_strbuf_release(&line);
}

void mp_cells_add_html(const struct mp_report *report, struct mp_html *html) {
    struct mp_axis axis = find_axis(report);
    int role = -1;
    if (report->cell_count == 0)
        return;
    mp_page_section(html, "cells", "What ran, and how often it failed");
    begin_table(report, axis, html);
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if ((int)cell->role != role)
            begin_role(cell->role, role < 0, html);
        role = (int)cell->role;
        add_row(report, cell, axis, html);
    }
    mp_html_table_end(html);
    if (report->cell_count > CELLS_MAX)
        mp_page_small(html, "and %zu more cells in the database",
                      report->cell_count - CELLS_MAX);
    if (report->plan.has_claim)
        mp_page_small(
            html,
            "Dashed: the claim, %s. Lines: two-sided 95 %% limits that hold at all "
            "looks together, since this run looked after each round.",
            report->plan.claim_text);
    else
        mp_page_small(html, "Lines: two-sided 95 %% Clopper-Pearson limits, of a number "
                            "of rounds that was fixed before.");
    mp_page_small(
        html,
        "Rounds: those that passed or failed. ≤ where none failed: the one-sided "
        "95 %% upper bound, for nothing seen is no rate of zero. Limits are "
        "rounded outward. The scale ends at %.4g %%.",
        100 * axis.high);
    add_settings(report, html);
    mp_page_section_end(html);
}
