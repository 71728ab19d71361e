/* Values into prepared statements. Must not let text from outside through as it came.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/database.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"

#define TEXT_MAX 65536 /* bytes of one text that came from outside */

struct mp_binder mp_binder_start(struct mp_store *store, enum mp_statement id) {
    return (struct mp_binder){
        .store = store, .stmt = store->statement[id], .code = SQLITE_OK};
}

/* Keeps the first failure. */
static void note(struct mp_binder *binder, int code) {
    binder->code = binder->code == SQLITE_OK ? code : binder->code;
}

void mp_put_null(struct mp_binder *binder) {
    note(binder, sqlite3_bind_null(binder->stmt, ++binder->index));
}

void mp_put_integer(struct mp_binder *binder, int64_t value) {
    note(binder, sqlite3_bind_int64(binder->stmt, ++binder->index, value));
}

void mp_put_count(struct mp_binder *binder, uint64_t value) {
    mp_put_integer(binder, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void mp_put_real(struct mp_binder *binder, double value) {
    note(binder, sqlite3_bind_double(binder->stmt, ++binder->index, value));
}

void mp_put_hex(struct mp_binder *binder, uint64_t value) {
    char text[24];
    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    note(binder,
         sqlite3_bind_text(binder->stmt, ++binder->index, text, -1, SQLITE_TRANSIENT));
}

void mp_put_utc(struct mp_binder *binder, uint64_t wall_ns) {
    char text[40];
    mp_clock_format_utc(wall_ns, text, sizeof(text));
    size_t len = strlen(text) - 1; /* without the Z */
    snprintf(text + len, sizeof(text) - len, ".%03uZ",
             (unsigned)(wall_ns / MP_CLOCK_NS_PER_MS % 1000));
    note(binder,
         sqlite3_bind_text(binder->stmt, ++binder->index, text, -1, SQLITE_TRANSIENT));
}

void mp_put_text(struct mp_binder *binder, const char *text) {
    note(binder,
         sqlite3_bind_text(binder->stmt, ++binder->index, text, -1, SQLITE_STATIC));
}

void mp_put_foreign(struct mp_binder *binder, const char *text, int keep_lines) {
    if (text == NULL) {
        mp_put_null(binder);
        return;
    }
    struct mp_strbuf *scratch = &binder->store->scratch;
    mp_strbuf_clear(scratch);
    mp_strbuf_add_escaped(scratch, text, strnlen(text, TEXT_MAX), keep_lines);
    note(binder, sqlite3_bind_text(binder->stmt, ++binder->index, scratch->text,
                                   (int)scratch->len, SQLITE_TRANSIENT));
}

void mp_put_foreign_or_null(struct mp_binder *binder, const char *text) {
    mp_put_foreign(binder, text == NULL || text[0] == '\0' ? NULL : text, 0);
}

int mp_binder_query(struct mp_binder *binder, int64_t *ret_values, int count) {
    assert(binder->index == sqlite3_bind_parameter_count(binder->stmt));
    int code = binder->code == SQLITE_OK ? sqlite3_step(binder->stmt) : binder->code;
    if (code == SQLITE_ROW) {
        for (int i = 0; i < count; i++)
            ret_values[i] = sqlite3_column_int64(binder->stmt, i);
        code = SQLITE_OK;
    }
    sqlite3_reset(binder->stmt);
    sqlite3_clear_bindings(binder->stmt);
    return code;
}

int mp_binder_text(struct mp_binder *binder, struct mp_strbuf *buf) {
    assert(binder->index == sqlite3_bind_parameter_count(binder->stmt));
    int code = binder->code == SQLITE_OK ? sqlite3_step(binder->stmt) : binder->code;
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(binder->stmt, 0);
        mp_strbuf_addstr(buf, text == NULL ? "" : text);
        code = SQLITE_OK;
    }
    sqlite3_reset(binder->stmt);
    sqlite3_clear_bindings(binder->stmt);
    return code;
}

int mp_binder_run(struct mp_binder *binder) {
    int code = mp_binder_query(binder, NULL, 0);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int mp_database_json(struct mp_store *store, const struct mp_pair *pairs, size_t count,
                     int has_numbers, struct mp_strbuf *buf) {
    struct mp_strbuf sql;
    mp_strbuf_init(&sql);
    mp_strbuf_addstr(&sql, "SELECT json_object(");
    for (size_t i = 0; i < count && i < MP_STORE_PAIRS_MAX; i++) {
        int name = (int)i * 2 + 1, value = name + 1;
        mp_strbuf_addf(&sql, "%s?%d, ", i > 0 ? ", " : "", name);
        if (has_numbers) {
            /* "-" is no JSON type: the inner CASE keeps json_type from seeing malformed
             * text. */
            mp_strbuf_addf(&sql,
                           "CASE WHEN CASE WHEN json_valid(?%d) THEN json_type(?%d) END"
                           " IN ('integer', 'real') THEN json(?%d) ELSE ?%d END",
                           value, value, value, value);
        } else {
            mp_strbuf_addf(&sql, "?%d", value);
        }
    }
    mp_strbuf_addstr(&sql, ")");
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(store->db, sql.text, -1, &stmt, NULL);
    struct mp_binder binder = {.store = store, .stmt = stmt, .code = code};
    for (size_t i = 0; i < count && i < MP_STORE_PAIRS_MAX && code == SQLITE_OK; i++) {
        mp_put_foreign(&binder, pairs[i].name, 0);
        mp_put_foreign(&binder, pairs[i].value, 0);
        code = binder.code;
    }
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        mp_strbuf_addstr(buf, (const char *)sqlite3_column_text(stmt, 0));
        code = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&sql);
    return code;
}
