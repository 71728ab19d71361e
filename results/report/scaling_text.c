/* Speeds of a campaign as text and Markdown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/line.h"
#include "results/report/scaling.h"
#include "results/stats/digits.h"

#define SHOWN_MAX 8
#define BAR       20 /* columns that stand for an efficiency of 1 */

static const char note[] =
    "Ops a second of passing rounds, from the barrier behind which the threads start to "
    "the end of the last, checks included: medians over rounds. Speed-up: against the "
    "first row in the same block of rounds. Efficiency: speed-up for each thread. Limits: "
    "95 % each, by the sign test; no assumption on the distribution";

/* Three digits, and no power of ten in numbers that people count by. */
static void write_number(const char *digits, struct mp_strbuf *buf) {
    double value = strtod(digits, NULL);
    if (value >= 1000 && value < 1e12)
        mp_strbuf_addf(buf, "%.0f", value);
    else
        mp_strbuf_addstr(buf, digits);
}

void mp_scaling_write_ratio(struct mp_paired_ratio ratio, struct mp_strbuf *buf) {
    char digits[MP_DIGITS_SIZE];
    if (ratio.pairs == 0)
        return;
    mp_digits_point(ratio.median, digits, sizeof(digits));
    write_number(digits, buf);
    if (!isfinite(ratio.high) || ratio.low <= 0)
        return;
    mp_strbuf_addstr(buf, " [");
    mp_digits_lower(ratio.low, digits, sizeof(digits));
    write_number(digits, buf);
    mp_strbuf_addstr(buf, ", ");
    mp_digits_upper(ratio.high, digits, sizeof(digits));
    write_number(digits, buf);
    mp_strbuf_addch(buf, ']');
}

static void write_name(const struct mp_report *report, const struct mp_report_cell *cell,
                       const char *parameter, struct mp_strbuf *buf) {
    mp_cell_title_write(report, cell, parameter, buf);
    mp_strbuf_addstr(buf, ", ");
    mp_cell_arm_write(cell, buf);
    if (report->device_count > 1)
        mp_strbuf_addf(buf, ", device %zu", cell->device_index + 1);
}

static void write_saturation(const struct mp_scaling_curve *curve,
                             struct mp_strbuf *buf) {
    const struct mp_scaling_point *last = &curve->point[curve->family->count - 1];
    switch (curve->saturation) {
    case MP_SATURATION_AT:
        mp_strbuf_addf(buf,
                       "saturated from %g %s on: no larger number is more than 10 %% "
                       "faster",
                       curve->point[curve->saturated].at, curve->family->parameter);
        break;
    case MP_SATURATION_NONE:
        mp_strbuf_addf(buf, "not saturated at %g %s", last->at, curve->family->parameter);
        break;
    default:
        mp_strbuf_addstr(buf, "saturation unknown: the limits are too wide; more rounds "
                              "(--rounds) narrow them");
    }
}

static void add_bar(double efficiency, struct mp_text *text) {
    size_t length = isfinite(efficiency) && efficiency > 0
                        ? (size_t)lround(fmin(efficiency, 1.5) * BAR)
                        : 0;
    for (size_t i = 0; i < length; i++)
        mp_text_add(text, MP_PLAIN, "█");
}

static void add_point(const struct mp_scaling_curve *curve, size_t index,
                      struct mp_text *text) {
    const struct mp_scaling_point *point = &curve->point[index];
    struct mp_strbuf cell;
    mp_strbuf_init(&cell);
    mp_strbuf_addf(&cell, "%g", point->at);
    mp_text_right(text, MP_PLAIN, 11, cell.text);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_strbuf_clear(&cell);
    mp_scaling_write_ratio(point->speeds, &cell);
    mp_text_left(text, MP_PLAIN, 24, cell.len > 0 ? cell.text : "no passing round");
    mp_strbuf_clear(&cell);
    mp_scaling_write_ratio(point->speed_up, &cell);
    mp_text_left(text, MP_PLAIN, 20, cell.text);
    mp_strbuf_clear(&cell);
    if (point->speed_up.pairs > 0)
        mp_strbuf_addf(&cell, "%.0f %%", 100 * point->efficiency);
    mp_text_right(text, MP_PLAIN, 6, cell.text);
    mp_text_add(text, MP_PLAIN, "  ");
    if (point->speed_up.pairs > 0)
        add_bar(point->efficiency, text);
    mp_text_end(text);
    mp_strbuf_release(&cell);
}

