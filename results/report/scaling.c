/* Speeds of a campaign, read once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/json.h"

/* The scenario whose `n` is the samples of one request. */
#define BATCH_SCENARIO "batch"

/* The value of a setting of a cell, "threads" of "n=1,threads=8"; 0: it has none. */
static double setting_of(const struct mp_report_cell *cell, const char *name) {
    size_t len = strlen(name);
    for (const char *at = cell->params; at != NULL && *at != '\0';) {
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return strtod(at + len + 1, NULL);
        at = strchr(at, ',');
        at = at != NULL ? at + 1 : NULL;
    }
    return 0;
}

static size_t index_of(const struct mp_report *report,
                       const struct mp_report_cell *cell) {
    return (size_t)(cell - report->cell);
}

static const double *speeds_of(const struct mp_scaling *scaling,
                               const struct mp_report *report,
                               const struct mp_report_cell *cell) {
    return scaling->speeds + index_of(report, cell) * scaling->blocks;
}

/* The k-th round of each cell is of block k: rounds of one block ran side by side. */
static void load_speeds(struct mp_scaling *scaling, struct mp_report *report) {
    size_t *next = mp_memory_zeroed(report->cell_count + 1, sizeof(*next));
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        size_t rounds = (size_t)(cell->rounds + cell->no_verdict);
        scaling->blocks = rounds > scaling->blocks ? rounds : scaling->blocks;
    }
    scaling->speeds = mp_memory_zeroed(report->cell_count * scaling->blocks + 1,
                                       sizeof(*scaling->speeds));
    scaling->time = mp_memory_zeroed(report->cell_count + 1, sizeof(*scaling->time));
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT cell_id, ops_done, ops_planned, iif(outcome = 'pass' AND run_ns > 0, "
        "ops_done * 1e9 / run_ns, 0), outcome = 'pass' AND run_ns > 0, "
        "run_ns * threads_started, json_extract(figures, '$.driver_ns'), "
        "json_extract(figures, '$.wait_ns') FROM round WHERE campaign_id = ?1 ORDER BY "
        "coalesce(position, seq)",
        report->campaign_id, 0);
    while (mp_query_next(&report->query, rows)) {
        const struct mp_report_cell *cell =
            mp_report_find_cell(report, sqlite3_column_int64(rows, 0));
        scaling->ops_done += sqlite3_column_double(rows, 1);
        scaling->ops_planned += sqlite3_column_double(rows, 2);
        if (cell == NULL)
            continue;
        size_t index = index_of(report, cell);
        if (sqlite3_column_int(rows, 4) != 0) {
            scaling->time[index].all += sqlite3_column_double(rows, 5);
            scaling->time[index].in_driver += sqlite3_column_double(rows, 6);
            scaling->time[index].waiting += sqlite3_column_double(rows, 7);
        }
        if (next[index] < scaling->blocks)
            scaling->speeds[index * scaling->blocks + next[index]++] =
                sqlite3_column_double(rows, 3);
    }
    free(next);
}

static void add_curve(struct mp_scaling *scaling, const struct mp_report *report,
                      const struct mp_dose_family *family) {
    scaling->curve = mp_memory_resize(scaling->curve, scaling->curve_count + 1,
                                      sizeof(*scaling->curve));
    struct mp_scaling_curve *curve = &scaling->curve[scaling->curve_count++];
    *curve = (struct mp_scaling_curve){
        .family = family,
        .point = mp_memory_zeroed(family->count, sizeof(*curve->point)),
        .time = mp_memory_zeroed(family->count, sizeof(const struct mp_scaling_time *))};
    for (size_t i = 0; i < family->count; i++) {
        curve->time[i] = &scaling->time[index_of(report, family->cell[i].cell)];
        curve->point[i] = (struct mp_scaling_point){
            .at = family->cell[i].dose,
            .speed = speeds_of(scaling, report, family->cell[i].cell)};
    }
    curve->saturation = mp_scaling_measure(curve->point, family->count, scaling->blocks,
                                           MP_RATE_ALPHA, &curve->saturated);
}

/* Whether the cell measures `batch` beside others of its device and arm. */
static bool is_batch(const struct mp_report_cell *cell,
                     const struct mp_report_cell *first) {
    return strcmp(cell->scenario, BATCH_SCENARIO) == 0 &&
           strcmp(cell->device, first->device) == 0;
}

static const struct mp_report_cell *first_batch(const struct mp_report *report) {
    const struct mp_report_cell *found = NULL;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (!is_batch(cell, cell))
            continue;
        double order = found == NULL
                           ? -1
                           : setting_of(cell, "n") * setting_of(cell, "threads") -
                                 setting_of(found, "n") * setting_of(found, "threads");
        if (order < 0)
            found = cell;
    }
    return found;
}

/* Samples are requests times n, and a request is always as many ops. */
static void load_batches(struct mp_scaling *scaling, const struct mp_report *report) {
    const struct mp_report_cell *first = first_batch(report);
    double *base = mp_memory_zeroed(scaling->blocks + 1, sizeof(*base));
    double *own = mp_memory_zeroed(scaling->blocks + 1, sizeof(*own));
    double *one = mp_memory_zeroed(scaling->blocks + 1, sizeof(*one));
    for (size_t i = 0; first != NULL && i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (!is_batch(cell, first))
            continue;
        for (size_t k = 0; k < scaling->blocks; k++) {
            base[k] = speeds_of(scaling, report, first)[k] * setting_of(first, "n");
            own[k] = speeds_of(scaling, report, cell)[k] * setting_of(cell, "n");
            one[k] = MP_SCALING_BATCH_OPS;
        }
        scaling->batch = mp_memory_resize(scaling->batch, scaling->batch_count + 1,
                                          sizeof(*scaling->batch));
        scaling->batch[scaling->batch_count++] = (struct mp_scaling_batch){
            .cell = cell,
            .is_base = cell == first,
            .speeds = mp_paired_ratio(one, own, scaling->blocks, MP_RATE_ALPHA),
            .gain = mp_paired_ratio(base, own, scaling->blocks, MP_RATE_ALPHA)};
    }
    free(one);
    free(own);
    free(base);
}

