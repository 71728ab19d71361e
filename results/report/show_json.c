/* The same as one JSON document. SQLite's JSON functions write it; nothing here escapes
 * by hand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/modules.h"

#define CELL                                                                             \
    "(SELECT json_object('id', id, 'device', device, 'scenario', scenario, 'params',"    \
    " json(params), 'arm', arm, 'spec_hash', spec_hash) FROM cell WHERE id = cell_id)"

#define ROUND                                                                            \
    "(SELECT json_object('id', id, 'campaign_id', campaign_id, 'seq', seq, 'seed', "     \
    "seed,"                                                                              \
    " 'started_at', started_at, 'wall_ns', wall_ns, 'run_ns', run_ns, 'outcome', "       \
    "outcome,"                                                                           \
    " 'detail', detail, 'phase', phase, 'ops_planned', ops_planned, 'ops_started', "     \
    "ops_started,"                                                                       \
    " 'ops_done', ops_done, 'ops_wrong', ops_wrong, 'ops_dropped', ops_dropped, "        \
    "'ops_device',"                                                                      \
    " ops_device, 'buffers_failed', buffers_failed, 'hostile_syncs', hostile_syncs,"     \
    " 'threads_started', threads_started, 'threads_unfinished', threads_unfinished,"     \
    " 'max_overlap', max_overlap, 'load', load, 'host_state',"                           \
    " (SELECT text FROM host_state WHERE id = host_state_id), 'exit_kind', exit_kind, "  \
    "'exit_code', exit_code,"                                                            \
    " 'signal', signal, 'leaked', leaked, 'was_traced', json(iif(was_traced, 'true', "   \
    "'false')),"                                                                         \
    " 'untraced', untraced,"                                                             \
    " 'driver', json((SELECT json_object('name', name, 'gpu', gpu, 'path', path, "       \
    "'build_id', build_id, 'facts', facts) FROM round_driver AS d WHERE d.id = "         \
    "driver_id)), 'cell', " CELL                                                         \
    ", 'spec', (SELECT spec FROM round_text WHERE round_id = round.id), 'stderr',"       \
    " (SELECT stderr FROM round_text WHERE round_id = round.id), 'detail_dropped',"      \
    " json(iif(" MP_SHOW_IS_DROPPED(                                                     \
        "round") ", 'true', 'false'))) FROM round WHERE id = ?2)"

#define FRAMES                                                                           \
    "(SELECT json_group_array(json_object('depth', depth, 'pc', pc, 'module', module,"   \
    " 'module_id', module_id, 'symbol', symbol, 'offset', \"offset\", 'file', file, "    \
    "'line',"                                                                            \
    " line)) FROM (SELECT * FROM crash_frame WHERE crash_id = t.crash_id AND tid = "     \
    "t.tid"                                                                              \
    " ORDER BY depth))"

#define THREADS                                                                          \
    "(SELECT json_group_array(json_object('tid', tid, 'name', name, 'faulting',"         \
    " json(iif(faulting, 'true', 'false')), 'signal', signal, 'registers', "             \
    "json(registers),"                                                                   \
    " 'frames', " FRAMES ")) FROM (SELECT * FROM crash_thread WHERE crash_id = c.id"     \
    " ORDER BY faulting DESC, tid) AS t)"

#define MODULES                                                                          \
    "(SELECT json_group_array(json_object('path', path, 'base', base, 'size', size,"     \
    " 'module_id', module_id)) FROM crash_module WHERE crash_id = c.id)"

#define SIGNATURE(id)                                                                    \
    "(SELECT json_object('id', s.id, 'key', s.key, 'title', s.title, 'family', "         \
    "s.family)"                                                                          \
    " FROM signature AS s WHERE s.id = " id ")"

/* ?1: the crash, 0 for all of the round. */
#define CRASHES                                                                          \
    "(SELECT json_group_array(json_object('id', id, 'kind', kind, 'signal', signal,"     \
    " 'signal_name', signal_name, 'code', code, 'fault_address', fault_address,"         \
    " 'address_is_derived', json(iif(address_is_derived, 'true', 'false')), 'access', "  \
    "access,"                                                                            \
    " 'fault_class', fault_class, 'tid', tid, 'other_key', other_key, "                  \
    "'signature', " SIGNATURE("signature_id") ", 'threads', " THREADS                    \
                                              ", 'modules', " MODULES                    \
                                              ")) FROM (SELECT * FROM crash WHERE "      \
                                              "round_id = ?2 AND (?1 = 0 OR id = "       \
                                              "?1) ORDER BY id) AS c)"

#define EVENTS                                                                           \
    "(SELECT json_group_array(json_object('t_ns', t_ns, 'thread', thread, 'seq', seq, "  \
    "'op', op,"                                                                          \
    " 'phase', phase, 'object', object, 'arg', arg)) FROM (SELECT * FROM event WHERE"    \
    " round_id = ?2 AND seq > 0 ORDER BY t_ns, thread, seq))"

