/* The verdict, and the sentence that explains it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/judge.h"

#include <string.h>

#include "results/report/cell_arm.h"
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

static uint64_t count_rounds(const struct mp_report_cell *cell) {
    uint64_t count = 0;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        count += cell->outcome[i];
    return count;
}

bool mp_report_is_skipped(const struct mp_report_cell *cell) {
    return count_rounds(cell) > 0 && count_rounds(cell) == cell->outcome[MP_OUTCOME_SKIP];
}

/* A control that was skipped is no control that stayed silent; without any other there is
 * none. */
static enum mp_verdict judge(const struct mp_report_cell *cells, size_t count,
                             bool only_new) {
    bool has_failed = false, is_silent = false, is_uncounted = false, has_run = false;
    bool has_control = false, is_skipped = false;
    uint64_t counted = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mp_report_cell *cell = &cells[i];
        counted += cell->rounds;
        has_run = has_run || count_rounds(cell) > cell->outcome[MP_OUTCOME_SKIP];
        if (cell->role == MP_ROLE_POSITIVE) {
            bool was_skipped = mp_report_is_skipped(cell);
            is_silent = is_silent || (cell->failures == 0 && !was_skipped);
            is_skipped = is_skipped || was_skipped;
            has_control = has_control || cell->failures > 0;
        } else {
            bool spares = only_new && cell->role != MP_ROLE_NEGATIVE;
            has_failed = has_failed || cell->failures > (spares ? cell->known : 0);
            is_uncounted =
                is_uncounted || (cell->role != MP_ROLE_FINDER &&
                                 cell->rounds == cell->outcome[MP_OUTCOME_NO_OVERLAP]);
        }
    }
    if (counted == 0)
        return has_run ? MP_VERDICT_INCONCLUSIVE : MP_VERDICT_NOTHING_RAN;
    if (has_failed)
        return MP_VERDICT_FAILURES;
    if (is_silent)
        return MP_VERDICT_NO_POWER;
    return is_uncounted || (is_skipped && !has_control) ? MP_VERDICT_INCONCLUSIVE
                                                        : MP_VERDICT_CLEAN;
}

enum mp_verdict mp_report_judge(const struct mp_report_cell *cells, size_t count) {
    return judge(cells, count, false);
}

enum mp_verdict mp_report_judge_new(const struct mp_report_cell *cells, size_t count) {
    return judge(cells, count, true);
}

const char *mp_report_control_words(const struct mp_report_cell *cell, bool *ret_is_bad) {
    bool is_bad = true;
    const char *words = "";
    if (cell->role == MP_ROLE_POSITIVE && cell->failures > 0) {
        is_bad = false;
        words = "found, as it must";
    } else if (cell->role == MP_ROLE_POSITIVE && mp_report_is_skipped(cell)) {
        words = "SKIPPED: it shows nothing";
    } else if (cell->role == MP_ROLE_POSITIVE) {
        words = cell->rounds > 0 ? "SILENT: no power" : "NO COUNTED ROUND: no power";
    } else if (cell->rounds == 0) {
        words = "no counted round";
    } else if (cell->role == MP_ROLE_FINDER) {
        is_bad = cell->failures > 0;
        words = is_bad ? "found something" : "found nothing";
    } else if (cell->role == MP_ROLE_NEGATIVE) {
        is_bad = cell->failures > 0;
        words = is_bad ? "FAILED: a control that must pass failed" : "clean, as it must";
    } else {
        is_bad = cell->failures > 0;
    }
    *ret_is_bad = is_bad;
    return words;
}

/* Totals of all cells of a role. */
struct sum {
    uint64_t rounds, failures, known;
    uint64_t all, without_verdict; /* all rounds; those that showed nothing */
    size_t cells, silent, uncounted, skipped;
};

static struct sum sum_role(const struct mp_report *report, enum mp_role role) {
    struct sum sum = {0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role == role) {
            sum.cells++;
            sum.rounds += cell->rounds;
            sum.failures += cell->failures;
            sum.known += cell->known;
            uint64_t all = count_rounds(cell);
            sum.all += all;
            sum.without_verdict += all - cell->failures - cell->outcome[MP_OUTCOME_PASS];
            sum.silent += cell->failures == 0 && !mp_report_is_skipped(cell);
            sum.skipped += mp_report_is_skipped(cell);
            sum.uncounted += cell->rounds == 0;
        }
    }
    return sum;
}

