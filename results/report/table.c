/* The table of cells: what was counted, and how sure it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/table.h"

#include <stdio.h>
#include <string.h>

#include "results/report/judge.h"
#include "results/stats/binomial.h"
#include "results/stats/percent.h"

#define NUMBER_WIDTH 6
#define NAME_MAX     26
#define ARM_MAX      18
#define INDENT       4 /* of the line below */
#define NO_VERDICT   "no verdict"
#define RATE         "failing, 95 % limits"

/* Which columns there are, and how wide. */
struct layout {
    size_t name, arm, overlap;
    bool has_kind[MP_OUTCOME_COUNT];
    bool has_no_verdict;
    bool is_narrow; /* one column for all kinds of failures; the line below tells them
                       apart */
    bool is_tight;  /* nor columns for passes and no verdict; the line below has the
                      latter */
};

static size_t larger(size_t left, size_t right) {
    return left > right ? left : right;
}

static void format_overlap(const struct mp_report_cell *cell, char *buf, size_t size) {
    if (cell->rounds == 0) {
        snprintf(buf, size, "-");
    } else if (cell->overlap_min == cell->overlap_max) {
        snprintf(buf, size, "%lld", (long long)cell->overlap_max);
    } else {
        snprintf(buf, size, "%lld..%lld", (long long)cell->overlap_min,
                 (long long)cell->overlap_max);
    }
}

static size_t kind_width(int outcome) {
    return larger(strlen(mp_outcome_name((enum mp_outcome)outcome)), NUMBER_WIDTH);
}

static size_t table_width(const struct layout *layout) {
    size_t width = 2 + layout->name + 2 + layout->arm + 2 * (2 + NUMBER_WIDTH);
    for (int i = 0; i < MP_OUTCOME_COUNT && !layout->is_narrow; i++)
        width += layout->has_kind[i] ? 2 + kind_width(i) : 0;
    width += layout->is_narrow ? 2 + NUMBER_WIDTH : 0;
    width += layout->has_no_verdict ? 2 + strlen(NO_VERDICT) : 0;
    return width + 2 + layout->overlap + 2 + strlen(RATE);
}

static struct layout plan_layout(const struct mp_report *report, size_t width) {
    struct layout layout = {.name = 10, .arm = 4, .overlap = 7};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        char overlap[48];
        format_overlap(cell, overlap, sizeof(overlap));
        layout.name = larger(layout.name, mp_text_columns(cell->scenario));
        layout.arm = larger(layout.arm, mp_text_columns(cell->arm));
        layout.overlap = larger(layout.overlap, strlen(overlap));
        layout.has_no_verdict = layout.has_no_verdict || cell->no_verdict > 0;
    }
    layout.name = layout.name < NAME_MAX ? layout.name : NAME_MAX;
    layout.arm = layout.arm < ARM_MAX ? layout.arm : ARM_MAX;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        layout.has_kind[i] = report->outcome[i] > 0 &&
                             mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE;
    }
    layout.is_narrow = table_width(&layout) > width;
    layout.is_tight = table_width(&layout) > width;
    return layout;
}

static void add_number(struct mp_text *text, enum mp_style style, uint64_t value,
                       size_t width) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    mp_text_right(text, value == 0 ? MP_DIM : style, 2 + width, digits);
}

static void add_header(const struct layout *layout, struct mp_text *text) {
    mp_text_left(text, MP_DIM, layout->name + 2, "");
    mp_text_left(text, MP_DIM, layout->arm + 2, "  arm");
    mp_text_right(text, MP_DIM, NUMBER_WIDTH + 2, "rounds");
    if (!layout->is_tight)
        mp_text_right(text, MP_DIM, NUMBER_WIDTH + 2, "pass");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        if (layout->has_kind[i] && !layout->is_narrow) {
            mp_text_right(text, MP_DIM, 2 + kind_width(i),
                          mp_outcome_name((enum mp_outcome)i));
        }
    }
    if (layout->is_narrow)
        mp_text_right(text, MP_DIM, 2 + NUMBER_WIDTH, "failed");
    if (layout->has_no_verdict && !layout->is_tight)
        mp_text_right(text, MP_DIM, strlen(NO_VERDICT) + 2, NO_VERDICT);
    mp_text_right(text, MP_DIM, layout->overlap + 2, "overlap");
    mp_text_add(text, MP_DIM, "  %s", RATE);
    mp_text_end(text);
}

