/* The report of a campaign as one JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "results/report/report.h"

#include <math.h>

#include "results/report/campaign.h"
#include "results/report/claim.h"
#include "results/report/compare_json.h"
#include "results/report/json.h"
#include "results/report/judge.h"
#include "results/report/rate.h"
#include "results/report/unproven.h"
#include "results/stats/binomial.h"

static void add_rate(const struct mp_report *report, const struct mp_report_cell *cell,
                     struct json_object *to) {
    static const char *const names[] = {"rate", "low", "high", "upper_one_sided"};
    double value[4] = {NAN, NAN, NAN, NAN};
    if (cell->rounds > 0 && cell->role != MP_ROLE_FINDER) {
        struct mp_rate rate = mp_report_rate(report, cell);
        struct mp_interval limits =
            rate.looks ? mp_eprocess_interval(cell->failures, cell->rounds, MP_RATE_ALPHA,
                                              rate.prior)
                       : mp_binomial_clopper_pearson(cell->failures, cell->rounds,
                                                     MP_RATE_ALPHA);
        value[0] = (double)cell->failures / (double)cell->rounds;
        value[1] = limits.low;
        value[2] = limits.high;
        value[3] = rate.looks
                       ? mp_evidence_upper(cell->failures, cell->rounds, MP_RATE_ALPHA,
                                           rate.prior)
                       : mp_binomial_upper(cell->failures, cell->rounds, MP_RATE_ALPHA);
    }
    for (size_t i = 0; i < MP_COUNT(names); i++)
        mp_json_add_number(to, names[i], value[i]);
    mp_json_add_number(to, "confidence", 1.0 - MP_RATE_ALPHA);
    mp_json_add_bool(to, "at_all_looks", mp_report_rate(report, cell).looks);
}

static void add_cell(const struct mp_report *report, const struct mp_report_cell *cell,
                     struct json_object *to) {
    mp_fields_add(&mp_report_cell_fields, cell, "id", to);
    mp_json_add_text(to, "role", mp_role_name(cell->role));
    mp_fields_add(&mp_report_cell_fields, cell, "device scenario params arm spec_hash",
                  to);
    mp_json_add_count(to, "rounds", cell->rounds);
    mp_json_add_count(to, "passed", cell->rounds - cell->failures);
    mp_json_add_count(to, "failures", cell->failures);
    if (cell->known > 0)
        mp_json_add_count(to, "failures_known", cell->known);
    mp_json_add_count(to, "no_verdict", cell->no_verdict);
    struct json_object *outcomes = mp_json_add_object(to, "outcomes");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        if (cell->outcome[i] > 0)
            mp_json_add_count(outcomes, mp_outcome_name((enum mp_outcome)i),
                              cell->outcome[i]);
    add_rate(report, cell, to);
    if (cell->rounds > 0 && !mp_report_is_overlap_unknown(cell)) {
        mp_json_add_integer(to, "overlap_min", cell->overlap_min);
        mp_json_add_integer(to, "overlap_max", cell->overlap_max);
    } else {
        mp_json_add_null(to, "overlap_min");
        mp_json_add_null(to, "overlap_max");
    }
    struct json_object *untraced = mp_json_add_object(to, "untraced");
    mp_json_add_integer(untraced, "off", cell->untraced_off);
    mp_json_add_integer(untraced, "refused", cell->untraced_refused);
    mp_figures_add_json(&cell->figures, to);
}

static const char *control_state(const struct mp_report_cell *cell) {
    if (cell->rounds == 0)
        return mp_report_is_skipped(cell) ? "skipped" : "not_counted";
    if (cell->role == MP_ROLE_POSITIVE)
        return cell->failures > 0 ? "found" : "silent";
    if (cell->role == MP_ROLE_FINDER)
        return cell->failures > 0 ? "found" : "found_nothing";
    return cell->failures > 0 ? "failed" : "clean";
}

static void add_cells(const struct mp_report *report, struct json_object *to) {
    struct json_object *cells = mp_json_add_array(to, "cells");
    for (size_t i = 0; i < report->cell_count; i++)
        add_cell(report, &report->cell[i], mp_json_add_object(cells, NULL));
    struct json_object *controls = mp_json_add_array(to, "controls");
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role != MP_ROLE_SUBJECT) {
            struct json_object *control = mp_json_add_object(controls, NULL);
            mp_json_add_integer(control, "cell_id", cell->id);
            mp_json_add_text(control, "role", mp_role_name(cell->role));
            mp_json_add_text(control, "state", control_state(cell));
        }
    }
}

static void add_headline(const struct mp_report *report, struct json_object *to) {
    struct mp_headline headline = mp_report_headline(report);
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_report_write_reason(report, &reason);
    struct json_object *object = mp_json_add_object(to, "headline");
    mp_json_add_text(object, "reason", reason.text);
    if (headline.planned == MP_FIELD_NULL) {
        mp_json_add_null(object, "rounds_planned");
        mp_json_add_null(object, "rounds_missing");
    } else {
        mp_json_add_integer(object, "rounds_planned", headline.planned);
        mp_json_add_integer(object, "rounds_missing", headline.missing);
    }
    mp_json_add_count(object, "subject_rounds", headline.subject_rounds);
    mp_json_add_count(object, "without_verdict", headline.without_verdict);
    mp_json_add_bool(object, "has_control_that_must_fail", headline.has_control);
    mp_strbuf_release(&reason);
}

/* The first is the sum of the others; every round is in exactly one of those. */
static void add_balance(const struct mp_report *report, struct json_object *to) {
    uint64_t of_class[MP_CLASS_NO_VERDICT + 1] = {0};
    uint64_t lost = report->outcome[MP_OUTCOME_LOST];
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        of_class[mp_outcome_class((enum mp_outcome)i)] += report->outcome[i];
    struct json_object *balance = mp_json_add_object(to, "balance");
    mp_json_add_count(balance, "planned", report->rounds);
    mp_json_add_count(balance, "passed", of_class[MP_CLASS_PASS]);
    mp_json_add_count(balance, "failed", of_class[MP_CLASS_FAILURE]);
    mp_json_add_count(balance, "no_verdict", of_class[MP_CLASS_NO_VERDICT] - lost);
    mp_json_add_count(balance, "lost", lost);
}

