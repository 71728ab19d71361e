/* What was asked for, found, and its text for a terminal: headline here, the parts in
 * other files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show.h"

#include <string.h>

#include "harness/base/clock.h"
#include "results/report/modules.h"
#include "results/report/show_rows.h"

const char *mp_show_kind_name(enum mp_show_kind kind) {
    static const char *const names[MP_SHOW_COUNT] = {"round", "crash", "signature"};
    return (unsigned)kind < MP_SHOW_COUNT ? names[kind] : "unknown";
}

enum mp_status mp_show_begin(struct mp_show *show, struct mp_store *store,
                             const struct mp_show_options *options,
                             struct mp_error *err) {
    static const char *const queries[MP_SHOW_COUNT] = {
        "SELECT campaign_id, id, 0, 0 FROM round WHERE id = ?2",
        "SELECT campaign_id, r.id, c.id, 0 FROM crash AS c JOIN round AS r ON r.id = "
        "round_id"
        " WHERE c.id = ?2",
        /* The newest crash stands for all of them; a signature whose crashes are gone has
           none. */
        "SELECT campaign_id, r.id, c.id, s.id FROM signature AS s LEFT JOIN crash AS c"
        " ON c.signature_id = s.id LEFT JOIN round AS r ON r.id = round_id WHERE s.id = "
        "?2"
        " ORDER BY c.id DESC LIMIT 1"};
    memset(show, 0, sizeof(*show));
    show->report.db = mp_store_handle(store);
    show->report.path = mp_store_path(store);
    sqlite3_exec(show->report.db, "BEGIN", NULL, NULL, NULL);
    bool is_found = false;
    sqlite3_stmt *rows =
        mp_report_query(&show->report, queries[options->kind], options->id);
    while (mp_report_next(&show->report, rows)) {
        is_found = true;
        show->report.campaign_id = sqlite3_column_int64(rows, 0);
        show->round_id = sqlite3_column_int64(rows, 1);
        show->crash_id = sqlite3_column_int64(rows, 2);
        show->signature_id = sqlite3_column_int64(rows, 3);
    }
    enum mp_status status = mp_report_status(&show->report, err);
    if (status == MP_OK && !is_found) {
        status = mp_error_set(err, MP_NOT_FOUND, "%s has no %s %lld", show->report.path,
                              mp_show_kind_name(options->kind), (long long)options->id);
    }
    return status;
}

void mp_show_end(struct mp_show *show) {
    sqlite3_exec(show->report.db, "COMMIT", NULL, NULL, NULL);
}

void mp_show_add_title(struct mp_text *text, const char *title) {
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "%s", title);
    mp_text_end(text);
}

static void add_label(struct mp_text *text, const char *label, const char *content) {
    if (content[0] != '\0') {
        mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, label);
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_LABEL_WIDTH, content);
    }
}

