/* The report over nights as one JSON document. SQLite quotes the texts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "results/report/nights_rows.h"
#include "results/report/rate.h"

#define U(value) ((unsigned long long)(value))

struct writer {
    struct mp_nights *nights;
    struct mp_strbuf *buf;
};

/* Separates members: a comma, unless the object or list was just opened. */
static void begin_member(struct writer *writer, const char *name) {
    struct mp_strbuf *buf = writer->buf;
    char last = buf->len > 0 ? buf->text[buf->len - 1] : '{';
    if (last != '{' && last != '[')
        mp_strbuf_addch(buf, ',');
    if (name != NULL)
        mp_strbuf_addf(buf, "\"%s\":", name);
}

static void open_member(struct writer *writer, const char *name, char bracket) {
    begin_member(writer, name);
    mp_strbuf_addch(writer->buf, bracket);
}

static void close_member(struct writer *writer, char bracket) {
    mp_strbuf_addch(writer->buf, bracket);
}

static void put_text(struct writer *writer, const char *name, const char *value) {
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    begin_member(writer, name);
    if (value == NULL) {
        mp_strbuf_addstr(writer->buf, "null");
        return;
    }
    mp_strbuf_add_escaped(&safe, value, strlen(value), 0);
    int code = sqlite3_prepare_v2(writer->nights->report.db, "SELECT json_quote(?1)", -1,
                                  &stmt, NULL);
    sqlite3_bind_text(stmt, 1, safe.text, (int)safe.len, SQLITE_STATIC);
    code = code == SQLITE_OK ? sqlite3_step(stmt) : code;
    if (code == SQLITE_ROW) {
        mp_strbuf_addstr(writer->buf, mp_report_column(stmt, 0));
        code = SQLITE_OK;
    }
    mp_report_note(&writer->nights->report, code);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&safe);
}

static void put_count(struct writer *writer, const char *name, uint64_t value) {
    begin_member(writer, name);
    mp_strbuf_addf(writer->buf, "%llu", U(value));
}

/* What is no finite number is null. */
static void put_number(struct writer *writer, const char *name, double value) {
    begin_member(writer, name);
    if (isfinite(value))
        mp_strbuf_addf(writer->buf, "%.17g", value);
    else
        mp_strbuf_addstr(writer->buf, "null");
}

static void put_truth(struct writer *writer, const char *name, bool value) {
    begin_member(writer, name);
    mp_strbuf_addstr(writer->buf, value ? "true" : "false");
}

/* A rate with its limits; null where no round counts. */
static void put_rate(struct writer *writer, uint64_t failures, uint64_t rounds) {
    struct mp_interval limits =
        mp_binomial_clopper_pearson(failures, rounds, MP_RATE_ALPHA);
    put_count(writer, "rounds", rounds);
    put_count(writer, "failures", failures);
    put_number(writer, "rate", rounds > 0 ? (double)failures / (double)rounds : NAN);
    put_number(writer, "low", rounds > 0 ? limits.low : NAN);
    put_number(writer, "high", rounds > 0 ? limits.high : NAN);
    put_number(writer, "upper_one_sided",
               rounds > 0 ? mp_binomial_upper(failures, rounds, MP_RATE_ALPHA) : NAN);
}

/* `build` may be SIZE_MAX: null. */
static void put_build(struct writer *writer, size_t build) {
    put_text(writer, "build",
             build == SIZE_MAX ? NULL : writer->nights->build[build].name);
}

static void write_filters(struct writer *writer) {
    const struct mp_nights_options *options = writer->nights->options;
    open_member(writer, "filters", '{');
    put_text(writer, "device", options->device);
    put_text(writer, "scenario", options->scenario);
    put_text(writer, "arm", options->arm);
    put_text(writer, "since", options->since);
    put_truth(writer, "across_builds", options->across_builds);
    close_member(writer, '}');
}

static void write_builds(struct writer *writer) {
    open_member(writer, "builds", '[');
    for (size_t i = 0; i < writer->nights->build_count; i++) {
        const struct mp_nights_build *build = &writer->nights->build[i];
        open_member(writer, NULL, '{');
        put_text(writer, "name", build->name);
        put_text(writer, "os", build->os);
        put_text(writer, "os_build", build->os_build);
        put_text(writer, "cpu", build->cpu);
        put_text(writer, "gpu", build->gpu);
        put_text(writer, "driver", build->driver);
        put_text(writer, "driver_id", build->driver_id);
        put_count(writer, "nights", build->nights);
        close_member(writer, '}');
    }
    close_member(writer, ']');
}

