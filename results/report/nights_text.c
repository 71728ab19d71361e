/* The report over nights: verdict, headline and the table of nights. What nights show
 * together stands in nights_sections.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "results/report/nights_picture.h"
#include "results/stats/percent.h"

#define NIGHTS_SHOWN  60
#define DATE_WIDTH    10
#define NUMBER_WIDTH  6
#define CONTROL_WIDTH 9 /* "12 nights" stands there as well */
#define LOAD_WIDTH    9
#define PICTURE_MIN   10
#define PICTURE_MAX   60

#define U(value) ((unsigned long long)(value))

/* Which columns there are, and how wide. */
struct layout {
    const struct mp_nights_signs *signs;
    size_t first; /* row shown */
    size_t build, rate, picture;
    bool has_void, has_load;
    double scale;
};

static const char *plural(uint64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

/* What the newest night's verdict rests on. */
static void write_reason(const struct mp_nights *nights, struct mp_strbuf *buf) {
    uint64_t rounds = 0, failures = 0;
    size_t silent = 0, uncontrolled = 0, rows = nights->row_count - nights->newest;
    if (rows == 0) {
        mp_strbuf_addstr(buf, "there is no night");
        return;
    }
    for (size_t i = nights->newest; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        rounds += row->rounds;
        failures += row->failures;
        silent += row->control == MP_CONTROL_SILENT;
        uncontrolled += row->control == MP_CONTROL_NONE;
    }
    mp_strbuf_addf(buf, "the newest night, %s: %llu of %llu rounds failed",
                   nights->row[nights->newest].night, U(failures), U(rounds));
    if (rows > 1)
        mp_strbuf_addf(buf, " on %zu builds of system and driver", rows);
    if (silent > 0) {
        mp_strbuf_addstr(
            buf, "; a control that must fail stayed silent: zeros mean nothing there");
    } else if (uncontrolled > 0) {
        mp_strbuf_addstr(buf, "; no control that must fail was run");
    } else {
        mp_strbuf_addstr(buf, "; the controls that must fail did");
    }
    if (nights->verdict == MP_VERDICT_FAILURES && failures == 0)
        mp_strbuf_addstr(buf, "; a control that must pass failed");
}

static void begin_label(struct mp_text *text, const char *label) {
    mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, label);
}

static void add_filters(const struct mp_nights *nights, struct mp_text *text) {
    const struct mp_nights_options *options = nights->options;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    const char *const parts[][2] = {
        {"device", options->device},
        {"scenario", options->scenario},
        {"arm", options->arm},
        {"nights from", options->since},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i][1] != NULL) {
            mp_strbuf_addf(&line, "%s%s %s", line.len > 0 ? ", " : "only ", parts[i][0],
                           parts[i][1]);
        }
    }
    if (line.len > 0) {
        begin_label(text, "shown");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH, line.text);
    }
    mp_strbuf_release(&line);
}

static void add_load(const struct mp_nights *nights, struct mp_text *text) {
    double low = -1, high = -1;
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        low =
            row->load_low >= 0 && (low < 0 || row->load_low < low) ? row->load_low : low;
        high = row->load_high > high ? row->load_high : high;
    }
    if (low >= 0) {
        begin_label(text, "load");
        mp_text_add(text, MP_PLAIN,
                    "%.2f to %.2f, the average over a minute as rounds began", low, high);
        mp_text_end(text);
    }
}

static void add_builds(const struct mp_nights *nights,
                       const struct mp_nights_signs *signs, struct mp_text *text) {
    for (size_t i = 0; i < nights->build_count; i++) {
        const struct mp_nights_build *build = &nights->build[i];
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        if (nights->build_count > 1) {
            mp_strbuf_addf(&line, "%s (%zu %s): ", build->name, build->nights,
                           plural(build->nights, "night", "nights"));
        }
        mp_nights_write_build(build, signs->dot, &line);
        begin_label(text, i > 0 ? "" : nights->build_count > 1 ? "builds" : "build");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH, line.text);
        mp_strbuf_release(&line);
    }
}