void mp_report_format_rate(const struct mp_report_cell *cell, char ret_rate[96],
                           char ret_limits[96]) {
    char rate[32], low[32], high[32];
    ret_limits[0] = '\0';
    if (cell->rounds == 0) {
        snprintf(ret_rate, 96, "unknown");
    } else if (cell->failures == 0) {
        mp_percent_upper(mp_binomial_upper(0, cell->rounds, MP_REPORT_ALPHA), high,
                         sizeof(high));
        snprintf(ret_rate, 96, "≤ %s %%", high);
    } else {
        struct mp_interval limits =
            mp_binomial_clopper_pearson(cell->failures, cell->rounds, MP_REPORT_ALPHA);
        mp_percent_point((double)cell->failures / (double)cell->rounds, rate,
                         sizeof(rate));
        mp_percent_lower(limits.low, low, sizeof(low));
        mp_percent_upper(limits.high, high, sizeof(high));
        snprintf(ret_rate, 96, "%s %%", rate);
        snprintf(ret_limits, 96, "[%s, %s]", low, high);
    }
}

static void add_rate(const struct mp_report_cell *cell, struct mp_text *text,
                     enum mp_style style) {
    char rate[96], limits[96];
    mp_report_format_rate(cell, rate, limits);
    style = cell->rounds == 0 ? MP_WARN : cell->failures == 0 ? MP_PLAIN : style;
    mp_text_add(text, style, "  %s", rate);
    if (limits[0] != '\0')
        mp_text_add(text, MP_PLAIN, "  %s", limits);
}

static void add_counts(const struct layout *layout, const struct mp_report_cell *cell,
                       struct mp_text *text, enum mp_style failing) {
    add_number(text, MP_PLAIN, cell->rounds, NUMBER_WIDTH);
    if (!layout->is_tight)
        add_number(text, MP_PLAIN, cell->outcome[MP_OUTCOME_PASS], NUMBER_WIDTH);
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        if (layout->has_kind[i] && !layout->is_narrow)
            add_number(text, failing, cell->outcome[i], kind_width(i));
    if (layout->is_narrow)
        add_number(text, failing, cell->failures, NUMBER_WIDTH);
    if (layout->has_no_verdict && !layout->is_tight)
        add_number(text, MP_WARN, cell->no_verdict, strlen(NO_VERDICT));
}

void mp_report_write_kinds(const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        if (cell->outcome[i] > 0 &&
            mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE) {
            mp_strbuf_addf(buf, "%s%llu %s", buf->len > 0 ? ", " : "",
                           (unsigned long long)cell->outcome[i],
                           mp_outcome_name((enum mp_outcome)i));
        }
    }
}

/* "no stacks: capture was off"; of some rounds only: "no stacks of 3 rounds: ..." */
static void write_untraced(const struct mp_report_cell *cell, int64_t count,
                           const char *why, struct mp_strbuf *buf) {
    mp_strbuf_clear(buf);
    if (count == 0)
        return;
    mp_strbuf_addstr(buf, "no stacks");
    if ((uint64_t)count < cell->rounds + cell->no_verdict)
        mp_strbuf_addf(buf, " of %lld rounds", (long long)count);
    mp_strbuf_addf(buf, ": %s", why);
}

