/* The effect of observing, in numbers and words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/observer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/table.h"
#include "harness/wire/device_name.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/report/query.h"
#include "results/report/verdict.h"
#include "results/stats/binomial.h"

#define KIND_WIDTH 24

static const char *const kind_words[MP_OBSERVED_COUNT] = {
    "traced, recorder on", "untraced, recorder on", "traced, recorder off"};
static const char *const kind_names[MP_OBSERVED_COUNT] = {"traced", "untraced",
                                                          "recorder_off"};

static const char *finding_name(enum mp_observer_finding finding) {
    static const char *const names[] = {"no_difference", "changes", "no_power",
                                        "inconclusive"};
    return names[finding];
}

static void compare(const struct mp_observer *observer, enum mp_observed with,
                    enum mp_observed without,
                    struct mp_observer_comparison *ret_comparison) {
    struct mp_observer_comparison *made = ret_comparison;
    struct mp_two_arms arms = {.failures_a = observer->failures[with],
                               .rounds_a = observer->rounds[with],
                               .failures_b = observer->failures[without],
                               .rounds_b = observer->rounds[without]};
    made->difference = mp_effect_difference_newcombe(arms, MP_OBSERVER_ALPHA);
    made->largest = fmax(fabs(made->difference.low), fabs(made->difference.high));
    if (arms.rounds_a == 0 || arms.rounds_b == 0)
        made->finding = MP_OBSERVER_NOT_COMPARED;
    else if (arms.failures_a + arms.failures_b == 0)
        made->finding = MP_OBSERVER_NO_POWER;
    else if (made->difference.low > 0.0 || made->difference.high < 0.0)
        made->finding = MP_OBSERVER_CHANGES;
    else
        made->finding = MP_OBSERVER_NO_DIFFERENCE;
}

static bool has_finding(const struct mp_observer *observer,
                        enum mp_observer_finding finding) {
    return observer->tracing.finding == finding || observer->recorder.finding == finding;
}

void mp_observer_judge(struct mp_observer *observer) {
    uint64_t counted = 0;
    for (int i = 0; i < MP_OBSERVED_COUNT; i++)
        counted += observer->rounds[i];
    compare(observer, MP_OBSERVED_TRACED, MP_OBSERVED_UNTRACED, &observer->tracing);
    compare(observer, MP_OBSERVED_TRACED, MP_OBSERVED_NO_RECORDER, &observer->recorder);
    if (has_finding(observer, MP_OBSERVER_CHANGES)) {
        observer->finding = MP_OBSERVER_CHANGES;
        observer->exit_code = 1;
    } else if (has_finding(observer, MP_OBSERVER_NOT_COMPARED)) {
        observer->finding = MP_OBSERVER_NOT_COMPARED;
        observer->exit_code = counted == 0 ? 4 : 3;
    } else if (has_finding(observer, MP_OBSERVER_NO_POWER)) {
        observer->finding = MP_OBSERVER_NO_POWER;
        observer->exit_code = 5;
    } else {
        observer->finding = MP_OBSERVER_NO_DIFFERENCE;
        observer->exit_code = 0;
    }
}

/* A round that should have been traced and was not belongs to no kind. */
#define KIND_OF                                                                          \
    "CASE WHEN untraced = 'refused' THEN -1 WHEN recorder IS NOT 1 THEN "                \
    "iif(was_traced, 2, -1) "                                                            \
    "ELSE iif(was_traced, 0, 1) END"
#define COUNTS "(class <> 'no_verdict' OR outcome = 'no_overlap')"

/* Rounds of the same seed that passed under one way of observing and failed under the
 * other. */
static void load_pairs(struct mp_query *query, int64_t campaign_id,
                       enum mp_observed without,
                       struct mp_observer_comparison *comparison) {
    sqlite3_stmt *rows = mp_query_rows(
        query,
        "WITH seen AS (SELECT seed, class = 'failure' AS failed, " KIND_OF
        " AS kind FROM round"
        " JOIN outcome ON name = outcome WHERE campaign_id = ?1 AND " COUNTS ")"
        " SELECT count(*) FILTER (WHERE a.failed AND NOT b.failed),"
        " count(*) FILTER (WHERE b.failed AND NOT a.failed) FROM seen AS a JOIN seen AS b"
        " ON b.seed = a.seed AND b.kind = ?2 WHERE a.kind = 0",
        campaign_id, (int64_t)without);
    while (mp_query_next(query, rows)) {
        comparison->only_with = (uint64_t)sqlite3_column_int64(rows, 0);
        comparison->only_without = (uint64_t)sqlite3_column_int64(rows, 1);
    }
}

