/* The report of a campaign as one JSON document. SQLite's JSON functions write it;
 * nothing here escapes by hand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/report/compare.h"
#include "results/report/modules.h"
#include "results/stats/binomial.h"

/* Limits for SQL: mp_limit(failures, rounds, which). NULL if nothing counts. */
enum limit { LIMIT_LOW, LIMIT_HIGH, LIMIT_UPPER };

static void sql_limit(sqlite3_context *context, int count, sqlite3_value **value) {
    (void)count;
    int64_t failures = sqlite3_value_int64(value[0]),
            rounds = sqlite3_value_int64(value[1]);
    if (rounds <= 0 || failures < 0) {
        sqlite3_result_null(context);
        return;
    }
    struct mp_interval limits = mp_binomial_clopper_pearson(
        (uint64_t)failures, (uint64_t)rounds, MP_REPORT_ALPHA);
    switch ((enum limit)sqlite3_value_int(value[2])) {
    case LIMIT_LOW:
        sqlite3_result_double(context, limits.low);
        break;
    case LIMIT_HIGH:
        sqlite3_result_double(context, limits.high);
        break;
    case LIMIT_UPPER:
        sqlite3_result_double(
            context,
            mp_binomial_upper((uint64_t)failures, (uint64_t)rounds, MP_REPORT_ALPHA));
        break;
    }
}

/* The parts of the document, each an expression. ?1: the campaign. */
#define CAMPAIGN                                                                         \
    "(SELECT json_object('id', id, 'uuid', uuid, 'started_at', started_at, 'ended_at', " \
    "ended_at,"                                                                          \
    " 'argv', argv, 'seed', seed, 'version', version, 'state', state, 'wall_ns', ?2)"    \
    " FROM campaign WHERE id = ?1)"

/* NULL for a campaign of a program that made no plans. */
#define PLAN                                                                             \
    "(SELECT json_object('id', id, 'hash', hash, 'kind', kind, 'claim', claim, "         \
    "'target',"                                                                          \
    " target, 'confidence', confidence, 'prior', json_object('a', prior_a, 'b', "        \
    "prior_b),"                                                                          \
    " 'arms', json(arms), 'seed', seed, 'rounds', rounds, 'duration_ns', duration_ns,"   \
    " 'cells', json_extract(text, '$.cells'), 'created_at', created_at)"                 \
    " FROM plan WHERE id = (SELECT plan_id FROM campaign WHERE id = ?1))"

#define ENVIRONMENT                                                                      \
    "(SELECT json_object('fingerprint', fingerprint, 'os', os, 'os_build', os_build, "   \
    "'cpu', cpu,"                                                                        \
    " 'gpu', gpu, 'driver', driver, 'driver_id', driver_id, 'facts', json(facts))"       \
    " FROM environment WHERE id = (SELECT environment_id FROM campaign WHERE id = ?1))"

#define BALANCE                                                                          \
    "(SELECT json_object('planned', planned, 'passed', passed, 'failed', failed,"        \
    " 'no_verdict', no_verdict, 'lost', lost) FROM balance WHERE campaign_id = ?1)"

/* One row a cell of the campaign, with its counts. */
#define COUNTS                                                                           \
    "counts AS MATERIALIZED (SELECT cell.id, role, device, scenario, params, arm, "      \
    "spec_hash,"                                                                         \
    " ifnull(sum(n.rounds) FILTER (WHERE class = 'pass'), 0) AS passed,"                 \
    " ifnull(sum(n.rounds) FILTER (WHERE class = 'failure'), 0) AS failures,"            \
    " ifnull(sum(n.rounds) FILTER (WHERE class = 'no_verdict'), 0) AS no_verdict,"       \
    " min(max_overlap) FILTER (WHERE class <> 'no_verdict') AS overlap_min,"             \
    " max(max_overlap) FILTER (WHERE class <> 'no_verdict') AS overlap_max"              \
    " FROM campaign_cell JOIN cell ON cell.id = campaign_cell.cell_id"                   \
    " LEFT JOIN round_count AS n ON n.cell_id = cell.id AND n.campaign_id = ?1"          \
    " LEFT JOIN outcome ON outcome.name = n.outcome"                                     \
    " WHERE campaign_cell.campaign_id = ?1 GROUP BY cell.id ORDER BY role DESC, "        \
    "scenario, arm,"                                                                     \
    " json_extract(params, '$.threads'), params, device)"

