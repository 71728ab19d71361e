/* The findings of a check, one after the other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/check.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

#include "results/store/check.h"

static const char TABLES[] =
    "CREATE TABLE done (name TEXT, words TEXT) STRICT;"
    "CREATE TABLE finding (name TEXT, is_wrong INTEGER, text TEXT) STRICT";
static const char DOCUMENT[] =
    "SELECT json_object('schema', 1, 'command', 'doctor', 'verdict', iif(?1 = 0, "
    "'sound', 'wrong'),"
    " 'exit_code', iif(?1 = 0, 0, 6),"
    " 'database', ?2, 'campaigns', ?3, 'rounds', ?4, 'wrong', ?1, 'checks', (SELECT"
    " json_group_array(json_object('name', name, 'makes_sure_that', words, 'is_sound',"
    " json(iif(EXISTS (SELECT 1 FROM finding WHERE finding.name = done.name AND "
    "is_wrong), 'false',"
    " 'true')), 'findings', json((SELECT json_group_array(text) FROM finding"
    " WHERE finding.name = done.name)))) FROM done))";

static void add_text(void *arg, const struct mp_check_finding *finding) {
    struct mp_strbuf *buf = arg;
    mp_strbuf_addf(buf, "%s  %s: ", finding->is_wrong ? "WRONG" : "note ",
                   finding->check);
    mp_strbuf_add_escaped(buf, finding->text, strlen(finding->text), 0);
    mp_strbuf_addch(buf, '\n');
}

enum mp_status mp_report_check_text(struct mp_store *store, struct mp_strbuf *buf,
                                    bool *ret_is_sound, struct mp_error *err) {
    struct mp_check_counts counts = {0};
    enum mp_status status = mp_store_check(store, add_text, buf, &counts, err);
    if (status != MP_OK)
        return status;
    mp_strbuf_addf(buf,
                   "%s: %" PRIu64 " campaigns, %" PRIu64 " rounds, %" PRIu64 " checks: ",
                   mp_store_path(store), counts.campaigns, counts.rounds, counts.checks);
    if (counts.wrong == 0) {
        mp_strbuf_addstr(buf, "nothing is wrong\n");
    } else {
        mp_strbuf_addf(buf, "%" PRIu64 " finding%s, do not rely on its figures\n",
                       counts.wrong, counts.wrong == 1 ? "" : "s");
    }
    *ret_is_sound = counts.wrong == 0;
    return MP_OK;
}

static int run(sqlite3_stmt *stmt, struct mp_strbuf *buf) {
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW && buf != NULL) {
        mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
        mp_strbuf_addch(buf, '\n');
        code = SQLITE_DONE;
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void add_row(void *arg, const struct mp_check_finding *finding) {
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, finding->text, strlen(finding->text), 0);
    if (sqlite3_prepare_v2(arg, "INSERT INTO finding VALUES (?, ?, ?)", -1, &stmt,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, finding->check, -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 2, finding->is_wrong);
        sqlite3_bind_text(stmt, 3, safe.text, -1, SQLITE_TRANSIENT);
        (void)run(stmt,
                  NULL); /* memory alone can be short: then allocation ends the process */
    }
    mp_strbuf_release(&safe);
}

static int add_checks(sqlite3 *db) {
    int code = SQLITE_OK;
    for (unsigned i = 0; mp_store_check_name(i) != NULL && code == SQLITE_OK; i++) {
        sqlite3_stmt *stmt = NULL;
        code = sqlite3_prepare_v2(db, "INSERT INTO done VALUES (?, ?)", -1, &stmt, NULL);
        if (code == SQLITE_OK) {
            sqlite3_bind_text(stmt, 1, mp_store_check_name(i), -1, SQLITE_STATIC);
            sqlite3_bind_text(stmt, 2, mp_store_check_words(i), -1, SQLITE_STATIC);
            code = run(stmt, NULL);
        }
    }
    return code;
}

static int write_document(sqlite3 *db, const char *path,
                          const struct mp_check_counts *counts, struct mp_strbuf *buf) {
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, path, strlen(path), 0);
    int code = sqlite3_prepare_v2(db, DOCUMENT, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, (int64_t)counts->wrong);
        sqlite3_bind_text(stmt, 2, safe.text, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 3, (int64_t)counts->campaigns);
        sqlite3_bind_int64(stmt, 4, (int64_t)counts->rounds);
        code = run(stmt, buf);
    }
    mp_strbuf_release(&safe);
    return code;
}

enum mp_status mp_report_check_json(struct mp_store *store, struct mp_strbuf *buf,
                                    bool *ret_is_sound, struct mp_error *err) {
    sqlite3 *db = NULL;
    struct mp_check_counts counts = {0};
    enum mp_status status = MP_OK;
    int code = sqlite3_open_v2(":memory:", &db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    code = code == SQLITE_OK ? sqlite3_exec(db, TABLES, NULL, NULL, NULL) : code;
    code = code == SQLITE_OK ? add_checks(db) : code;
    if (code == SQLITE_OK)
        status = mp_store_check(store, add_row, db, &counts, err);
    if (code == SQLITE_OK && status == MP_OK) {
        code = write_document(db, mp_store_path(store), &counts, buf);
        *ret_is_sound = counts.wrong == 0;
    }
    if (code != SQLITE_OK) {
        status = mp_error_set(err, MP_STORE, "cannot make the JSON of the check: %s",
                              sqlite3_errmsg(db));
    }
    sqlite3_close(db);
    return status;
}