struct mp_headline mp_report_headline(const struct mp_report *report) {
    struct sum subject = sum_role(report, MP_ROLE_SUBJECT);
    struct mp_headline headline = {
        .planned = report->plan.id != 0 ? report->plan.rounds : MP_FIELD_NULL,
        .missing = MP_FIELD_NULL,
        .subject_rounds = subject.all,
        .without_verdict = subject.without_verdict,
        .has_control = sum_role(report, MP_ROLE_POSITIVE).cells > 0,
    };
    if (headline.planned != MP_FIELD_NULL) {
        bool is_all = report->rounds >= (uint64_t)headline.planned;
        headline.missing = is_all ? 0 : headline.planned - (int64_t)report->rounds;
    }
    return headline;
}

bool mp_report_lacks_rounds(const struct mp_report *report) {
    bool is_interrupted = strcmp(report->state, "interrupted") == 0;
    bool is_running = strcmp(report->state, "running") == 0 && report->plan.id != 0;
    return (is_interrupted || is_running) && mp_report_headline(report).missing != 0;
}

/* "273 of 1200 rounds": for an incomplete campaign. */
static void add_missing(const struct mp_report *report, struct mp_strbuf *buf) {
    struct mp_headline headline = mp_report_headline(report);
    mp_strbuf_addf(buf, "%llu ", (unsigned long long)report->rounds);
    bool has_plan = headline.planned != MP_FIELD_NULL;
    if (has_plan)
        mp_strbuf_addf(buf, "of %lld ", (long long)headline.planned);
    mp_strbuf_addf(buf, "%s%s; ",
                   mp_plural(has_plan ? (uint64_t)headline.planned : report->rounds,
                             "round", "rounds"),
                   strcmp(report->state, "running") == 0 ? " so far" : "");
}

/* How the rounds ended if none counts. */
static void add_uncounted(const struct mp_report *report, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%llu %s ran and none counts", (unsigned long long)report->rounds,
                   mp_plural(report->rounds, "round", "rounds"));
    for (int i = 0, shown = 0; i < MP_OUTCOME_COUNT; i++) {
        if (report->outcome[i] > 0)
            mp_strbuf_addf(buf, "%s%llu %s (%s)", shown++ > 0 ? ", " : ": ",
                           (unsigned long long)report->outcome[i],
                           mp_outcome_name((enum mp_outcome)i),
                           mp_outcome_words((enum mp_outcome)i));
    }
}

static void add_subjects(const struct sum *subject, struct mp_strbuf *buf) {
    if (subject->cells == 0) {
        mp_strbuf_addstr(buf, "there was no subject");
        return;
    }
    mp_strbuf_addf(buf, "%llu of %llu rounds of %s failed",
                   (unsigned long long)subject->failures,
                   (unsigned long long)subject->rounds,
                   mp_plural(subject->cells, "the subject", "the subjects"));
    if (subject->known > 0 && subject->known == subject->failures)
        mp_strbuf_addstr(buf, ", all of them in known ways");
    else if (subject->known > 0)
        mp_strbuf_addf(buf, ", %llu of them in known ways",
                       (unsigned long long)subject->known);
    if (subject->without_verdict > 0)
        mp_strbuf_addf(buf, "; %llu of %llu rounds showed nothing",
                       (unsigned long long)subject->without_verdict,
                       (unsigned long long)subject->all);
}

static void add_controls(const struct sum *positive, const struct sum *negative,
                         struct mp_strbuf *buf) {
    if (negative->failures > 0)
        mp_strbuf_addf(buf, "; a control that must pass failed (%llu of %llu rounds)",
                       (unsigned long long)negative->failures,
                       (unsigned long long)negative->rounds);
    if (positive->silent > 0) {
        mp_strbuf_addf(
            buf,
            "; %zu of %zu controls that must fail stayed silent: zeros mean nothing"
            " here",
            positive->silent, positive->cells);
    } else if (positive->cells == 0) {
        mp_strbuf_addstr(buf, "; no control that must fail was run");
    } else if (positive->skipped < positive->cells) {
        mp_strbuf_addf(buf, "; the %s",
                       mp_plural(positive->cells - positive->skipped,
                                 "control that must fail did",
                                 "controls that must fail all did"));
    }
    if (positive->skipped > 0)
        mp_strbuf_addf(
            buf, "; %zu of %zu controls that must fail %s skipped%s", positive->skipped,
            positive->cells, mp_plural(positive->skipped, "was", "were"),
            positive->skipped == positive->cells ? ": zeros mean nothing here" : "");
}

