/* Limits and curves, drawn.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/page/chart.h"

#include <math.h>

#define MIDDLE 11 /* of a line of a forest plot, in pixels */

void mp_unit_write(enum mp_unit unit, double value, struct mp_strbuf *buf) {
    static const char *const units[] = {"", "k", "M", "G"};
    int power = 0;
    switch (unit) {
    case MP_UNIT_PERCENT:
        mp_strbuf_addf(buf, "%.4g %%", 100 * value);
        return;
    case MP_UNIT_POINTS:
        mp_strbuf_addf(buf, value > 0 ? "+%.4g" : "%.4g", 100 * value);
        return;
    case MP_UNIT_TIMES:
        mp_strbuf_addf(buf, "%.4g×", value);
        return;
    default:
        while (fabs(value) >= 1000 && power < 3) {
            value /= 1000;
            power++;
        }
        mp_strbuf_addf(buf, "%.4g%s", value, units[power]);
    }
}

static void set_place(struct mp_html *html, const char *name, double place) {
    mp_html_set(html, name, "%.2f%%", place);
}

static void add_line(struct mp_html *html, const char *class, double from, double to,
                     double y_from, double y_to) {
    mp_html_open_class(html, "line", class);
    set_place(html, "x1", from);
    set_place(html, "x2", to);
    mp_html_set(html, "y1", "%.1f", y_from);
    mp_html_set(html, "y2", "%.1f", y_to);
    mp_html_close(html);
}

static void open_picture(struct mp_html *html, const char *class, const char *words) {
    mp_html_open_class(html, "svg", class);
    mp_html_set(html, "role", "img");
    mp_html_set(html, "aria-label", "%s", words);
}

static void add_point(struct mp_html *html, struct mp_axis axis,
                      const struct mp_chart_interval *interval) {
    double place = mp_axis_place(axis, interval->value);
    if (interval->is_summary) { /* a square on its corner */
        mp_html_open(html, "svg");
        set_place(html, "x", place);
        mp_html_open(html, "path");
        mp_html_set(html, "class", "dot %s", mp_mood_class(interval->mood));
        mp_html_set(html, "d", "M-8 %d L0 %d L8 %d L0 %d Z", MIDDLE, MIDDLE - 7, MIDDLE,
                    MIDDLE + 7);
        mp_html_close(html);
        mp_html_close(html);
        return;
    }
    mp_html_open(html, "circle");
    mp_html_set(html, "class", "dot %s", mp_mood_class(interval->mood));
    set_place(html, "cx", place);
    mp_html_set(html, "cy", "%d", MIDDLE);
    mp_html_set(html, "r", "6");
    mp_html_close(html);
}

void mp_chart_interval(struct mp_html *html, struct mp_axis axis,
                       const struct mp_chart_interval *interval, const char *words) {
    static const char *const spans[] = {"span plain", "span good", "span bad",
                                        "span warn"};
    const char *span = spans[interval->mood];
    double low = mp_axis_place(axis, interval->low),
           high = mp_axis_place(axis, interval->high);
    mp_html_open_class(html, "div", "inset");
    open_picture(html, "bar", words);
    add_line(html, "track", 0, 100, MIDDLE, MIDDLE);
    if (!isnan(interval->rule)) {
        double rule = mp_axis_place(axis, interval->rule);
        add_line(html, "rule", rule, rule, -4, 26);
    }
    add_line(html, span, low, high, MIDDLE, MIDDLE);
    if (interval->low >= axis.low)
        add_line(html, span, low, low, MIDDLE - 5, MIDDLE + 5);
    if (interval->high <= axis.high)
        add_line(html, span, high, high, MIDDLE - 5, MIDDLE + 5);
    if (!isnan(interval->value))
        add_point(html, axis, interval);
    mp_html_close(html);
    mp_html_close(html);
}

static void add_label(struct mp_html *html, const char *class, double x, double y,
                      const char *words) {
    mp_html_open_class(html, "text", class);
    set_place(html, "x", x);
    mp_html_set(html, "y", "%.1f", y);
    mp_html_text(html, "%s", words);
    mp_html_close(html);
}

void mp_chart_scale(struct mp_html *html, struct mp_axis axis, enum mp_unit unit,
                    double rule) {
    double mark[MP_AXIS_MARKS_MAX];
    size_t count = mp_axis_marks(axis, mark);
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_html_open_class(html, "div", "inset");
    mp_html_open_class(html, "svg", "scale");
    mp_html_set(html, "aria-hidden", "true");
    for (size_t i = 0; i < count; i++) {
        double place = mp_axis_place(axis, mark[i]);
        mp_strbuf_clear(&words);
        mp_unit_write(unit, mark[i], &words);
        add_line(html, "mark", place, place, 14, 18);
        add_label(html, "mid", place, 11, words.text);
    }
    if (!isnan(rule)) {
        double place = mp_axis_place(axis, rule);
        add_line(html, "rule", place, place, 14, 20);
    }
    mp_html_close(html);
    mp_html_close(html);
    mp_strbuf_release(&words);
}

static double y_of(const struct mp_plot *plot, double value) {
    return (100.0 - mp_axis_place(plot->y, value)) / 100.0 * plot->height;
}

