/* SQLite's JSON functions make the object, since queries compare its text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/pairs.h"

#include <string.h>

#include "results/store/handle.h"

/* Adds the SQL of the value in parameter `at`. "-" is not JSON: the inner CASE keeps
 * json_type from seeing malformed text. */
static void add_number(struct mp_strbuf *sql, int at) {
    mp_strbuf_addf(sql,
                   "CASE WHEN CASE WHEN json_valid(?%d) THEN json_type(?%d) END"
                   " IN ('integer', 'real') THEN json(?%d) ELSE ?%d END",
                   at, at, at, at);
}

int mp_pairs_to_json(struct mp_store *store, const struct mp_pair *pairs, size_t count,
                     bool has_numbers, struct mp_strbuf *buf) {
    struct mp_strbuf sql;
    mp_strbuf_init(&sql);
    mp_strbuf_addstr(&sql, "SELECT json_object(");
    for (int i = 0; i < (int)count && i < MP_STORE_PAIRS_MAX; i++) {
        mp_strbuf_addf(&sql, "%s?%d, ", i > 0 ? ", " : "", 2 * i + 1);
        if (has_numbers)
            add_number(&sql, 2 * i + 2);
        else
            mp_strbuf_addf(&sql, "?%d", 2 * i + 2);
    }
    mp_strbuf_addstr(&sql, ")");
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(store->db, sql.text, -1, &stmt, NULL);
    for (int i = 0; i < 2 * (int)count && i < 2 * MP_STORE_PAIRS_MAX; i++) {
        const struct mp_pair *pair = &pairs[i / 2];
        const char *from = i % 2 == 0 ? pair->name : pair->value;
        mp_strbuf_clear(&text);
        mp_strbuf_add_escaped(&text, from, strnlen(from, MP_STORE_TEXT_MAX), 0);
        if (code == SQLITE_OK)
            code = sqlite3_bind_text(stmt, i + 1, text.text, (int)text.len,
                                     SQLITE_TRANSIENT);
    }
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
        code = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&text);
    mp_strbuf_release(&sql);
    return code;
}