static void add_finders(const struct sum *finder, struct mp_strbuf *buf) {
    if (finder->cells == 0)
        return;
    mp_strbuf_addf(buf, "; arms that find, which are in no rate, found something in %llu",
                   (unsigned long long)finder->failures);
    mp_strbuf_addf(buf, " of %llu %s", (unsigned long long)finder->rounds,
                   mp_plural(finder->rounds, "round", "rounds"));
}

static void write_reason(const struct mp_report *report, struct mp_strbuf *buf) {
    if (report->comparison_reason != NULL) {
        mp_strbuf_addstr(buf, report->comparison_reason);
        return;
    }
    struct sum subject = sum_role(report, MP_ROLE_SUBJECT);
    struct sum positive = sum_role(report, MP_ROLE_POSITIVE);
    struct sum negative = sum_role(report, MP_ROLE_NEGATIVE);
    struct sum finder = sum_role(report, MP_ROLE_FINDER);
    if (report->verdict == MP_VERDICT_NOTHING_RAN) {
        mp_strbuf_addstr(buf, "no round of this campaign passed or failed");
        return;
    }
    if (mp_report_lacks_rounds(report))
        add_missing(report, buf);
    if (subject.rounds + positive.rounds + negative.rounds + finder.rounds == 0) {
        add_uncounted(report, buf);
        return;
    }
    if (report->plan.has_claim) {
        mp_claim_write(report, buf);
        mp_strbuf_addstr(buf, "; ");
    }
    add_subjects(&subject, buf);
    add_controls(&positive, &negative, buf);
    add_finders(&finder, buf);
    size_t uncounted = subject.uncounted + negative.uncounted;
    if (uncounted > 0)
        mp_strbuf_addf(buf, "; %zu %s no counted round", uncounted,
                       mp_plural(uncounted, "cell has", "cells have"));
}

void mp_report_write_reason(const struct mp_report *report, struct mp_strbuf *buf) {
    write_reason(report, buf);
    if (mp_report_is_all_model(report))
        mp_strbuf_addstr(buf, " (on the software model)");
}

/* The verdict of a campaign that is incomplete or had no control says so. */
static enum mp_verdict refine(const struct mp_report *report, enum mp_verdict verdict) {
    bool is_open = verdict == MP_VERDICT_CLEAN || verdict == MP_VERDICT_INCONCLUSIVE;
    if (is_open && mp_report_lacks_rounds(report))
        return strcmp(report->state, "running") == 0 ? MP_VERDICT_UNFINISHED
                                                     : MP_VERDICT_INTERRUPTED;
    return mp_report_headline(report).has_control ? verdict
                                                  : mp_verdict_without_control(verdict);
}

/* Tells known failures from new ones. */
static void judge_known(struct mp_report *report) {
    mp_known_load(&report->known, &report->query, report->campaign_id);
    for (size_t i = 0; i < report->cell_count && report->known.entry_count > 0; i++) {
        struct mp_report_cell *cell = &report->cell[i];
        if (cell->failures > 0 && cell->role != MP_ROLE_POSITIVE)
            cell->known = mp_known_rounds(&report->query, report->campaign_id, cell->id);
        report->known.rounds += cell->role != MP_ROLE_NEGATIVE ? cell->known : 0;
    }
}

bool mp_report_leaves_known_out(const struct mp_report *report, bool only_new) {
    return only_new && !report->plan.has_claim && report->comparison_reason == NULL;
}

enum mp_verdict mp_report_exit(const struct mp_report *report, bool only_new) {
    bool has_failed = report->verdict == MP_VERDICT_FAILURES ||
                      report->verdict == MP_VERDICT_KNOWN_FAILURES;
    return has_failed && mp_report_leaves_known_out(report, only_new)
               ? report->new_verdict
               : report->verdict;
}

enum mp_status mp_report_load(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err) {
    enum mp_status status = mp_report_read(report, store, campaign_id, err);
    if (status == MP_OK) {
        mp_cell_arm_load(report);
        mp_claim_weigh(report);
        report->verdict = mp_report_judge(report->cell, report->cell_count);
        if (report->plan.has_claim && report->verdict != MP_VERDICT_NOTHING_RAN)
            report->verdict = judge_claim(&report->plan.evidence);
        report->verdict = refine(report, report->verdict);
        judge_known(report);
        report->new_verdict =
            refine(report, mp_report_judge_new(report->cell, report->cell_count));
        if (report->verdict == MP_VERDICT_FAILURES && !report->plan.has_claim &&
            report->new_verdict != MP_VERDICT_FAILURES)
            report->verdict = MP_VERDICT_KNOWN_FAILURES;
    }
    return status;
}