/* Adds a part of the line below, on a further line if this one is full. */
static void add_part(struct mp_text *text, size_t *column, enum mp_style style,
                     const char *part) {
    size_t columns = mp_text_columns(part);
    if (columns == 0)
        return;
    if (*column > 0 && *column + 3 + columns > text->width) {
        mp_text_end(text);
        *column = 0;
    }
    if (*column == 0) {
        mp_strbuf_pad(text->buf, ' ', INDENT);
        *column = INDENT;
    } else {
        mp_text_add(text, MP_DIM, " · ");
        *column += 3;
    }
    if (*column + columns > text->width) {
        mp_text_wrap(text, style, INDENT, part);
        *column = 0;
    } else {
        mp_text_add(text, style, "%s", part);
        *column += columns;
    }
}

/* Below the row: how a control behaved, the kinds if they have no columns, the
 * parameters. */
static void add_below(const struct mp_report *report, const struct layout *layout,
                      const struct mp_report_cell *cell, struct mp_text *text) {
    bool is_bad = false;
    size_t column = 0;
    const char *words = mp_report_control_words(cell, &is_bad);
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    add_part(text, &column, is_bad ? MP_BAD : MP_GOOD, words);
    if (layout->is_narrow) {
        mp_report_write_kinds(cell, &part);
        add_part(text, &column, MP_PLAIN, part.text);
        mp_strbuf_clear(&part);
    }
    if (layout->is_tight && cell->no_verdict > 0) {
        mp_strbuf_addf(&part, "%llu " NO_VERDICT, (unsigned long long)cell->no_verdict);
        add_part(text, &column, MP_WARN, part.text);
        mp_strbuf_clear(&part);
    }
    write_untraced(cell, cell->untraced_refused, "this host refused tracing", &part);
    add_part(text, &column, MP_WARN, part.text);
    write_untraced(cell, cell->untraced_off, "capture was off", &part);
    add_part(text, &column, MP_DIM, part.text);
    mp_strbuf_clear(&part);
    if (report->device_count > 1) {
        mp_strbuf_addf(&part, "device %zu%s", cell->device_index + 1,
                       cell->params[0] != '\0' ? " · " : "");
    }
    mp_strbuf_addstr(&part, cell->params);
    add_part(text, &column, MP_DIM, part.text);
    if (column > 0)
        mp_text_end(text);
    mp_strbuf_release(&part);
}

static void add_cell(const struct mp_report *report, const struct layout *layout,
                     const struct mp_report_cell *cell, struct mp_text *text) {
    enum mp_style failing = cell->role == MP_ROLE_POSITIVE ? MP_PLAIN : MP_BAD;
    char overlap[48];
    format_overlap(cell, overlap, sizeof(overlap));
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, MP_BOLD, layout->name, cell->scenario);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, MP_PLAIN, layout->arm, cell->arm);
    add_counts(layout, cell, text, failing);
    mp_text_right(text, MP_PLAIN, layout->overlap + 2, overlap);
    add_rate(cell, text, failing);
    mp_text_end(text);
    add_below(report, layout, cell, text);
}

void mp_table_add(const struct mp_report *report, struct mp_text *text) {
    static const char *const titles[MP_ROLE_COUNT] = {
        "Subjects", "Controls that must fail", "Controls that must pass"};
    struct layout layout = plan_layout(report, text->width);
    int title = -1;
    if (report->cell_count == 0)
        return;
    add_header(&layout, text);
    for (size_t i = 0; i < report->cell_count; i++) {
        if ((int)report->cell[i].role != title) {
            title = (int)report->cell[i].role;
            mp_text_add(text, MP_PLAIN, "%s", titles[title]);
            mp_text_end(text);
        }
        add_cell(report, &layout, &report->cell[i], text);
    }
    mp_text_end(text);
    mp_text_wrap(
        text, MP_DIM, 0,
        "Rounds: those that passed or failed. Failing: their rate with two-sided 95 % "
        "Clopper-Pearson limits; ≤ where none failed: the one-sided 95 % upper bound. "
        "Limits are rounded outward. Overlap: threads inside the driver at once, least "
        "to most.");
}
