/* Reads the kinds of failures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/failures.h"

/* clang-format off */
#define PLACE(member, kind) MP_FIELD(struct mp_place_row, member, kind)
static const struct mp_field PLACE_TABLE[] = {
    PLACE(scenario, WORD), PLACE(arm, WORD), PLACE(role, WORD), PLACE(count, INTEGER),
};

#define OTHER(member, kind) MP_FIELD(struct mp_outcome_group, member, kind)
static const struct mp_field OTHER_TABLE[] = {
    OTHER(newest, INTEGER), OTHER(count, INTEGER), OTHER(cell_id, INTEGER),
    OTHER(outcome, WORD), OTHER(words, WORD), OTHER(class, WORD), OTHER(scenario, WORD),
    OTHER(signature_id, INTEGER), OTHER(crash_id, INTEGER),
    OTHER(has_crash, TRUTH),
};

#define FIRST(member, kind) MP_FIELD(struct mp_first_failure, member, kind)
static const struct mp_field FIRST_TABLE[] = {FIRST(id, INTEGER), FIRST(after_ns, INTEGER)};
/* clang-format on */

static const struct mp_fields first_fields =
    MP_FIELDS(struct mp_first_failure, FIRST_TABLE);
static const struct mp_fields place_fields = MP_FIELDS(struct mp_place_row, PLACE_TABLE);
static const struct mp_fields other_fields =
    MP_FIELDS(struct mp_outcome_group, OTHER_TABLE);

/* The crashes of campaign ?1 that are of the same kind as crash ?2. "<> 'pass'"
 * selects the partial index of these rounds; the many that passed are not read. */
#define SAME_KIND                                                                        \
    " FROM crash AS c JOIN round AS r ON r.id = c.round_id, crash AS example"            \
    " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND example.id = ?2"              \
    " AND c.signature_id IS example.signature_id AND c.kind = example.kind"              \
    " AND c.sample IS NOT 2"

static void load_crash(struct mp_crash_group *kind, struct mp_report *report,
                       int64_t crash_id) {
    struct mp_query *query = &report->query;
    mp_crash_facts_load(query, crash_id, false, &kind->crash);
    mp_round_facts_load(query, kind->crash.round_id, &kind->round);
    kind->place = mp_fields_list(
        &place_fields, query,
        "SELECT scenario, arm, role, count(*) AS count FROM (SELECT r.cell_id" SAME_KIND
        ") AS hit JOIN cell ON cell.id = hit.cell_id"
        " JOIN campaign_cell ON campaign_cell.cell_id = cell.id AND campaign_id = ?1"
        " GROUP BY scenario, arm, role ORDER BY 4 DESC, scenario, arm",
        report->campaign_id, crash_id, &kind->place_count);
    kind->address =
        mp_fields_list(&mp_address_fields, query,
                       "SELECT c.fault_address AS address, count(*) AS count" SAME_KIND
                       " AND c.fault_address IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
                       report->campaign_id, crash_id, &kind->address_count);
}

static void load_crashes(struct mp_failures *failures, struct mp_report *report) {
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT max(c.id), count(*) FROM crash AS c JOIN round AS r ON r.id = round_id"
        " WHERE campaign_id = ?1 AND outcome <> 'pass' AND sample IS NOT 2"
        " GROUP BY c.signature_id, kind ORDER BY 2 DESC, 1 DESC",
        report->campaign_id, 0);
    while (mp_query_next(&report->query, rows)) {
        failures->crash = mp_memory_resize(failures->crash, failures->crash_count + 1,
                                           sizeof(*failures->crash));
        struct mp_crash_group *kind = &failures->crash[failures->crash_count++];
        memset(kind, 0, sizeof(*kind));
        kind->count = sqlite3_column_int64(rows, 1);
        load_crash(kind, report, sqlite3_column_int64(rows, 0));
    }
}

static void load_first(struct mp_first_failure *first, struct mp_report *report) {
    mp_fields_find(
        &first_fields, &report->query,
        "SELECT r.id, CAST((julianday(r.started_at) - julianday(c.started_at)) * 86400000"
        " AS INTEGER) * 1000000 + r.wall_ns AS after_ns FROM round AS r"
        " JOIN outcome AS o ON o.name = r.outcome JOIN campaign AS c ON c.id = ?1"
        " JOIN campaign_cell AS m ON m.campaign_id = ?1 AND m.cell_id = r.cell_id"
        " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND o.class = 'failure'"
        " AND m.role = 'subject' ORDER BY r.seq LIMIT 1",
        report->campaign_id, 0, first);
    if (first->id != 0)
        mp_round_facts_load(&report->query, first->id, &first->round);
}

void mp_failures_load(struct mp_failures *failures, struct mp_report *report) {
    memset(failures, 0, sizeof(*failures));
    load_first(&failures->first, report);
    load_crashes(failures, report);
    failures->other = mp_fields_list(
        &other_fields, &report->query,
        "SELECT max(r.id) AS newest, count(*) AS count, r.cell_id,"
        " ifnull(r.signature_id, 0) AS signature_id, r.outcome, o.words,"
        " iif(o.name = 'no_overlap', 'no_verdict', o.class) AS class, scenario, EXISTS (SELECT 1 FROM crash WHERE round_id = r.id)"
        " AS has_crash, ifnull(max((SELECT min(id) FROM crash WHERE round_id = r.id"
        " AND sample IS NOT 2)), 0) AS crash_id"
        " FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN cell ON cell.id = r.cell_id WHERE r.campaign_id = ?1"
        " AND r.outcome <> 'pass' GROUP BY r.outcome, r.cell_id, has_crash,"
        " r.signature_id"
        " ORDER BY count(*) DESC, max(r.id) DESC",
        report->campaign_id, 0, &failures->other_count);
    for (size_t i = 0; i < failures->other_count; i++) {
        struct mp_outcome_group *kind = &failures->other[i];
        mp_round_facts_load(&report->query, kind->newest, &kind->round);
    }
}

void mp_failures_release(struct mp_failures *failures) {
    mp_round_facts_release(&failures->first.round);
    for (size_t i = 0; i < failures->crash_count; i++) {
        struct mp_crash_group *kind = &failures->crash[i];
        mp_crash_facts_release(&kind->crash);
        mp_round_facts_release(&kind->round);
        mp_fields_release(&place_fields, kind->place, kind->place_count);
        mp_fields_release(&mp_address_fields, kind->address, kind->address_count);
        free(kind->place);
        free(kind->address);
    }
    for (size_t i = 0; i < failures->other_count; i++)
        mp_round_facts_release(&failures->other[i].round);
    mp_fields_release(&other_fields, failures->other, failures->other_count);
    free(failures->crash);
    free(failures->other);
}
