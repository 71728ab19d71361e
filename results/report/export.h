/* What the formats for other programs share: JUnit XML, Markdown, CSV. Names and texts
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
#include "results/report/scaling.h"

/* Rounds of one cell with the same failure. */
struct mp_export_kind {
    int64_t cell_id, count;
    char *name;  /* of the signature, else outcome and detail */
    int64_t seq; /* of the newest round; its seed; whether it ran with capture off */
    char *seed;
    char *detail;   /* of the newest round, NULL: none, or the name has it */
    char *known;    /* "known until 2026-12-31, URL"; NULL: one of the rounds is new */
    int64_t number; /* by which it was begun in its campaign */
    bool is_uncaptured;
};

/* A judged campaign with what CI shows of its cells. */
struct mp_export {
    struct mp_report report;
    const struct mp_compare *compare; /* NULL: nothing was compared */
    const char *verdict;              /* its name */
    bool leaves_known_out;            /* known failures are none */
    char *reason;
    struct mp_export_kind *kind; /* a few of each cell, most rounds first */
    size_t kind_count;
    struct mp_dose_sweep sweep;
    struct mp_scaling scaling;
    struct mp_dependence dependence;
    struct mp_strbuf *buf; /* receives the report */
    FILE *file;            /* of the options */
};
/* Reads and judges it, calls `write`, and releases it. */
enum mp_status mp_export_run(void (*write)(struct mp_export *export),
                             struct mp_store *store,
                             const struct mp_report_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err);
/* Adds the command that repeats the newest round of a kind of failure. */
void mp_export_add_repeat(const struct mp_export *export,
                          const struct mp_report_cell *cell,
                          const struct mp_export_kind *kind, struct mp_strbuf *buf);

#endif
