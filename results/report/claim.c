/* Plan and claim of a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/claim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/stats/digits.h"
#include "results/stats/percent.h"

/* Rounds that may hide a failure, including those in flight, now or when their
 * supervisor died. */
static uint64_t hidden_of(const struct mp_report_cell *cell) {
    uint64_t count = cell->in_flight;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        count += mp_outcome_may_hide((enum mp_outcome)i) ? cell->outcome[i] : 0;
    return count;
}

static struct mp_evidence_cell count_cell(const struct mp_report_cell *cell) {
    return (struct mp_evidence_cell){.role = cell->role,
                                     .rounds = cell->rounds,
                                     .failures = cell->failures,
                                     .no_overlap = cell->outcome[MP_OUTCOME_NO_OVERLAP],
                                     .no_verdict = hidden_of(cell),
                                     .earlier = cell->earlier};
}

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
        cell[i] = count_cell(&report->cell[i]);
        cell[i].left = is_running ? UINT64_MAX : 0;
    }
    plan->has_claim = true;
    mp_evidence_weigh(&plan->claim, plan->prior, cell, report->cell_count,
                      &plan->evidence);
    free(cell);
}

static void add_cell_name(const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s, ", cell->scenario);
    mp_cell_arm_write(cell, buf);
    if (cell->params[0] != '\0')
        mp_strbuf_addf(buf, ", %s", cell->params);
}

/* The limit of a cell under the claim's rule, at worst or as counted. */
static double upper_of(const struct mp_report *report, const struct mp_report_cell *cell,
                       bool at_worst) {
    struct mp_evidence_cell counts = count_cell(cell);
    counts = at_worst ? mp_evidence_at_worst(counts) : counts;
    return mp_evidence_upper(counts.failures, counts.rounds, report->plan.claim.alpha,
                             report->plan.prior);
}

/* Rounds of the subjects for which the claim assumes the worst. */
struct doubtful {
    uint64_t no_verdict, no_overlap;
};

static struct doubtful count_doubtful(const struct mp_report *report) {
    struct doubtful sum = {0, 0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role == MP_ROLE_SUBJECT) {
            sum.no_verdict += hidden_of(cell);
            sum.no_overlap += cell->outcome[MP_OUTCOME_NO_OVERLAP];
        }
    }
    return sum;
}

/* As counted the claim would be met, but at worst it is not. */
static bool has_doubt_undone(const struct mp_report *report) {
    const struct mp_evidence *evidence = &report->plan.evidence;
    struct doubtful sum = count_doubtful(report);
    return sum.no_verdict + sum.no_overlap > 0 && evidence->is_met_as_counted &&
           !evidence->is_met_at_worst;
}

/* Bound and evidence of one subject. */
static void add_subject(const struct mp_report *report, size_t index,
                        struct mp_strbuf *buf) {
    const struct mp_report_cell *cell = &report->cell[index];
    char high[MP_PERCENT_SIZE];
    mp_percent_upper(upper_of(report, cell, true), high, sizeof(high));
    mp_strbuf_addf(buf, "%llu of %llu rounds failed, so at most %s %% of all rounds fail",
                   (unsigned long long)cell->failures, (unsigned long long)cell->rounds,
                   high);
    if (hidden_of(cell) + cell->outcome[MP_OUTCOME_NO_OVERLAP] > 0)
        mp_strbuf_addstr(buf, " at worst");
}

/* One e-process over all tries of a subject, at worst. */
static double log_e_of_all_tries(const struct mp_report *report,
                                 const struct mp_report_cell *cell) {
    struct mp_evidence_cell all =
        mp_evidence_at_worst(mp_evidence_pooled(count_cell(cell)));
    return mp_eprocess_log_below(all.failures, all.rounds, report->plan.claim.target,
                                 report->plan.prior);
}

/* "; try 19 of this claim here: in all of them 264 of 5020 rounds failed": for the
 * subject tried most often. */
