/* Plan and claim of a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/claim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/stats/percent.h"

void mp_claim_weigh(struct mp_report *report) {
    struct mp_report_plan *plan = &report->plan;
    struct mp_error ignored;
    if (plan->id == 0 || plan->claim_text[0] == '\0' ||
        mp_claim_parse(plan->claim_text, &plan->claim, &ignored) != MP_OK)
        return;
    bool is_running = strcmp(report->state, "running") == 0;
    struct mp_evidence_cell *cell =
        mp_memory_zeroed(report->cell_count + 1, sizeof(*cell));
    for (size_t i = 0; i < report->cell_count; i++) {
        cell[i] = (struct mp_evidence_cell){.role = report->cell[i].role,
                                            .rounds = report->cell[i].rounds,
                                            .failures = report->cell[i].failures,
                                            .no_verdict = report->cell[i].no_verdict,
                                            .left = is_running ? UINT64_MAX : 0};
    }
    plan->has_claim = true;
    mp_evidence_weigh(&plan->claim, plan->prior, cell, report->cell_count,
                      &plan->evidence);
    free(cell);
}

/* The e-value as people read it; huge ones only by their size. */
static void format_e(double log_e, char *buf, size_t size) {
    if (log_e < log(1e6))
        snprintf(buf, size, "%.3g", exp(log_e));
    else
        snprintf(buf, size, "10^%.0f", floor(log_e / log(10.0)));
}

static void add_cell_name(const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s, arm %s", cell->scenario, cell->arm);
    if (cell->params[0] != '\0')
        mp_strbuf_addf(buf, ", %s", cell->params);
}

/* Bound and evidence of one subject. */
static void add_subject(const struct mp_report *report, size_t index,
                        struct mp_strbuf *buf) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_report_cell *cell = &report->cell[index];
    char high[MP_PERCENT_SIZE];
    mp_percent_upper(
        mp_evidence_upper(cell->failures, cell->rounds, plan->claim.alpha, plan->prior),
        high, sizeof(high));
    mp_strbuf_addf(buf, "%llu of %llu rounds failed, so at most %s %% of all rounds do",
                   (unsigned long long)cell->failures, (unsigned long long)cell->rounds,
                   high);
}

void mp_claim_write(const struct mp_report *report, struct mp_strbuf *buf) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    char e[32], needed[32];
    mp_strbuf_addf(buf, "%s ", plan->claim_text);
    format_e(evidence->log_e, e, sizeof(e));
    format_e(-log(plan->claim.alpha), needed, sizeof(needed));
    switch (evidence->decision) {
    case MP_DECISION_MET:
        mp_strbuf_addf(
            buf,
            "is met%s: evidence %s of %s needed, valid although looked at after"
            " each round",
            evidence->subjects > 1 ? " by every subject" : "", e, needed);
        break;
    case MP_DECISION_REGRESSION:
        format_e(evidence->log_e_above, e, sizeof(e));
        format_e(log((double)evidence->subjects / plan->claim.alpha), needed,
                 sizeof(needed));
        mp_strbuf_addf(buf, "is refuted by ");
        add_cell_name(&report->cell[evidence->regressed], buf);
        mp_strbuf_addf(
            buf,
            ": evidence for more failures %s of %s needed, valid although looked at"
            " after each round",
            e, needed);
        break;
    case MP_DECISION_CONTROL_FAILED:
    case MP_DECISION_NO_POWER:
        mp_strbuf_addf(buf, "cannot be judged");
        break;
    case MP_DECISION_OPEN:
        mp_strbuf_addf(buf, "is neither shown nor refuted");
        if (evidence->subjects > 0)
            mp_strbuf_addf(buf, ": evidence %s of %s needed", e, needed);
        if (evidence->subjects > 1) {
            mp_strbuf_addf(buf, ", met by %zu of %zu subjects", evidence->met,
                           evidence->subjects);
        }
        break;
    }
}

static uint64_t count_no_verdict(const struct mp_report *report) {
    uint64_t count = 0;
    for (size_t i = 0; i < report->cell_count; i++)
        count += report->cell[i].role == MP_ROLE_SUBJECT ? report->cell[i].no_verdict : 0;
    return count;
}

/* One line below the label of the first. */
static void add_line(struct mp_text *text, const char **label, enum mp_style style,
                     struct mp_strbuf *line) {
    mp_line_add(text, *label, style, line->text);
    mp_strbuf_clear(line);
    *label = "";
}