#define RECORDED                                                                         \
    "(SELECT json_group_array(json_object('thread', e.thread, 'tid', CAST(e.object AS "  \
    "INTEGER),"                                                                          \
    " 'recorded', CAST(e.arg AS INTEGER), 'in_flight', iif(f.op IS NULL, NULL, "         \
    "json_object('op',"                                                                  \
    " f.op, 'object', f.object, 'since_ns', f.t_ns)))) FROM (SELECT * FROM event WHERE"  \
    " round_id = ?2 AND seq = 0 ORDER BY thread) AS e LEFT JOIN " MP_SHOW_IN_FLIGHT      \
    " AS f ON f.thread = e.thread)"

/* ?1: the signature. */
#define STATISTICS                                                                       \
    "(SELECT json_object('count', n, 'rounds', rounds, 'first_round', first, "           \
    "'last_round', last,"                                                                \
    " 'first_at', (SELECT started_at FROM round WHERE id = first), 'last_at', (SELECT "  \
    "started_at"                                                                         \
    " FROM round WHERE id = last)) FROM (SELECT count(*) AS n, count(DISTINCT "          \
    "round_id) AS "                                                                      \
    "rounds,"                                                                            \
    " (SELECT id FROM round WHERE id IN (SELECT round_id FROM crash WHERE signature_id " \
    "= ?1)"                                                                              \
    " ORDER BY started_at, id LIMIT 1) AS first,"                                        \
    " (SELECT id FROM round WHERE id IN (SELECT round_id FROM crash WHERE signature_id " \
    "= ?1)"                                                                              \
    " ORDER BY started_at DESC, id DESC LIMIT 1) AS last FROM crash WHERE signature_id " \
    "= ?1))"

#define ADDRESSES                                                                        \
    "(SELECT json_group_array(json_object('address', fault_address, 'count', n)) FROM"   \
    " (SELECT fault_address, count(*) AS n FROM crash WHERE signature_id = ?1"           \
    " GROUP BY fault_address ORDER BY n DESC, fault_address))"

#define CELLS                                                                            \
    "(SELECT json_group_array(json_object('cell', " CELL ", 'failed', n, 'rounds',"      \
    " (SELECT sum(rounds) FROM round_count AS k WHERE k.cell_id = hit.cell_id))) FROM "  \
    "(SELECT "                                                                           \
    "cell_id,"                                                                           \
    " count(DISTINCT r.id) AS n FROM crash JOIN round AS r ON r.id = round_id"           \
    " WHERE signature_id = ?1 GROUP BY cell_id ORDER BY n DESC, cell_id) AS hit)"

/* One member of the document; ?1 is `first`, ?2 the round. SQLite writes the comma's left
 * side only: names here are constants. */
static void add_member(struct mp_show *show, struct mp_strbuf *buf, const char *name,
                       const char *sql, int64_t first) {
    struct mp_strbuf query;
    mp_strbuf_init(&query);
    mp_strbuf_addf(&query, "SELECT %s", sql);
    sqlite3_stmt *rows = mp_report_query(&show->report, query.text, show->round_id);
    sqlite3_bind_int64(rows, 1, first);
    while (mp_report_next(&show->report, rows)) {
        const char *value = mp_report_column(rows, 0);
        mp_strbuf_addf(buf, ",\"%s\":", name);
        mp_strbuf_addstr(buf, value[0] != '\0' ? value : "null");
    }
    mp_strbuf_release(&query);
}

enum mp_status mp_show_json(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_show show;
    enum mp_status status = mp_show_begin(&show, store, options, err);
    if (status == MP_OK) {
        mp_strbuf_addf(buf,
                       "{\"schema\":1,\"command\":\"show\",\"verdict\":\"ok\",\"exit_"
                       "code\":0,\"kind\":\"%s\"",
                       mp_show_kind_name(options->kind));
        if (show.signature_id != 0) {
            add_member(&show, buf, "signature", SIGNATURE("?1"), show.signature_id);
            add_member(&show, buf, "statistics", STATISTICS, show.signature_id);
            add_member(&show, buf, "fault_addresses", ADDRESSES, show.signature_id);
            add_member(&show, buf, "cells", CELLS, show.signature_id);
        }
        add_member(&show, buf, "round", ROUND, 0);
        add_member(&show, buf, "modules", mp_show_modules_json, 0);
        add_member(&show, buf, "crashes", CRASHES, show.crash_id);
        add_member(&show, buf, "threads", RECORDED, 0);
        add_member(&show, buf, "events", EVENTS, 0);
        mp_strbuf_addstr(buf, "}\n");
        status = mp_report_status(&show.report, err);
    }
    mp_show_end(&show);
    return status;
}