static void load_cells(struct mp_query *query, struct mp_observer *observer) {
    sqlite3_stmt *rows = mp_query_rows(
        query,
        "SELECT cell.id, device, scenario, params, arm, t.title || ', arm ' || arm, seed"
        " FROM campaign_cell AS m JOIN cell ON cell.id = m.cell_id"
        " JOIN cell_title AS t ON t.cell_id = cell.id JOIN campaign ON campaign.id = m.campaign_id WHERE m.campaign_id = ?1",
        observer->campaign_id, 0);
    while (mp_query_next(query, rows)) {
        observer->cell = mp_memory_resize(observer->cell, observer->cell_count + 1,
                                          sizeof(*observer->cell));
        observer->cell[observer->cell_count++] =
            (struct mp_observer_cell){.id = sqlite3_column_int64(rows, 0),
                                      .device = mp_query_copy(rows, 1),
                                      .scenario = mp_query_copy(rows, 2),
                                      .params = mp_query_copy(rows, 3),
                                      .arm = mp_query_copy(rows, 4),
                                      .title = mp_query_copy(rows, 5)};
        free(observer->seed);
        observer->seed = mp_query_copy(rows, 6);
    }
}

enum mp_status mp_observer_load(struct mp_store *store, int64_t campaign_id,
                                struct mp_observer *ret_observer, struct mp_error *err) {
    struct mp_observer observer = {.campaign_id = campaign_id,
                                   .path = mp_store_path(store)};
    struct mp_query query;
    mp_query_begin(&query, store);
    load_cells(&query, &observer);
    sqlite3_stmt *rows = mp_query_rows(
        &query,
        "SELECT " KIND_OF ", count(*) FILTER (WHERE " COUNTS "),"
        " count(*) FILTER (WHERE class = 'failure'), count(*) FILTER (WHERE NOT " COUNTS
        ")"
        " FROM round JOIN outcome ON name = outcome WHERE campaign_id = ?1 GROUP BY 1",
        campaign_id, 0);
    while (mp_query_next(&query, rows)) {
        int kind = sqlite3_column_int(rows, 0);
        if (kind >= 0) {
            observer.rounds[kind] = (uint64_t)sqlite3_column_int64(rows, 1);
            observer.failures[kind] = (uint64_t)sqlite3_column_int64(rows, 2);
            observer.no_verdict[kind] = (uint64_t)sqlite3_column_int64(rows, 3);
        }
    }
    load_pairs(&query, campaign_id, MP_OBSERVED_UNTRACED, &observer.tracing);
    load_pairs(&query, campaign_id, MP_OBSERVED_NO_RECORDER, &observer.recorder);
    mp_observer_judge(&observer);
    *ret_observer = observer;
    mp_query_end(&query);
    return mp_query_status(&query, err);
}

void mp_observer_release(struct mp_observer *observer) {
    for (size_t i = 0; i < observer->cell_count; i++) {
        free(observer->cell[i].device);
        free(observer->cell[i].scenario);
        free(observer->cell[i].params);
        free(observer->cell[i].arm);
        free(observer->cell[i].title);
    }
    free(observer->cell);
    free(observer->seed);
}

/* Percentage points with one decimal, rounded away from zero: a limit never looks
 * tighter. */
static double outward(double share) {
    double tenths = share * 1000.0;
    return (tenths < 0.0 ? floor(tenths + 1e-9) : ceil(tenths - 1e-9)) / 10.0;
}

