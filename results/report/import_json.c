/* The JSON of an import: a table in memory, and a query that makes the document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <string.h>

#include "results/report/import.h"

static const char TABLES[] = "CREATE TABLE kind (result TEXT) STRICT;"
                             "CREATE TABLE item (result TEXT, file TEXT, what TEXT, "
                             "incident TEXT, sha256 TEXT, title TEXT,"
                             " report_id INTEGER, round_id INTEGER) STRICT";
static const char ADD[] = "INSERT INTO item VALUES (?, ?, nullif(?, ''), nullif(?, ''), "
                          "nullif(?, ''), nullif(?, ''),"
                          " nullif(?, 0), nullif(?, 0))";
static const char DOCUMENT[] =
    "SELECT json_object('schema', 1, 'command', 'import', 'verdict',"
    " iif((SELECT count(*) FROM item WHERE result = 'unreadable') > 0, 'unreadable', "
    "'ok'), "
    "'exit_code',"
    " iif((SELECT count(*) FROM item WHERE result = 'unreadable') > 0, 2, 0),"
    " 'files', (SELECT json_group_array(json_object('file', file, 'result', result, "
    "'what', what,"
    " 'incident', incident, 'sha256', sha256, 'title', title, 'os_report', report_id,"
    " 'round', round_id)) FROM (SELECT * FROM item ORDER BY rowid)),"
    " 'counts', (SELECT json_group_object(result, n) FROM (SELECT kind.result,"
    " count(item.rowid) AS n FROM kind LEFT JOIN item USING (result) GROUP BY kind.rowid"
    " ORDER BY kind.rowid)))";

const char *mp_import_result_name(enum mp_import_result result) {
    static const char *const names[MP_IMPORT_RESULT_COUNT] = {
        [MP_IMPORT_NEW] = "new",
        [MP_IMPORT_GPU_EVENT] = "gpu_event",
        [MP_IMPORT_KNOWN] = "known",
        [MP_IMPORT_NO_CRASH] = "no_crash",
        [MP_IMPORT_UNREADABLE] = "unreadable",
    };
    return (unsigned)result < MP_IMPORT_RESULT_COUNT ? names[result] : "unknown";
}

/* Runs a statement once; its first value goes to `buf`. */
static int run(sqlite3 *db, sqlite3_stmt *stmt, struct mp_strbuf *buf) {
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW && buf != NULL) {
        mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
        code = SQLITE_DONE;
    }
    sqlite3_reset(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
}

static int add_kinds(sqlite3 *db) {
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, "INSERT INTO kind VALUES (?)", -1, &stmt, NULL);
    for (int i = 0; i < MP_IMPORT_RESULT_COUNT && code == SQLITE_OK; i++) {
        sqlite3_bind_text(stmt, 1, mp_import_result_name((enum mp_import_result)i), -1,
                          SQLITE_STATIC);
        code = run(db, stmt, NULL);
    }
    sqlite3_finalize(stmt);
    return code;
}

/* Texts are escaped first, so that the document is valid UTF-8 whatever the files
 * held. */
static int add_item(sqlite3 *db, sqlite3_stmt *stmt, const struct mp_import_item *item) {
    const char *texts[] = {mp_import_result_name(item->result),
                           item->file,
                           item->what,
                           item->incident,
                           item->sha256,
                           item->title};
    int code = SQLITE_OK;
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    for (int i = 0; i < 6 && code == SQLITE_OK; i++) {
        mp_strbuf_clear(&safe);
        mp_strbuf_add_escaped(&safe, texts[i], strlen(texts[i]), 0);
        code = sqlite3_bind_text(stmt, i + 1, safe.text, -1, SQLITE_TRANSIENT);
    }
    mp_strbuf_release(&safe);
    sqlite3_bind_int64(stmt, 7, item->report_id);
    sqlite3_bind_int64(stmt, 8, item->round_id);
    return code == SQLITE_OK ? run(db, stmt, NULL) : code;
}

enum mp_status mp_report_import_json(const struct mp_import_item *items, size_t count,
                                     struct mp_strbuf *buf, struct mp_error *err) {
    sqlite3 *db = NULL;
    sqlite3_stmt *add = NULL, *document = NULL;
    enum mp_status status = MP_OK;
    int code = sqlite3_open_v2(":memory:", &db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, TABLES, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = add_kinds(db);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, ADD, -1, &add, NULL);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = add_item(db, add, &items[i]);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, DOCUMENT, -1, &document, NULL);
    if (code == SQLITE_OK)
        code = run(db, document, buf);
    if (code == SQLITE_OK) {
        mp_strbuf_addch(buf, '\n');
    } else {
        status = mp_error_set(err, MP_STORE, "cannot make the JSON of the import: %s",
                              sqlite3_errmsg(db));
    }
    sqlite3_finalize(add);
    sqlite3_finalize(document);
    sqlite3_close(db);
    return status;
}
