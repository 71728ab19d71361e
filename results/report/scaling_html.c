/* Efficiency curves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/scaling_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/cell_title.h"
#include "results/report/parts_html.h"

#define CURVES_MAX 8

static void write_name(const struct mp_report *report,
                       const struct mp_scaling_curve *curve, struct mp_strbuf *buf) {
    const struct mp_report_cell *cell = curve->family->cell[0].cell;
    mp_cell_title_write(report, cell, curve->family->parameter, buf);
    mp_strbuf_addf(buf, ", arm %s", cell->arm);
    if (report->device_count > 1)
        mp_strbuf_addf(buf, ", device %zu", cell->device_index + 1);
}

static const char *saturation_of(const struct mp_scaling_curve *curve) {
    switch (curve->saturation) {
    case MP_SATURATION_AT:
        return "saturated";
    case MP_SATURATION_NONE:
        return "not saturated";
    default:
        return "saturation unknown: the limits are too wide";
    }
}

/* Efficiencies with their limits. */
static void draw_curve(struct mp_plot *plot, const struct mp_scaling_curve *curve,
                       size_t colour) {
    struct mp_point *line =
        mp_memory_zeroed(curve->family->count + 1, sizeof(struct mp_point));
    size_t count = 0;
    for (size_t i = 0; i < curve->family->count; i++) {
        const struct mp_scaling_point *point = &curve->point[i];
        if (point->speed_up.pairs == 0)
            continue;
        line[count++] = (struct mp_point){point->at, point->efficiency};
        if (isfinite(point->high))
            mp_plot_whisker(plot, point->at, point->low, point->high, colour);
        mp_plot_dot(plot, line[count - 1], colour);
    }
    mp_plot_line(plot, line, count, colour);
    free(line);
}

static void draw(const struct mp_scaling *scaling, struct mp_html *html) {
    double low = INFINITY, high = 2, most = 1.1;
    size_t count = scaling->curve_count < CURVES_MAX ? scaling->curve_count : CURVES_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct mp_scaling_curve *curve = &scaling->curve[i];
        for (size_t j = 0; j < curve->family->count; j++) {
            low = fmin(low, curve->point[j].at);
            high = fmax(high, curve->point[j].at);
            if (curve->point[j].speed_up.pairs > 0)
                most = fmax(most, fmin(2, curve->point[j].efficiency * 1.1));
            if (curve->point[j].speed_up.pairs > 0 && isfinite(curve->point[j].high))
                most = fmax(most, fmin(2, curve->point[j].high * 1.05));
        }
    }
    struct mp_plot plot = {
        .html = html,
        .x = {.low = low > 0 && low < high ? low : high / 2, .high = high},
        .y = {.low = 0, .high = most},
        .y_unit = MP_UNIT_PERCENT,
        .height = 240};
    mp_plot_begin(&plot,
                  "efficiency against the number that was varied; the tables below say "
                  "the same",
                  scaling->curve[0].family->parameter, "efficiency");
    mp_plot_rule(&plot, 1, "each adds its full share");
    for (size_t i = 0; i < count; i++)
        draw_curve(&plot, &scaling->curve[i], i);
    mp_plot_end(&plot);
}

#define WITHOUT_LIMITS " [limits unknown]"

static void add_ratio(struct mp_html *html, const char *column,
                      struct mp_paired_ratio ratio, bool is_base) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_scaling_write_ratio(ratio, &words);
    mp_html_cell(html, NULL, column);
    mp_html_text(html, "%s", ratio.pairs == 0 ? "unknown" : words.text);
    if (ratio.pairs > 0 && !is_base && strchr(words.text, '[') == NULL)
        mp_html_text(html, WITHOUT_LIMITS);
    mp_html_close(html);
    mp_strbuf_release(&words);
}

static void add_table(const struct mp_report *report,
                      const struct mp_scaling_curve *curve, struct mp_html *html) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    write_name(report, curve, &words);
    mp_strbuf_addf(&words, ": %s", saturation_of(curve));
    if (curve->saturation == MP_SATURATION_AT)
        mp_strbuf_addf(&words, " from %g %s on", curve->point[curve->saturated].at,
                       curve->family->parameter);
    mp_html_table(html, words.text);
    mp_html_column(html, "num", curve->family->parameter);
    mp_html_column(html, NULL, "ops/s");
    mp_html_column(html, NULL, "speed-up");
    mp_html_column(html, "num", "efficiency");
    mp_html_body(html);
    for (size_t i = 0; i < curve->family->count; i++) {
        const struct mp_scaling_point *point = &curve->point[i];
        mp_html_open(html, "tr");
        mp_html_cell(html, "num", curve->family->parameter);
        mp_html_text(html, "%g", point->at);
        mp_html_close(html);
        add_ratio(html, "ops/s", point->speeds, false);
        add_ratio(html, "speed-up", point->speed_up, i == 0);
        mp_html_cell(html, "num", "efficiency");
        if (point->speed_up.pairs > 0)
            mp_html_text(html, "%.0f %%", 100 * point->efficiency);
        if (point->speed_up.pairs > 0 && isfinite(point->high))
            mp_html_text(html, " [%.0f, %.0f]", floor(100 * point->low),
                         ceil(100 * point->high));
        else if (point->speed_up.pairs > 0 && i > 0)
            mp_html_text(html, WITHOUT_LIMITS);
        mp_html_close(html);
        mp_html_close(html);
    }
    mp_html_table_end(html);
    mp_strbuf_release(&words);
}

void mp_scaling_add_html(const struct mp_scaling *scaling, const struct mp_report *report,
                         struct mp_html *html) {
    if (scaling->curve_count == 0)
        return;
    size_t count = scaling->curve_count < CURVES_MAX ? scaling->curve_count : CURVES_MAX;
    mp_page_section(html, "scaling", "How it scales");
    mp_html_open(html, "figure");
    draw(scaling, html);
    mp_plot_legend(html);
    for (size_t i = 0; i < count; i++) {
        struct mp_strbuf name;
        mp_strbuf_init(&name);
        write_name(report, &scaling->curve[i], &name);
        mp_plot_entry(html, i, name.text);
        mp_strbuf_release(&name);
    }
    mp_plot_legend_end(html);
    mp_html_close(html);
    for (size_t i = 0; i < count; i++)
        add_table(report, &scaling->curve[i], html);
    if (scaling->curve_count > count)
        mp_page_small(html, "and %zu more; --json shows all",
                      scaling->curve_count - count);
    mp_page_small(
        html,
        "Medians of passing rounds in the same blocks, with 95 %% limits of the "
        "sign test; the time of a round from the barrier behind which its "
        "threads start to the end of the last one. Efficiency: the speed-up for "
        "each unit of the first point. Limits are rounded outward, and unknown with "
        "fewer than six such blocks; where one is beyond the picture, the table has "
        "it.");
    mp_page_section_end(html);
}