static void write_nights(struct writer *writer) {
    struct mp_nights *nights = writer->nights;
    struct mp_strbuf changed;
    mp_strbuf_init(&changed);
    open_member(writer, "nights", '[');
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        open_member(writer, NULL, '{');
        put_text(writer, "night", row->night);
        put_build(writer, row->build);
        put_text(writer, "version", row->version);
        put_text(writer, "verdict", mp_verdict_name(row->verdict));
        put_text(writer, "control", mp_nights_control_name(row->control));
        put_truth(writer, "pooled", row->is_pooled);
        put_rate(writer, row->failures, row->rounds);
        put_count(writer, "no_verdict", row->no_verdict);
        put_count(writer, "subjects", row->cells);
        put_count(writer, "campaigns", row->campaigns);
        put_number(writer, "load_low", row->load_low < 0 ? NAN : row->load_low);
        put_number(writer, "load_high", row->load_high < 0 ? NAN : row->load_high);
        mp_strbuf_clear(&changed);
        mp_nights_write_difference(nights, i, &changed);
        put_text(writer, "changed", changed.len > 0 ? changed.text : NULL);
        close_member(writer, '}');
    }
    close_member(writer, ']');
    mp_strbuf_release(&changed);
}

static void write_spread(struct writer *writer, const struct mp_overdispersion *spread) {
    open_member(writer, "overdispersion", '{');
    put_count(writer, "nights", spread->groups);
    put_number(writer, "phi", spread->phi);
    put_number(writer, "chi2", spread->chi2);
    put_number(writer, "p", spread->p);
    put_number(writer, "tarone_z", spread->tarone_z);
    put_number(writer, "tarone_p", spread->tarone_p);
    put_number(writer, "design_effect", spread->design_effect);
    put_number(writer, "effective_rounds", spread->effective_rounds);
    put_number(writer, "adjusted_low", spread->adjusted.low);
    put_number(writer, "adjusted_high", spread->adjusted.high);
    close_member(writer, '}');
}

static void write_cells_of(struct writer *writer, size_t build) {
    struct mp_nights *nights = writer->nights;
    open_member(writer, "cells", '[');
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *cell = &nights->cell[i];
        uint64_t rounds = 0, failures = 0;
        for (size_t row = 0; row < nights->row_count; row++) {
            if (nights->row[row].is_pooled &&
                (build == SIZE_MAX || nights->row[row].build == build)) {
                rounds += nights->row[row].count[i].rounds;
                failures += nights->row[row].count[i].failures;
            }
        }
        if (!cell->is_shown || rounds == 0)
            continue;
        open_member(writer, NULL, '{');
        put_count(writer, "cell_id", (uint64_t)cell->id);
        put_text(writer, "device", cell->device);
        put_text(writer, "scenario", cell->scenario);
        put_text(writer, "arm", cell->arm);
        put_text(writer, "params", cell->params);
        put_rate(writer, failures, rounds);
        close_member(writer, '}');
    }
    close_member(writer, ']');
}

static void write_pools(struct writer *writer) {
    open_member(writer, "pooled", '[');
    for (size_t i = 0; i < writer->nights->pool_count; i++) {
        const struct mp_nights_pool *pool = &writer->nights->pool[i];
        open_member(writer, NULL, '{');
        put_build(writer, pool->build);
        put_count(writer, "nights", pool->nights);
        put_rate(writer, pool->failures, pool->rounds);
        put_count(writer, "no_verdict", pool->no_verdict);
        put_count(writer, "uncontrolled_nights", pool->uncontrolled_nights);
        open_member(writer, "left_out", '{');
        put_count(writer, "nights", pool->silent_nights);
        put_count(writer, "rounds", pool->silent_rounds);
        put_count(writer, "failures", pool->silent_failures);
        close_member(writer, '}');
        if (pool->has_spread)
            write_spread(writer, &pool->spread);
        else
            put_text(writer, "overdispersion", NULL);
        put_count(writer, "usual_rounds", pool->usual);
        put_number(writer, "bound", pool->bound);
        put_number(writer, "bound_after_usual_night", pool->next_bound);
        write_cells_of(writer, pool->build);
        close_member(writer, '}');
    }
    close_member(writer, ']');
}

static void write_changes(struct writer *writer) {
    struct mp_nights *nights = writer->nights;
    struct mp_strbuf changed;
    mp_strbuf_init(&changed);
    open_member(writer, "changes", '[');
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        size_t row = nights->changed_row[change->night];
        open_member(writer, NULL, '{');
        put_text(writer, "night", nights->row[row].night);
        put_count(writer, "nights_before", change->night);
        put_number(writer, "statistic", change->statistic);
        put_number(writer, "rate_before", change->rate_before);
        put_number(writer, "rate_after", change->rate_after);
        put_number(writer, "p", change->p);
        put_number(writer, "p_adjusted", change->p_adjusted);
        put_text(writer, "shuffled", nights->shuffles_nights ? "nights" : "rounds");
        mp_strbuf_clear(&changed);
        mp_nights_write_difference(nights, row, &changed);
        put_text(writer, "changed", changed.len > 0 ? changed.text : NULL);
        close_member(writer, '}');
    }
    close_member(writer, ']');
    mp_strbuf_release(&changed);
}

