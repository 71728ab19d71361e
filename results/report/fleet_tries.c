/* What was tried before of the claim of a fleet.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/fleet.h"

/* Whatever began after the fleet's last run is no earlier try; those that go on beside it
 * are. */
static const char tries[] =
    "WITH own AS (SELECT max(c.started_at) AS began, min(plan.claim) AS claim"
    " FROM fleet_member AS m JOIN campaign AS c ON c.id = m.campaign_id"
    " LEFT JOIN plan ON plan.id = c.plan_id WHERE m.fleet = " MP_FLEET_NEWEST ")"
    " SELECT count(DISTINCT ifnull('fleet ' || m.fleet, t.campaign_id)),"
    " ifnull(sum(t.rounds), 0), ifnull(sum(t.failures), 0),"
    " ifnull(sum(t.no_overlap), 0), ifnull(sum(t.no_verdict), 0)"
    " FROM own JOIN environment AS f ON f.id = ?1"
    " JOIN claim_try AS t ON t.claim = own.claim"
    " AND t.kind IN ('run', 'run of a fleet')"
    " AND t.os = f.os AND t.os_build = f.os_build AND t.cpu = f.cpu"
    " JOIN campaign AS c ON c.id = t.campaign_id"
    " LEFT JOIN fleet_member AS m ON m.campaign_id = t.campaign_id"
    " WHERE t.cell_id = ?2 AND c.started_at <= own.began"
    " AND ifnull(m.fleet <> " MP_FLEET_NEWEST ", true)";

void mp_fleet_count_tries(struct mp_fleet *fleet, struct mp_fleet_row *row) {
    sqlite3_stmt *rows = mp_query_rows(
        &fleet->query, tries, fleet->build[row->build].environment_id, row->cell_id);
    while (mp_query_next(&fleet->query, rows))
        row->earlier = (struct mp_evidence_earlier){
            .campaigns = (uint64_t)sqlite3_column_int64(rows, 0),
            .rounds = (uint64_t)sqlite3_column_int64(rows, 1),
            .failures = (uint64_t)sqlite3_column_int64(rows, 2),
            .no_overlap = (uint64_t)sqlite3_column_int64(rows, 3),
            .no_verdict = (uint64_t)sqlite3_column_int64(rows, 4)};
}

const struct mp_fleet_row *mp_fleet_most_tried(const struct mp_fleet *fleet) {
    const struct mp_fleet_row *most = NULL;
    for (size_t i = 0; i < fleet->row_count; i++)
        if (fleet->row[i].earlier.campaigns >
            (most != NULL ? most->earlier.campaigns : 0))
            most = &fleet->row[i];
    return most;
}
