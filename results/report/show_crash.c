/* The crashes of a round as text: why it stopped, both sides where known, every thread,
 * modules; and what all crashes of a signature have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/report/show_rows.h"

#define BAR_MAX 40

static void add_frames(struct mp_show *show, struct mp_text *text, int64_t crash_id,
                       const char *tid) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT depth, symbol, \"offset\", module, file, line, pc, tid FROM crash_frame"
        " WHERE crash_id = ?2 ORDER BY depth",
        crash_id);
    while (mp_report_next(&show->report, rows))
        if (strcmp(mp_report_column(rows, 7), tid) == 0)
            mp_report_add_frame(text, rows, sqlite3_column_int(rows, 0) == 0);
}

/* Every thread that was captured, the one that stopped first at the head. */
static void add_threads(struct mp_show *show, struct mp_text *text, int64_t crash_id) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT t.tid, 'thread ' || t.tid || iif(t.name <> '', ' ''' || t.name || '''', "
        "'') ||"
        " iif(t.faulting, ', faulting' || coalesce(' (signal ' || t.signal || ')', ''), "
        "'') ||"
        " coalesce(', in ' || (SELECT op || ' on ' || " MP_SHOW_OBJECT(
            "last") " FROM event AS last WHERE last.round_id = c.round_id AND "
                    "last.thread = "
                    "e.thread AND"
                    " last.seq = (SELECT max(seq) FROM event WHERE round_id = c.round_id "
                    "AND "
                    "thread ="
                    " e.thread) AND last.phase = 'enter'), ''), t.faulting,"
                    " (SELECT group_concat(key || '=' || atom, ' ') FROM "
                    "json_each(registers))"
                    " FROM crash_thread AS t JOIN crash AS c ON c.id = crash_id"
                    " LEFT JOIN event AS e ON e.round_id = c.round_id AND e.seq = 0 AND "
                    "e.object ="
                    " CAST(t.tid AS TEXT) WHERE c.id = ?2 ORDER BY t.tid IS NOT c.tid, "
                    "t.faulting "
                    "DESC, t.tid",
        crash_id);
    while (mp_report_next(&show->report, rows)) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, sqlite3_column_int(rows, 2) != 0 ? MP_BAD : MP_BOLD, 2,
                     mp_report_column(rows, 1));
        add_frames(show, text, crash_id, mp_report_column(rows, 0));
        if (mp_report_column(rows, 3)[0] != '\0') {
            mp_report_begin_line(text, "registers");
            mp_text_wrap(text, MP_DIM, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                         mp_report_column(rows, 3));
        }
    }
}

/* What other threads did on the same stream while the faulting thread was in its last
 * call. */
static void add_sides(struct mp_show *show, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "WITH call AS (SELECT thread, seq, op, object, t_ns, phase, lead(t_ns) OVER "
        "(PARTITION BY"
        " thread ORDER BY seq) AS done_ns FROM event WHERE round_id = ?2 AND seq > 0),"
        " side AS (SELECT call.* FROM call JOIN event AS e ON e.round_id = ?2 AND e.seq "
        "= 0 AND"
        " e.thread = call.thread WHERE call.phase = 'enter' AND done_ns IS NULL AND "
        "EXISTS"
        " (SELECT 1 FROM crash_thread AS t JOIN crash AS c ON c.id = t.crash_id WHERE"
        " c.round_id = ?2 AND t.faulting AND CAST(t.tid AS TEXT) = e.object))"
        " SELECT " MP_SHOW_THREAD(
            "thread") " || ' was in ' || op || ' on ' || object,"
                      " group_concat(other, '; ') FROM (SELECT side.thread, "
                      "side.op, " MP_SHOW_OBJECT("side") " AS object, " MP_SHOW_THREAD(
                          "call.thread") " || ' in ' || group_concat(call.op, ', ')"
                                         " AS other FROM side JOIN (SELECT * FROM call "
                                         "ORDER BY "
                                         "seq) AS call ON call.phase = 'enter'"
                                         " AND call.thread <> side.thread AND "
                                         "call.object = "
                                         "side.object"
                                         " AND (call.done_ns IS NULL OR call.done_ns >= "
                                         "side.t_ns) "
                                         "AND "
                                         "call.op <> 'buffer_create'"
                                         " GROUP BY side.thread, call.thread) GROUP BY "
                                         "thread",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        mp_report_begin_line(text, "one side");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                     mp_report_column(rows, 0));
        mp_report_begin_line(text, "meanwhile");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                     mp_report_column(rows, 1));
    }
}

static void add_modules(struct mp_show *show, struct mp_text *text, int64_t crash_id) {
    bool is_first = true;
    sqlite3_stmt *rows =
        mp_report_query(&show->report,
                        "SELECT base, size, path || coalesce(' (' || module_id || ')', "
                        "'') FROM crash_module"
                        " WHERE crash_id = ?2 ORDER BY length(base), base",
                        crash_id);
    while (mp_report_next(&show->report, rows)) {
        if (is_first) {
            mp_text_add(text, MP_BOLD, "  modules (base, bytes, path, id)");
            mp_text_end(text);
        }
        is_first = false;
        mp_text_add(text, MP_DIM, "     %18s %10s  ", mp_report_column(rows, 0),
                    mp_report_column(rows, 1));
        mp_text_wrap(text, MP_PLAIN, 36, mp_report_column(rows, 2));
    }
}

void mp_show_add_crashes(struct mp_show *show, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT c.id, kind || ' ' || c.id || ': ' || coalesce(s.title, iif(signal = 0,"
        " 'all threads, looked at before the kill', signal_name)),"
        " iif(signal = 0, 'nothing', signal_name || ' code ' || code) || coalesce(', ' "
        "|| access "
        "|| ' at ' || fault_address,"
        " '') || ' (' || fault_class || iif(address_is_derived, ', worked out from the "
        "registers',"
        " '') || ')', coalesce('signature ' || s.id || ', family ' || s.family || ': ' "
        "|| s.key, "
        "''), other_key"
        " FROM crash AS c LEFT JOIN signature AS s ON s.id = signature_id WHERE round_id "
        "= ?2"
        " ORDER BY c.id",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        int64_t id = sqlite3_column_int64(rows, 0);
        if (show->crash_id != 0 && show->crash_id != id)
            continue;
        mp_show_add_title(text, mp_report_column(rows, 1));
        mp_report_begin_line(text, "stopped by");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                     mp_report_column(rows, 2));
        if (mp_report_column(rows, 3)[0] != '\0') {
            mp_report_begin_line(text, "named");
            mp_text_wrap(text, MP_DIM, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                         mp_report_column(rows, 3));
        }
        if (mp_report_column(rows, 4)[0] != '\0') {
            mp_report_begin_line(text, "other side");
            mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                         mp_report_column(rows, 4));
        }
        add_sides(show, text);
        add_threads(show, text, id);
        add_modules(show, text, id);
    }
}

/* Crashes by fault address, or in a NULL-based object by offset: the same text. */
static void add_histogram(struct mp_show *show, struct mp_text *text) {
    int64_t most = 0;
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT coalesce(fault_address, 'no address'), count(*) AS n FROM crash"
        " WHERE signature_id = ?2 GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20",
        show->signature_id);
    while (mp_report_next(&show->report, rows)) {
        int64_t count = sqlite3_column_int64(rows, 1);
        if (most == 0) {
            mp_show_add_title(text, "Fault addresses");
            most = count;
        }
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_right(text, MP_PLAIN, 18, mp_report_column(rows, 0));
        mp_text_add(text, MP_PLAIN, " %8lld  ", (long long)count);
        mp_strbuf_pad(text->buf, '#', (size_t)((count * BAR_MAX + most - 1) / most));
        mp_text_end(text);
    }
}

static void add_cells(struct mp_show *show, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT n, scenario || coalesce(':' || (SELECT group_concat(key || '=' || atom) "
        "FROM"
        " json_each(params)), '') || ', arm ' || arm || ', ' || device || ': ' || n || ' "
        "of ' ||"
        " (SELECT sum(rounds) FROM round_count WHERE cell_id = cell.id) || ' rounds' FROM"
        " (SELECT cell_id, count(DISTINCT r.id) AS n FROM crash JOIN round AS r ON r.id "
        "= round_id"
        " WHERE signature_id = ?2 GROUP BY cell_id) JOIN cell ON cell.id = cell_id"
        " ORDER BY n DESC, cell.id",
        show->signature_id);
    mp_show_add_title(text, "Cells it occurs in");
    while (mp_report_next(&show->report, rows)) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 2, mp_report_column(rows, 1));
    }
}

void mp_show_add_signature(struct mp_show *show, struct mp_text *text) {
    static const char *const labels[] = {"family", "key", "count", "first", "last"};
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT title, family, key, (SELECT count(*) || iif(count(*) = 1, ' crash in ', "
        "' crashes"
        " in ') || count(DISTINCT round_id) || iif(count(DISTINCT round_id) = 1, ' "
        "round',"
        " ' rounds') FROM crash WHERE signature_id = s.id),"
        " (SELECT 'round ' || id || ', ' || started_at FROM round WHERE id IN (SELECT "
        "round_id"
        " FROM crash WHERE signature_id = s.id) ORDER BY started_at, id LIMIT 1),"
        " (SELECT 'round ' || id || ', ' || started_at FROM round WHERE id IN (SELECT "
        "round_id"
        " FROM crash WHERE signature_id = s.id) ORDER BY started_at DESC, id DESC LIMIT "
        "1)"
        " FROM signature AS s WHERE id = ?2",
        show->signature_id);
    while (mp_report_next(&show->report, rows)) {
        mp_text_add(text, MP_BAD, "signature %lld  ", (long long)show->signature_id);
        mp_text_wrap(text, MP_BOLD, MP_REPORT_LABEL_WIDTH, mp_report_column(rows, 0));
        for (int i = 0; i < 5; i++) {
            mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, labels[i]);
            mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH,
                         mp_report_column(rows, 1 + i));
        }
    }
    add_histogram(show, text);
    add_cells(show, text);
}
