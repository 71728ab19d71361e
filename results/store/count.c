/* Are the counts kept beside the rounds those of the rounds? Only reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/database.h"

/* Each gives one sentence a row. */
static const char *const CHECKS[] = {
    "WITH said AS (SELECT campaign_id AS c, cell_id AS l, outcome AS o, max_overlap AS "
    "p, rounds "
    "AS n"
    " FROM round_count),"
    " real AS (SELECT campaign_id AS c, cell_id AS l, outcome AS o, max_overlap AS p, "
    "count(*) AS n"
    " FROM round GROUP BY 1, 2, 3, 4)"
    " SELECT printf('campaign %d, cell %d, %s with overlap %d: %d rounds counted, but "
    "there are "
    "%d',"
    " c, l, o, p, sum(iif(side, n, 0)), sum(iif(side, 0, n)))"
    " FROM (SELECT *, 1 AS side FROM said UNION ALL SELECT *, 0 FROM real)"
    " GROUP BY c, l, o, p HAVING sum(iif(side, n, -n)) <> 0",

    "SELECT printf('cell %d: its limits belong to %d failures of %d rounds, but there "
    "are %d of "
    "%d',"
    " cell.id, ifnull(k.failures, 0), ifnull(k.rounds, 0), n.failures, n.rounds)"
    " FROM cell JOIN (SELECT cell.id, count(*) FILTER (WHERE class = 'failure') AS "
    "failures,"
    " count(*) FILTER (WHERE class IN ('pass', 'failure')) AS rounds FROM cell"
    " LEFT JOIN round ON round.cell_id = cell.id LEFT JOIN outcome ON outcome.name = "
    "round.outcome"
    " GROUP BY cell.id) AS n ON n.id = cell.id LEFT JOIN cell_limit AS k ON k.cell_id = "
    "cell.id"
    " WHERE k.failures IS NOT n.failures OR k.rounds IS NOT n.rounds",

    "WITH said AS (SELECT campaign_id AS c, cell_id AS l, timed AS n, ops_done AS o, "
    "run_ns AS t"
    " FROM round_sum),"
    " real AS (SELECT campaign_id AS c, cell_id AS l, count(*) AS n, total(ops_done) AS "
    "o,"
    " total(run_ns) AS t FROM round WHERE outcome = 'pass' AND run_ns > 0 GROUP BY 1, 2)"
    " SELECT printf('campaign %d, cell %d: the sums for its speed belong to %d rounds of "
    "%.17g ops "
    "in"
    " %.17g ns, but there are %d of %.17g in %.17g', c, l, sum(iif(side, n, 0)),"
    " sum(iif(side, o, 0)), sum(iif(side, t, 0)), sum(iif(side, 0, n)), sum(iif(side, 0, "
    "o)),"
    " sum(iif(side, 0, t)))"
    " FROM (SELECT *, 1 AS side FROM said UNION ALL SELECT *, 0 FROM real) GROUP BY c, l"
    /* Sums beyond 2^53 depend on the order in which they were made. */
    " HAVING sum(iif(side, n, -n)) <> 0 OR abs(sum(iif(side, o, -o))) > 1e-9 * total(o)"
    " OR abs(sum(iif(side, t, -t))) > 1e-9 * total(t)",
};

enum mp_status mp_store_check_counts(struct mp_store *store, struct mp_strbuf *buf,
                                     struct mp_error *err) {
    for (size_t i = 0; i < sizeof(CHECKS) / sizeof(CHECKS[0]); i++) {
        sqlite3_stmt *rows = NULL;
        int code = sqlite3_prepare_v2(store->db, CHECKS[i], -1, &rows, NULL);
        while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
            mp_strbuf_addf(buf, "%s\n", (const char *)sqlite3_column_text(rows, 0));
            code = SQLITE_OK;
        }
        sqlite3_finalize(rows);
        if (code != SQLITE_DONE) {
            return mp_database_error(store, err, code,
                                     "compare the counts with the rounds");
        }
    }
    return MP_OK;
}