/* "12, 15 % of the threads' time inside the driver, 70, 60 % waiting for completion, the
 * rest outside"; nothing if it was not measured everywhere. */
static void write_time(const struct mp_scaling_curve *curve, struct mp_strbuf *buf) {
    struct mp_strbuf waiting;
    mp_strbuf_init(&waiting);
    for (size_t i = 0; i < curve->family->count; i++) {
        const struct mp_scaling_time *time = curve->time[i];
        if (time->all <= 0 || time->in_driver <= 0) {
            mp_strbuf_clear(buf);
            mp_strbuf_release(&waiting);
            return;
        }
        mp_strbuf_addf(buf, "%s%.0f", i > 0 ? ", " : "",
                       100 * time->in_driver / time->all);
        mp_strbuf_addf(&waiting, "%s%.0f", i > 0 ? ", " : "",
                       100 * time->waiting / time->all);
    }
    mp_strbuf_addf(buf,
                   " %% of the threads' time inside the driver, %s %% waiting for "
                   "completion, the rest outside",
                   waiting.text);
    mp_strbuf_release(&waiting);
}

static void add_curve(const struct mp_scaling_curve *curve,
                      const struct mp_report *report, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    write_name(report, curve->family->cell[0].cell, curve->family->parameter, &line);
    mp_strbuf_addstr(&line, ": ");
    write_saturation(curve, &line);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_PLAIN, 2, line.text);
    mp_text_right(text, MP_DIM, 11, curve->family->parameter);
    mp_text_add(text, MP_DIM, "  ");
    mp_text_left(text, MP_DIM, 24, "ops/s");
    mp_text_left(text, MP_DIM, 20, "speed-up");
    mp_text_add(text, MP_DIM, "efficiency");
    mp_text_end(text);
    for (size_t i = 0; i < curve->family->count; i++)
        add_point(curve, i, text);
    mp_strbuf_clear(&line);
    write_time(curve, &line);
    if (line.len > 0) {
        mp_text_add(text, MP_PLAIN, "    ");
        mp_text_wrap(text, MP_PLAIN, 4, line.text);
    }
    mp_strbuf_release(&line);
}

static void write_batch(const struct mp_report *report,
                        const struct mp_scaling_batch *batch, struct mp_strbuf *buf) {
    write_name(report, batch->cell, NULL, buf);
    mp_strbuf_addstr(buf, ": ");
    if (batch->speeds.pairs == 0) {
        mp_strbuf_addstr(buf, "no passing round");
        return;
    }
    mp_scaling_write_ratio(batch->speeds, buf);
    mp_strbuf_addstr(buf, " samples/s");
    if (batch->is_base) {
        mp_strbuf_addstr(buf, ", the base");
    } else if (batch->gain.pairs > 0) {
        mp_strbuf_addstr(buf, ", ");
        mp_scaling_write_ratio(batch->gain, buf);
        mp_strbuf_addstr(buf, " times the base");
    }
}

static void add_batches(const struct mp_scaling *scaling, const struct mp_report *report,
                        struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_line_title(text, "Batching against threading, in samples");
    for (size_t i = 0; i < scaling->batch_count; i++) {
        mp_strbuf_clear(&line);
        write_batch(report, &scaling->batch[i], &line);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 2, line.text);
    }
    mp_strbuf_release(&line);
}