static void add_earlier(const struct mp_report *report, struct mp_strbuf *buf) {
    const struct mp_report_cell *most = NULL;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->earlier.campaigns > (most != NULL ? most->earlier.campaigns : 0))
            most = cell;
    }
    if (most == NULL)
        return;
    struct mp_evidence_cell all = mp_evidence_pooled(count_cell(most));
    mp_strbuf_addf(
        buf, "; try %llu of this claim here: in all of them %llu of %llu rounds failed",
        (unsigned long long)most->earlier.campaigns + 1, (unsigned long long)all.failures,
        (unsigned long long)all.rounds);
    if (report->plan.evidence.decision == MP_DECISION_OPEN) {
        char e[MP_DIGITS_SIZE];
        mp_digits_evidence(log_e_of_all_tries(report, most), e, sizeof(e));
        mp_strbuf_addf(buf, ", and all of them together must meet it too (evidence %s)",
                       e);
    }
}

void mp_claim_write(const struct mp_report *report, struct mp_strbuf *buf) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    char e[MP_DIGITS_SIZE], needed[MP_DIGITS_SIZE];
    mp_strbuf_addf(buf, "%s ", plan->claim_text);
    mp_digits_evidence(evidence->log_e_worst, e, sizeof(e));
    mp_digits_evidence_needed(-log(plan->claim.alpha), needed, sizeof(needed));
    switch (evidence->decision) {
    case MP_DECISION_MET:
        mp_strbuf_addf(
            buf,
            "is met%s: evidence %s of %s needed, valid although it was checked after "
            "each round",
            evidence->subjects > 1 ? " by every subject" : "", e, needed);
        break;
    case MP_DECISION_REGRESSION:
        mp_digits_evidence(evidence->log_e_above, e, sizeof(e));
        mp_digits_evidence_needed(log((double)evidence->subjects / plan->claim.alpha),
                                  needed, sizeof(needed));
        mp_strbuf_addf(buf, "is refuted by ");
        add_cell_name(&report->cell[evidence->regressed], buf);
        mp_strbuf_addf(
            buf,
            ": evidence for more failures %s of %s needed, valid although it was checked "
            "after each round",
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
        if (has_doubt_undone(report))
            mp_strbuf_addstr(buf, ", since rounds that showed nothing count as failures");
        if (evidence->subjects > 1)
            mp_strbuf_addf(buf, ", met by %zu of %zu subjects", evidence->met,
                           evidence->subjects);
        break;
    }
    add_earlier(report, buf);
}

/* "3 rounds of the subjects have no verdict and count as failures here; 1 pass ...". */
static void add_doubtful(const struct mp_report *report, struct doubtful sum,
                         struct mp_strbuf *buf) {
    const struct mp_evidence *evidence = &report->plan.evidence;
    if (sum.no_verdict > 0)
        mp_strbuf_addf(buf, "%llu %s no verdict and %s as failed here",
                       (unsigned long long)sum.no_verdict,
                       mp_plural(sum.no_verdict, "round of the subjects has",
                                 "rounds of the subjects have"),
                       mp_plural(sum.no_verdict, "counts", "count"));
    if (sum.no_overlap > 0)
        mp_strbuf_addf(buf,
                       "%s%llu %s passed without the overlap that was promised and %s "
                       "not count here",
                       buf->len > 0 ? "; " : "", (unsigned long long)sum.no_overlap,
                       mp_plural(sum.no_overlap, "round", "rounds"),
                       mp_plural(sum.no_overlap, "does", "do"));
    if (evidence->is_met_as_counted)
        mp_strbuf_addf(buf,
                       ": without this rule the claim would be met; with it, it is %s",
                       evidence->is_met_at_worst ? "met too" : "NOT met");
}

/* One continuation line. */
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
    struct doubtful sum = count_doubtful(report);
    if (sum.no_verdict + sum.no_overlap > 0) {
        add_doubtful(report, sum, &line);
        add_line(text, &label, has_doubt_undone(report) ? MP_WARN : MP_PLAIN, &line);
    }
    if (evidence->decision == MP_DECISION_OPEN && evidence->clean_left > 0) {
        mp_strbuf_addf(&line, "%llu more rounds without a failure would have met it",
                       (unsigned long long)evidence->clean_left);
        add_line(text, &label, MP_PLAIN, &line);
    }
    mp_strbuf_release(&line);
}

