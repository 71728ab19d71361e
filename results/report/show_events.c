/* The flight recorder's last events as text: all threads in the order of time, and the
 * call that each was in at the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show_rows.h"

#define EVENTS_SHOWN "40"

static void add_threads(struct mp_show *show, struct mp_text *text) {
    bool is_first = true;
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT " MP_SHOW_THREAD(
            "e.thread") " || iif(e.object <> '0', ' (' || e.object || ')',"
                        " ''), coalesce('in ' || f.op || ' on ' || " MP_SHOW_OBJECT(
                            "f") ", iif(e.arg = '0',"
                                 " 'has called nothing', 'outside the driver')) || "
                                 "iif(e.phase = "
                                 "'recording',"
                                 " ', stopped inside the recorder', ''), f.op IS NOT "
                                 "NULL FROM "
                                 "event AS e"
                                 " LEFT JOIN " MP_SHOW_IN_FLIGHT
                                 " AS f ON f.thread = e.thread"
                                 " WHERE round_id = ?2 AND seq = 0 ORDER BY e.thread",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        if (is_first)
            mp_show_add_title(text, "Where each thread was at the end");
        is_first = false;
        mp_text_add(text, MP_PLAIN, "     ");
        mp_text_left(text, MP_PLAIN, 22, mp_report_column(rows, 0));
        mp_text_add(text, sqlite3_column_int(rows, 2) != 0 ? MP_BOLD : MP_DIM, "%s",
                    mp_report_column(rows, 1));
        mp_text_end(text);
    }
}

void mp_show_add_events(struct mp_show *show, struct mp_text *text) {
    int64_t shown = 0, total = 0;
    /* A call that never came back is shown however old it is. */
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "WITH e AS (SELECT *, row_number() OVER (ORDER BY t_ns DESC, thread "
        "DESC, seq DESC) AS age,"
        " count(*) OVER () AS total, max(t_ns) OVER () AS end_ns,"
        " phase = 'enter' AND seq = max(seq) OVER (PARTITION BY thread) AS "
        "is_open"
        " FROM event WHERE round_id = ?2 AND seq > 0)"
        " SELECT total, printf('%.3f', (t_ns - end_ns) / "
        "1000.0), " MP_SHOW_THREAD(
            "thread") ", phase || 's', op || ' on ' "
                      "|| " MP_SHOW_OBJECT("e") " || iif(phase = "
                                                "'leave' AND op <> "
                                                "'gate' AND arg <> "
                                                "'0', ', status ' || "
                                                "arg, ''),"
                                                " is_open FROM e "
                                                "WHERE age "
                                                "<= " EVENTS_SHOWN " OR is_open ORDER BY "
                                                "t_ns, thread, seq",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        if (shown++ == 0) {
            mp_show_add_title(
                text, "The last device calls, in the order of time (µs before the last)");
        }
        total = sqlite3_column_int64(rows, 0);
        bool is_open = sqlite3_column_int(rows, 5) != 0;
        mp_text_right(text, MP_DIM, 14, mp_report_column(rows, 1));
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, MP_PLAIN, 12, mp_report_column(rows, 2));
        mp_text_add(text, MP_DIM, " %s ", mp_report_column(rows, 3));
        mp_text_add(text, is_open ? MP_BOLD : MP_PLAIN, "%s%s", mp_report_column(rows, 4),
                    is_open ? ", and never came back" : "");
        mp_text_end(text);
    }
    if (total > shown) {
        mp_text_add(text, MP_DIM,
                    "     %lld earlier ones are kept: see --trace and --json",
                    (long long)(total - shown));
        mp_text_end(text);
    }
    add_threads(show, text);
}