/* Only where there are some. */
static void add_virtual(const struct mp_report *report, struct json_object *to) {
    struct json_object *list = NULL;
    for (size_t i = 0; i < report->device_count; i++) {
        if (!report->device[i].is_virtual)
            continue;
        if (list == NULL)
            list = mp_json_add_array(to, "virtual_devices");
        mp_json_add_text(list, NULL, report->device[i].text);
    }
}

static void write_document(struct mp_campaign *campaign,
                           const struct mp_report_options *options,
                           struct mp_strbuf *buf) {
    struct mp_report *report = &campaign->report;
    struct json_object *document =
        mp_json_document(options->command == NULL ? "report" : options->command,
                         mp_campaign_verdict(campaign),
                         mp_verdict_code(mp_report_exit(report, options->only_new)));
    mp_json_add_text(document, "database", report->query.path);
    mp_json_add_integer(document, "imported_reports", report->imported);
    add_headline(report, document);
    add_virtual(report, document);
    mp_unproven_add_json(report, document);
    if (report->not_shown[0] != '\0')
        mp_json_add_text(document, "not_shown", report->not_shown);
    mp_claim_add_json(report, document);
    mp_fields_add(&mp_report_fields, report,
                  "id uuid started_at ended_at argv left_out seed version state wall_ns",
                  mp_json_add_object(document, "campaign"));
    mp_plan_add_json(report, document);
    mp_replay_add_json(&campaign->replay, document);
    mp_fields_add(&mp_environment_fields, &report->environment, NULL,
                  mp_json_add_object(document, "environment"));
    add_balance(report, document);
    add_cells(report, document);
    mp_dose_add_json(&campaign->sweep, document);
    mp_scaling_add_json(&campaign->scaling, document);
    mp_dependence_add_json(&campaign->dependence, document);
    mp_reuse_add_json(&report->reuse, document);
    mp_legality_add_json(&campaign->legality, document);
    mp_failures_add_json(&campaign->failures, document);
    mp_known_add_json(&report->known, document);
    mp_report_health_add_json(&campaign->health, document);
    mp_loaded_add_json(&campaign->modules, document);
    mp_compare_add_json(&campaign->compare, document);
    mp_json_print(document, buf);
}

enum mp_status mp_report_json(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK) {
        write_document(&campaign, options, buf);
        status = mp_query_status(&campaign.report.query, err);
    }
    if (status == MP_OK)
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    mp_campaign_release(&campaign);
    return status;
}
