/* Pictures of numbers as inline SVG: limits on a common scale, and curves. Places are in
 * percent of the width and pixels of the height, so that a picture is as wide as its
 * place and its texts keep their size. Each has a text that says what it shows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PAGE_CHART_H
#define MP_PAGE_CHART_H

#include "results/page/axis.h"
#include "results/page/shell.h"

/* How the marks of an axis are written. */
enum mp_unit {
    MP_UNIT_NUMBER,  /* "0.5", "20k" */
    MP_UNIT_PERCENT, /* of a share: "5 %" */
    MP_UNIT_POINTS,  /* of a difference of shares: "+5" */
    MP_UNIT_TIMES    /* "0.5x" */
};
void mp_unit_write(enum mp_unit unit, double value, struct mp_strbuf *buf);

/* One line of a forest plot. */
struct mp_chart_interval {
    double low, value, high; /* value NAN: there is no point, only limits */
    double rule;             /* a value to hold it against, NAN: none */
    enum mp_mood mood;
    bool is_summary; /* a diamond */
};
/* Adds it; `words` are what it says. */
void mp_chart_interval(struct mp_html *html, struct mp_axis axis,
                       const struct mp_chart_interval *interval, const char *words);
/* The scale of such lines, with a mark at `rule` unless that is NAN. */
void mp_chart_scale(struct mp_html *html, struct mp_axis axis, enum mp_unit unit,
                    double rule);

#define MP_CHART_COLOURS 8

struct mp_point {
    double x, y;
};

struct mp_plot {
    struct mp_html *html;
    struct mp_axis x, y;
    enum mp_unit x_unit, y_unit;
    unsigned height;
};
/* Begins a picture with its grid; `words` say what it shows. */
void mp_plot_begin(struct mp_plot *plot, const char *words, const char *x_title,
                   const char *y_title);
/* Each adds a part; colours from 0 repeat after MP_CHART_COLOURS, with another dash. */
void mp_plot_line(struct mp_plot *plot, const struct mp_point *point, size_t count,
                  size_t colour);
void mp_plot_band(struct mp_plot *plot, const struct mp_point *low,
                  const struct mp_point *high, size_t count, size_t colour);
void mp_plot_dot(struct mp_plot *plot, struct mp_point point, size_t colour);
void mp_plot_whisker(struct mp_plot *plot, double x, double low, double high,
                     size_t colour);
/* A dashed line across, with its words above it at the right. */
void mp_plot_rule(struct mp_plot *plot, double y, const char *words);
void mp_plot_end(struct mp_plot *plot);
/* A list of what the colours mean: begin, entries, end. */
void mp_plot_legend(struct mp_html *html);
void mp_plot_entry(struct mp_html *html, size_t colour, const char *words);
void mp_plot_legend_end(struct mp_html *html);

#endif
