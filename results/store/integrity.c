/* The checks of a whole database. Each is a set of queries that give one sentence per
 * finding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/integrity.h"

#include <stdio.h>

#include "harness/base/identity.h"
#include "results/store/database.h"

#define FINDINGS_MAX 20 /* shown of one check; the rest is counted */
#define QUERIES_MAX  4

struct check {
    const char *name;
    const char *words;
    bool is_wrong;
    const char *sql[QUERIES_MAX]; /* NULL: needs more than SQL */
};

/* clang-format off */
static const struct check CHECKS[] = {
    {"file", "the file is intact", true, {
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"}},

    {"references", "every referenced row exists", true, {
        "SELECT printf('row %d of %s names a row of %s that is not there', rowid, \"table\", parent)"
        " FROM pragma_foreign_key_check"}},

    {"balance", "planned = passed + failed + no verdict + lost, in every campaign", true, {
        "SELECT printf('campaign %d: %d rounds, but %d passed, %d failed, %d without verdict,"
        " %d lost, and %d rows', campaign_id, planned, passed, failed, no_verdict, lost, n)"
        " FROM (SELECT *, (SELECT count(*) FROM round WHERE campaign_id = balance.campaign_id) AS n"
        "       FROM balance)"
        " WHERE planned <> passed + failed + no_verdict + lost OR planned <> n"}},

    {"sequence", "the rounds of a campaign are numbered without gaps", true, {
        "SELECT printf('campaign %d: %d rounds, numbered %d to %d',"
        "              campaign_id, count(*), min(seq), max(seq))"
        " FROM round GROUP BY campaign_id HAVING min(seq) <> 1 OR max(seq) <> count(*)"}},

    {"order", "every started round is recorded, or in flight in a running campaign", true, {
        "SELECT printf('campaign %d: places 1 to %d of its order were begun, but %d are known', c, m, n)"
        " FROM (SELECT campaign_id AS c, max(p) AS m, count(DISTINCT p) AS n, count(*) AS rows"
        "       FROM (SELECT campaign_id, ifnull(position, seq) AS p FROM round"
        "             UNION ALL SELECT campaign_id, position FROM running)"
        "       GROUP BY 1)"
        " WHERE m <> n OR n <> rows",

        "SELECT printf('campaign %d is %s, but round %d of its order is in flight',"
        "              campaign_id, state, position)"
        " FROM running JOIN campaign ON campaign.id = campaign_id WHERE state <> 'running'"}},

    {"cells", "every round belongs to a cell of its campaign", true, {
        "SELECT printf('campaign %d, round %d: it did not ask for cell %d', campaign_id, seq, cell_id)"
        " FROM round WHERE NOT EXISTS (SELECT 1 FROM campaign_cell"
        "       WHERE campaign_cell.campaign_id = round.campaign_id"
        "         AND campaign_cell.cell_id = round.cell_id)"}},

    {"counts", "the stored counts and limits match the rounds", true, {
        "WITH said AS (SELECT campaign_id AS c, cell_id AS l, outcome AS o, max_overlap AS p,"
        "                     rounds AS n FROM round_count),"
        "     real AS (SELECT campaign_id AS c, cell_id AS l, outcome AS o, max_overlap AS p,"
        "                     count(*) AS n FROM round GROUP BY 1, 2, 3, 4)"
        " SELECT printf('campaign %d, cell %d, %s with overlap %d: %d rounds counted, but there are %d',"
        "               c, l, o, p, sum(iif(side, n, 0)), sum(iif(side, 0, n)))"
        " FROM (SELECT *, 1 AS side FROM said UNION ALL SELECT *, 0 FROM real)"
        " GROUP BY c, l, o, p HAVING sum(iif(side, n, -n)) <> 0",

        /* Compared with the counts, so only if those are right. */
        "SELECT printf('cell %d: its limits belong to %d failures of %d rounds, but there are %d of %d',"
        "              r.cell_id, ifnull(k.failures, 0), ifnull(k.rounds, 0), r.failures, r.rounds)"
        " FROM cell_rate AS r LEFT JOIN cell_limit AS k ON k.cell_id = r.cell_id AND k.role = r.role"
        "      AND k.environment_id = r.environment_id AND k.version = r.version"
        " WHERE r.rounds + r.without_power > 0"
        "   AND (k.failures IS NOT r.failures OR k.rounds IS NOT r.rounds"
        "        OR k.tried IS NOT r.rounds + r.without_power)"
        "   AND (SELECT sum(rounds) FROM round_count WHERE cell_id = r.cell_id)"
        "       IS (SELECT nullif(count(*), 0) FROM round WHERE cell_id = r.cell_id)",

        /* Sums beyond 2^53 depend on the order of addition. */
        "WITH said AS (SELECT campaign_id AS c, cell_id AS l, timed AS n, ops_done AS o, run_ns AS t"
        "              FROM round_sum),"
        "     real AS (SELECT campaign_id AS c, cell_id AS l, count(*) AS n, total(ops_done) AS o,"
        "                     total(run_ns) AS t"
        "              FROM round WHERE outcome = 'pass' AND run_ns > 0 GROUP BY 1, 2)"
        " SELECT printf('campaign %d, cell %d: the sums for its speed belong to %d rounds of %.17g ops in"
        " %.17g ns, but there are %d of %.17g in %.17g', c, l,"
        "               sum(iif(side, n, 0)), sum(iif(side, o, 0)), sum(iif(side, t, 0)),"
        "               sum(iif(side, 0, n)), sum(iif(side, 0, o)), sum(iif(side, 0, t)))"
        " FROM (SELECT *, 1 AS side FROM said UNION ALL SELECT *, 0 FROM real) GROUP BY c, l"
        " HAVING sum(iif(side, n, -n)) <> 0 OR abs(sum(iif(side, o, -o))) > 1e-9 * total(o)"
        "     OR abs(sum(iif(side, t, -t))) > 1e-9 * total(t)",

        "WITH said AS (SELECT campaign_id AS c, cell_id AS l, name AS k, rounds AS n, total AS t"
        "              FROM cell_figure),"
        "     real AS (SELECT campaign_id AS c, cell_id AS l, key AS k, count(*) AS n, total(value) AS t"
        "              FROM round, json_each(figures) WHERE figures IS NOT NULL GROUP BY 1, 2, 3)"
        " SELECT printf('campaign %d, cell %d: %s is said to be %.17g over %d rounds, but is %.17g over %d',"
        "               c, l, k, sum(iif(side, t, 0)), sum(iif(side, n, 0)), sum(iif(side, 0, t)),"
        "               sum(iif(side, 0, n)))"
        " FROM (SELECT *, 1 AS side FROM said UNION ALL SELECT *, 0 FROM real) GROUP BY c, l, k"
        " HAVING sum(iif(side, n, -n)) <> 0 OR abs(sum(iif(side, t, -t))) > 1e-9 * total(t)"}},

    {"retention", "exactly the rounds that keep their detail have it", true, {
        /* A round with a report of the system counts as passed until the report came. */
        "SELECT printf('round %d (%s) has no spec', r.id, outcome)"
        " FROM round AS r JOIN campaign AS c ON c.id = campaign_id"
        " WHERE outcome <> 'pass' AND command IS NOT NULL"
        "   AND (keep_first IS NULL OR EXISTS (SELECT 1 FROM retention WHERE round_id = r.id))"
        "   AND NOT EXISTS (SELECT 1 FROM round_text WHERE round_id = r.id)"
        "   AND NOT EXISTS (SELECT 1 FROM os_report WHERE round_id = r.id)",

        "SELECT printf('round %d (%s) has no threads', r.id, outcome)"
        " FROM retention AS k JOIN round AS r ON r.id = k.round_id JOIN crash ON crash.round_id = r.id"
        " WHERE crash.tid IS NOT NULL"
        "   AND NOT EXISTS (SELECT 1 FROM crash_thread WHERE crash_id = crash.id)",

        "SELECT printf('round %d (%s) keeps what should be dropped', r.id, outcome)"
        " FROM round_text AS t JOIN round AS r ON r.id = t.round_id"
        "                      JOIN campaign AS c ON c.id = campaign_id"
        " WHERE keep_first IS NOT NULL AND outcome <> 'lost'"
        "   AND NOT EXISTS (SELECT 1 FROM retention WHERE round_id = r.id)"}},

    {"signatures", "every signature belongs to a round, a crash or a system report", true, {
        "SELECT printf('signature %d belongs to nothing', id) FROM signature"
        " WHERE NOT EXISTS (SELECT 1 FROM round WHERE signature_id = signature.id)"
        "   AND NOT EXISTS (SELECT 1 FROM crash WHERE signature_id = signature.id)"
        "   AND NOT EXISTS (SELECT 1 FROM os_report WHERE signature_id = signature.id)"}},

    {"running", "unfinished campaigns and who runs them", false, {NULL}},

    {"lost", "rounds whose supervisor was killed", false, {
        "SELECT printf('campaign %d: %d of %d rounds lost', campaign_id, lost, planned)"
        " FROM balance WHERE lost > 0"}},
};
/* clang-format on */
#define CHECK_COUNT (sizeof(CHECKS) / sizeof(CHECKS[0]))

struct examination {
    struct mp_store *store;
    void (*take)(void *arg, const struct mp_integrity_finding *finding);
    void *arg;
    const struct check *check;
    uint64_t found; /* by this check */
    struct mp_integrity_counts counts;
};

const char *mp_integrity_check_name(unsigned index) {
    return index < CHECK_COUNT ? CHECKS[index].name : NULL;
}

const char *mp_integrity_check_words(unsigned index) {
    return index < CHECK_COUNT ? CHECKS[index].words : NULL;
}

static void hand_over(struct examination *at, const char *text) {
    struct mp_integrity_finding finding = {
        .check = at->check->name, .is_wrong = at->check->is_wrong, .text = text};
    at->take(at->arg, &finding);
}

static void add_finding(struct examination *at, const char *text) {
    at->found++;
    if (at->check->is_wrong)
        at->counts.wrong++;
    else
        at->counts.notes++;
    if (at->found <= FINDINGS_MAX)
        hand_over(at, text);
}

static void add_rest(struct examination *at) {
    char text[64];
    if (at->found > FINDINGS_MAX) {
        snprintf(text, sizeof(text), "and %llu more",
                 (unsigned long long)(at->found - FINDINGS_MAX));
        hand_over(at, text);
    }
}

static int run_query(struct examination *at, const char *sql) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(at->store->db, sql, -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(rows, 0);
        add_finding(at, text == NULL ? "" : text);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void add_running(struct examination *at, int64_t id,
                        const struct mp_identity *supervisor, long long in_flight) {
    char text[256];
    switch (mp_identity_life(supervisor)) {
    case MP_LIFE_ALIVE:
        snprintf(text, sizeof(text),
                 "campaign %lld is running in process %lld; %lld rounds are in flight",
                 (long long)id, (long long)supervisor->pid, in_flight);
        break;
    case MP_LIFE_GONE:
        snprintf(text, sizeof(text),
                 "campaign %lld was killed with %lld rounds in flight; the next "
                 "'mpstress run' records them as lost, 'mpstress run --resume %lld' "
                 "resumes it",
                 (long long)id, in_flight, (long long)id);
        break;
    default:
        snprintf(
            text, sizeof(text),
            "campaign %lld is running, or was killed, on another machine or in another "
            "container; which of these cannot be told from here",
            (long long)id);
        break;
    }
    add_finding(at, text);
}

static int check_running(struct examination *at) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(
        at->store->db,
        "SELECT id, (SELECT count(*) FROM running WHERE campaign_id = c.id),"
        " host, boot, space, pid, pid_started FROM campaign AS c"
        " WHERE state = 'running' ORDER BY id",
        -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct mp_identity supervisor;
        mp_database_read_identity(rows, 2, &supervisor);
        add_running(at, sqlite3_column_int64(rows, 0), &supervisor,
                    (long long)sqlite3_column_int64(rows, 1));
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int run_check(struct examination *at, const struct check *check) {
    int code = SQLITE_OK;
    at->check = check;
    at->found = 0;
    if (check->sql[0] == NULL)
        code = check_running(at);
    for (size_t i = 0; i < QUERIES_MAX && check->sql[i] != NULL && code == SQLITE_OK; i++)
        code = run_query(at, check->sql[i]);
    add_rest(at);
    at->counts.checks++;
    return code;
}

enum mp_status
mp_store_integrity(struct mp_store *store,
                   void (*take)(void *arg, const struct mp_integrity_finding *finding),
                   void *arg, struct mp_integrity_counts *ret_counts,
                   struct mp_error *err) {
    struct examination at = {.store = store, .take = take, .arg = arg};
    enum mp_status status = MP_OK;
    int64_t all[2] = {0, 0};
    /* One read transaction: a running campaign does not change what is seen. */
    int code = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
    for (size_t i = 0; i < CHECK_COUNT && code == SQLITE_OK; i++)
        code = run_check(&at, &CHECKS[i]);
    if (code == SQLITE_OK)
        code = mp_database_query(
            store->db,
            "SELECT (SELECT count(*) FROM campaign), (SELECT count(*) FROM round)", all,
            2);
    if (code != SQLITE_OK)
        status = mp_database_error(store, err, code, "read everything");
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    at.counts.campaigns = (uint64_t)all[0];
    at.counts.rounds = (uint64_t)all[1];
    *ret_counts = at.counts;
    return status;
}
