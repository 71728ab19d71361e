/* What the forms for other programs have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/export.h"

#include "results/report/compare.h"
#include "results/report/repeat.h"

enum mp_status mp_report_export(struct mp_store *store,
                                const struct mp_report_options *options,
                                struct mp_export *export,
                                void (*write)(struct mp_export *export),
                                enum mp_verdict *ret_verdict, struct mp_error *err) {
    struct mp_report *report = &export->report;
    sqlite3_exec(mp_store_handle(store), "BEGIN", NULL, NULL, NULL);
    enum mp_status status = mp_report_load(report, store, options->campaign_id, err);
    if (status == MP_OK) {
        struct mp_compare compare;
        mp_compare_load(&compare, report);
        export->verdict =
            compare.is_one ? mp_compare_name(&compare) : mp_verdict_name(report->verdict);
        write(export);
        mp_compare_release(&compare);
        status = mp_report_status(report, err);
    }
    sqlite3_exec(mp_store_handle(store), "COMMIT", NULL, NULL, NULL);
    if (status == MP_OK)
        *ret_verdict = report->verdict;
    mp_report_release(report);
    return status;
}

void mp_export_add_repeat(const struct mp_report *report,
                          const struct mp_report_cell *cell, sqlite3_stmt *kind,
                          struct mp_strbuf *buf) {
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_strbuf_addf(&name, "%s%s%s", cell->scenario, cell->params[0] != '\0' ? ":" : "",
                   cell->params);
    mp_repeat_write(&(struct mp_repeat){.cell = name.text,
                                        .device = cell->device,
                                        .arm = cell->arm,
                                        .fix = cell->fix,
                                        .seed = mp_report_column(kind, 3),
                                        .is_uncaptured = sqlite3_column_int(kind, 4) != 0,
                                        .db = report->path},
                    buf);
    mp_strbuf_release(&name);
}