void mp_scaling_load(struct mp_scaling *scaling, struct mp_report *report,
                     const struct mp_dose_sweep *sweep) {
    load_speeds(scaling, report);
    for (size_t i = 0; i < sweep->count; i++)
        if (strcmp(sweep->family[i].parameter, "threads") == 0)
            add_curve(scaling, report, &sweep->family[i]);
    load_batches(scaling, report);
    if (scaling->batch_count < 2)
        scaling->batch_count = 0;
}

void mp_scaling_release(struct mp_scaling *scaling) {
    for (size_t i = 0; i < scaling->curve_count; i++) {
        free(scaling->curve[i].point);
        free(scaling->curve[i].time);
    }
    free(scaling->time);
    free(scaling->curve);
    free(scaling->batch);
    free(scaling->speeds);
}

static void add_ratio_json(struct json_object *to, const char *name,
                           struct mp_paired_ratio ratio) {
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_number(object, "median", ratio.pairs > 0 ? ratio.median : NAN);
    mp_json_add_number(object, "low", ratio.pairs > 0 ? ratio.low : NAN);
    mp_json_add_number(object, "high", ratio.high);
    mp_json_add_count(object, "rounds", ratio.pairs);
}

static void add_cell_json(struct json_object *to, const struct mp_report_cell *cell) {
    mp_json_add_text(to, "scenario", cell->scenario);
    mp_json_add_text(to, "device", cell->device);
    mp_json_add_text(to, "arm", cell->arm);
}

/* Shares of the threads' time; null if it was not measured. */
static void add_time_json(struct json_object *to, const struct mp_scaling_time *time) {
    bool is_known = time->all > 0 && time->in_driver > 0;
    struct json_object *object = mp_json_add_object(to, "time");
    mp_json_add_number(object, "in_driver", is_known ? time->in_driver / time->all : NAN);
    mp_json_add_number(object, "waiting", is_known ? time->waiting / time->all : NAN);
    mp_json_add_number(object, "outside",
                       is_known ? 1 - (time->in_driver + time->waiting) / time->all
                                : NAN);
}

static void add_curve_json(const struct mp_scaling_curve *curve, struct json_object *to) {
    const struct mp_dose_family *family = curve->family;
    mp_json_add_text(to, "parameter", family->parameter);
    add_cell_json(to, family->cell[0].cell);
    mp_json_add_text(to, "settings", family->settings);
    mp_json_add_number(to, "confidence", 1.0 - MP_RATE_ALPHA);
    mp_json_add_text(to, "saturation", mp_scaling_word(curve->saturation));
    mp_json_add_number(
        to, "saturated_at",
        curve->saturation == MP_SATURATION_AT ? curve->point[curve->saturated].at : NAN);
    struct json_object *points = mp_json_add_array(to, "points");
    for (size_t i = 0; i < family->count; i++) {
        const struct mp_scaling_point *point = &curve->point[i];
        struct json_object *object = mp_json_add_object(points, NULL);
        bool has_pairs = point->speed_up.pairs > 0;
        mp_json_add_number(object, "value", point->at);
        mp_json_add_integer(object, "cell_id", family->cell[i].cell->id);
        add_ratio_json(object, "ops_per_second", point->speeds);
        add_ratio_json(object, "speed_up", point->speed_up);
        mp_json_add_number(object, "efficiency", has_pairs ? point->efficiency : NAN);
        mp_json_add_number(object, "efficiency_low", has_pairs ? point->low : NAN);
        mp_json_add_number(object, "efficiency_high", point->high);
        add_time_json(object, curve->time[i]);
    }
}

void mp_scaling_add_json(const struct mp_scaling *scaling, struct json_object *to) {
    struct json_object *ops = mp_json_add_object(to, "ops");
    mp_json_add_number(ops, "planned", scaling->ops_planned);
    mp_json_add_number(ops, "right", scaling->ops_done);
    struct json_object *curves = mp_json_add_array(to, "scaling");
    for (size_t i = 0; i < scaling->curve_count; i++)
        add_curve_json(&scaling->curve[i], mp_json_add_object(curves, NULL));
    struct json_object *batches = mp_json_add_array(to, "batching");
    for (size_t i = 0; i < scaling->batch_count; i++) {
        const struct mp_scaling_batch *batch = &scaling->batch[i];
        struct json_object *object = mp_json_add_object(batches, NULL);
        mp_json_add_integer(object, "cell_id", batch->cell->id);
        add_cell_json(object, batch->cell);
        mp_json_add_text(object, "settings", batch->cell->params);
        mp_json_add_bool(object, "is_base", batch->is_base);
        add_ratio_json(object, "samples_per_second", batch->speeds);
        add_ratio_json(object, "gain", batch->gain);
    }
}

const char *mp_scaling_word(enum mp_saturation saturation) {
    return saturation == MP_SATURATION_AT     ? "at"
           : saturation == MP_SATURATION_NONE ? "none"
                                              : "unknown";
}
