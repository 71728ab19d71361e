/* Queries of a view.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/query.h"

#include <stdio.h>

#include "harness/base/memory.h"

void mp_query_begin(struct mp_query *query, struct mp_store *store) {
    *query =
        (struct mp_query){.db = mp_store_handle(store), .path = mp_store_path(store)};
    query->has_begun = sqlite3_get_autocommit(query->db) != 0;
    if (query->has_begun)
        mp_query_note(query, sqlite3_exec(query->db, "BEGIN", NULL, NULL, NULL));
}

void mp_query_end(struct mp_query *query) {
    if (query->has_begun)
        sqlite3_exec(query->db, "COMMIT", NULL, NULL, NULL);
    query->has_begun = false;
}

enum mp_status mp_query_status(const struct mp_query *query, struct mp_error *err) {
    if (query->code == SQLITE_OK)
        return MP_OK;
    return mp_error_set(err, MP_STORE, "cannot read the rounds in %s: %s", query->path,
                        query->reason);
}

void mp_query_note(struct mp_query *query, int code) {
    if (query->code == SQLITE_OK && code != SQLITE_OK) {
        query->code = code;
        snprintf(query->reason, sizeof(query->reason), "%s",
                 mp_store_why(query->db, code));
    }
}

sqlite3_stmt *mp_query_rows(struct mp_query *query, const char *sql, int64_t first,
                            int64_t second) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(query->db, sql, -1, &rows, NULL);
    int count = sqlite3_bind_parameter_count(rows);
    if (code == SQLITE_OK && count >= 1)
        code = sqlite3_bind_int64(rows, 1, first);
    if (code == SQLITE_OK && count >= 2)
        code = sqlite3_bind_int64(rows, 2, second);
    mp_query_note(query, code);
    return rows;
}

bool mp_query_next(struct mp_query *query, sqlite3_stmt *rows) {
    int code = query->code == SQLITE_OK ? sqlite3_step(rows) : query->code;
    if (code == SQLITE_ROW)
        return true;
    mp_query_note(query, code == SQLITE_DONE ? SQLITE_OK : code);
    sqlite3_finalize(rows);
    return false;
}

const char *mp_query_text(sqlite3_stmt *rows, int column) {
    const char *text = (const char *)sqlite3_column_text(rows, column);
    return text == NULL ? "" : text;
}

char *mp_query_copy(sqlite3_stmt *rows, int column) {
    return mp_memory_copy_text(mp_query_text(rows, column));
}
