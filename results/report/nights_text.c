/* The report over nights: verdict, headline and the table of nights. Figures over nights
 * are in nights_sections.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/table.h"
#include "harness/wire/device_name.h"
#include "results/report/line.h"
#include "results/report/nights_sections.h"
#include "results/report/rate.h"
#include "results/report/verdict.h"
#include "results/stats/percent.h"

#define NIGHTS_SHOWN 60
#define NUMBER_WIDTH 6
#define CELL_MIN     9 /* of control and load */
#define PICTURE_MIN  10
#define PICTURE_MAX  60

/* The table of nights. */
struct layout {
    struct mp_table table;
    size_t first; /* row of the nights that is shown */
    size_t night, campaign, build, rounds, failed, no_verdict, control, load, rate,
        picture;
    bool has_load;
    struct mp_strbuf axis;
};

/* What the newest night's verdict is based on. */
void mp_nights_write_reason(const struct mp_nights *nights, struct mp_strbuf *buf) {
    uint64_t rounds = 0, failures = 0, known = 0, missing = 0;
    size_t silent = 0, uncontrolled = 0, rows = nights->row_count - nights->newest;
    if (rows == 0) {
        mp_strbuf_addstr(buf, "no nights");
        return;
    }
    for (size_t i = nights->newest; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        rounds += row->rounds + row->without_power;
        failures += row->failures;
        known += row->known;
        missing += row->missing;
        silent += row->control == MP_CONTROL_SILENT;
        uncontrolled += row->control == MP_CONTROL_NONE;
    }
    mp_strbuf_addf(buf, "the newest night, %s: %" PRIu64 " of %" PRIu64 " rounds failed",
                   nights->row[nights->newest].night, failures, rounds);
    if (known > 0 && known == failures)
        mp_strbuf_addstr(buf, ", all of them in known ways");
    else if (known > 0)
        mp_strbuf_addf(buf, ", %" PRIu64 " of them in known ways", known);
    if (rows > 1)
        mp_strbuf_addf(buf, " on %zu builds of system and driver", rows);
    for (size_t i = nights->newest; i < nights->row_count; i++)
        if (nights->row[i].claim != NULL)
            mp_strbuf_addf(buf, "; %s", nights->row[i].claim);
    if (missing > 0)
        mp_strbuf_addf(buf, "; %" PRIu64 " planned %s not run", missing,
                       mp_plural(missing, "round was", "rounds were"));
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
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
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
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        if (parts[i][1] != NULL)
            mp_strbuf_addf(&line, "%s%s %s", line.len > 0 ? ", " : "only ", parts[i][0],
                           parts[i][1]);
    }
    if (line.len > 0) {
        begin_label(text, "shown");
        mp_text_wrap(text, MP_PLAIN, MP_LABEL_WIDTH, line.text);
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
                    "%.2f to %.2f, one-minute average when rounds started", low, high);
        mp_text_end(text);
    }
}

static void add_builds(const struct mp_nights *nights, struct mp_text *text) {
    for (size_t i = 0; i < nights->build_count; i++) {
        const struct mp_nights_build *build = &nights->build[i];
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        if (nights->build_count > 1)
            mp_strbuf_addf(&line, "%s (%zu %s): ", build->name, build->nights,
                           mp_plural(build->nights, "night", "nights"));
        mp_nights_write_build(build, " · ", &line);
        begin_label(text, i > 0 ? "" : nights->build_count > 1 ? "builds" : "build");
        mp_text_wrap(text, MP_PLAIN, MP_LABEL_WIDTH, line.text);
        mp_strbuf_release(&line);
    }
}

