/* The table of cells: counts and rates with limits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/table.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/table.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/rate.h"

#define NUMBER_WIDTH 6
#define NAME_MIN     10
#define NAME_MAX     40
#define ARM_MIN      4
#define ARM_MAX      18
#define INDENT       4 /* of the line below */
#define NO_VERDICT   "no verdict"

/* The columns of the table. */
struct columns {
    size_t name, arm, rounds, passed, kind[MP_OUTCOME_COUNT], failed, no_verdict, overlap,
        rate;
    bool is_narrow; /* one column for all kinds of failures; the line below lists them */
    bool is_tight;  /* no columns for passes */
};

static void format_overlap(const struct mp_report_cell *cell, char *buf, size_t size) {
    if (cell->rounds == 0 || mp_report_is_overlap_unknown(cell)) {
        snprintf(buf, size, "-");
    } else if (cell->overlap_min == cell->overlap_max) {
        snprintf(buf, size, "%lld", (long long)cell->overlap_max);
    } else {
        snprintf(buf, size, "%lld..%lld", (long long)cell->overlap_min,
                 (long long)cell->overlap_max);
    }
}

static size_t add_number_column(struct mp_table *table, const char *title,
                                bool is_hidden) {
    return mp_table_add_column(table, (struct mp_table_column){.title = title,
                                                               .gap = 2,
                                                               .min = NUMBER_WIDTH,
                                                               .is_right = true,
                                                               .is_hidden = is_hidden});
}

/* Kinds of failures, and passes without overlap. */
static bool has_column(int outcome) {
    return outcome == MP_OUTCOME_NO_OVERLAP ||
           mp_outcome_class((enum mp_outcome)outcome) == MP_CLASS_FAILURE;
}

static void add_columns(const struct mp_report *report, struct mp_table *table,
                        struct columns *columns) {
    bool has_no_verdict = false;
    for (size_t i = 0; i < report->cell_count; i++)
        has_no_verdict = has_no_verdict || report->cell[i].no_verdict > 0;
    columns->name = mp_table_add_column(
        table, (struct mp_table_column){.gap = 2, .min = NAME_MIN, .max = NAME_MAX});
    columns->arm = mp_table_add_column(
        table, (struct mp_table_column){
                   .title = "arm", .gap = 2, .min = ARM_MIN, .max = ARM_MAX});
    columns->rounds = add_number_column(table, "rounds", false);
    columns->passed = add_number_column(table, "pass", false);
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        columns->kind[i] = add_number_column(table, mp_outcome_name((enum mp_outcome)i),
                                             report->outcome[i] == 0 || !has_column(i));
    columns->failed = add_number_column(table, "failed", true);
    columns->no_verdict = add_number_column(table, NO_VERDICT, !has_no_verdict);
    columns->overlap = mp_table_add_column(
        table, (struct mp_table_column){.title = "overlap", .gap = 2, .is_right = true});
    columns->rate = mp_table_add_column(
        table, (struct mp_table_column){
                   .title = MP_RATE_TITLE, .gap = 2, .max = strlen(MP_RATE_TITLE)});
}

static void add_row(const struct mp_report *report, const struct mp_report_cell *cell,
                    const struct columns *columns, struct mp_table *table) {
    enum mp_style failing = cell->role == MP_ROLE_POSITIVE ? MP_PLAIN : MP_BAD;
    size_t row = mp_table_add_row(table);
    char overlap[48];
    struct mp_strbuf rate, title;
    mp_strbuf_init(&rate);
    mp_strbuf_init(&title);
    mp_cell_title_write(report, cell, NULL, &title);
    format_overlap(cell, overlap, sizeof(overlap));
    if (cell->role != MP_ROLE_FINDER)
        mp_rate_write(mp_report_rate(report, cell), &rate);
    mp_table_set(table, row, columns->name, MP_BOLD, "%s", title.text);
    mp_table_set(table, row, columns->arm, MP_PLAIN, "%s", mp_cell_arm_name(cell));
    mp_table_set_count(table, row, columns->rounds, MP_PLAIN, cell->rounds);
    mp_table_set_count(table, row, columns->passed, MP_PLAIN,
                       cell->outcome[MP_OUTCOME_PASS]);
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        mp_table_set_count(table, row, columns->kind[i],
                           i == MP_OUTCOME_NO_OVERLAP ? MP_WARN : failing,
                           cell->outcome[i]);
    mp_table_set_count(table, row, columns->failed, failing, cell->failures);
    mp_table_set_count(table, row, columns->no_verdict, MP_WARN, cell->no_verdict);
    mp_table_set(table, row, columns->overlap, MP_PLAIN, "%s", overlap);
    mp_table_set(table, row, columns->rate,
                 cell->rounds == 0     ? MP_WARN
                 : cell->failures == 0 ? MP_PLAIN
                                       : failing,
                 "%s", rate.text);
    mp_strbuf_release(&rate);
    mp_strbuf_release(&title);
}

/* Hides columns that do not fit. */
static void fit(struct mp_table *table, struct columns *columns) {
    columns->is_narrow = mp_table_width(table) > table->text->width;
    if (!columns->is_narrow)
        return;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        table->column[columns->kind[i]].is_hidden = true;
    table->column[columns->failed].is_hidden = false;
    columns->is_tight = mp_table_width(table) > table->text->width;
    if (columns->is_tight) {
        table->column[columns->passed].is_hidden = true;
        table->column[columns->no_verdict].is_hidden = true;
    }
}

