/* The report of a campaign for other programs than ours: JUnit XML, Markdown, CSV.
 * Whatever names and texts came from rounds, none of them can break the form.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_EXPORT_H
#define MP_REPORT_EXPORT_H

#include <stdio.h>

#include "results/report/rows.h"

/* One <testcase> for each cell with its arm, as Jenkins, GitLab and their kin take it. A
 * subject that failed, or a control that must pass, is a <failure>; a control that must
 * fail and did not is an <error>, since then the zeros mean nothing; a cell without a
 * round that counts is <skipped>.
 */
enum mp_status mp_report_junit(struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err);
/* For the summary of a CI job: verdict, table of cells, kinds of failures. */
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

/* For those three: reads and judges a campaign in one transaction, calls `write` with it,
 * and ends the transaction. */
struct mp_export {
    struct mp_report report;
    const char *verdict; /* its name */
    struct mp_strbuf *buf;
    FILE *file;
};
enum mp_status mp_report_export(struct mp_store *store,
                                const struct mp_report_options *options,
                                struct mp_export *export,
                                void (*write)(struct mp_export *export),
                                enum mp_verdict *ret_verdict, struct mp_error *err);

/* What failed in a cell, most first: name of the kind, rounds, newest seq, its seed, and
 * whether it ran with capture off. ?2: the cell. */
#define MP_EXPORT_KINDS                                                                  \
    "SELECT coalesce(s.title, r.outcome || ': ' || r.detail), count(*), max(r.seq), "    \
    "r.seed, r.untraced IS 'off' FROM"                                                   \
    " round AS r JOIN outcome AS o ON o.name = r.outcome LEFT JOIN crash AS c ON "       \
    "c.round_id ="                                                                       \
    " r.id AND c.sample IS NOT 2 LEFT JOIN signature AS s ON s.id = c.signature_id"      \
    " WHERE r.campaign_id = ?1 AND r.cell_id = ?2 AND r.outcome <> 'pass'"               \
    " AND o.class = 'failure' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8"
/* Adds the command that repeats the newest round of such a row. */
void mp_export_add_repeat(const struct mp_report *report,
                          const struct mp_report_cell *cell, sqlite3_stmt *kind,
                          struct mp_strbuf *buf);

#endif