static void add_headline(const struct mp_nights *nights, struct mp_text *text) {
    struct mp_strbuf line;
    bool has_model = false;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->cell_count; i++)
        has_model = has_model || mp_device_name_is_model(nights->cell[i].device);
    size_t dates = 1;
    for (size_t i = 1; i < nights->row_count; i++)
        dates += strcmp(nights->row[i].night, nights->row[i - 1].night) != 0;
    mp_strbuf_addf(&line, "%zu · %s to %s · %zu %s · %zu %s", dates, nights->row[0].night,
                   nights->row[nights->row_count - 1].night, nights->campaign_count,
                   mp_plural(nights->campaign_count, "campaign", "campaigns"),
                   nights->shown, mp_plural(nights->shown, "subject", "subjects"));
    if (nights->machines > 1)
        mp_strbuf_addf(&line, " · of %zu machines", nights->machines);
    begin_label(text, "nights");
    mp_text_wrap(text, MP_PLAIN, MP_LABEL_WIDTH, line.text);
    mp_strbuf_release(&line);
    add_builds(nights, text);
    add_filters(nights, text);
    add_load(nights, text);
    if (has_model) {
        begin_label(text, "");
        mp_text_wrap(text, MP_WARN, MP_LABEL_WIDTH, MP_MODEL_NOTE);
    }
    if (nights->has_virtual) {
        begin_label(text, "");
        mp_text_wrap(text, MP_WARN, MP_LABEL_WIDTH, MP_VIRTUAL_NOTE);
    }
    begin_label(text, "database");
    mp_text_add(text, MP_PLAIN, "%s", nights->query.path);
    mp_text_end(text);
    mp_text_end(text);
}

/* Nights with few rounds and wide limits do not set the scale: they are clipped. */
static double find_scale(const struct mp_nights *nights, size_t first) {
    double high = 0.0;
    uint64_t most = 0;
    for (size_t i = first; i < nights->row_count; i++)
        most = nights->row[i].rounds > most ? nights->row[i].rounds : most;
    for (size_t i = first; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        if (row->has_power && row->is_pooled && row->rounds >= most / 4)
            high = fmax(high, mp_rate_limits(mp_nights_rate(row)).high);
    }
    return mp_rate_scale(high > 0.0 ? high : 1.0);
}

static size_t add_count_column(struct mp_table *table, const char *title) {
    return mp_table_add_column(
        table, (struct mp_table_column){
                   .title = title, .gap = 2, .min = NUMBER_WIDTH, .is_right = true});
}

static void add_columns(const struct mp_nights *nights, struct layout *layout) {
    struct mp_table *table = &layout->table;
    bool has_void = false;
    for (size_t i = layout->first; i < nights->row_count; i++) {
        has_void = has_void || nights->row[i].no_verdict > 0;
        layout->has_load = layout->has_load || nights->row[i].load_low >= 0;
    }
    layout->night =
        mp_table_add_column(table, (struct mp_table_column){.title = "night"});
    layout->campaign = mp_table_add_column(
        table, (struct mp_table_column){.title = "#", .gap = 2, .is_right = true});
    layout->build = mp_table_add_column(
        table, (struct mp_table_column){.gap = 2, .is_hidden = nights->build_count < 2});
    layout->rounds = add_count_column(table, "rounds");
    layout->failed = add_count_column(table, "failed");
    layout->no_verdict = add_count_column(table, "void");
    table->column[layout->no_verdict].is_hidden = !has_void;
    layout->control = mp_table_add_column(
        table, (struct mp_table_column){.title = "control", .gap = 2, .min = CELL_MIN});
    layout->load = mp_table_add_column(
        table,
        (struct mp_table_column){
            .title = "load", .gap = 2, .min = CELL_MIN, .is_hidden = !layout->has_load});
    layout->rate = mp_table_add_column(
        table, (struct mp_table_column){.title = MP_RATE_TITLE, .gap = 2});
}

/* "3", "3,4": the campaigns of a night. */
static void write_campaigns(const struct mp_nights *nights, size_t row,
                            struct mp_strbuf *buf) {
    for (size_t i = 0; i < nights->campaign_count; i++)
        if (nights->campaign[i].row == row)
            mp_strbuf_addf(buf, "%s%lld", buf->len > 0 ? "," : "",
                           (long long)nights->campaign[i].id);
}