static void add_comparison(struct mp_text *text, const char *label, const char *what,
                           const struct mp_observer_comparison *comparison) {
    char line[256], pairs[128];
    switch (comparison->finding) {
    case MP_OBSERVER_CHANGES:
        snprintf(line, sizeof(line),
                 "%s CHANGES the rate: by %+.1f points, limits %+.1f to %+.1f", what,
                 comparison->difference.value * 100.0,
                 outward(comparison->difference.low),
                 outward(comparison->difference.high));
        break;
    case MP_OBSERVER_NO_DIFFERENCE:
        snprintf(
            line, sizeof(line),
            "no difference larger than %.1f points shown: %+.1f, limits %+.1f to %+.1f",
            outward(comparison->largest), comparison->difference.value * 100.0,
            outward(comparison->difference.low), outward(comparison->difference.high));
        break;
    case MP_OBSERVER_NO_POWER:
        snprintf(line, sizeof(line),
                 "no power: the cell never failed, so no change could show");
        break;
    case MP_OBSERVER_NOT_COMPARED:
        snprintf(line, sizeof(line), "not compared: one side has no counted round");
        break;
    }
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
    mp_text_wrap(text, comparison->finding == MP_OBSERVER_CHANGES ? MP_BAD : MP_PLAIN,
                 MP_LABEL_WIDTH, line);
    snprintf(pairs, sizeof(pairs),
             "of the same seeds, %llu failed only with it and %llu only without it",
             (unsigned long long)comparison->only_with,
             (unsigned long long)comparison->only_without);
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "");
    mp_text_wrap(text, MP_DIM, MP_LABEL_WIDTH, pairs);
}

static void add_verdict(const struct mp_observer *observer, struct mp_text *text) {
    static const struct {
        enum mp_style style;
        const char *word, *words;
    } verdicts[] = {
        [MP_OBSERVER_NO_DIFFERENCE] = {MP_GOOD, "NO DIFFERENCE SHOWN",
                                       "between observed and unobserved rounds"},
        [MP_OBSERVER_CHANGES] =
            {MP_BAD, "LOOKING CHANGES THE RATE",
             "rates of traced or recorded rounds do not hold for other rounds"},
        [MP_OBSERVER_NO_POWER] =
            {MP_WARN, "NO POWER",
             "the cell never failed; choose one that fails in about half of its rounds"},
        [MP_OBSERVER_NOT_COMPARED] =
            {MP_WARN, "NOT COMPARED",
             "a kind of round is missing; does this host allow tracing?"},
    };
    const char *word = verdicts[observer->finding].word;
    mp_text_add(text, verdicts[observer->finding].style, "%s", word);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_BOLD, strlen(word) + 2, verdicts[observer->finding].words);
    mp_text_end(text);
}

static void add_table(const struct mp_observer *observer, struct mp_text *text) {
    struct mp_table table;
    mp_table_init(&table, text);
    mp_table_add_column(&table, (struct mp_table_column){.min = KIND_WIDTH});
    mp_table_add_column(
        &table, (struct mp_table_column){.title = "rounds", .min = 8, .is_right = true});
    mp_table_add_column(&table,
                        (struct mp_table_column){
                            .title = "failed", .gap = 1, .min = 8, .is_right = true});
    mp_table_add_column(
        &table, (struct mp_table_column){
                    .title = "no verdict", .gap = 1, .min = 11, .is_right = true});
    mp_table_add_column(&table, (struct mp_table_column){.title = "failing", .gap = 2});
    for (int i = 0; i < MP_OBSERVED_COUNT; i++) {
        uint64_t rounds = observer->rounds[i];
        size_t row = mp_table_add_row(&table);
        mp_table_set(&table, row, 0, MP_PLAIN, "%s", kind_words[i]);
        mp_table_set_count(&table, row, 1, MP_PLAIN, rounds);
        mp_table_set_count(&table, row, 2, MP_PLAIN, observer->failures[i]);
        mp_table_set_count(&table, row, 3, MP_PLAIN, observer->no_verdict[i]);
        if (rounds > 0)
            mp_table_set(&table, row, 4, MP_PLAIN, "%.1f %%",
                         100.0 * (double)observer->failures[i] / (double)rounds);
    }
    mp_table_write_titles(&table);
    for (size_t row = 0; row < table.row_count; row++)
        mp_table_write_row(&table, row);
    mp_text_end(text);
    mp_table_release(&table);
}

