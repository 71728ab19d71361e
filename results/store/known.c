/* Known failures: the newest word on each signature. A removal is a word too, so that a
 * merge with an older file brings nothing back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/known.h"

#include <string.h>

#include "harness/base/clock.h"
#include "results/store/database.h"

bool mp_known_is_day(const char *text) {
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(form); i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
               text[3] - '0';
    int month = (text[5] - '0') * 10 + text[6] - '0';
    int day = (text[8] - '0') * 10 + text[9] - '0';
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
        return false;
    return month != 2 || day < 29 || is_leap;
}

/* A key names a signal or the like, a class and a function: "SIGSEGV/null/f". */
static bool looks_like_key(const char *text) {
    const char *slash = strchr(text, '/');
    if (slash == NULL || slash == text || strchr(slash + 1, '/') == NULL)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return true;
}

/* How many keys `text` may stand for: 0, 1, or 2 for more; the first is added. */
static int find_keys(struct mp_store *store, const char *text, struct mp_strbuf *buf,
                     int *ret_count) {
    sqlite3_stmt *stmt = NULL;
    int count = 0;
    bool is_whole = false;
    int code = sqlite3_prepare_v2(
        store->db,
        "SELECT coalesce(key, ''), key = ?1 OR CAST(id AS TEXT) = ?1 AS is_whole FROM"
        " signature WHERE is_whole OR (?1 <> '' AND substr(key, 1,"
        " length(?1)) = ?1) ORDER BY is_whole DESC LIMIT 2",
        -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && !is_whole && sqlite3_step(stmt) == SQLITE_ROW) {
        is_whole = sqlite3_column_int(stmt, 1) != 0;
        if (count++ == 0)
            mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
    }
    int ended = sqlite3_finalize(stmt);
    *ret_count = count;
    return code == SQLITE_OK ? ended : code;
}

enum mp_status mp_store_signature_key(struct mp_store *store, const char *text,
                                      struct mp_strbuf *buf, struct mp_error *err) {
    int count = 0;
    struct mp_strbuf key;
    mp_strbuf_init(&key);
    enum mp_status status = MP_OK;
    int code = find_keys(store, text, &key, &count);
    if (code != SQLITE_OK)
        status = mp_database_error(store, err, code, "find a signature");
    else if (count == 1)
        mp_strbuf_addstr(buf, key.text);
    else if (count == 0 && looks_like_key(text))
        mp_strbuf_addstr(buf, text);
    else
        status =
            mp_error_set(err, MP_NOT_FOUND,
                         "%s signature '%s' in %s; 'mpstress known list --all' "
                         "shows them with their numbers",
                         count == 0 ? "there is no" : "more than one", text, store->path);
    mp_strbuf_release(&key);
    return status;
}

static int set(struct mp_store *store, const struct mp_known_row *row, bool is_removed) {
    struct mp_statement put = mp_statement_start(store, MP_SQL_SET_KNOWN);
    mp_bind_foreign(&put, "key", row->key);
    mp_bind_foreign(&put, "issue", row->issue);
    mp_bind_foreign(&put, "until", row->until);
    mp_bind_integer(&put, "is_removed", is_removed);
    mp_bind_utc(&put, "changed_at", mp_clock_wall_ns());
    return mp_statement_run(&put);
}

enum mp_status mp_store_known_add(struct mp_store *store, const struct mp_known_row *row,
                                  struct mp_error *err) {
    int code = mp_database_begin(store);
    if (code == SQLITE_OK)
        code = set(store, row, false);
    code = mp_database_end(store, code);
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "note what is known");
}

enum mp_status mp_store_known_remove(struct mp_store *store, const char *key,
                                     struct mp_error *err) {
    sqlite3_stmt *stmt = NULL;
    bool is_known = false;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(store->db,
                                  "UPDATE known_failure SET is_removed = 1, changed_at ="
                                  " strftime('%Y-%m-%dT%H:%M:%fZ') WHERE key = ?1 AND"
                                  " is_removed = 0 RETURNING 1",
                                  -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        is_known = true;
    int ended = sqlite3_finalize(stmt);
    code = mp_database_end(store, code == SQLITE_OK ? ended : code);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "note what is known");
    return is_known ? MP_OK
                    : mp_error_set(err, MP_NOT_FOUND,
                                   "'%s' is not known in %s: 'mpstress known list' shows "
                                   "what is",
                                   key, store->path);
}
