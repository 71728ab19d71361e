/* The runs of a fleet as text: verdict, builds, and a table by machine and build.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "harness/base/array.h"
#include "harness/base/table.h"
#include "harness/wire/device_name.h"
#include "results/report/fleet.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/stats/digits.h"
#include "results/stats/percent.h"

#define NUMBER_WIDTH 6
#define CELL_MAX     44

struct layout {
    struct mp_table table;
    size_t build, machine, cell, role, runs, rounds, failed, no_verdict, rate;
};

/* "0 of 120 rounds of mm:n=48, arm none on build A failed". */
static void write_counts(const struct mp_fleet *fleet, const struct mp_fleet_row *row,
                         struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%" PRIu64 " of %" PRIu64 " rounds of %s, arm %s, failed",
                   row->failures, row->rounds, row->title, row->arm);
    if (fleet->build_count > 1)
        mp_strbuf_addf(buf, " on build %s", fleet->build[row->build].name);
}

static void write_evidence(const struct mp_fleet *fleet, struct mp_strbuf *buf) {
    const struct mp_evidence *evidence = &fleet->evidence;
    char have[MP_DIGITS_SIZE], need[MP_DIGITS_SIZE];
    mp_digits_evidence(evidence->log_e_worst, have, sizeof(have));
    mp_digits_evidence_needed(-log(fleet->claim.alpha), need, sizeof(need));
    mp_strbuf_addf(buf, "evidence %s of %s needed%s", have, need,
                   evidence->subjects > 1 ? " where it is least" : "");
}

static void write_claim(const struct mp_fleet *fleet, struct mp_strbuf *buf) {
    const struct mp_evidence *evidence = &fleet->evidence;
    const struct mp_fleet_row *weakest = mp_fleet_together(fleet, evidence->weakest);
    bool goes_on = fleet->running > 0 && !fleet->options->has_ended;
    mp_strbuf_addf(buf, "%s ", fleet->claim_text);
    switch (fleet->decision) {
    case MP_DECISION_REGRESSION:
        mp_strbuf_addstr(buf, "does not hold: ");
        write_counts(fleet, mp_fleet_together(fleet, evidence->regressed), buf);
        return;
    case MP_DECISION_CONTROL_FAILED:
        mp_strbuf_addstr(buf, "cannot be shown: a control that must pass failed");
        return;
    case MP_DECISION_NO_POWER:
        mp_strbuf_addstr(buf, "cannot be shown: a control that must fail stayed silent");
        return;
    case MP_DECISION_MET:
        mp_strbuf_addf(buf,
                       goes_on ? "would be met by the rounds so far: " : "is met%s: ",
                       fleet->build_count > 1 ? " on every build" : "");
        break;
    case MP_DECISION_OPEN:
        mp_strbuf_addstr(buf, "is undecided: ");
        break;
    }
    if (weakest != NULL) {
        write_evidence(fleet, buf);
        mp_strbuf_addstr(buf, "; ");
        write_counts(fleet, weakest, buf);
    } else {
        mp_strbuf_addstr(buf, "no subject was run");
    }
}

static void write_totals(const struct mp_fleet *fleet, struct mp_strbuf *buf) {
    uint64_t rounds = 0, failures = 0;
    for (size_t i = 0; i < fleet->row_count; i++) {
        const struct mp_fleet_row *row = &fleet->row[i];
        if (row->machine != NULL && row->role == MP_ROLE_SUBJECT) {
            rounds += row->rounds + row->without_power;
            failures += row->failures;
        }
    }
    mp_strbuf_addf(buf, "%" PRIu64 " of %" PRIu64 " rounds of the subjects failed",
                   failures, rounds);
}

/* "; try 2 of this claim here: in all of them 3 of 240 rounds failed". */
static void write_tries(const struct mp_fleet *fleet, struct mp_strbuf *buf) {
    const struct mp_fleet_row *most = mp_fleet_most_tried(fleet);
    if (most == NULL)
        return;
    struct mp_evidence_cell all = mp_evidence_pooled(mp_fleet_counts(fleet, most));
    mp_strbuf_addf(buf,
                   "; try %" PRIu64 " of this claim here: in all of them %" PRIu64
                   " of %" PRIu64 " rounds failed",
                   most->earlier.campaigns + 1, all.failures, all.rounds);
    if (fleet->decision == MP_DECISION_OPEN)
        mp_strbuf_addstr(buf, ", and all of them together must meet it too");
}