static void add_headline(const struct mp_nights *nights,
                         const struct mp_nights_signs *signs, struct mp_text *text) {
    struct mp_strbuf line;
    bool has_model = false;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->cell_count; i++)
        has_model = has_model || mp_report_is_model(nights->cell[i].device);
    size_t dates = 1;
    for (size_t i = 1; i < nights->row_count; i++)
        dates += strcmp(nights->row[i].night, nights->row[i - 1].night) != 0;
    mp_strbuf_addf(&line, "%zu%s%s to %s%s%zu %s%s%zu %s", dates, signs->dot,
                   nights->row[0].night, nights->row[nights->row_count - 1].night,
                   signs->dot, nights->campaign_count,
                   plural(nights->campaign_count, "campaign", "campaigns"), signs->dot,
                   nights->shown, plural(nights->shown, "subject", "subjects"));
    if (nights->machines > 1)
        mp_strbuf_addf(&line, "%sof %zu machines", signs->dot, nights->machines);
    begin_label(text, "nights");
    mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH, line.text);
    mp_strbuf_release(&line);
    add_builds(nights, signs, text);
    add_filters(nights, text);
    add_load(nights, text);
    if (has_model) {
        begin_label(text, "");
        mp_text_wrap(
            text, MP_WARN, MP_REPORT_LABEL_WIDTH,
            "@model is a software model of the driver: nothing there was seen on Apple's"
            " driver.");
    }
    begin_label(text, "database");
    mp_text_add(text, MP_PLAIN, "%s", nights->report.path);
    mp_text_end(text);
    mp_text_end(text);
}

static void write_row_rate(const struct layout *layout, const struct mp_nights_row *row,
                           struct mp_strbuf *buf) {
    if (row->control == MP_CONTROL_SILENT && row->failures == 0) {
        mp_strbuf_addstr(buf, "no power");
    } else {
        mp_nights_write_rate(buf, layout->signs, row->failures, row->rounds,
                             mp_nights_limits(row->failures, row->rounds));
    }
}

static void write_pool_rate(const struct layout *layout,
                            const struct mp_nights_pool *pool, struct mp_strbuf *buf) {
    mp_nights_write_rate(buf, layout->signs, pool->failures, pool->rounds,
                         mp_nights_limits(pool->failures, pool->rounds));
}

static void widen(size_t *width, struct mp_strbuf *buf) {
    size_t columns = mp_text_columns(buf->text);
    *width = columns > *width ? columns : *width;
    mp_strbuf_clear(buf);
}

/* Nights with few rounds, whose limits say little, do not set the scale: they are
 * clipped. */
static double find_scale(const struct mp_nights *nights, size_t first) {
    double high = 0.0;
    uint64_t most = 0;
    for (size_t i = first; i < nights->row_count; i++)
        most = nights->row[i].rounds > most ? nights->row[i].rounds : most;
    for (size_t i = first; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        double here = mp_nights_limits(row->failures, row->rounds).high;
        if (row->is_pooled && row->rounds >= most / 4 && here > high)
            high = here;
    }
    return mp_nights_scale(high > 0.0 ? high : 1.0);
}

static struct layout plan_layout(const struct mp_nights *nights, size_t width) {
    struct layout layout = {.signs = mp_nights_signs(nights->options->use_utf8),
                            .rate = strlen("failing, 95 % limits")};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    layout.first =
        nights->row_count > NIGHTS_SHOWN ? nights->row_count - NIGHTS_SHOWN : 0;
    for (size_t i = layout.first; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        write_row_rate(&layout, row, &buf);
        widen(&layout.rate, &buf);
        layout.has_void = layout.has_void || row->no_verdict > 0;
        layout.has_load = layout.has_load || row->load_low >= 0;
    }
    for (size_t i = 0; i < nights->pool_count; i++) {
        write_pool_rate(&layout, &nights->pool[i], &buf);
        widen(&layout.rate, &buf);
    }
    for (size_t i = 0; i < nights->build_count && nights->build_count > 1; i++) {
        size_t len = strlen(nights->build[i].name);
        layout.build = len > layout.build ? len : layout.build;
    }
    size_t fixed = DATE_WIDTH + (layout.build > 0 ? 2 + layout.build : 0) +
                   2 * (2 + NUMBER_WIDTH) + (layout.has_void ? 2 + NUMBER_WIDTH : 0) + 2 +
                   CONTROL_WIDTH + 2 + layout.rate + 2;
    if (fixed + 2 + LOAD_WIDTH + PICTURE_MIN > width)
        layout.has_load = false;
    fixed += layout.has_load ? 2 + LOAD_WIDTH : 0;
    layout.picture = fixed + PICTURE_MIN <= width ? width - fixed : 0;
    layout.picture = layout.picture > PICTURE_MAX ? PICTURE_MAX : layout.picture;
    layout.scale = find_scale(nights, layout.first);
    mp_strbuf_release(&buf);
    return layout;
}

