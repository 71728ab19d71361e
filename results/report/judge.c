/* Verdict, and the sentence that says what it rests on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/judge.h"

#include "results/report/claim.h"
#include "results/report/line.h"

static enum mp_verdict judge_claim(const struct mp_evidence *evidence) {
    switch (evidence->decision) {
    case MP_DECISION_REGRESSION:
        return MP_VERDICT_REGRESSION;
    case MP_DECISION_CONTROL_FAILED:
        return MP_VERDICT_FAILURES;
    case MP_DECISION_NO_POWER:
        return MP_VERDICT_NO_POWER;
    case MP_DECISION_MET:
        return MP_VERDICT_CLAIM_MET;
    case MP_DECISION_OPEN:
        break;
    }
    return MP_VERDICT_INCONCLUSIVE;
}

enum mp_verdict mp_report_judge(const struct mp_report_cell *cells, size_t count) {
    bool has_failed = false, is_silent = false, is_uncounted = false;
    uint64_t counted = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mp_report_cell *cell = &cells[i];
        counted += cell->rounds;
        if (cell->role == MP_ROLE_POSITIVE) {
            is_silent = is_silent || cell->failures == 0;
        } else {
            has_failed = has_failed || cell->failures > 0;
            is_uncounted = is_uncounted || cell->rounds == 0;
        }
    }
    if (counted == 0)
        return MP_VERDICT_NOTHING_RAN;
    if (has_failed)
        return MP_VERDICT_FAILURES;
    if (is_silent)
        return MP_VERDICT_NO_POWER;
    return is_uncounted ? MP_VERDICT_INCONCLUSIVE : MP_VERDICT_CLEAN;
}

const char *mp_report_control_words(const struct mp_report_cell *cell, bool *ret_is_bad) {
    bool is_bad = true;
    const char *words = "";
    if (cell->role == MP_ROLE_POSITIVE && cell->failures > 0) {
        is_bad = false;
        words = "found, as it must";
    } else if (cell->role == MP_ROLE_POSITIVE) {
        words = cell->rounds > 0 ? "SILENT: no power" : "NO ROUND COUNTS: no power";
    } else if (cell->rounds == 0) {
        words = "no round counts";
    } else if (cell->role == MP_ROLE_NEGATIVE) {
        is_bad = cell->failures > 0;
        words = is_bad ? "FAILED: a control that must pass failed" : "clean, as it must";
    } else {
        is_bad = cell->failures > 0;
    }
    *ret_is_bad = is_bad;
    return words;
}

/* What all cells of a role have in common. */
struct sum {
    uint64_t rounds, failures;
    size_t cells, silent, uncounted;
};

static struct sum sum_role(const struct mp_report *report, enum mp_role role) {
    struct sum sum = {0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role == role) {
            sum.cells++;
            sum.rounds += cell->rounds;
            sum.failures += cell->failures;
            sum.silent += cell->failures == 0;
            sum.uncounted += cell->rounds == 0;
        }
    }
    return sum;
}

void mp_report_write_reason(const struct mp_report *report, struct mp_strbuf *buf) {
    if (report->comparison_reason != NULL) {
        mp_strbuf_addstr(buf, report->comparison_reason);
        return;
    }
    struct sum subject = sum_role(report, MP_ROLE_SUBJECT);
    struct sum positive = sum_role(report, MP_ROLE_POSITIVE);
    struct sum negative = sum_role(report, MP_ROLE_NEGATIVE);
    if (report->verdict == MP_VERDICT_NOTHING_RAN) {
        mp_strbuf_addstr(buf, "no round of this campaign passed or failed");
        return;
    }
    if (report->plan.has_claim) {
        mp_claim_write(report, buf);
        mp_strbuf_addstr(buf, "; ");
    }
    if (subject.cells > 0) {
        mp_strbuf_addf(buf, "%llu of %llu rounds of %s failed",
                       (unsigned long long)subject.failures,
                       (unsigned long long)subject.rounds,
                       mp_plural(subject.cells, "the subject", "the subjects"));
    } else {
        mp_strbuf_addstr(buf, "there was no subject");
    }
    if (negative.failures > 0) {
        mp_strbuf_addf(buf, "; a control that must pass failed (%llu of %llu rounds)",
                       (unsigned long long)negative.failures,
                       (unsigned long long)negative.rounds);
    }
    if (positive.silent > 0) {
        mp_strbuf_addf(
            buf,
            "; %zu of %zu controls that must fail stayed silent: zeros mean nothing"
            " here",
            positive.silent, positive.cells);
    } else if (positive.cells == 0) {
        mp_strbuf_addstr(buf, "; no control that must fail was run");
    } else {
        mp_strbuf_addf(buf, "; the %s",
                       mp_plural(positive.cells, "control that must fail did",
                                 "controls"
                                 " that must fail all did"));
    }
    size_t uncounted = subject.uncounted + negative.uncounted;
    if (uncounted > 0) {
        mp_strbuf_addf(buf, "; %zu %s no round that counts", uncounted,
                       mp_plural(uncounted, "cell has", "cells have"));
    }
}

enum mp_status mp_report_load(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err) {
    enum mp_status status = mp_report_read(report, store, campaign_id, err);
    if (status == MP_OK) {
        mp_claim_weigh(report);
        report->verdict = mp_report_judge(report->cell, report->cell_count);
        if (report->plan.has_claim && report->verdict != MP_VERDICT_NOTHING_RAN)
            report->verdict = judge_claim(&report->plan.evidence);
    }
    return status;
}
