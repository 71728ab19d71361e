/* Reads what the formats for other programs share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/export.h"

#include <stdlib.h>

#include "results/report/compare.h"
#include "results/report/judge.h"
#include "results/report/repeat.h"

/* clang-format off */
#define KIND(member, kind) MP_FIELD(struct mp_export_kind, member, kind)
static const struct mp_field KIND_TABLE[] = {
    KIND(cell_id, INTEGER), KIND(count, INTEGER), KIND(name, WORD), KIND(seq, INTEGER),
    KIND(seed, WORD), KIND(detail, TEXT), KIND(known, TEXT), KIND(number, INTEGER), KIND(is_uncaptured, TRUTH),
};
/* clang-format on */

static const struct mp_fields kind_fields = MP_FIELDS(struct mp_export_kind, KIND_TABLE);

static void load_kinds(struct mp_export *export) {
    export->kind = mp_fields_list(
        &kind_fields, &export->report.query,
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY cell_id ORDER BY count"
        " DESC, name) AS place FROM (SELECT r.cell_id, count(*) AS count, max(r.seq) AS"
        /* What else is read of r is of the round that the only max finds. */
        " seq, r.seed, ifnull(r.position, r.seq) AS number, r.untraced IS 'off' AS is_uncaptured, coalesce(s.title, r.outcome"
        /* Other details count ops, differently in each round. */
        " || ': ' || iif(r.outcome IN ('mismatch', 'dropped', 'hang'), o.words, r.detail))"
        " AS name, iif((s.id IS NOT NULL OR r.outcome IN ('mismatch', 'dropped', 'hang'))"
        " AND r.detail NOT IN ('', o.words, ifnull(s.title, '')), r.detail, NULL) AS detail,"
        " iif(sum(r.id IN (SELECT round_id FROM known_round WHERE campaign_id = ?1)) = count(*),"
        " (SELECT 'known until ' || k.until || ', ' || k.issue FROM known_failure AS k WHERE k.key = s.key), NULL)"
        " AS known FROM round AS r JOIN outcome AS o"
        " ON o.name = r.outcome LEFT JOIN signature AS s ON s.id = r.signature_id"
        " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND o.class = 'failure'"
        " GROUP BY r.cell_id, 7)) WHERE place <= 8 ORDER BY cell_id, place",
        export->report.campaign_id, 0, &export->kind_count);
}

enum mp_status mp_export_run(void (*write)(struct mp_export *export),
                             struct mp_store *store,
                             const struct mp_report_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err) {
    struct mp_export export = {.buf = buf, .file = options->file};
    struct mp_report *report = &export.report;
    enum mp_status status = mp_report_load(report, store, options->campaign_id, err);
    if (status == MP_OK) {
        struct mp_compare compare;
        struct mp_strbuf reason;
        mp_strbuf_init(&reason);
        mp_compare_load(&compare, report);
        mp_report_write_reason(report, &reason);
        load_kinds(&export);
        export.compare = compare.is_one ? &compare : NULL;
        mp_dose_load(&export.sweep, report, compare.counts);
        mp_scaling_load(&export.scaling, report, &export.sweep);
        mp_dependence_load(&export.dependence, report);
        export.leaves_known_out = mp_report_leaves_known_out(report, options->only_new);
        export.reason = mp_strbuf_detach(&reason);
        export.verdict =
            compare.is_one ? mp_compare_name(&compare) : mp_verdict_name(report->verdict);
        write(&export);
        mp_compare_release(&compare);
        status = mp_query_status(&report->query, err);
    }
    if (status == MP_OK)
        *ret_verdict = mp_report_exit(report, options->only_new);
    mp_fields_release(&kind_fields, export.kind, export.kind_count);
    free(export.kind);
    mp_dependence_release(&export.dependence);
    mp_scaling_release(&export.scaling);
    mp_dose_release(&export.sweep);
    free(export.reason);
    mp_report_release(report);
    return status;
}

void mp_export_add_repeat(const struct mp_export *export,
                          const struct mp_report_cell *cell,
                          const struct mp_export_kind *kind, struct mp_strbuf *buf) {
    mp_repeat_write(&(struct mp_repeat){.cell = cell->title,
                                        .device = cell->device,
                                        .arm = cell->arm,
                                        .fix = cell->fix,
                                        .seed = kind->seed,
                                        .number = kind->number,
                                        .is_uncaptured = kind->is_uncaptured,
                                        .db = export->report.query.path},
                    buf);
}