static void fill_row(const struct mp_nights *nights, struct layout *layout,
                     size_t index) {
    const struct mp_nights_row *row = &nights->row[index];
    static const enum mp_style control_style[] = {MP_WARN, MP_PLAIN, MP_BAD};
    struct mp_table *table = &layout->table;
    size_t at = mp_table_add_row(table);
    struct mp_strbuf rate;
    mp_strbuf_init(&rate);
    mp_table_set(table, at, layout->night, MP_BOLD, "%s", row->night);
    write_campaigns(nights, index, &rate);
    mp_table_set(table, at, layout->campaign, MP_DIM, "%s", rate.text);
    mp_strbuf_clear(&rate);
    mp_table_set(table, at, layout->build, MP_PLAIN, "%s",
                 nights->build[row->build].name);
    mp_table_set_count(table, at, layout->rounds, MP_PLAIN,
                       row->rounds + row->without_power);
    mp_table_set_count(table, at, layout->failed, MP_BAD, row->failures);
    mp_table_set_count(table, at, layout->no_verdict, MP_WARN, row->no_verdict);
    mp_table_set(table, at, layout->control, control_style[row->control], "%s",
                 row->control == MP_CONTROL_SILENT
                     ? "SILENT"
                     : mp_nights_control_name(row->control));
    if (row->load_low >= 0)
        mp_table_set(table, at, layout->load, MP_DIM, "%.1f..%.1f", row->load_low,
                     row->load_high);
    mp_rate_write(mp_nights_rate(row), &rate);
    mp_table_set(table, at, layout->rate,
                 !row->is_pooled     ? MP_WARN
                 : row->failures > 0 ? MP_BAD
                                     : MP_PLAIN,
                 "%s", rate.text);
    mp_strbuf_release(&rate);
}

static void fill_pool(const struct mp_nights *nights, struct layout *layout,
                      const struct mp_nights_pool *pool) {
    struct mp_table *table = &layout->table;
    bool is_across = pool->build == SIZE_MAX;
    size_t at = mp_table_add_row(table);
    struct mp_strbuf rate;
    mp_strbuf_init(&rate);
    mp_rate_write(mp_nights_pool_rate(pool), &rate);
    mp_table_set(table, at, layout->night, MP_BOLD, "%s",
                 is_across ? "all builds" : "together");
    mp_table_set(table, at, layout->build, MP_BOLD, "%s",
                 is_across ? "" : nights->build[pool->build].name);
    mp_table_set_count(table, at, layout->rounds, MP_PLAIN, pool->rounds);
    mp_table_set_count(table, at, layout->failed, MP_BAD, pool->failures);
    mp_table_set_count(table, at, layout->no_verdict, MP_WARN, pool->no_verdict);
    mp_table_set(table, at, layout->control, MP_DIM, "%zu %s", pool->nights,
                 mp_plural(pool->nights, "night", "nights"));
    mp_table_set(table, at, layout->rate, pool->failures > 0 ? MP_BAD : MP_PLAIN, "%s",
                 rate.text);
    mp_strbuf_release(&rate);
}

static void add_bar(struct layout *layout, size_t row, struct mp_rate rate,
                    bool is_summary, double scale, size_t width) {
    struct mp_strbuf bar;
    mp_strbuf_init(&bar);
    mp_rate_write_bar(rate, is_summary, scale, width, &bar);
    mp_table_set(&layout->table, row, layout->picture,
                 rate.failures > 0 ? MP_BAD : MP_PLAIN, "%s", bar.text);
    mp_strbuf_release(&bar);
}

/* Bars take the remaining width; the load column yields to them. */
static void add_picture(const struct mp_nights *nights, struct layout *layout) {
    struct mp_table *table = &layout->table;
    size_t width = table->text->width, row = 0;
    if (mp_table_width(table) + 2 + PICTURE_MIN > width)
        table->column[layout->load].is_hidden = true;
    size_t used = mp_table_width(table) + 2;
    if (used + PICTURE_MIN > width)
        return;
    size_t picture = width - used < PICTURE_MAX ? width - used : PICTURE_MAX;
    double scale = find_scale(nights, layout->first);
    mp_rate_write_axis(scale, picture, &layout->axis);
    layout->picture = mp_table_add_column(
        table, (struct mp_table_column){.title = layout->axis.text, .gap = 2});
    for (size_t i = layout->first; i < nights->row_count; i++, row++)
        if (nights->row[i].is_pooled)
            add_bar(layout, row, mp_nights_rate(&nights->row[i]), false, scale, picture);
    for (size_t i = 0; i < nights->pool_count; i++, row++) {
        const struct mp_nights_pool *pool = &nights->pool[i];
        add_bar(layout, row, mp_nights_pool_rate(pool), true, scale, picture);
    }
}

