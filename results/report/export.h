/* The report of a campaign for other programs: JUnit XML, Markdown, CSV. Names and texts
 * from rounds cannot break the format.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_EXPORT_H
#define MP_REPORT_EXPORT_H

#include <stdio.h>

#include "results/report/compare_rows.h"
#include "results/report/dependence.h"
#include "results/report/dose.h"
#include "results/report/report.h"
#include "results/report/rows.h"

/* One <testcase> for each cell with its arm, as read by Jenkins, GitLab and similar
 * systems. A subject that failed, or a control that must pass, is a <failure>; a control
 * that must fail and did not is an <error>, since then the zeros mean nothing; a cell
 * without a round that counts is <skipped>. In a comparison only one more case, for its
 * verdict, can fail: a <failure> where nothing good is shown, an <error> where nothing
 * can be known. The cases of its cells say how their rounds ended and never fail, since a
 * control is expected to. */
enum mp_status mp_report_junit(struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err);
/* For the summary of a CI job: verdict, table of cells, kinds of failures; for a
 * comparison also its figures, ranking and outcomes. */
enum mp_status mp_report_markdown(struct mp_store *store,
                                  const struct mp_report_options *options,
                                  struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                                  struct mp_error *err);
/* All rounds of the campaign (RFC 4180, with a row of names), written to `file` as they
 * are read.
 */
enum mp_status mp_report_csv(struct mp_store *store,
                             const struct mp_report_options *options, FILE *file,
                             enum mp_verdict *ret_verdict, struct mp_error *err);

/* Rounds of one cell with the same failure. */
struct mp_export_kind {
    int64_t cell_id, count;
    char *name;  /* of the signature, else outcome and detail */
    int64_t seq; /* of the newest round; its seed; whether it ran with capture off */
    char *seed;
    bool is_uncaptured;
};

/* A judged campaign with what CI shows of its cells. */
struct mp_export {
    struct mp_report report;
    const struct mp_compare *compare; /* NULL: nothing was compared */
    const char *verdict;              /* its name */
    char *reason;
    struct mp_export_kind *kind; /* a few of each cell, most rounds first */
    size_t kind_count;
    struct mp_dose_sweep sweep;
    struct mp_dependence dependence;
    struct mp_strbuf *buf;
    FILE *file;
};
/* Reads it, calls `write`, and releases it. */
enum mp_status mp_export_run(struct mp_export *export, struct mp_store *store,
                             const struct mp_report_options *options,
                             void (*write)(struct mp_export *export),
                             enum mp_verdict *ret_verdict, struct mp_error *err);
/* Adds the command that repeats the newest round of a kind of failure. */
void mp_export_add_repeat(const struct mp_export *export,
                          const struct mp_report_cell *cell,
                          const struct mp_export_kind *kind, struct mp_strbuf *buf);

#endif