void mp_report_write_kinds(const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        if (cell->outcome[i] > 0 &&
            mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE)
            mp_strbuf_addf(buf, "%s%llu %s", buf->len > 0 ? ", " : "",
                           (unsigned long long)cell->outcome[i],
                           mp_outcome_name((enum mp_outcome)i));
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

/* Adds a part of the line below, on another line if this one is full. */
static void add_part(struct mp_text *text, size_t *column, enum mp_style style,
                     const char *part) {
    size_t columns = mp_text_measure(text, part);
    if (columns == 0)
        return;
    size_t dot = mp_text_measure(text, " · ");
    if (*column > 0 && *column + dot + columns > text->width) {
        mp_text_end(text);
        *column = 0;
    }
    if (*column == 0) {
        mp_strbuf_pad(text->buf, ' ', INDENT);
        *column = INDENT;
    } else {
        mp_text_add(text, MP_DIM, " · ");
        *column += dot;
    }
    if (*column + columns > text->width) {
        mp_text_wrap(text, style, INDENT, part);
        *column = 0;
    } else {
        mp_text_add(text, style, "%s", part);
        *column += columns;
    }
}

/* Below the row: how a control behaved, the kinds if they have no columns. */
static void add_below(const struct mp_report *report, const struct columns *columns,
                      const struct mp_report_cell *cell, struct mp_text *text) {
    bool is_bad = false;
    size_t column = 0;
    const char *words = mp_report_control_words(cell, &is_bad);
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    add_part(text, &column, is_bad ? MP_BAD : MP_GOOD, words);
    if (columns->is_narrow) {
        mp_report_write_kinds(cell, &part);
        add_part(text, &column, MP_PLAIN, part.text);
        mp_strbuf_clear(&part);
    }
    if (columns->is_tight && cell->no_verdict > 0) {
        mp_strbuf_addf(&part, "%llu " NO_VERDICT, (unsigned long long)cell->no_verdict);
        add_part(text, &column, MP_WARN, part.text);
        mp_strbuf_clear(&part);
    }
    write_untraced(cell, cell->untraced_refused, "this host refused tracing", &part);
    add_part(text, &column, MP_WARN, part.text);
    write_untraced(cell, cell->untraced_off, "capture was off", &part);
    add_part(text, &column, MP_DIM, part.text);
    mp_strbuf_clear(&part);
    if (report->device_count > 1)
        mp_strbuf_addf(&part, "device %zu", cell->device_index + 1);
    add_part(text, &column, MP_DIM, part.text);
    if (column > 0)
        mp_text_end(text);
    mp_strbuf_release(&part);
}

/* Once for each scenario: the settings that all its cells have. */
static void add_settings(const struct mp_report *report, struct mp_text *text) {
    const char *label = "settings";
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < report->cell_count; i++) {
        mp_strbuf_clear(&line);
        if (!mp_cell_title_write_shared(report, i, &line))
            continue;
        mp_line_add(text, label, MP_DIM, line.text);
        label = "";
    }
    mp_strbuf_release(&line);
    if (label[0] == '\0')
        mp_text_end(text);
}

/* A name that its column does not hold has a line of its own above the numbers. */
static void write_row(struct mp_table *table, size_t name, size_t row) {
    const struct mp_table_column *column = &table->column[name];
    const char *content = table->cell[row * MP_TABLE_COLUMNS_MAX + name].content;
    if (mp_text_measure(table->text, content) > column->width) {
        mp_strbuf_pad(table->text->buf, ' ', column->gap);
        mp_text_wrap(table->text, MP_BOLD, column->gap, content);
        mp_table_set(table, row, name, MP_PLAIN, "%s", "");
    }
    mp_table_write_row(table, row);
}

void mp_report_add_table(const struct mp_report *report, struct mp_text *text) {
    static const char *const titles[MP_ROLE_COUNT] = {
        "Subjects", "Controls that must fail", "Controls that must pass",
        "Arms that find, in no rate"};
    struct mp_table table;
    struct columns columns = {0};
    int title = -1;
    if (report->cell_count == 0)
        return;
    mp_table_init(&table, text);
    add_columns(report, &table, &columns);
    for (size_t i = 0; i < report->cell_count; i++)
        add_row(report, &report->cell[i], &columns, &table);
    fit(&table, &columns);
    mp_table_write_titles(&table);
    for (size_t i = 0; i < report->cell_count; i++) {
        if ((int)report->cell[i].role != title) {
            title = (int)report->cell[i].role;
            mp_text_add(text, MP_PLAIN, "%s", titles[title]);
            mp_text_end(text);
        }
        write_row(&table, columns.name, i);
        add_below(report, &columns, &report->cell[i], text);
    }
    mp_table_release(&table);
    mp_text_end(text);
    add_settings(report, text);
    mp_text_wrap(
        text, MP_DIM, 0,
        report->plan.has_claim
            ? "Rounds: those that passed or failed. Failing: their rate with two-sided "
              "95 % limits that hold at all looks together, since this run looked after "
              "each round; ≤ where none failed: the one-sided 95 % upper bound. Limits "
              "are rounded outward. Overlap: threads inside the driver at once, least to "
              "most."
            : "Rounds: those that passed or failed. Failing: their rate with two-sided "
              "95 % Clopper-Pearson limits; ≤ where none failed: the one-sided 95 % upper "
              "bound; their coverage together is 92.5 % or more. Limits are rounded "
              "outward. Overlap: threads inside the driver at once, least to most.");
}