static void add_headline(struct mp_show *show, struct mp_text *text) {
    static const char *const labels[] = {"device", "scenario", "began",
                                         "work",   "threads",  "process",
                                         "stacks", "driver",   "database"};
    struct mp_strbuf driver;
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT outcome, detail, class, device,"
        " scenario || coalesce(':' || (SELECT group_concat(key || '=' || atom) FROM"
        " json_each(params)), '') || ', arm ' || arm || ' (' || replace(role, '_', ' ') "
        "|| ')',"
        " started_at || ', round ' || seq || ' of campaign ' || r.campaign_id || ', seed "
        "' || seed,"
        " ops_planned || ' ops planned, ' || ops_started || ' started, ' || ops_done || "
        "' right, '"
        " || ops_wrong || ' wrong, ' || ops_dropped || ' dropped, ' || ops_device ||"
        " ' executed by the device; ' || buffers_failed || ' command buffers failed; ' ||"
        " hostile_syncs || ' hostile syncs',"
        " threads_started || ' started, ' || threads_unfinished || ' never finished; at "
        "most ' ||"
        " max_overlap || ' inside the driver at once; came as far as ' || phase,"
        " 'left by ' || exit_kind || coalesce(' ' || exit_code, ' ' || signal, '') ||"
        " iif(leaked > 0, ', left ' || leaked || ' processes behind', '') ||"
        " iif(was_traced, ', traced', ', not traced'), " MP_REPORT_UNTRACED
        ", " MP_REPORT_DRIVER
        " FROM round AS r JOIN cell ON cell.id = r.cell_id JOIN outcome ON outcome.name = outcome"
        " LEFT JOIN campaign_cell AS m ON m.cell_id = r.cell_id AND m.campaign_id = "
        "r.campaign_id"
        " LEFT JOIN round_driver AS d ON d.id = driver_id WHERE r.id = ?2",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        bool is_failure = strcmp(mp_report_column(rows, 2), "failure") == 0;
        mp_text_add(text, is_failure ? MP_BAD : MP_GOOD, "%s", mp_report_column(rows, 0));
        mp_text_add(text, MP_BOLD, "  round %lld", (long long)show->round_id);
        mp_text_end(text);
        add_label(text, "", mp_report_column(rows, 1));
        mp_text_end(text);
        for (int i = 0; i < 7; i++)
            add_label(text, labels[i], mp_report_column(rows, 3 + i));
        mp_strbuf_init(&driver);
        mp_report_add_driver(rows, 10, 0, 5, &driver);
        add_label(text, labels[7], driver.text);
        mp_strbuf_release(&driver);
        if (strstr(mp_report_column(rows, 3), "@model") != NULL) {
            add_label(text, "",
                      "@model is a software model of the driver: nothing here was seen "
                      "on Apple's driver.");
        }
    }
    add_label(text, labels[8], show->report.path);
}

/* What the round wrote to stderr at the end. */
static void add_stderr(struct mp_show *show, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT rtrim(stderr, char(10, 13, 32)) FROM round_text WHERE round_id = ?2",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        const char *line = mp_report_column(rows, 0);
        if (*line != '\0')
            mp_show_add_title(text, "The end of its stderr");
        while (*line != '\0') {
            size_t len = strcspn(line, "\n");
            mp_text_add(text, MP_PLAIN, "     %.*s", (int)len, line);
            mp_text_end(text);
            line += len + (line[len] == '\n');
        }
    }
}

/* Says so if the detail of the round is gone, and where there is more of its kind. */
static bool add_dropped(struct mp_show *show, struct mp_text *text) {
    bool is_dropped = false;
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT 'Its stacks, calls, spec and stderr were dropped: of each kind the first "
        "' ||"
        " keep_first || ' and the newest ' || keep_newest || ' rounds of a campaign keep "
        "them"
        " (--keep-first, --keep-newest). In full: ' || (SELECT iif(min(e.round_id) <"
        " max(e.round_id), 'rounds ' || min(e.round_id) || ' and ', 'round ') || "
        "max(e.round_id)"
        " FROM evidence AS e WHERE e.campaign_id = r.campaign_id AND e.kind ="
        " ifnull((SELECT key FROM crash JOIN signature AS s ON s.id = signature_id WHERE"
        " round_id = r.id ORDER BY crash.id LIMIT 1), r.outcome)) || '.'"
        " FROM round AS r JOIN campaign AS c ON c.id = r.campaign_id WHERE r.id = ?2 "
        "AND " MP_SHOW_IS_DROPPED("r"),
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        add_label(text, "dropped", mp_report_column(rows, 0));
        is_dropped = true;
    }
    return is_dropped;
}

enum mp_status mp_show_text(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_show show;
    enum mp_status status = mp_show_begin(&show, store, options, err);
    if (status == MP_OK) {
        if (show.signature_id != 0)
            mp_show_add_signature(&show, &text);
        if (show.signature_id != 0 && show.round_id != 0)
            mp_show_add_title(&text, "The newest as an example");
        if (show.round_id != 0) {
            add_headline(&show, &text);
            bool is_dropped = add_dropped(&show, &text);
            mp_show_add_modules(&show, &text, options->has_all_modules);
            mp_show_add_crashes(&show, &text);
            mp_show_add_events(&show, &text);
            add_stderr(&show, &text);
            mp_show_add_title(&text, "How to repeat it");
            mp_report_add_repeat(&show.report, &text, show.round_id);
            if (!is_dropped)
                mp_report_add_by_hand(&show.report, &text, show.round_id);
        }
        status = mp_report_status(&show.report, err);
    }
    mp_show_end(&show);
    return status;
}
