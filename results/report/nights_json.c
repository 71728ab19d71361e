/* The report over nights as one JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_json.h"

#include <math.h>

#include "results/report/json.h"
#include "results/report/rate.h"

/* A rate with its limits; null if no round counts. */
static void add_rate(struct json_object *to, struct mp_rate rate) {
    double value[4] = {NAN, NAN, NAN, NAN};
    if (rate.rounds > 0) {
        uint64_t tried = rate.rounds + rate.without_power;
        value[0] = (double)rate.failures / (double)rate.rounds;
        value[1] = mp_binomial_clopper_pearson(rate.failures, tried, MP_RATE_ALPHA).low;
        value[2] =
            mp_binomial_clopper_pearson(rate.failures, rate.rounds, MP_RATE_ALPHA).high;
        value[3] = mp_binomial_upper(rate.failures, rate.rounds, MP_RATE_ALPHA);
    }
    mp_json_add_count(to, "rounds", rate.rounds);
    mp_json_add_count(to, "failures", rate.failures);
    mp_json_add_count(to, "without_power", rate.without_power);
    mp_json_add_number(to, "rate", value[0]);
    mp_json_add_number(to, "low", value[1]);
    mp_json_add_number(to, "high", value[2]);
    mp_json_add_number(to, "upper_one_sided", value[3]);
}

/* `build` may be SIZE_MAX: null. */
static void add_build(const struct mp_nights *nights, struct json_object *to,
                      size_t build) {
    mp_json_add_text(to, "build", build == SIZE_MAX ? NULL : nights->build[build].name);
}

static void add_filters(const struct mp_nights_options *options,
                        struct json_object *document) {
    struct json_object *filters = mp_json_add_object(document, "filters");
    mp_json_add_text(filters, "device", options->device);
    mp_json_add_text(filters, "scenario", options->scenario);
    mp_json_add_text(filters, "arm", options->arm);
    mp_json_add_text(filters, "since", options->since);
    mp_json_add_bool(filters, "across_builds", options->across_builds);
}

static void add_builds(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *builds = mp_json_add_array(document, "builds");
    for (size_t i = 0; i < nights->build_count; i++) {
        const struct mp_nights_build *build = &nights->build[i];
        struct json_object *item = mp_json_add_object(builds, NULL);
        mp_json_add_text(item, "name", build->name);
        mp_json_add_text(item, "os", build->os);
        mp_json_add_text(item, "os_build", build->os_build);
        mp_json_add_text(item, "cpu", build->cpu);
        mp_json_add_text(item, "gpu", build->gpu);
        mp_json_add_text(item, "driver", build->driver);
        mp_json_add_text(item, "driver_id", build->driver_id);
        mp_json_add_text(item, "facts", build->facts);
        mp_json_add_text(item, "version", build->version);
        mp_json_add_count(item, "nights", build->nights);
    }
}

/* What else changed in the night of `row`. */
static void add_difference(const struct mp_nights *nights, struct json_object *to,
                           size_t row) {
    struct mp_strbuf changed;
    mp_strbuf_init(&changed);
    mp_nights_write_difference(nights, row, &changed);
    mp_json_add_text_or_null(to, "changed", changed.text);
    mp_strbuf_release(&changed);
}

/* The campaigns of a night, by their numbers: for `mpstress report --campaign`. */
static void add_campaigns(const struct mp_nights *nights, struct json_object *to,
                          size_t row) {
    struct json_object *ids = mp_json_add_array(to, "campaign_ids");
    for (size_t i = 0; i < nights->campaign_count; i++)
        if (nights->campaign[i].row == row)
            mp_json_add_integer(ids, NULL, nights->campaign[i].id);
}

static void add_nights(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *rows = mp_json_add_array(document, "nights");
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        struct json_object *item = mp_json_add_object(rows, NULL);
        mp_json_add_text(item, "night", row->night);
        add_build(nights, item, row->build);
        mp_json_add_text(item, "version", nights->build[row->build].version);
        mp_json_add_text(item, "verdict", mp_verdict_name(row->verdict));
        mp_json_add_text_or_null(item, "claim", row->claim);
        mp_json_add_text(item, "control", mp_nights_control_name(row->control));
        mp_json_add_bool(item, "pooled", row->is_pooled);
        mp_json_add_bool(item, "has_power", row->has_power);
        add_rate(item, mp_nights_rate(row));
        mp_json_add_count(item, "no_verdict", row->no_verdict);
        mp_json_add_count(item, "rounds_missing", row->missing);
        mp_json_add_count(item, "subjects", row->cells);
        mp_json_add_count(item, "campaigns", row->campaigns);
        add_campaigns(nights, item, i);
        mp_json_add_number(item, "load_low", row->load_low < 0 ? NAN : row->load_low);
        mp_json_add_number(item, "load_high", row->load_high < 0 ? NAN : row->load_high);
        add_difference(nights, item, i);
    }
}