void mp_plan_add(const struct mp_report *report, struct mp_text *text) {
    const struct mp_report_plan *plan = &report->plan;
    if (plan->id == 0)
        return; /* written by a version without plans */
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%lld · %.12s · %s%s%s · %lld %s · ", (long long)plan->id,
                   plan->hash,
                   plan->claim_text[0] != '\0' ? plan->claim_text : "no claim",
                   plan->counts_text[0] != '\0' ? " counting " : "", plan->counts_text,
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

/* The subjects' evidence; null if there is no subject. */
static void add_evidence(const struct mp_report *report, struct json_object *to) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    const struct mp_report_cell *weakest = &report->cell[evidence->weakest];
    mp_json_add_number(to, "log_e", evidence->log_e);
    mp_json_add_number(to, "log_e_needed", -log(plan->claim.alpha));
    mp_json_add_number(to, "share", evidence->share);
    mp_json_add_integer(to, "weakest_cell_id", weakest->id);
    mp_json_add_number(to, "upper", upper_of(report, weakest, false));
    mp_json_add_count(to, "clean_rounds_needed", evidence->clean_left);
    mp_json_add_number(to, "log_e_above", evidence->log_e_above);
    mp_json_add_number(to, "log_e_above_needed",
                       log((double)evidence->subjects / plan->claim.alpha));
    mp_json_add_integer(to, "worst_cell_id", report->cell[evidence->regressed].id);
    mp_json_add_number(to, "log_e_at_worst", evidence->log_e_worst);
    mp_json_add_number(to, "upper_at_worst", upper_of(report, weakest, true));
    struct mp_evidence_cell all = mp_evidence_pooled(count_cell(weakest));
    mp_json_add_count(to, "tries", weakest->earlier.campaigns + 1);
    mp_json_add_count(to, "rounds_of_all_tries", all.rounds);
    mp_json_add_count(to, "failures_of_all_tries", all.failures);
    mp_json_add_number(to, "log_e_of_all_tries", log_e_of_all_tries(report, weakest));
}

void mp_claim_add_json(const struct mp_report *report, struct json_object *to) {
    static const char *const unknown[] = {"log_e",
                                          "log_e_needed",
                                          "share",
                                          "weakest_cell_id",
                                          "upper",
                                          "clean_rounds_needed",
                                          "log_e_above",
                                          "log_e_above_needed",
                                          "worst_cell_id",
                                          "log_e_at_worst",
                                          "upper_at_worst",
                                          "tries",
                                          "rounds_of_all_tries",
                                          "failures_of_all_tries",
                                          "log_e_of_all_tries"};
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
        for (size_t i = 0; i < MP_COUNT(unknown); i++)
            mp_json_add_null(claim, unknown[i]);
    struct doubtful sum = count_doubtful(report);
    mp_json_add_count(claim, "no_verdict", sum.no_verdict);
    mp_json_add_count(claim, "no_overlap", sum.no_overlap);
    mp_json_add_bool(claim, "is_met_as_counted", evidence->is_met_as_counted);
    mp_json_add_bool(claim, "is_met_at_worst", evidence->is_met_at_worst);
}

void mp_plan_add_json(const struct mp_report *report, struct json_object *to) {
    const struct mp_report_plan *plan = &report->plan;
    if (plan->id == 0) {
        mp_json_add_null(to, "plan");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "plan");
    mp_fields_add(&mp_plan_fields, plan, "id hash kind", object);
    mp_json_add_text_or_null(object, "claim", plan->claim_text);
    mp_fields_add(&mp_plan_fields, plan, "target confidence", object);
    struct json_object *prior = mp_json_add_object(object, "prior");
    mp_json_add_number(prior, "a", plan->prior.a);
    mp_json_add_number(prior, "b", plan->prior.b);
    mp_fields_add(&mp_plan_fields, plan, "arms seed rounds duration_ns cells created_at",
                  object);
}