static void add_headline(const struct mp_observer *observer, struct mp_text *text) {
    for (size_t i = 0; i < observer->cell_count; i++) {
        const struct mp_observer_cell *cell = &observer->cell[i];
        mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "device");
        mp_text_wrap(text, MP_BOLD, MP_LABEL_WIDTH, cell->device);
        if (mp_device_name_is_model(cell->device)) {
            mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "");
            mp_text_wrap(text, MP_WARN, MP_LABEL_WIDTH,
                         "These rates are those of the software model of the driver.");
        }
        mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "scenario");
        mp_text_wrap(text, MP_PLAIN, MP_LABEL_WIDTH, cell->title);
        mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "campaign");
        mp_text_add(text, MP_PLAIN, "%lld in %s, seed %s",
                    (long long)observer->campaign_id, observer->path, observer->seed);
        mp_text_end(text);
        mp_text_end(text);
    }
}

void mp_observer_text(const struct mp_observer *observer, bool use_colour, bool use_ascii,
                      unsigned width, struct mp_strbuf *buf) {
    struct mp_text text = {.buf = buf,
                           .use_colour = use_colour,
                           .use_ascii = use_ascii,
                           .width = width == 0 ? 100 : width};
    add_verdict(observer, &text);
    add_headline(observer, &text);
    add_table(observer, &text);
    add_comparison(&text, "tracing", "tracing", &observer->tracing);
    add_comparison(&text, "recorder", "the recorder", &observer->recorder);
    mp_text_end(&text);
    mp_text_wrap(&text, MP_DIM, 0,
                 "Differences of rates in percentage points, observed minus unobserved; "
                 "Newcombe's limits, 95 % for both comparisons together, rounded "
                 "outward. The rounds alternate in blocks drawn from the seed. Each kind "
                 "has the same seeds, which the limits do not use: they are, if "
                 "anything, too wide.");
}

static void add_finding(struct json_object *document, const char *name,
                        const struct mp_observer_comparison *comparison) {
    bool is_compared = comparison->finding != MP_OBSERVER_NOT_COMPARED;
    struct json_object *object = mp_json_add_object(document, name);
    mp_json_add_text(object, "finding", finding_name(comparison->finding));
    mp_json_add_number(object, "difference",
                       is_compared ? comparison->difference.value : NAN);
    mp_json_add_number(object, "low", is_compared ? comparison->difference.low : NAN);
    mp_json_add_number(object, "high", is_compared ? comparison->difference.high : NAN);
    mp_json_add_count(object, "only_with", comparison->only_with);
    mp_json_add_count(object, "only_without", comparison->only_without);
}

void mp_observer_json(const struct mp_observer *observer, struct mp_strbuf *buf) {
    struct json_object *document =
        mp_json_document("doctor", finding_name(observer->finding), observer->exit_code);
    mp_json_add_text(document, "check", "observer");
    mp_json_add_text(document, "database", observer->path);
    mp_json_add_integer(document, "campaign_id", observer->campaign_id);
    struct json_object *cells = mp_json_add_array(document, "cells");
    for (size_t i = 0; i < observer->cell_count; i++) {
        const struct mp_observer_cell *cell = &observer->cell[i];
        struct json_object *item = mp_json_add_object(cells, NULL);
        mp_json_add_integer(item, "id", cell->id);
        mp_json_add_text(item, "device", cell->device);
        mp_json_add_text(item, "scenario", cell->scenario);
        mp_json_add_stored(item, "params", cell->params);
        mp_json_add_text(item, "arm", cell->arm);
    }
    struct json_object *kinds = mp_json_add_array(document, "kinds");
    for (int i = 0; i < MP_OBSERVED_COUNT; i++) {
        struct json_object *kind = mp_json_add_object(kinds, NULL);
        mp_json_add_text(kind, "kind", kind_names[i]);
        mp_json_add_count(kind, "rounds", observer->rounds[i]);
        mp_json_add_count(kind, "failures", observer->failures[i]);
        mp_json_add_count(kind, "no_verdict", observer->no_verdict[i]);
    }
    mp_json_add_number(document, "confidence", 1.0 - 2.0 * MP_OBSERVER_ALPHA);
    add_finding(document, "tracing", &observer->tracing);
    add_finding(document, "recorder", &observer->recorder);
    mp_json_print(document, buf);
}