void mp_claim_add(const struct mp_report *report, struct mp_text *text) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    const char *label = "claim";
    struct mp_strbuf line;
    if (!plan->has_claim || evidence->subjects == 0)
        return;
    mp_strbuf_init(&line);
    size_t shown = evidence->decision == MP_DECISION_REGRESSION ? evidence->regressed
                                                                : evidence->weakest;
    mp_strbuf_addf(&line, "%s%s: ", plan->claim_text,
                   evidence->subjects == 1 ? ""
                   : evidence->decision == MP_DECISION_REGRESSION
                       ? ", the worst subject"
                       : ", the subject with the least"
                         " evidence");
    if (evidence->subjects > 1) {
        add_cell_name(&report->cell[shown], &line);
        mp_strbuf_addstr(&line, ": ");
    }
    add_subject(report, shown, &line);
    add_line(text, &label, MP_PLAIN, &line);
    uint64_t no_verdict = count_no_verdict(report);
    if (no_verdict > 0) {
        bool is_undone =
            evidence->decision == MP_DECISION_MET && !evidence->is_met_at_worst;
        mp_strbuf_addf(&line,
                       "%llu round%s of the subjects ha%s no verdict: had all of them"
                       " failed, the claim would %s",
                       (unsigned long long)no_verdict, no_verdict == 1 ? "" : "s",
                       no_verdict == 1 ? "s" : "ve",
                       is_undone                   ? "NOT be met"
                       : evidence->is_met_at_worst ? "still be met"
                                                   : "be further away");
        add_line(text, &label, is_undone ? MP_WARN : MP_PLAIN, &line);
    }
    if (evidence->decision == MP_DECISION_OPEN && evidence->clean_left > 0) {
        mp_strbuf_addf(&line, "%llu more rounds without a failure would have met it",
                       (unsigned long long)evidence->clean_left);
        add_line(text, &label, MP_PLAIN, &line);
    }
    mp_strbuf_addstr(
        &line, "The limits in the table are those of a number of rounds fixed beforehand;"
               " this run looked after each round, so quote the ones of this claim.");
    add_line(text, &label, MP_DIM, &line);
    mp_strbuf_release(&line);
}

void mp_plan_add(const struct mp_report *report, struct mp_text *text) {
    const struct mp_report_plan *plan = &report->plan;
    if (plan->id == 0)
        return; /* written by a program that made no plans */
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%lld · %.12s · %s · %lld %s · ", (long long)plan->id,
                   plan->hash,
                   plan->claim_text[0] != '\0' ? plan->claim_text : "no claim",
                   (long long)plan->cell_count,
                   mp_plural((uint64_t)plan->cell_count, "cell", "cells"));
    if (plan->rounds > 0) {
        mp_strbuf_addf(&line, "at most %lld %s", (long long)plan->rounds,
                       mp_plural((uint64_t)plan->rounds, "round", "rounds"));
    } else {
        mp_strbuf_addstr(&line, "rounds until it ends");
    }
    if (plan->duration_ns > 0) {
        char duration[32];
        mp_clock_format_duration((uint64_t)plan->duration_ns, duration, sizeof(duration));
        mp_strbuf_addf(&line, " within %s", duration);
    }
    mp_line_add(text, "plan", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* Of the subjects' evidence: null where there is no subject. */
static void add_evidence(const struct mp_report *report, struct json_object *to) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    const struct mp_report_cell *weakest = &report->cell[evidence->weakest];
    mp_json_add_number(to, "log_e", evidence->log_e);
    mp_json_add_number(to, "log_e_needed", -log(plan->claim.alpha));
    mp_json_add_number(to, "share", evidence->share);
    mp_json_add_integer(to, "weakest_cell_id", weakest->id);
    mp_json_add_number(to, "upper",
                       mp_evidence_upper(weakest->failures, weakest->rounds,
                                         plan->claim.alpha, plan->prior));
    mp_json_add_count(to, "clean_rounds_needed", evidence->clean_left);
    mp_json_add_number(to, "log_e_above", evidence->log_e_above);
    mp_json_add_number(to, "log_e_above_needed",
                       log((double)evidence->subjects / plan->claim.alpha));
    mp_json_add_integer(to, "worst_cell_id", report->cell[evidence->regressed].id);
}

void mp_claim_add_json(const struct mp_report *report, struct json_object *to) {
    static const char *const unknown[] = {
        "log_e",        "log_e_needed",        "share",       "weakest_cell_id",
        "upper",        "clean_rounds_needed", "log_e_above", "log_e_above_needed",
        "worst_cell_id"};
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    if (!plan->has_claim) {
        mp_json_add_null(to, "claim");
        return;
    }
    struct json_object *claim = mp_json_add_object(to, "claim");
    mp_json_add_text(claim, "text", plan->claim_text);
    mp_json_add_number(claim, "target", plan->claim.target);
    mp_json_add_number(claim, "confidence", 1.0 - plan->claim.alpha);
    mp_json_add_text(claim, "decision", mp_decision_name(evidence->decision));
    mp_json_add_count(claim, "subjects", evidence->subjects);
    mp_json_add_count(claim, "met", evidence->met);
    if (evidence->subjects > 0)
        add_evidence(report, claim);
    else
        for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
            mp_json_add_null(claim, unknown[i]);
    mp_json_add_count(claim, "no_verdict", count_no_verdict(report));
    mp_json_add_truth(claim, "is_met_at_worst", evidence->is_met_at_worst);
}

void mp_plan_add_json(const struct mp_report *report, struct json_object *to) {
    const struct mp_report_plan *plan = &report->plan;
    if (plan->id == 0) {
        mp_json_add_null(to, "plan");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "plan");
    mp_fields_add(&mp_plan_fields, plan, "id hash kind", object);
    mp_json_add_known(object, "claim", plan->claim_text);
    mp_fields_add(&mp_plan_fields, plan, "target confidence", object);
    struct json_object *prior = mp_json_add_object(object, "prior");
    mp_json_add_number(prior, "a", plan->prior.a);
    mp_json_add_number(prior, "b", plan->prior.b);
    mp_fields_add(&mp_plan_fields, plan, "arms seed rounds duration_ns cells created_at",
                  object);
}