static void add_spread(const struct mp_nights_pool *pool, struct json_object *to) {
    const struct mp_night_spread *spread = &pool->spread;
    if (!pool->has_spread) {
        mp_json_add_null(to, "overdispersion");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "overdispersion");
    mp_json_add_count(object, "nights", spread->nights);
    mp_json_add_number(object, "phi", spread->phi);
    mp_json_add_number(object, "chi2", spread->chi2);
    mp_json_add_number(object, "p", spread->p);
    mp_json_add_number(object, "design_effect", spread->design_effect);
    mp_json_add_number(object, "effective_rounds", spread->effective_rounds);
    mp_json_add_number(object, "adjusted_low", spread->adjusted.low);
    mp_json_add_number(object, "adjusted_high", spread->adjusted.high);
}

static void add_cells(const struct mp_nights *nights, size_t build,
                      struct json_object *to) {
    struct json_object *cells = mp_json_add_array(to, "cells");
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *cell = &nights->cell[i];
        struct mp_rate rate = {0};
        for (size_t row = 0; row < nights->row_count; row++) {
            if (nights->row[row].is_pooled &&
                (build == SIZE_MAX || nights->row[row].build == build)) {
                const struct mp_nights_count *count = &nights->row[row].count[i];
                rate.rounds += count->rounds;
                rate.failures += count->failures;
                rate.without_power += count->without_power;
            }
        }
        if (!cell->is_shown || rate.rounds == 0)
            continue;
        struct json_object *item = mp_json_add_object(cells, NULL);
        mp_json_add_integer(item, "cell_id", cell->id);
        mp_json_add_text(item, "device", cell->device);
        mp_json_add_text(item, "scenario", cell->scenario);
        mp_json_add_text(item, "arm", cell->arm);
        mp_json_add_text(item, "params", cell->params);
        add_rate(item, rate);
    }
}

static void add_pools(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *pools = mp_json_add_array(document, "pooled");
    for (size_t i = 0; i < nights->pool_count; i++) {
        const struct mp_nights_pool *pool = &nights->pool[i];
        struct json_object *item = mp_json_add_object(pools, NULL);
        add_build(nights, item, pool->build);
        mp_json_add_count(item, "nights", pool->nights);
        add_rate(item, mp_nights_pool_rate(pool));
        mp_json_add_count(item, "no_verdict", pool->no_verdict);
        mp_json_add_count(item, "uncontrolled_nights", pool->uncontrolled_nights);
        struct json_object *silent = mp_json_add_object(item, "silent");
        mp_json_add_count(silent, "nights", pool->silent_nights);
        mp_json_add_count(silent, "failures", pool->silent_failures);
        add_spread(pool, item);
        mp_json_add_count(item, "usual_rounds", pool->usual);
        mp_json_add_number(item, "bound", pool->bound);
        mp_json_add_number(item, "bound_after_usual_night", pool->next_bound);
        add_cells(nights, pool->build, item);
    }
}

static void add_changes(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *changes = mp_json_add_array(document, "changes");
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        size_t row = nights->changed_row[change->night];
        struct json_object *item = mp_json_add_object(changes, NULL);
        mp_json_add_text(item, "night", nights->row[row].night);
        mp_json_add_count(item, "nights_before", change->night);
        mp_json_add_number(item, "statistic", change->statistic);
        mp_json_add_number(item, "rate_before", change->rate_before);
        mp_json_add_number(item, "rate_after", change->rate_after);
        mp_json_add_number(item, "p", change->p);
        add_difference(nights, item, row);
    }
}

