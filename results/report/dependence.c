/* Dependence between rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/dependence.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/stats/digits.h"
#include "results/stats/multiple.h"
#include "results/stats/strata_exact.h"

#define SHOWN    0.01 /* adjusted, below this a report says it */
#define KIND_MIN 5    /* rounds of each kind for a runs test */
/* Cells that failed and passed: where only one thing happened, there is no order. */
static bool can_show(const struct mp_report *report) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->failures > 0 && cell->failures < cell->rounds)
            return true;
    }
    return false;
}

static struct mp_dependence_cell *find_cell(struct mp_dependence *dependence,
                                            int64_t id) {
    for (size_t i = 0; i < dependence->count; i++)
        if (dependence->cell[i].cell->id == id)
            return &dependence->cell[i];
    return NULL;
}

static void count_after(struct mp_two_arms *after, bool before_failed, bool has_failed) {
    if (before_failed) {
        after->rounds_a++;
        after->failures_a += has_failed;
    } else {
        after->rounds_b++;
        after->failures_b += has_failed;
    }
}

/* A round without a verdict breaks the chain: nothing is known of what it left behind.
 * Rounds of one seed, a block of a comparison, share their luck: one says nothing of what
 * the other left behind. */
static void read_rounds(struct mp_dependence *dependence, struct mp_report *report) {
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT cell_id, outcome, seed FROM round WHERE campaign_id = ?1 AND seq > (SELECT"
        " max(seq) FROM round WHERE campaign_id = ?1) - ?2 ORDER BY ifnull(position, seq)",
        report->campaign_id, MP_DEPENDENCE_ROUNDS_MAX);
    bool has_before = false, before_failed = false;
    char seed[24] = "";
    while (mp_query_next(&report->query, rows)) {
        struct mp_dependence_cell *cell =
            find_cell(dependence, sqlite3_column_int64(rows, 0));
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 1));
        enum mp_outcome_class class =
            outcome == MP_OUTCOME_COUNT ? MP_CLASS_NO_VERDICT : mp_outcome_class(outcome);
        bool has_failed = class == MP_CLASS_FAILURE;
        dependence->rounds++;
        if (class == MP_CLASS_NO_VERDICT || cell == NULL) {
            has_before = false;
            continue;
        }
        mp_runs_add(&cell->runs, has_failed);
        bool is_same_block = strcmp(seed, mp_query_text(rows, 2)) == 0;
        snprintf(seed, sizeof(seed), "%s", mp_query_text(rows, 2));
        if (has_before && !is_same_block)
            count_after(&cell->after, before_failed, has_failed);
        has_before = true;
        before_failed = has_failed;
    }
}

static void test_cells(struct mp_dependence *dependence) {
    struct mp_two_arms *strata = mp_memory_zeroed(dependence->count + 1, sizeof(*strata));
    for (size_t i = 0; i < dependence->count; i++) {
        struct mp_dependence_cell *cell = &dependence->cell[i];
        strata[i] = cell->after;
        dependence->after.failures_a += cell->after.failures_a;
        dependence->after.rounds_a += cell->after.rounds_a;
        dependence->after.failures_b += cell->after.failures_b;
        dependence->after.rounds_b += cell->after.rounds_b;
        if (cell->runs.failures >= KIND_MIN && cell->runs.passes >= KIND_MIN &&
            mp_runs_test(&cell->runs, &cell->test))
            cell->p = cell->test.exact;
    }
    struct mp_strata_exact exact = mp_strata_exact(strata, dependence->count);
    if (exact.is_complete && dependence->after.rounds_a > 0)
        dependence->p = exact.greater;
    free(strata);
}

static void adjust(struct mp_dependence *dependence) {
    size_t count = dependence->count;
    double *p = mp_memory_zeroed(count + 1, sizeof(*p));
    for (size_t i = 0; i < count; i++)
        p[i] = dependence->cell[i].p;
    p[count] = dependence->p;
    mp_multiple_holm(p, count + 1, p);
    for (size_t i = 0; i < count; i++)
        dependence->cell[i].adjusted = p[i];
    dependence->adjusted = p[count];
    free(p);
}

void mp_dependence_load(struct mp_dependence *dependence, struct mp_report *report) {
    dependence->report = report;
    dependence->count = report->cell_count;
    dependence->cell = mp_memory_zeroed(dependence->count + 1, sizeof(*dependence->cell));
    for (size_t i = 0; i < dependence->count; i++)
        dependence->cell[i] = (struct mp_dependence_cell){
            .cell = &report->cell[i], .p = NAN, .adjusted = NAN};
    dependence->p = dependence->adjusted = NAN;
    if (!can_show(report))
        return;
    read_rounds(dependence, report);
    test_cells(dependence);
    adjust(dependence);
}

