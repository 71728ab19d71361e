/* The claim of a campaign: judged by its counts, told in words and as JSON. The rule is
 * that of results/stats; nothing is decided here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/text.h"
#include "results/stats/percent.h"

void mp_report_weigh(struct mp_report *report) {
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

#define U(value) ((unsigned long long)(value))

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
                   U(cell->failures), U(cell->rounds), high);
}

void mp_report_write_claim(const struct mp_report *report, struct mp_strbuf *buf) {
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
                     const struct mp_strbuf *line) {
    mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, *label);
    mp_text_wrap(text, style, MP_REPORT_LABEL_WIDTH, line->text);
    *label = "";
}

void mp_report_add_claim(const struct mp_report *report, struct mp_text *text) {
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
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line,
                       "%llu round%s of the subjects ha%s no verdict: had all of them"
                       " failed, the claim would %s",
                       U(no_verdict), no_verdict == 1 ? "" : "s",
                       no_verdict == 1 ? "s" : "ve",
                       is_undone                   ? "NOT be met"
                       : evidence->is_met_at_worst ? "still be met"
                                                   : "be further away");
        add_line(text, &label, is_undone ? MP_WARN : MP_PLAIN, &line);
    }
    if (evidence->decision == MP_DECISION_OPEN && evidence->clean_left > 0) {
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "%llu more rounds without a failure would have met it",
                       U(evidence->clean_left));
        add_line(text, &label, MP_PLAIN, &line);
    }
    mp_strbuf_clear(&line);
    mp_strbuf_addstr(
        &line, "The limits in the table are those of a number of rounds fixed beforehand;"
               " this run looked after each round, so quote the ones of this claim.");
    add_line(text, &label, MP_DIM, &line);
    mp_strbuf_release(&line);
}

void mp_report_write_claim_json(struct mp_report *report, struct mp_strbuf *buf) {
    const struct mp_report_plan *plan = &report->plan;
    const struct mp_evidence *evidence = &plan->evidence;
    sqlite3_stmt *stmt = NULL;
    if (!plan->has_claim) {
        mp_strbuf_addstr(buf, "null");
        return;
    }
    int code = sqlite3_prepare_v2(
        report->db,
        "SELECT json_object('text', ?1, 'target', ?2, 'confidence', ?3, 'decision', ?4,"
        " 'subjects', ?5, 'met', ?6, 'log_e', ?7, 'log_e_needed', ?8, 'share', ?9,"
        " 'weakest_cell_id', ?10, 'upper', ?11, 'clean_rounds_needed', ?12, "
        "'log_e_above', ?13,"
        " 'log_e_above_needed', ?14, 'worst_cell_id', ?15, 'no_verdict', ?16, "
        "'is_met_at_worst',"
        " json(iif(?17, 'true', 'false')))",
        -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, plan->claim_text, -1, SQLITE_STATIC);
        sqlite3_bind_double(stmt, 2, plan->claim.target);
        sqlite3_bind_double(stmt, 3, 1.0 - plan->claim.alpha);
        sqlite3_bind_text(stmt, 4, mp_decision_name(evidence->decision), -1,
                          SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 5, (int64_t)evidence->subjects);
        sqlite3_bind_int64(stmt, 6, (int64_t)evidence->met);
        if (evidence->subjects > 0) {
            const struct mp_report_cell *weakest = &report->cell[evidence->weakest];
            sqlite3_bind_double(stmt, 7, evidence->log_e);
            sqlite3_bind_double(stmt, 8, -log(plan->claim.alpha));
            sqlite3_bind_double(stmt, 9, evidence->share);
            sqlite3_bind_int64(stmt, 10, weakest->id);
            sqlite3_bind_double(stmt, 11,
                                mp_evidence_upper(weakest->failures, weakest->rounds,
                                                  plan->claim.alpha, plan->prior));
            sqlite3_bind_int64(stmt, 12, (int64_t)evidence->clean_left);
            sqlite3_bind_double(stmt, 13, evidence->log_e_above);
            sqlite3_bind_double(stmt, 14,
                                log((double)evidence->subjects / plan->claim.alpha));
            sqlite3_bind_int64(stmt, 15, report->cell[evidence->regressed].id);
        }
        sqlite3_bind_int64(stmt, 16, (int64_t)count_no_verdict(report));
        sqlite3_bind_int(stmt, 17, evidence->is_met_at_worst);
        code = sqlite3_step(stmt);
    }
    if (code == SQLITE_ROW) {
        mp_strbuf_addstr(buf, mp_report_column(stmt, 0));
        code = SQLITE_OK;
    }
    mp_report_note(report, code);
    sqlite3_finalize(stmt);
}