static void add_grid(struct mp_plot *plot) {
    double mark[MP_AXIS_MARKS_MAX];
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    size_t count = mp_axis_marks(plot->y, mark);
    for (size_t i = 0; i < count; i++) {
        double y = y_of(plot, mark[i]);
        mp_strbuf_clear(&words);
        mp_unit_write(plot->y_unit, mark[i], &words);
        add_line(plot->html, "grid", 0, 100, y, y);
        mp_html_open_class(plot->html, "text", "end");
        mp_html_set(plot->html, "x", "-8");
        mp_html_set(plot->html, "y", "%.1f", y + 4);
        mp_html_text(plot->html, "%s", words.text);
        mp_html_close(plot->html);
    }
    count = mp_axis_marks(plot->x, mark);
    for (size_t i = 0; i < count; i++) {
        double place = mp_axis_place(plot->x, mark[i]);
        mp_strbuf_clear(&words);
        mp_unit_write(plot->x_unit, mark[i], &words);
        add_line(plot->html, "grid", place, place, 0, plot->height + 5);
        add_label(plot->html, "mid", place, plot->height + 19, words.text);
    }
    mp_strbuf_release(&words);
}

void mp_plot_begin(struct mp_plot *plot, const char *words, const char *x_title,
                   const char *y_title) {
    struct mp_html *html = plot->html;
    mp_html_open_class(html, "div", "plot");
    mp_html_open(html, "svg");
    mp_html_set(html, "height", "%u", plot->height);
    mp_html_set(html, "role", "img");
    mp_html_set(html, "aria-label", "%s", words);
    add_grid(plot);
    add_label(html, "end", 100, plot->height + 36, x_title);
    mp_html_open(html, "text");
    mp_html_set(html, "x", "-44");
    mp_html_set(html, "y", "-13");
    mp_html_text(html, "%s", y_title);
    mp_html_close(html);
}

/* A picture within, whose units are a thousandth of its sides. */
static void open_curve(struct mp_plot *plot, const char *kind, size_t colour) {
    struct mp_html *html = plot->html;
    mp_html_open(html, "svg");
    mp_html_set(html, "viewBox", "0 0 1000 1000");
    mp_html_set(html, "preserveAspectRatio", "none");
    mp_html_open(html, "path");
    mp_html_set(html, "class", "%sc%zu d%zu", kind, colour % MP_CHART_COLOURS,
                colour % 4);
}

static void close_curve(struct mp_plot *plot) {
    mp_html_close(plot->html);
    mp_html_close(plot->html);
}

static void write_point(const struct mp_plot *plot, char how, struct mp_point point,
                        struct mp_strbuf *path) {
    mp_strbuf_addf(path, "%c%.4g %.4g", how, 10 * mp_axis_place(plot->x, point.x),
                   1000 - 10 * mp_axis_place(plot->y, point.y));
}

void mp_plot_line(struct mp_plot *plot, const struct mp_point *point, size_t count,
                  size_t colour) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    for (size_t i = 0; i < count; i++)
        write_point(plot, i == 0 ? 'M' : 'L', point[i], &path);
    open_curve(plot, "", colour);
    mp_html_set(plot->html, "d", "%s", path.text);
    close_curve(plot);
    mp_strbuf_release(&path);
}

void mp_plot_band(struct mp_plot *plot, const struct mp_point *low,
                  const struct mp_point *high, size_t count, size_t colour) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    for (size_t i = 0; i < count; i++)
        write_point(plot, i == 0 ? 'M' : 'L', low[i], &path);
    for (size_t i = count; i-- > 0;)
        write_point(plot, 'L', high[i], &path);
    mp_strbuf_addch(&path, 'Z');
    open_curve(plot, "band ", colour);
    mp_html_set(plot->html, "d", "%s", path.text);
    close_curve(plot);
    mp_strbuf_release(&path);
}

void mp_plot_dot(struct mp_plot *plot, struct mp_point point, size_t colour) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    write_point(plot, 'M', point, &path);
    open_curve(plot, "points ", colour);
    mp_html_set(plot->html, "d", "%sh.01", path.text);
    close_curve(plot);
    mp_strbuf_release(&path);
}

void mp_plot_whisker(struct mp_plot *plot, double x, double low, double high,
                     size_t colour) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    write_point(plot, 'M', (struct mp_point){x, low}, &path);
    write_point(plot, 'L', (struct mp_point){x, high}, &path);
    open_curve(plot, "whisker ", colour);
    mp_html_set(plot->html, "d", "%s", path.text);
    close_curve(plot);
    mp_strbuf_release(&path);
}

void mp_plot_rule(struct mp_plot *plot, double y, const char *words) {
    double at = y_of(plot, y);
    add_line(plot->html, "rule", 0, 100, at, at);
    add_label(plot->html, "end strong", 100, at - 5, words);
}

void mp_plot_end(struct mp_plot *plot) {
    mp_html_close(plot->html);
    mp_html_close(plot->html);
}

void mp_plot_legend(struct mp_html *html) {
    mp_html_open_class(html, "ul", "legend");
}

void mp_plot_entry(struct mp_html *html, size_t colour, const char *words) {
    mp_html_open(html, "li");
    mp_html_open(html, "svg");
    mp_html_set(html, "aria-hidden", "true");
    mp_html_open(html, "path");
    mp_html_set(html, "class", "c%zu d%zu", colour % MP_CHART_COLOURS, colour % 4);
    mp_html_set(html, "d", "M0 6H34");
    mp_html_close(html);
    mp_html_close(html);
    mp_html_text(html, "%s", words);
    mp_html_close(html);
}

void mp_plot_legend_end(struct mp_html *html) {
    mp_html_close(html);
}
