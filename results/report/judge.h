/* Judges a campaign: by its claim if it makes one, else by its failures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_JUDGE_H
#define MP_REPORT_JUDGE_H

#include "results/report/rows.h"

/* Reads and judges a campaign. Must be released, even after a failure. */
enum mp_status mp_report_load(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err);

/* Caveats of a verdict. */
struct mp_headline {
    int64_t planned; /* rounds of all cells; MP_FIELD_NULL: no limit, or unknown */
    int64_t missing; /* missing planned rounds; MP_FIELD_NULL: unknown */
    uint64_t subject_rounds, without_verdict; /* of subjects; those that showed nothing */
    bool has_control;                         /* a control that must fail was run */
};
struct mp_headline mp_report_headline(const struct mp_report *report);

/* Whether it was interrupted, or still runs, with rounds of its plan missing. */
bool mp_report_lacks_rounds(const struct mp_report *report);

/* Whether it has rounds, and all of them were skipped. */
bool mp_report_is_skipped(const struct mp_report_cell *cell);

/* The verdict over cells without a claim, by roles, rounds, failures and outcomes. */
enum mp_verdict mp_report_judge(const struct mp_report_cell *cells, size_t count);
/* The same, as if known failures of subjects and finders had been none: their rounds
 * neither failed nor passed. */
enum mp_verdict mp_report_judge_new(const struct mp_report_cell *cells, size_t count);
/* Whether `only_new` makes known failures none: a claim and a comparison count all. */
bool mp_report_leaves_known_out(const struct mp_report *report, bool only_new);
/* The verdict that makes the exit code: with `only_new` known failures are none. */
enum mp_verdict mp_report_exit(const struct mp_report *report, bool only_new);
/* One sentence that explains the verdict, and says so if nothing but the software model
 * was tested. */
void mp_report_write_reason(const struct mp_report *report, struct mp_strbuf *buf);
/* How a control behaved: "found, as it must", "SILENT: no power" and so on; "" for a
 * subject that has rounds. `ret_is_bad`: bad news. */
const char *mp_report_control_words(const struct mp_report_cell *cell, bool *ret_is_bad);

#endif