static void add_header(const struct layout *layout, struct mp_text *text) {
    mp_text_left(text, MP_DIM, DATE_WIDTH, "night");
    mp_text_left(text, MP_DIM, layout->build > 0 ? 2 + layout->build : 0, "");
    mp_text_right(text, MP_DIM, 2 + NUMBER_WIDTH, "rounds");
    mp_text_right(text, MP_DIM, 2 + NUMBER_WIDTH, "failed");
    if (layout->has_void)
        mp_text_right(text, MP_DIM, 2 + NUMBER_WIDTH, "void");
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, MP_DIM, CONTROL_WIDTH, "control");
    if (layout->has_load) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, MP_DIM, LOAD_WIDTH, "load");
    }
    mp_text_add(text, MP_PLAIN, "  ");
    if (layout->picture == 0) {
        mp_text_add(text, MP_DIM, "failing, 95 %% limits");
    } else {
        char end[32];
        snprintf(end, sizeof(end), "%.6g %%", 100.0 * layout->scale);
        mp_text_left(text, MP_DIM, layout->rate, "failing, 95 % limits");
        mp_text_add(text, MP_DIM, "  0");
        mp_text_right(text, MP_DIM, layout->picture - 1, end);
    }
    mp_text_end(text);
}

static void add_number(struct mp_text *text, enum mp_style style, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%llu", U(value));
    mp_text_right(text, value == 0 ? MP_DIM : style, 2 + NUMBER_WIDTH, digits);
}

static void add_bar(const struct layout *layout, struct mp_text *text,
                    enum mp_style style, uint64_t failures, uint64_t rounds,
                    bool is_pooled) {
    struct mp_interval limits = mp_nights_limits(failures, rounds);
    struct mp_nights_bar bar = {.low = limits.low,
                                .rate = (double)failures / (double)rounds,
                                .high = limits.high,
                                .is_zero = failures == 0,
                                .is_pooled = is_pooled};
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_nights_write_bar(&line, layout->signs, bar, layout->scale, layout->picture);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_add(text, style, "%s", line.text);
    mp_strbuf_release(&line);
}

static void add_row(const struct mp_nights *nights, const struct layout *layout,
                    const struct mp_nights_row *row, struct mp_text *text) {
    static const enum mp_style control_style[] = {MP_WARN, MP_PLAIN, MP_BAD};
    enum mp_style style = row->failures > 0 ? MP_BAD : MP_PLAIN;
    struct mp_strbuf rate;
    mp_strbuf_init(&rate);
    mp_text_left(text, MP_BOLD, DATE_WIDTH, row->night);
    if (layout->build > 0) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, MP_PLAIN, layout->build, nights->build[row->build].name);
    }
    add_number(text, MP_PLAIN, row->rounds);
    add_number(text, MP_BAD, row->failures);
    if (layout->has_void)
        add_number(text, MP_WARN, row->no_verdict);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, control_style[row->control], CONTROL_WIDTH,
                 row->control == MP_CONTROL_SILENT
                     ? "SILENT"
                     : mp_nights_control_name(row->control));
    if (layout->has_load) {
        char load[48] = "";
        if (row->load_low >= 0)
            snprintf(load, sizeof(load), "%.1f..%.1f", row->load_low, row->load_high);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, MP_DIM, LOAD_WIDTH, load);
    }
    write_row_rate(layout, row, &rate);
    mp_text_add(text, MP_PLAIN, "  ");
    if (layout->picture > 0 && row->is_pooled) {
        mp_text_left(text, style, layout->rate, rate.text);
        add_bar(layout, text, style, row->failures, row->rounds, false);
    } else {
        mp_text_add(text, row->is_pooled ? style : MP_WARN, "%s", rate.text);
    }
    mp_text_end(text);
    mp_strbuf_release(&rate);
}