#define CELLS                                                                            \
    "(SELECT json_group_array(json_object('id', id, 'role', role, 'device', device,"     \
    " 'scenario', scenario, 'params', json(params), 'arm', arm, 'spec_hash', spec_hash," \
    " 'rounds', passed + failures, 'passed', passed, 'failures', failures,"              \
    " 'no_verdict', no_verdict, 'outcomes', (SELECT json_group_object(outcome, n) FROM"  \
    " (SELECT outcome, sum(rounds) AS n FROM round_count WHERE cell_id = counts.id AND"  \
    " campaign_id = ?1"                                                                  \
    " GROUP BY outcome)),"                                                               \
    " 'rate', failures * 1.0 / nullif(passed + failures, 0),"                            \
    " 'low', mp_limit(failures, passed + failures, 0),"                                  \
    " 'high', mp_limit(failures, passed + failures, 1),"                                 \
    " 'upper_one_sided', mp_limit(failures, passed + failures, 2), 'confidence', 0.95,"  \
    " 'overlap_min', overlap_min, 'overlap_max', overlap_max, 'untraced', (SELECT"       \
    " json_object('off', count(*) FILTER (WHERE untraced = 'off'), 'refused', count(*) " \
    "FILTER"                                                                             \
    " (WHERE untraced = 'refused')) FROM round WHERE campaign_id = ?1 AND cell_id = "    \
    "counts.id AND"                                                                      \
    " untraced IS NOT NULL))) FROM counts)"

#define CONTROLS                                                                         \
    "(SELECT json_group_array(json_object('cell_id', id, 'role', role, 'state',"         \
    " CASE WHEN passed + failures = 0 THEN 'not_counted'"                                \
    " WHEN role = 'positive_control' THEN iif(failures > 0, 'found', 'silent')"          \
    " ELSE iif(failures > 0, 'failed', 'clean') END)) FROM counts WHERE role <> "        \
    "'subject')"

#define ROUND_OF(round)                                                                  \
    "(SELECT json_object('id', r.id, 'seq', r.seq, 'cell_id', r.cell_id, 'seed', "       \
    "r.seed,"                                                                            \
    " 'started_at', r.started_at, 'wall_ns', r.wall_ns, 'outcome', r.outcome, "          \
    "'detail', r.detail,"                                                                \
    " 'max_overlap', r.max_overlap, 'untraced', r.untraced, 'spec', (SELECT spec FROM "  \
    "round_text "                                                                        \
    "WHERE round_id = r.id))"                                                            \
    " FROM round AS r WHERE r.id = " round ")"

#define FRAMES                                                                           \
    "(SELECT json_group_array(json_object('depth', depth, 'pc', pc, 'module', module,"   \
    " 'module_id', module_id, 'symbol', symbol, 'offset', \"offset\", 'file', file, "    \
    "'line', line)"                                                                      \
    ") FROM (SELECT * FROM crash_frame WHERE crash_id = t.crash_id AND tid = t.tid "     \
    "ORDER BY "                                                                          \
    "depth))"

#define THREAD                                                                           \
    "(SELECT json_object('tid', tid, 'name', name, 'registers', json(registers), "       \
    "'frames', " FRAMES                                                                  \
    ") FROM crash_thread AS t WHERE t.crash_id = newest.id AND t.tid = newest.tid)"

#define ADDRESSES                                                                        \
    "(SELECT json_group_array(json_object('address', fault_address, 'count', n)) FROM"   \
    " (SELECT fault_address, count(*) AS n FROM crash JOIN round ON round.id = round_id" \
    " WHERE campaign_id = ?1 AND outcome <> 'pass' AND kind = newest.kind"               \
    " AND signature_id IS newest.signature_id AND fault_address IS NOT NULL"             \
    " GROUP BY fault_address ORDER BY n DESC, fault_address))"

/* The newest crash of each kind. "<> 'pass'" leads to the index of these rounds. */
#define KINDS                                                                            \
    "(SELECT max(crash.id) AS last, count(*) AS n FROM crash JOIN round ON round.id = "  \
    "round_id"                                                                           \
    " WHERE campaign_id = ?1 AND outcome <> 'pass' AND sample IS NOT 2"                  \
    " GROUP BY signature_id, kind ORDER BY n DESC, last DESC)"

#define CRASHES                                                                          \
    "(SELECT json_group_array(json_object('signature', (SELECT json_object('key', key, " \
    "'title',"                                                                           \
    " title, 'family', family) FROM signature WHERE id = newest.signature_id), "         \
    "'count', n,"                                                                        \
    " 'fault_addresses', " ADDRESSES                                                     \
    ", 'newest', json_object('id', newest.id, 'kind', kind,"                             \
    " 'signal', signal, 'signal_name', signal_name, 'code', code, 'fault_address', "     \
    "fault_address,"                                                                     \
    " 'address_is_derived', json(iif(address_is_derived, 'true', 'false')), 'access', "  \
    "access,"                                                                            \
    " 'fault_class', fault_class, 'thread', " THREAD ", 'round', " ROUND_OF(             \
        "newest.round_id") "))) FROM " KINDS                                             \
                           " JOIN crash AS newest ON newest.id = last)"

/* The newest round of each outcome and cell that is neither a pass nor explained by a
 * crash. */
