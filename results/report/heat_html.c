/* A heat map.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/heat_html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/parts_html.h"

#define ROWS_MAX    200
#define COLUMNS_MAX 16

/* Cells by workload and arm; borrowed. */
struct heat {
    const struct mp_report *report;
    const struct mp_report_cell *row[ROWS_MAX], *column[COLUMNS_MAX]; /* an example */
    size_t rows, columns;
};

static bool is_same_workload(const struct mp_report_cell *a,
                             const struct mp_report_cell *b) {
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->params, b->params) == 0 &&
           strcmp(a->device, b->device) == 0 && a->role == b->role;
}

static bool collect(struct heat *heat, const struct mp_report *report) {
    heat->report = report;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        size_t row = 0, column = 0;
        while (row < heat->rows && !is_same_workload(heat->row[row], cell))
            row++;
        while (column < heat->columns &&
               strcmp(heat->column[column]->arm, cell->arm) != 0)
            column++;
        if (row == ROWS_MAX || column == COLUMNS_MAX)
            return false;
        heat->row[row] = row == heat->rows ? cell : heat->row[row];
        heat->column[column] = column == heat->columns ? cell : heat->column[column];
        heat->rows += row == heat->rows;
        heat->columns += column == heat->columns;
    }
    return heat->rows >= 2 && heat->columns >= 2;
}

static const struct mp_report_cell *find(const struct heat *heat, size_t row,
                                         size_t column) {
    for (size_t i = 0; i < heat->report->cell_count; i++) {
        const struct mp_report_cell *cell = &heat->report->cell[i];
        if (is_same_workload(cell, heat->row[row]) &&
            strcmp(cell->arm, heat->column[column]->arm) == 0)
            return cell;
    }
    return NULL;
}

/* Warmer as the lower limit of the rate rises: what is shown, not what was met. */
static const char *class_of(struct mp_rate rate) {
    if (rate.rounds == 0)
        return "h-none";
    double low = mp_rate_limits(rate).low;
    return rate.failures == 0 ? "h0"
           : low < 0.01       ? "h1"
           : low < 0.1        ? "h2"
           : low < 0.5        ? "h3"
                              : "h4";
}

static void add_cell(const struct heat *heat, size_t row, size_t column,
                     struct mp_html *html) {
    const struct mp_report_cell *cell = find(heat, row, column);
    if (cell == NULL) {
        mp_html_leaf(html, "td", NULL, "%s", "");
        return;
    }
    char point[MP_RATE_SIZE], limits[MP_RATE_SIZE];
    struct mp_rate rate = mp_report_rate(heat->report, cell);
    mp_rate_format(rate, point, limits);
    mp_html_open_class(html, "td", class_of(rate));
    mp_html_leaf(html, "b", NULL, "%s", point);
    if (limits[0] != '\0')
        mp_html_leaf(html, "small", NULL, "%s", limits);
    mp_html_leaf(html, "small", NULL, "%" PRIu64 " of %" PRIu64, cell->failures,
                 cell->rounds);
    mp_html_close(html);
}

static void draw(const struct heat *heat, struct mp_html *html) {
    mp_page_scroll(html, "heat map of cells");
    mp_html_open_class(html, "table", "heat");
    mp_html_open(html, "thead");
    mp_html_open(html, "tr");
    mp_html_column(html, NULL, "workload");
    for (size_t i = 0; i < heat->columns; i++)
        mp_html_column(html, NULL, mp_cell_arm_name(heat->column[i]));
    mp_html_body(html);
    for (size_t row = 0; row < heat->rows; row++) {
        struct mp_strbuf name;
        mp_strbuf_init(&name);
        mp_cell_title_write(heat->report, heat->row[row], NULL, &name);
        if (heat->report->device_count > 1)
            mp_strbuf_addf(&name, " · device %zu", heat->row[row]->device_index + 1);
        mp_html_open(html, "tr");
        mp_html_open(html, "th");
        mp_html_set(html, "scope", "row");
        mp_html_text(html, "%s", name.text);
        mp_html_close(html);
        for (size_t column = 0; column < heat->columns; column++)
            add_cell(heat, row, column, html);
        mp_html_close(html);
        mp_strbuf_release(&name);
    }
    mp_html_table_end(html);
    mp_page_scroll_end(html);
}

void mp_heat_add(const struct mp_report *report, struct mp_html *html) {
    struct heat *heat = mp_memory_zeroed(1, sizeof(struct heat));
    if (collect(heat, report)) {
        mp_page_section(html, "map", "Workloads and arms at a glance");
        draw(heat, html);
        mp_page_small(html, "Failing rate with its 95 %% limits, and failed of counted "
                            "rounds. Colour by the lower limit: none failed; below 1 %%; "
                            "below 10 %%; below 50 %%; above. Grey: no counted round.");
        mp_page_section_end(html);
    }
    free(heat);
}