static void write_alarm(struct writer *writer) {
    static const char *const rules[] = {NULL, "cusum", "first_failure"};
    struct mp_nights *nights = writer->nights;
    const struct mp_nights_alarm *alarm = &nights->alarm;
    if (alarm->rule == MP_ALARM_NONE) {
        put_text(writer, "alarm", NULL);
        return;
    }
    open_member(writer, "alarm", '{');
    put_text(writer, "rule", rules[alarm->rule]);
    put_text(writer, "night",
             alarm->has_alarm ? nights->row[alarm->alarm_row].night : NULL);
    put_text(writer, "watched_from", nights->row[alarm->first_row].night);
    put_count(writer, "watched_rounds", alarm->rounds);
    put_number(writer, "p0", alarm->p0);
    put_number(writer, "p1", alarm->p1);
    put_count(writer, "period", alarm->period);
    put_number(writer, "level", alarm->level);
    put_number(writer, "limit", alarm->limit);
    put_number(writer, "false_alarm_rounds", alarm->run_length);
    put_truth(writer, "cut", alarm->is_cut);
    close_member(writer, '}');
}

static void write_speed(struct writer *writer) {
    open_member(writer, "speed", '[');
    for (size_t i = 0; i < writer->nights->speed_count; i++) {
        const struct mp_nights_speed *speed = &writer->nights->speed[i];
        open_member(writer, NULL, '{');
        put_count(writer, "cell_id", (uint64_t)writer->nights->cell[speed->cell].id);
        put_number(writer, "newest_ops_per_s", speed->newest);
        put_number(writer, "median_ops_per_s", speed->median);
        put_number(writer, "ratio", speed->ratio);
        put_count(writer, "earlier_nights", speed->nights);
        put_truth(writer, "across_builds", speed->is_across_builds);
        put_truth(writer, "drifted",
                  speed->ratio < MP_NIGHTS_SLOW || speed->ratio > MP_NIGHTS_FAST);
        close_member(writer, '}');
    }
    close_member(writer, ']');
}

static void write_kinds(struct writer *writer) {
    struct mp_nights *nights = writer->nights;
    open_member(writer, "kinds", '[');
    for (size_t i = 0; i < nights->kind_count; i++) {
        const struct mp_nights_kind *kind = &nights->kind[i];
        const char *state = kind->earlier == 0  ? "new"
                            : kind->newest == 0 ? "gone"
                                                : "known";
        open_member(writer, NULL, '{');
        put_text(writer, "key", kind->key[0] != '\0' ? kind->key : NULL);
        put_text(writer, "title", kind->title);
        put_text(writer, "state", nights->newest == 0 ? "only_night" : state);
        put_count(writer, "newest", kind->newest);
        put_count(writer, "earlier", kind->earlier);
        put_count(writer, "earlier_nights", kind->nights);
        put_text(writer, "last_seen",
                 kind->last_row == SIZE_MAX ? NULL : nights->row[kind->last_row].night);
        put_number(writer, "absent_by_chance", kind->chance);
        close_member(writer, '}');
    }
    close_member(writer, ']');
}

static void write_order(struct writer *writer) {
    const struct mp_nights *nights = writer->nights;
    if (!nights->has_runs_test) {
        put_text(writer, "order", NULL);
        return;
    }
    open_member(writer, "order", '{');
    put_count(writer, "failures", nights->runs.failures);
    put_count(writer, "passes", nights->runs.passes);
    put_count(writer, "runs", nights->runs.runs);
    put_number(writer, "p", nights->runs_test.exact);
    close_member(writer, '}');
}

enum mp_status mp_nights_json(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_nights nights;
    struct writer writer = {.nights = &nights, .buf = buf};
    sqlite3_exec(mp_store_handle(store), "BEGIN", NULL, NULL, NULL);
    enum mp_status status = mp_nights_load(&nights, store, options, err);
    if (status == MP_OK) {
        mp_strbuf_addstr(buf, "{\"schema\":1,\"command\":\"report\",\"view\":\"nights\"");
        put_text(&writer, "verdict", mp_verdict_name(nights.verdict));
        put_count(&writer, "exit_code", nights.verdict);
        put_text(&writer, "database", nights.report.path);
        put_number(&writer, "confidence", 1.0 - MP_RATE_ALPHA);
        write_filters(&writer);
        write_builds(&writer);
        write_nights(&writer);
        write_pools(&writer);
        write_changes(&writer);
        write_alarm(&writer);
        write_speed(&writer);
        write_kinds(&writer);
        write_order(&writer);
        mp_strbuf_addstr(buf, "}\n");
        status = mp_report_status(&nights.report, err);
    }
    sqlite3_exec(mp_store_handle(store), "COMMIT", NULL, NULL, NULL);
    if (status == MP_OK)
        *ret_verdict = nights.verdict;
    mp_nights_release(&nights);
    return status;
}
