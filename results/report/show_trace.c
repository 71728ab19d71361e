/* The last events of a round as Chrome's trace JSON. Only what Perfetto is known to read:
 * M, B, X, C, i, s and t. Times are microseconds since the first event that was kept; a
 * call that never returned is a B without an end; a return whose call is no longer in the
 * ring is left out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show_rows.h"

/* Calls: when they began and, unless they are open, how long they took. */
#define CALLS                                                                            \
    "call AS MATERIALIZED (SELECT * FROM (SELECT thread, seq, op, phase, object, arg, "  \
    "t_ns,"                                                                              \
    " (t_ns - min(t_ns) OVER ()) / 1000.0 AS ts,"                                        \
    " (lead(t_ns) OVER w - t_ns) / 1000.0 AS dur, lead(arg) OVER w AS status FROM "      \
    "event WHERE"                                                                        \
    " round_id = ?2 AND seq > 0 WINDOW w AS (PARTITION BY thread ORDER BY seq))"         \
    " WHERE phase = 'enter'),"                                                           \
    " base AS (SELECT min(t_ns) AS first, max(t_ns) AS last FROM event WHERE round_id "  \
    "= ?2"                                                                               \
    " AND seq > 0),"                                                                     \
    " died AS (SELECT e.thread, c.signal_name, c.fault_address FROM crash AS c JOIN "    \
    "crash_thread"                                                                       \
    " AS t ON t.crash_id = c.id AND t.faulting JOIN event AS e ON e.round_id = ?2 AND "  \
    "e.seq = 0"                                                                          \
    " AND e.object = CAST(t.tid AS TEXT) WHERE c.round_id = ?2)"

/* Rows of sort key (rank first for metadata, then time, then rank within a moment) and
 * record. */
static const char *const RECORDS[] = {
    "SELECT -1.0 AS at, 0 AS rank, json_object('ph', 'M', 'name', 'process_name', 'pid', "
    "1, 'tid',"
    " 0, 'args', json_object('name', 'round ' || ?2)) AS record",

    "SELECT -1.0, 1, json_object('ph', 'M', 'name', 'thread_name', 'pid', 1, 'tid', "
    "thread, 'args',"
    " json_object('name', " MP_SHOW_THREAD(
        "thread") " || iif(thread IN (SELECT thread FROM died),"
                  " ' (crashed)', ''))) FROM event WHERE round_id = ?2 AND seq = 0",

    "SELECT -1.0, 2, json_object('ph', 'M', 'name', 'thread_sort_index', 'pid', 1, "
    "'tid', thread,"
    " 'args', json_object('sort_index', iif(thread IN (SELECT thread FROM died), -1, "
    "thread)))"
    " FROM event WHERE round_id = ?2 AND seq = 0",

    "SELECT ts, 3, iif(dur IS NULL, json_object('ph', 'B', 'cat', 'op', 'name', op, "
    "'pid', 1,"
    " 'tid', thread, 'ts', ts, 'args', json_object('call', seq, 'object', object, 'arg', "
    "arg)),"
    " json_object('ph', 'X', 'cat', 'op', 'name', op, 'pid', 1, 'tid', thread, 'ts', ts, "
    "'dur',"
    " dur, 'args', json_object('call', seq, 'object', object, 'arg', arg, 'status', "
    "status)))"
    " FROM call",

    /* Threads inside the device. */
    "SELECT ts, 4, json_object('ph', 'C', 'name', 'inside', 'pid', 1, 'tid', 0, 'ts', "
    "ts, 'args',"
    " json_object('threads', sum(step) OVER (ORDER BY ts, step, thread))) FROM (SELECT "
    "ts, 1 AS"
    " step, thread FROM call UNION ALL SELECT ts + dur, -1, thread FROM call WHERE dur "
    "IS NOT "
    "NULL)",

    /* One chain for each stream that more than one thread used; its steps lie inside the
       calls. */
    "SELECT ts + coalesce(dur, 0.0) / 2, 5, json_object('ph', iif(row_number() OVER "
    "(PARTITION BY"
    " object ORDER BY ts + coalesce(dur, 0.0) / 2, thread) = 1, 's', 't'), 'cat', "
    "'stream', "
    "'name', 'stream ' || object,"
    " 'id', CAST(object AS INTEGER), 'pid', 1, 'tid', thread, 'ts', ts + coalesce(dur, "
    "0.0) / 2)"
    " FROM call WHERE op <> 'buffer_create' AND object IN (SELECT object FROM call WHERE"
    " op <> 'buffer_create' GROUP BY object HAVING count(DISTINCT thread) > 1)",

    "SELECT (last - first) / 1000.0, 6, json_object('ph', 'i', 's', 'p', 'cat', 'crash', "
    "'name',"
    " signal_name || coalesce(' ' || fault_address, ''), 'pid', 1, 'tid', thread, 'ts',"
    " (last - first) / 1000.0) FROM died, base",
};

static void write_sql(struct mp_strbuf *sql) {
    mp_strbuf_addstr(
        sql,
        "WITH " CALLS " SELECT json_object('displayTimeUnit', 'ns', 'otherData', (SELECT"
        " json_object('tool', 'mpstress', 'run', CAST(campaign_id AS TEXT),"
        " 'round', CAST(id AS TEXT), 'outcome', outcome) FROM round WHERE id ="
        " ?2), 'traceEvents', json_group_array(json(record))), (SELECT count(*)"
        " FROM call) FROM (SELECT * FROM (");
    for (size_t i = 0; i < sizeof(RECORDS) / sizeof(RECORDS[0]); i++) {
        mp_strbuf_addf(sql, "%sSELECT * FROM (%s)", i > 0 ? " UNION ALL " : "",
                       RECORDS[i]);
    }
    mp_strbuf_addstr(sql, ") ORDER BY at, rank)");
}

enum mp_status mp_show_trace(struct mp_store *store,
                             const struct mp_show_options *options, struct mp_strbuf *buf,
                             struct mp_error *err) {
    if (options->kind == MP_SHOW_SIGNATURE) {
        return mp_error_set(
            err, MP_USAGE,
            "--trace: a signature is many rounds; 'mpstress show signature %lld'"
            " names some, then 'mpstress show round N --trace FILE'",
            (long long)options->id);
    }
    struct mp_show show;
    struct mp_strbuf sql;
    mp_strbuf_init(&sql);
    enum mp_status status = mp_show_begin(&show, store, options, err);
    if (status == MP_OK) {
        bool has_events = false;
        write_sql(&sql);
        sqlite3_stmt *rows = mp_report_query(&show.report, sql.text, show.round_id);
        while (mp_report_next(&show.report, rows)) {
            has_events = sqlite3_column_int64(rows, 1) > 0;
            mp_strbuf_addstr(buf, mp_report_column(rows, 0));
            mp_strbuf_addch(buf, '\n');
        }
        status = mp_report_status(&show.report, err);
        if (status == MP_OK && !has_events) {
            status = mp_error_set(
                err, MP_NOT_FOUND,
                "round %lld has no recorded events: they are kept for rounds that"
                " did not pass and ran with the recorder on",
                (long long)show.round_id);
        }
    }
    mp_show_end(&show);
    mp_strbuf_release(&sql);
    return status;
}