void mp_scaling_add(const struct mp_scaling *scaling, const struct mp_report *report,
                    struct mp_text *text) {
    for (size_t i = 0; i < scaling->curve_count && i < SHOWN_MAX; i++) {
        if (i == 0)
            mp_line_title(text, "Scaling");
        add_curve(&scaling->curve[i], report, text);
    }
    if (scaling->curve_count > SHOWN_MAX) {
        mp_text_add(text, MP_DIM, "  and %zu more; --json shows all",
                    scaling->curve_count - SHOWN_MAX);
        mp_text_end(text);
    }
    if (scaling->batch_count > 0)
        add_batches(scaling, report, text);
    if (scaling->curve_count > 0 || scaling->batch_count > 0) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_DIM, 2, note);
    }
}

/* "6240 of 6400 planned ran and were right" */
static void write_ops(const struct mp_scaling *scaling, const char *what,
                      struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%.0f of %.0f planned%s ran and were right", scaling->ops_done,
                   scaling->ops_planned, what);
}

void mp_scaling_add_ops(const struct mp_scaling *scaling, struct mp_text *text) {
    struct mp_strbuf line;
    if (scaling->ops_planned <= 0)
        return;
    mp_strbuf_init(&line);
    write_ops(scaling, "", &line);
    mp_line_add(text, "ops", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_curve_markdown(const struct mp_scaling_curve *curve,
                               const struct mp_report *report,
                               void (*add)(struct mp_strbuf *buf, const char *text),
                               struct mp_strbuf *buf) {
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    write_name(report, curve->family->cell[0].cell, curve->family->parameter, &part);
    mp_strbuf_addstr(&part, ": ");
    write_saturation(curve, &part);
    mp_strbuf_addch(buf, '\n');
    add(buf, part.text);
    mp_strbuf_addstr(buf, "\n\n| ");
    add(buf, curve->family->parameter);
    mp_strbuf_addstr(buf, " | ops/s | speed-up | efficiency |\n|---:|---|---|---:|\n");
    for (size_t i = 0; i < curve->family->count; i++) {
        const struct mp_scaling_point *point = &curve->point[i];
        mp_strbuf_addf(buf, "| %g | ", point->at);
        mp_strbuf_clear(&part);
        mp_scaling_write_ratio(point->speeds, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " | ");
        mp_strbuf_clear(&part);
        mp_scaling_write_ratio(point->speed_up, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " | ");
        if (point->speed_up.pairs > 0)
            mp_strbuf_addf(buf, "%.0f %%", 100 * point->efficiency);
        mp_strbuf_addstr(buf, " |\n");
    }
    mp_strbuf_clear(&part);
    write_time(curve, &part);
    if (part.len > 0) {
        mp_strbuf_addch(buf, '\n');
        add(buf, part.text);
        mp_strbuf_addch(buf, '\n');
    }
    mp_strbuf_release(&part);
}

void mp_scaling_add_markdown(const struct mp_scaling *scaling,
                             const struct mp_report *report,
                             void (*add)(struct mp_strbuf *buf, const char *text),
                             struct mp_strbuf *buf) {
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    if (scaling->ops_planned > 0) {
        write_ops(scaling, " ops", &part);
        mp_strbuf_addch(buf, '\n');
        add(buf, part.text);
        mp_strbuf_addch(buf, '\n');
    }
    for (size_t i = 0; i < scaling->curve_count && i < SHOWN_MAX; i++)
        add_curve_markdown(&scaling->curve[i], report, add, buf);
    for (size_t i = 0; i < scaling->batch_count; i++) {
        mp_strbuf_addstr(buf, i == 0 ? "\nBatching against threading, in samples:\n\n- "
                                     : "- ");
        mp_strbuf_clear(&part);
        write_batch(report, &scaling->batch[i], &part);
        add(buf, part.text);
        mp_strbuf_addch(buf, '\n');
    }
    if (scaling->curve_count > 0 || scaling->batch_count > 0) {
        mp_strbuf_addch(buf, '\n');
        add(buf, note);
        mp_strbuf_addch(buf, '\n');
    }
    mp_strbuf_release(&part);
}