static void add_alarm(const struct mp_nights *nights, struct json_object *document) {
    const struct mp_night_alarm *alarm = &nights->alarm;
    if (!nights->has_watch) {
        mp_json_add_null(document, "alarm");
        return;
    }
    const size_t *row = nights->watched_row;
    struct json_object *object = mp_json_add_object(document, "alarm");
    mp_json_add_text(object, "night",
                     alarm->has_alarm ? nights->row[row[alarm->night]].night : NULL);
    mp_json_add_text(object, "from",
                     alarm->has_alarm ? nights->row[row[alarm->first]].night : NULL);
    mp_json_add_text(object, "raised_since",
                     alarm->has_alarm ? nights->row[row[alarm->since]].night : NULL);
    mp_json_add_count(object, "watched_nights", alarm->watched);
    mp_json_add_number(object, "p", alarm->p);
    mp_json_add_number(object, "level", alarm->level);
    mp_json_add_number(object, "rate_before", alarm->rate_before);
    mp_json_add_number(object, "rate_after", alarm->rate_after);
    mp_json_add_count(object, "false_alarm_nights", MP_NIGHT_ALARM_NIGHTS);
    mp_json_add_number(object, "false_alarm_chance", MP_RATE_ALPHA);
}

static void add_speed(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *speeds = mp_json_add_array(document, "speed");
    for (size_t i = 0; i < nights->speed_count; i++) {
        const struct mp_nights_speed *speed = &nights->speed[i];
        struct json_object *item = mp_json_add_object(speeds, NULL);
        mp_json_add_integer(item, "cell_id", nights->cell[speed->cell].id);
        mp_json_add_number(item, "newest_ops_per_s", speed->newest);
        mp_json_add_number(item, "median_ops_per_s", speed->median);
        mp_json_add_number(item, "ratio", speed->ratio);
        mp_json_add_count(item, "earlier_nights", speed->nights);
        mp_json_add_bool(item, "across_builds", speed->is_across_builds);
        mp_json_add_bool(item, "drifted",
                         speed->ratio < MP_NIGHTS_SLOW || speed->ratio > MP_NIGHTS_FAST);
    }
}

static void add_kinds(const struct mp_nights *nights, struct json_object *document) {
    struct json_object *kinds = mp_json_add_array(document, "kinds");
    for (size_t i = 0; i < nights->kind_count; i++) {
        const struct mp_nights_kind *kind = &nights->kind[i];
        const char *state = kind->earlier == 0  ? "new"
                            : kind->newest == 0 ? "gone"
                                                : "known";
        struct json_object *item = mp_json_add_object(kinds, NULL);
        mp_json_add_text_or_null(item, "key", kind->key);
        mp_json_add_text(item, "title", kind->title);
        mp_json_add_text(item, "state", nights->newest == 0 ? "only_night" : state);
        mp_json_add_count(item, "newest", kind->newest);
        mp_json_add_count(item, "earlier", kind->earlier);
        mp_json_add_count(item, "earlier_nights", kind->nights);
        mp_json_add_text(item, "last_seen",
                         kind->last_row == SIZE_MAX ? NULL
                                                    : nights->row[kind->last_row].night);
        mp_json_add_number(item, "absent_by_chance", kind->chance);
        mp_json_add_text(item, "issue", kind->issue);
        mp_json_add_text(item, "known_until", kind->until);
        mp_json_add_bool(item, "expired", kind->has_expired);
    }
}

static void add_order(const struct mp_nights *nights, struct json_object *document) {
    if (!nights->has_runs_test) {
        mp_json_add_null(document, "order");
        return;
    }
    struct json_object *order = mp_json_add_object(document, "order");
    mp_json_add_count(order, "failures", nights->runs.failures);
    mp_json_add_count(order, "passes", nights->runs.passes);
    mp_json_add_count(order, "runs", nights->runs.runs);
    mp_json_add_number(order, "p", nights->runs_test.exact);
}

void mp_nights_write_json(const struct mp_nights *nights, struct mp_strbuf *buf) {
    struct json_object *document =
        mp_json_document("report", mp_verdict_name(nights->verdict),
                         mp_verdict_code(nights->options->only_new ? nights->new_verdict
                                                                   : nights->verdict));
    mp_json_add_text(document, "view", "nights");
    mp_json_add_text(document, "database", nights->query.path);
    mp_json_add_number(document, "confidence", 1.0 - MP_RATE_ALPHA);
    if (nights->has_virtual)
        mp_json_add_bool(document, "virtual", true);
    add_filters(nights->options, document);
    add_builds(nights, document);
    add_nights(nights, document);
    add_pools(nights, document);
    add_changes(nights, document);
    add_alarm(nights, document);
    add_speed(nights, document);
    add_kinds(nights, document);
    add_order(nights, document);
    mp_json_print(document, buf);
}