static bool is_all_model(const struct mp_fleet *fleet) {
    bool is_all = fleet->row_count > 0;
    for (size_t i = 0; i < fleet->row_count; i++)
        is_all = is_all && mp_device_name_is_model(fleet->row[i].device);
    return is_all;
}

void mp_fleet_write_reason(const struct mp_fleet *fleet, struct mp_strbuf *buf) {
    if (fleet->claim_text != NULL && fleet->row_count > 0) {
        write_claim(fleet, buf);
        write_tries(fleet, buf);
    } else {
        write_totals(fleet, buf);
    }
    if (fleet->running > 0)
        mp_strbuf_addf(buf,
                       fleet->options->has_ended
                           ? "; %zu %s not said to have ended, and what was in flight "
                             "counts as failed"
                           : "; %zu %s still %s: nothing is met before all have ended",
                       fleet->running,
                       fleet->options->has_ended
                           ? mp_plural(fleet->running, "run is", "runs are")
                           : mp_plural(fleet->running, "run", "runs"),
                       mp_plural(fleet->running, "goes on", "go on"));
    if (is_all_model(fleet))
        mp_strbuf_addstr(buf, " (on the software model)");
}

static void add_builds(const struct mp_fleet *fleet, struct mp_text *text) {
    for (size_t i = 0; i < fleet->build_count; i++) {
        const struct mp_fleet_build *build = &fleet->build[i];
        const char *const parts[] = {build->os,        build->os_build, build->driver,
                                     build->driver_id, build->gpu,      build->cpu};
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        mp_strbuf_addf(&line, "%s (%zu %s): ", build->name, build->machines,
                       mp_plural(build->machines, "machine", "machines"));
        for (size_t k = 0; k < MP_COUNT(parts); k++)
            if (parts[k][0] != '\0')
                mp_strbuf_addf(&line, "%s · ", parts[k]);
        mp_strbuf_addf(&line, "mpstress %s", build->version);
        mp_line_add(text, i > 0 ? "" : mp_plural(fleet->build_count, "build", "builds"),
                    MP_PLAIN, line.text);
        mp_strbuf_release(&line);
    }
}

static void add_headline(const struct mp_fleet *fleet, struct mp_text *text) {
    bool has_model = false;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s · %zu %s · %zu %s",
                   fleet->options->all ? "all campaigns" : fleet->name, fleet->machines,
                   mp_plural(fleet->machines, "machine", "machines"), fleet->campaigns,
                   mp_plural(fleet->campaigns, "run", "runs"));
    if (fleet->left_out > 0)
        mp_strbuf_addf(
            &line, "; left out: %zu %s rounds repeat others or share a process",
            fleet->left_out, mp_plural(fleet->left_out, "run, whose", "runs, whose"));
    mp_line_add(text, fleet->options->all ? "rounds" : "fleet", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
    add_builds(fleet, text);
    for (size_t i = 0; i < fleet->row_count; i++)
        has_model = has_model || mp_device_name_is_model(fleet->row[i].device);
    if (has_model)
        mp_line_add(text, "", MP_WARN, MP_MODEL_NOTE);
    mp_line_add(text, "database", MP_PLAIN, fleet->query.path);
    mp_text_end(text);
}

static size_t add_number(struct mp_table *table, const char *title) {
    return mp_table_add_column(
        table, (struct mp_table_column){
                   .title = title, .gap = 2, .min = NUMBER_WIDTH, .is_right = true});
}

static void add_columns(const struct mp_fleet *fleet, struct layout *layout) {
    struct mp_table *table = &layout->table;
    layout->build = mp_table_add_column(
        table, (struct mp_table_column){.is_hidden = fleet->build_count < 2});
    layout->machine = mp_table_add_column(
        table, (struct mp_table_column){.title = "machine",
                                        .gap = fleet->build_count < 2 ? 0 : 2});
    layout->role = mp_table_add_column(table, (struct mp_table_column){.gap = 2});
    layout->runs = add_number(table, "runs");
    layout->rounds = add_number(table, "rounds");
    layout->failed = add_number(table, "failed");
    layout->no_verdict = add_number(table, "void");
    layout->rate = mp_table_add_column(
        table, (struct mp_table_column){.title = MP_RATE_TITLE, .gap = 2});
}