void mp_dependence_release(struct mp_dependence *dependence) {
    free(dependence->cell);
}

static void write_cell(const struct mp_report *report,
                       const struct mp_dependence_cell *cell, struct mp_strbuf *buf) {
    char p[MP_DIGITS_SIZE];
    mp_digits_probability(cell->adjusted, p, sizeof(p));
    mp_cell_title_write(report, cell->cell, NULL, buf);
    mp_strbuf_addstr(buf, ", ");
    mp_cell_arm_write(cell->cell, buf);
    mp_strbuf_addf(buf,
                   ": failures cluster in time, %" PRIu64 " of %" PRIu64
                   " rounds in %" PRIu64 " runs"
                   " where %.0f are expected (P %s)",
                   cell->runs.failures, cell->runs.failures + cell->runs.passes,
                   cell->runs.runs, cell->test.mean, p);
}

void mp_dependence_write(const struct mp_dependence *dependence, const char *separator,
                         struct mp_strbuf *buf) {
    const char *before = "";
    for (size_t i = 0; i < dependence->count; i++) {
        if (dependence->cell[i].adjusted < SHOWN) {
            mp_strbuf_addstr(buf, before);
            write_cell(dependence->report, &dependence->cell[i], buf);
            before = separator;
        }
    }
    if (dependence->adjusted < SHOWN) {
        char p[MP_DIGITS_SIZE];
        mp_digits_probability(dependence->adjusted, p, sizeof(p));
        mp_strbuf_addf(buf,
                       "%safter a round that failed, the next one, of whatever cell,"
                       " failed in %" PRIu64 " of %" PRIu64
                       "; after one that passed in %" PRIu64 " of %" PRIu64 " (P"
                       " %s, each cell by itself)",
                       before, dependence->after.failures_a, dependence->after.rounds_a,
                       dependence->after.failures_b, dependence->after.rounds_b, p);
    }
}

void mp_dependence_add(const struct mp_dependence *dependence, struct mp_text *text) {
    struct mp_strbuf lines;
    mp_strbuf_init(&lines);
    mp_dependence_write(dependence, "\n", &lines);
    if (lines.len > 0) {
        mp_line_title(text, "Rounds are not independent");
        for (char *at = lines.text, *end; at != NULL; at = end) {
            end = strchr(at, '\n');
            if (end != NULL)
                *end++ = '\0';
            mp_text_add(text, MP_PLAIN, "  ");
            mp_text_wrap(text, MP_WARN, 2, at);
        }
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(
            text, MP_DIM, 2,
            "The limits assume independent rounds: here they are too narrow. Check "
            "heat, load, and whether a failure leaves the device unhealthy (--canary "
            "on).");
    }
    mp_strbuf_release(&lines);
}

static void add_test_json(double p, double adjusted, struct json_object *to) {
    mp_json_add_number(to, "p", p);
    mp_json_add_number(to, "p_adjusted", adjusted);
    mp_json_add_bool(to, "is_shown", adjusted < SHOWN);
}

void mp_dependence_add_json(const struct mp_dependence *dependence,
                            struct json_object *to) {
    struct json_object *object = mp_json_add_object(to, "dependence");
    mp_json_add_count(object, "rounds_read", dependence->rounds);
    mp_json_add_number(object, "level", SHOWN);
    struct json_object *cells = mp_json_add_array(object, "cells");
    for (size_t i = 0; i < dependence->count; i++) {
        const struct mp_dependence_cell *cell = &dependence->cell[i];
        struct json_object *row = mp_json_add_object(cells, NULL);
        mp_json_add_integer(row, "cell_id", cell->cell->id);
        mp_json_add_count(row, "runs", cell->runs.runs);
        mp_json_add_number(row, "runs_expected", isnan(cell->p) ? NAN : cell->test.mean);
        add_test_json(cell->p, cell->adjusted, row);
    }
    const struct mp_two_arms *after = &dependence->after;
    struct json_object *next = mp_json_add_object(object, "next_round");
    mp_json_add_count(next, "after_failure", after->rounds_a);
    mp_json_add_count(next, "after_failure_failed", after->failures_a);
    mp_json_add_count(next, "after_pass", after->rounds_b);
    mp_json_add_count(next, "after_pass_failed", after->failures_b);
    add_test_json(dependence->p, dependence->adjusted, next);
}