static void add_marker(struct mp_text *text, enum mp_style style, const char *content) {
    mp_text_add(text, MP_DIM, "→ ");
    mp_text_wrap(text, style, mp_text_measure(text, "→ "), content);
}

/* What changed in this night: system, driver, rate. */
static void add_markers(const struct mp_nights *nights, size_t row,
                        struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_nights_write_difference(nights, row, &line);
    if (line.len > 0)
        add_marker(text, MP_WARN, line.text);
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        if (nights->changed_row[change->night] == row) {
            char before[MP_PERCENT_SIZE], after[MP_PERCENT_SIZE];
            mp_percent_point(change->rate_before, before, sizeof(before));
            mp_percent_point(change->rate_after, after, sizeof(after));
            mp_strbuf_clear(&line);
            mp_strbuf_addf(&line,
                           "the rate changed here: %s %% before, %s %% from here on",
                           before, after);
            add_marker(text, MP_BAD, line.text);
        }
    }
    mp_strbuf_release(&line);
}

/* The command that shows a night: the newest with a failure, else the newest. */
static void add_open(const struct mp_nights *nights, struct mp_text *text) {
    size_t row = nights->row_count - 1;
    for (size_t i = nights->row_count; i-- > 0;) {
        if (nights->row[i].failures > 0) {
            row = i;
            break;
        }
    }
    size_t campaign = 0;
    for (size_t i = 0; i < nights->campaign_count; i++)
        campaign = nights->campaign[i].row == row ? i : campaign;
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    mp_text_quote(&path, nights->query.path);
    mp_text_add(text, MP_DIM,
                "# is the campaign; this opens %s:", nights->row[row].night);
    mp_text_end(text);
    mp_text_add(text, MP_PLAIN, "  mpstress report --campaign %lld --db %s",
                (long long)nights->campaign[campaign].id, path.text);
    mp_text_end(text);
    mp_strbuf_release(&path);
}

static void add_table(const struct mp_nights *nights, struct mp_text *text) {
    struct layout layout = {
        .first = nights->row_count > NIGHTS_SHOWN ? nights->row_count - NIGHTS_SHOWN : 0};
    mp_table_init(&layout.table, text);
    mp_strbuf_init(&layout.axis);
    add_columns(nights, &layout);
    for (size_t i = layout.first; i < nights->row_count; i++)
        fill_row(nights, &layout, i);
    for (size_t i = 0; i < nights->pool_count; i++)
        fill_pool(nights, &layout, &nights->pool[i]);
    add_picture(nights, &layout);
    mp_table_write_titles(&layout.table);
    if (layout.first > 0) {
        mp_text_add(text, MP_DIM, "%zu earlier rows are not shown, but counted",
                    layout.first);
        mp_text_end(text);
    }
    for (size_t i = layout.first; i < nights->row_count; i++) {
        add_markers(nights, i, text);
        mp_table_write_row(&layout.table, i - layout.first);
    }
    for (size_t i = 0; i < nights->pool_count; i++)
        if (nights->pool[i].nights > 0)
            mp_table_write_row(&layout.table, nights->row_count - layout.first + i);
    add_open(nights, text);
    mp_text_end(text);
    mp_strbuf_release(&layout.axis);
    mp_table_release(&layout.table);
}

void mp_nights_write_text(const struct mp_nights *nights, struct mp_text *text) {
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_nights_write_reason(nights, &reason);
    mp_verdict_add(nights->verdict, reason.text, text);
    mp_text_end(text);
    if (nights->row_count == 0) {
        mp_text_wrap(
            text, MP_PLAIN, 0,
            nights->options->since == NULL
                ? "No campaign in this database belongs to a night. 'mpstress run "
                  "--night' and 'scripts/nightly' mark the night of their rounds. "
                  "'mpstress report' shows a single campaign."
                : "No campaign in this database belongs to a night from that date on.");
    } else {
        add_headline(nights, text);
        add_table(nights, text);
        mp_nights_add_sections(nights, text);
    }
    mp_strbuf_release(&reason);
}