static struct mp_rate rate_of(const struct mp_fleet_row *row) {
    struct mp_rate rate = mp_rate_of(row->failures, row->rounds);
    rate.without_power = row->without_power;
    return rate;
}

static const char *role_words(enum mp_role role) {
    return role == MP_ROLE_POSITIVE   ? "must fail"
           : role == MP_ROLE_NEGATIVE ? "must pass"
                                      : "";
}

static void fill_row(const struct mp_fleet *fleet, struct layout *layout,
                     const struct mp_fleet_row *row) {
    struct mp_table *table = &layout->table;
    bool is_together = row->machine == NULL;
    enum mp_style bad = row->role == MP_ROLE_POSITIVE ? MP_PLAIN : MP_BAD;
    size_t at = mp_table_add_row(table);
    struct mp_strbuf rate;
    mp_strbuf_init(&rate);
    mp_rate_write(rate_of(row), &rate);
    mp_table_set(table, at, layout->build, MP_BOLD, "%s", fleet->build[row->build].name);
    mp_table_set(table, at, layout->machine, is_together ? MP_BOLD : MP_PLAIN, "%s",
                 is_together ? "together" : row->machine);
    mp_table_set(table, at, layout->role, MP_DIM, "%s", role_words(row->role));
    mp_table_set_count(table, at, layout->runs, MP_DIM, row->campaigns);
    mp_table_set_count(table, at, layout->rounds, MP_PLAIN,
                       row->rounds + row->without_power);
    mp_table_set_count(table, at, layout->failed, bad, row->failures);
    mp_table_set_count(table, at, layout->no_verdict, MP_WARN, row->no_verdict);
    mp_table_set(table, at, layout->rate, row->failures > 0 ? bad : MP_PLAIN, "%s",
                 rate.text);
    mp_strbuf_release(&rate);
}

static void add_table(const struct mp_fleet *fleet, struct mp_text *text) {
    struct layout layout = {.build = 0};
    size_t at = 0;
    mp_table_init(&layout.table, text);
    add_columns(fleet, &layout);
    for (size_t i = 0; i < fleet->row_count; i++)
        if (fleet->row[i].machine != NULL || fleet->row[i].machines > 1)
            fill_row(fleet, &layout, &fleet->row[i]);
    mp_table_write_titles(&layout.table);
    for (size_t i = 0; i < fleet->row_count; i++) {
        const struct mp_fleet_row *row = &fleet->row[i];
        bool is_first = i == 0 || row->cell_id != fleet->row[i - 1].cell_id ||
                        row->role != fleet->row[i - 1].role ||
                        (row->build != fleet->row[i - 1].build && !fleet->options->all);
        if (is_first) {
            struct mp_strbuf name;
            mp_strbuf_init(&name);
            mp_strbuf_addf(&name, "%s, arm %s, %s", row->title, row->arm, row->device);
            mp_text_wrap(text, MP_BOLD, 2, name.text);
            mp_strbuf_release(&name);
        }
        if (row->machine != NULL || row->machines > 1)
            mp_table_write_row(&layout.table, at++);
    }
    mp_table_release(&layout.table);
}

static void write_text(const struct mp_fleet *fleet, struct mp_text *text) {
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_fleet_write_reason(fleet, &reason);
    mp_verdict_add(fleet->verdict, reason.text, text);
    mp_text_end(text);
    add_headline(fleet, text);
    add_table(fleet, text);
    mp_text_end(text);
    mp_text_wrap(
        text, MP_DIM, 0,
        "Rounds of different builds are never added up. \"together\" is the rate "
        "of rounds drawn from the machines of one build as often as they ran; "
        "machines may differ, and the rows above it say how far that shows.");
    mp_strbuf_release(&reason);
}

enum mp_status mp_fleet_text(struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .use_ascii = options->use_ascii,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_fleet fleet;
    enum mp_status status = mp_fleet_load(&fleet, store, options, err);
    if (status == MP_OK) {
        write_text(&fleet, &text);
        *ret_verdict = fleet.verdict;
    }
    mp_fleet_release(&fleet);
    return status;
}