#define KINDS_OF(class)                                                                  \
    "(SELECT max(round.id) AS last, count(*) AS n, outcome, cell_id FROM round JOIN "    \
    "outcome AS o"                                                                       \
    " ON o.name = outcome WHERE o.class = '" class "' AND campaign_id = ?1 AND outcome " \
                                                   "<> 'pass'"                           \
                                                   " AND NOT EXISTS (SELECT 1 FROM "     \
                                                   "crash WHERE "                        \
                                                   "round_id = round.id)"                \
                                                   " GROUP BY outcome, cell_id ORDER "   \
                                                   "BY n DESC, "                         \
                                                   "last DESC)"

#define OTHERS(class)                                                                    \
    "(SELECT json_group_array(json_object('outcome', outcome, 'cell_id', cell_id, "      \
    "'count', n,"                                                                        \
    " 'newest', " ROUND_OF("last") ")) FROM " KINDS_OF(class) ")"

#define HEALTH                                                                           \
    "(SELECT json_group_array(json_object('after_seq', after_seq, 'device', device, "    \
    "'started_at',"                                                                      \
    " started_at, 'wall_ns', wall_ns, 'outcome', outcome, 'detail', detail))"            \
    " FROM health_check WHERE campaign_id = ?1 ORDER BY id)"

/* The members of the document behind the first ones. A table, since one string would be
 * longer than compilers must take. */
static const struct {
    const char *name, *sql;
} MEMBERS[] = {
    {"campaign", CAMPAIGN},
    {"plan", PLAN},
    {"environment", ENVIRONMENT},
    {"balance", BALANCE},
    {"cells", CELLS},
    {"controls", CONTROLS},
    {"crashes", CRASHES},
    {"failures", OTHERS("failure")},
    {"no_verdict", OTHERS("no_verdict")},
    {"health", HEALTH},
    {"modules", mp_report_modules_json},
};

static void write_sql(struct mp_strbuf *buf) {
    mp_strbuf_addstr(
        buf, "WITH " COUNTS " SELECT json_object('schema', 1, 'command', ?3,"
             " 'verdict', ?4, 'exit_code', ?5, 'database', ?6, 'claim', json(?7)");
    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        mp_strbuf_addf(buf, ", '%s', ", MEMBERS[i].name);
        mp_strbuf_addstr(buf, MEMBERS[i].sql);
    }
    mp_strbuf_addstr(buf, ", 'comparison', json(?8))");
}

static void write_document(struct mp_report *report, const char *command,
                           const struct mp_compare *compare, struct mp_strbuf *buf) {
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf path, sql, claim, comparison;
    mp_strbuf_init(&claim);
    mp_report_write_claim_json(report, &claim);
    mp_strbuf_init(&path);
    mp_strbuf_init(&sql);
    mp_strbuf_init(&comparison);
    mp_compare_add_json(compare, &comparison);
    write_sql(&sql);
    mp_strbuf_add_escaped(&path, report->path, strlen(report->path), 0);
    int code = sqlite3_create_function_v2(report->db, "mp_limit", 3,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                          sql_limit, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(report->db, sql.text, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, report->campaign_id);
        sqlite3_bind_int64(stmt, 2, (int64_t)report->wall_ns);
        sqlite3_bind_text(stmt, 3, command == NULL ? "report" : command, -1,
                          SQLITE_STATIC);
        sqlite3_bind_text(stmt, 4,
                          compare->is_one ? mp_compare_name(compare)
                                          : mp_verdict_name(report->verdict),
                          -1, SQLITE_STATIC);
        sqlite3_bind_int(stmt, 5, mp_verdict_code(report->verdict));
        sqlite3_bind_text(stmt, 6, path.text, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 7, claim.text, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 8, comparison.text, -1, SQLITE_STATIC);
        code = sqlite3_step(stmt);
    }
    if (code == SQLITE_ROW) {
        mp_strbuf_addf(buf, "%s\n", mp_report_column(stmt, 0));
        code = SQLITE_OK;
    }
    mp_report_note(report, code);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&claim);
    mp_strbuf_release(&path);
    mp_strbuf_release(&sql);
    mp_strbuf_release(&comparison);
}

enum mp_status mp_report_json(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_report report;
    sqlite3_exec(mp_store_handle(store), "BEGIN", NULL, NULL, NULL);
    enum mp_status status = mp_report_load(&report, store, options->campaign_id, err);
    if (status == MP_OK) {
        struct mp_compare compare;
        mp_compare_load(&compare, &report);
        write_document(&report, options->command, &compare, buf);
        mp_compare_release(&compare);
        status = mp_report_status(&report, err);
    }
    sqlite3_exec(mp_store_handle(store), "COMMIT", NULL, NULL, NULL);
    if (status == MP_OK)
        *ret_verdict = report.verdict;
    mp_report_release(&report);
    return status;
}