/* What changed with this night: system, driver, rate. */
static void add_markers(const struct mp_nights *nights, const struct layout *layout,
                        size_t row, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_nights_write_difference(nights, row, &line);
    if (line.len > 0) {
        mp_text_add(text, MP_DIM, "%s ", layout->signs->arrow);
        mp_text_wrap(text, MP_WARN, mp_text_columns(layout->signs->arrow) + 1, line.text);
    }
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        if (nights->changed_row[change->night] == row) {
            char before[32], after[32];
            mp_percent_point(change->rate_before, before, sizeof(before));
            mp_percent_point(change->rate_after, after, sizeof(after));
            mp_strbuf_clear(&line);
            mp_strbuf_addf(&line,
                           "the rate changed here: %s %% before, %s %% from here on",
                           before, after);
            mp_text_add(text, MP_DIM, "%s ", layout->signs->arrow);
            mp_text_wrap(text, MP_BAD, mp_text_columns(layout->signs->arrow) + 1,
                         line.text);
        }
    }
    mp_strbuf_release(&line);
}

static void add_pools(const struct mp_nights *nights, const struct layout *layout,
                      struct mp_text *text) {
    for (size_t i = 0; i < nights->pool_count; i++) {
        const struct mp_nights_pool *pool = &nights->pool[i];
        if (pool->nights == 0)
            continue;
        bool is_across = pool->build == SIZE_MAX;
        enum mp_style style = pool->failures > 0 ? MP_BAD : MP_PLAIN;
        struct mp_strbuf rate;
        mp_strbuf_init(&rate);
        mp_text_left(text, MP_BOLD, DATE_WIDTH, is_across ? "all builds" : "together");
        if (layout->build > 0) {
            mp_text_add(text, MP_PLAIN, "  ");
            mp_text_left(text, MP_BOLD, layout->build,
                         is_across ? "" : nights->build[pool->build].name);
        }
        add_number(text, MP_PLAIN, pool->rounds);
        add_number(text, MP_BAD, pool->failures);
        if (layout->has_void)
            add_number(text, MP_WARN, pool->no_verdict);
        char count[32];
        snprintf(count, sizeof(count), "%zu %s", pool->nights,
                 plural(pool->nights, "night", "nights"));
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, MP_DIM,
                     CONTROL_WIDTH + (layout->has_load ? 2 + LOAD_WIDTH : 0), count);
        write_pool_rate(layout, pool, &rate);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, style, layout->rate, rate.text);
        if (layout->picture > 0)
            add_bar(layout, text, style, pool->failures, pool->rounds, true);
        mp_text_end(text);
        mp_strbuf_release(&rate);
    }
}

static void add_table(const struct mp_nights *nights, struct mp_text *text) {
    struct layout layout = plan_layout(nights, text->width);
    add_header(&layout, text);
    if (layout.first > 0) {
        mp_text_add(text, MP_DIM, "%zu earlier rows are not shown, but counted",
                    layout.first);
        mp_text_end(text);
    }
    for (size_t i = layout.first; i < nights->row_count; i++) {
        add_markers(nights, &layout, i, text);
        add_row(nights, &layout, &nights->row[i], text);
    }
    add_pools(nights, &layout, text);
    mp_text_end(text);
}

static void write_text(const struct mp_nights *nights, struct mp_text *text) {
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    write_reason(nights, &reason);
    mp_report_add_verdict(text, nights->verdict, reason.text);
    if (nights->row_count == 0) {
        mp_text_wrap(
            text, MP_PLAIN, 0,
            nights->options->since == NULL
                ? "No campaign in this database is of a night. 'mpstress run --night'"
                  " says of which night its rounds are; 'scripts/nightly' does so by"
                  " itself. A single campaign is shown by 'mpstress report'."
                : "No campaign in this database is of a night from that date on.");
    } else {
        add_headline(nights, mp_nights_signs(nights->options->use_utf8), text);
        add_table(nights, text);
        mp_nights_add_sections(nights, text);
    }
    mp_strbuf_release(&reason);
}

enum mp_status mp_nights_text(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_nights nights;
    sqlite3_exec(mp_store_handle(store), "BEGIN", NULL, NULL, NULL);
    enum mp_status status = mp_nights_load(&nights, store, options, err);
    sqlite3_exec(mp_store_handle(store), "COMMIT", NULL, NULL, NULL);
    if (status == MP_OK) {
        write_text(&nights, &text);
        *ret_verdict = nights.verdict;
    }
    mp_nights_release(&nights);
    return status;
}
