/* The JSON of a merge: one object a file by SQLite, in the order of the command line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <string.h>

#include "results/report/merge.h"

static const char FILE_SQL[] = "SELECT json_object('file', ?1, 'campaigns', "
                               "json_object('new', ?2, 'grown', ?3, 'known', ?4),"
                               " 'rounds', json_object('new', ?5, 'known', ?6))";
static const char HEAD_SQL[] =
    "SELECT json_object('schema', 1, 'command', 'merge', 'verdict', "
    "'merged', 'exit_code', 0, 'into',"
    " ?1, 'campaigns', (SELECT count(*) FROM campaign), 'rounds', "
    "(SELECT ifnull(sum(rounds), 0) FROM"
    " round_count), 'files', json(?2))";

/* Binds a path, escaped, so that the document is valid UTF-8. */
static int bind_path(sqlite3_stmt *stmt, const char *path) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, path, strlen(path), 0);
    int code = sqlite3_bind_text(stmt, 1, safe.text, -1, SQLITE_TRANSIENT);
    mp_strbuf_release(&safe);
    return code;
}

/* Runs a statement that gives one text. */
static int add_text(sqlite3_stmt *stmt, struct mp_strbuf *buf) {
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
        code = SQLITE_OK;
    }
    sqlite3_reset(stmt);
    return code;
}

static int add_files(sqlite3 *db, const char *const *from, size_t count,
                     const struct mp_merge_counts *counts, struct mp_strbuf *buf) {
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, FILE_SQL, -1, &stmt, NULL);
    mp_strbuf_addch(buf, '[');
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        mp_strbuf_addstr(buf, i > 0 ? "," : "");
        code = bind_path(stmt, from[i]);
        sqlite3_bind_int64(stmt, 2, (int64_t)counts[i].campaigns_new);
        sqlite3_bind_int64(stmt, 3, (int64_t)counts[i].campaigns_grown);
        sqlite3_bind_int64(stmt, 4, (int64_t)counts[i].campaigns_known);
        sqlite3_bind_int64(stmt, 5, (int64_t)counts[i].rounds_new);
        sqlite3_bind_int64(stmt, 6, (int64_t)counts[i].rounds_known);
        code = code == SQLITE_OK ? add_text(stmt, buf) : code;
    }
    mp_strbuf_addch(buf, ']');
    sqlite3_finalize(stmt);
    return code;
}

enum mp_status mp_report_merge_json(struct mp_store *store, const char *const *from,
                                    size_t count, const struct mp_merge_counts *counts,
                                    struct mp_strbuf *buf, struct mp_error *err) {
    sqlite3 *db = mp_store_handle(store);
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf files;
    mp_strbuf_init(&files);
    int code = add_files(db, from, count, counts, &files);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, HEAD_SQL, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = bind_path(stmt, mp_store_path(store));
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 2, files.text, -1, SQLITE_STATIC);
        code = add_text(stmt, buf);
    }
    mp_strbuf_addch(buf, '\n');
    enum mp_status status = MP_OK;
    if (code != SQLITE_OK) {
        status = mp_error_set(err, MP_STORE, "cannot make the JSON of the merge: %s",
                              sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&files);
    return status;
}
