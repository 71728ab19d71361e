/* Binds and runs prepared statements. Text from outside is escaped on its way in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/statement.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"

static const struct {
    const char *name, *sql;
    const char *table; /* `sql` is the beginning of an INSERT into it; NULL: all of it */
} STATEMENTS[MP_SQL_COUNT] = {
#define MP_STATEMENT(id, sql)      {#id, sql, NULL},
#define MP_INSERT(id, verb, table) {#id, verb, table},
#include "results/store/statement.def"
#undef MP_STATEMENT
#undef MP_INSERT
};

/* An empty database with the tables as we make them. */
static int open_own(const struct mp_schema *schema, sqlite3 **ret_own) {
    int code = sqlite3_open(":memory:", ret_own);
    return code == SQLITE_OK ? sqlite3_exec(*ret_own, schema->sql, NULL, NULL, NULL)
                             : code;
}

/* The columns come from the schema, which is their only list; what another program added
 * to the file is left out. */
static int write_insert(sqlite3 *own, int id, struct mp_strbuf *sql) {
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(
        own,
        "SELECT ?1 || ' ' || ?2 || ' (' || group_concat(name, ', ') || ') VALUES (:'"
        " || group_concat(name, ', :') || ')' FROM (SELECT name FROM"
        " pragma_table_info(?2) WHERE name <> 'id' ORDER BY cid)",
        -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, STATEMENTS[id].sql, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 2, STATEMENTS[id].table, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        mp_strbuf_addstr(sql, text != NULL ? text : "");
        code = text != NULL ? SQLITE_OK : SQLITE_SCHEMA;
    }
    sqlite3_finalize(stmt);
    return code;
}

static int prepare(struct mp_store *store, sqlite3 *own, int id) {
    sqlite3_stmt **stmt = &store->prepared[id];
    struct mp_strbuf sql;
    mp_strbuf_init(&sql);
    int code = SQLITE_OK;
    if (STATEMENTS[id].table != NULL)
        code = write_insert(own, id, &sql);
    else
        mp_strbuf_addstr(&sql, STATEMENTS[id].sql);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v3(store->db, sql.text, -1, SQLITE_PREPARE_PERSISTENT,
                                  stmt, NULL);
    mp_strbuf_release(&sql);
    int count = code == SQLITE_OK ? sqlite3_bind_parameter_count(*stmt) : 0;
    for (int i = 1; i <= count; i++)
        if (i > MP_STATEMENT_PARAMETERS_MAX ||
            sqlite3_bind_parameter_name(*stmt, i) == NULL)
            code = SQLITE_RANGE; /* too many, or a bare question mark */
    return code;
}

int mp_statement_prepare_all(struct mp_store *store) {
    sqlite3 *own = NULL;
    int code = open_own(store->schema, &own);
    for (int id = 0; id < MP_SQL_COUNT && code == SQLITE_OK; id++) {
        code = prepare(store, own, id);
        if (code != SQLITE_OK)
            snprintf(store->reason, sizeof(store->reason), "statement %s: %s",
                     STATEMENTS[id].name,
                     code == SQLITE_ERROR ? sqlite3_errmsg(store->db)
                                          : sqlite3_errstr(code));
    }
    sqlite3_close(own);
    return code;
}

void mp_statement_finalize_all(struct mp_store *store) {
    for (int id = 0; id < MP_SQL_COUNT; id++)
        sqlite3_finalize(store->prepared[id]);
}

struct mp_statement mp_statement_start(struct mp_store *store, enum mp_statement_id id) {
    return (struct mp_statement){
        .store = store, .id = id, .stmt = store->prepared[id], .code = SQLITE_OK};
}

/* Keeps the first failure. */
static void note(struct mp_statement *statement, int code) {
    if (statement->code == SQLITE_OK)
        statement->code = code;
}

/* A bug in this program, which SQLite cannot name. */
static void note_mistake(struct mp_statement *statement, int code, const char *parameter,
                         const char *words) {
    struct mp_store *store = statement->store;
    if (statement->code == SQLITE_OK)
        snprintf(store->reason, sizeof(store->reason), "statement %s: parameter %s %s",
                 STATEMENTS[statement->id].name, parameter, words);
    note(statement, code);
}

/* The number of a parameter, 0 if there is none. Callers usually name them in order,
 * so the next one is tried first. SQLite's own names may not be kept: it prepares a
 * statement again when the schema changes. */
static int find_parameter(const struct mp_statement *statement, const char *name) {
    char full[64];
    const char *next = sqlite3_bind_parameter_name(statement->stmt, statement->last + 1);
    if (next != NULL && strcmp(next + 1, name) == 0)
        return statement->last + 1;
    snprintf(full, sizeof(full), ":%s", name);
    return sqlite3_bind_parameter_index(statement->stmt, full);
}

/* The same for a parameter that is to be bound now; 0 after a mistake. */
static int claim(struct mp_statement *statement, const char *name) {
    int at = find_parameter(statement, name);
    if (at == 0) {
        note_mistake(statement, SQLITE_RANGE, name, "does not exist");
        return 0;
    }
    uint64_t bit = UINT64_C(1) << (at - 1);
    if (statement->bound & bit) {
        note_mistake(statement, SQLITE_MISUSE, name, "is bound twice");
        return 0;
    }
    statement->bound |= bit;
    statement->last = at;
    return at;
}

void mp_bind_null(struct mp_statement *statement, const char *name) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement, sqlite3_bind_null(statement->stmt, at));
}

void mp_bind_integer(struct mp_statement *statement, const char *name, int64_t value) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement, sqlite3_bind_int64(statement->stmt, at, value));
}

void mp_bind_count(struct mp_statement *statement, const char *name, uint64_t value) {
    mp_bind_integer(statement, name, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void mp_bind_real(struct mp_statement *statement, const char *name, double value) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement, sqlite3_bind_double(statement->stmt, at, value));
}

static void bind_copy(struct mp_statement *statement, const char *name, const char *text,
                      size_t len) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement,
             sqlite3_bind_text(statement->stmt, at, text, (int)len, SQLITE_TRANSIENT));
}

void mp_bind_hex(struct mp_statement *statement, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    bind_copy(statement, name, text, strlen(text));
}

void mp_bind_utc(struct mp_statement *statement, const char *name, uint64_t wall_ns) {
    char text[40];
    mp_clock_format_utc(wall_ns, text, sizeof(text));
    size_t len = strlen(text) - 1; /* without the Z */
    snprintf(text + len, sizeof(text) - len, ".%03uZ",
             (unsigned)(wall_ns / MP_CLOCK_NS_PER_MS % 1000));
    bind_copy(statement, name, text, strlen(text));
}

void mp_bind_text(struct mp_statement *statement, const char *name, const char *text) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement, sqlite3_bind_text(statement->stmt, at, text, -1, SQLITE_STATIC));
}

void mp_bind_bytes(struct mp_statement *statement, const char *name, const void *bytes,
                   size_t len) {
    int at = claim(statement, name);
    if (at != 0)
        note(statement, sqlite3_bind_blob64(statement->stmt, at, len > 0 ? bytes : "",
                                            len, SQLITE_STATIC));
}

/* Text from outside, sanitised for storage; valid until the next call. */
static const struct mp_strbuf *escape(struct mp_store *store, const char *text,
                                      int keep_lines) {
    mp_strbuf_clear(&store->scratch);
    mp_strbuf_add_escaped(&store->scratch, text, strnlen(text, MP_STORE_TEXT_MAX),
                          keep_lines);
    return &store->scratch;
}

static void bind_escaped(struct mp_statement *statement, const char *name,
                         const char *text, int keep_lines) {
    if (text == NULL) {
        mp_bind_null(statement, name);
        return;
    }
    const struct mp_strbuf *escaped = escape(statement->store, text, keep_lines);
    bind_copy(statement, name, escaped->text, escaped->len);
}

void mp_bind_foreign(struct mp_statement *statement, const char *name, const char *text) {
    bind_escaped(statement, name, text, 0);
}

void mp_bind_lines(struct mp_statement *statement, const char *name, const char *text) {
    bind_escaped(statement, name, text, 1);
}

void mp_bind_foreign_or_null(struct mp_statement *statement, const char *name,
                             const char *text) {
    bind_escaped(statement, name, text == NULL || text[0] == '\0' ? NULL : text, 0);
}

void mp_bind_integer_or_null(struct mp_statement *statement, const char *name, bool has,
                             int64_t value) {
    if (has)
        mp_bind_integer(statement, name, value);
    else
        mp_bind_null(statement, name);
}

void mp_bind_count_or_null(struct mp_statement *statement, const char *name, bool has,
                           uint64_t value) {
    mp_bind_integer_or_null(statement, name, has,
                            value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void mp_bind_real_or_null(struct mp_statement *statement, const char *name, bool has,
                          double value) {
    if (has)
        mp_bind_real(statement, name, value);
    else
        mp_bind_null(statement, name);
}

void mp_bind_hex_or_null(struct mp_statement *statement, const char *name, bool has,
                         uint64_t value) {
    if (has)
        mp_bind_hex(statement, name, value);
    else
        mp_bind_null(statement, name);
}

void mp_bind_utc_or_null(struct mp_statement *statement, const char *name,
                         uint64_t wall_ns) {
    if (wall_ns != 0)
        mp_bind_utc(statement, name, wall_ns);
    else
        mp_bind_null(statement, name);
}

/* An unbound parameter would silently be NULL. */
static void check_bound(struct mp_statement *statement) {
    int count = sqlite3_bind_parameter_count(statement->stmt);
    for (int i = 0; i < count; i++)
        if (!(statement->bound & UINT64_C(1) << i))
            note_mistake(statement, SQLITE_MISUSE,
                         sqlite3_bind_parameter_name(statement->stmt, i + 1) + 1,
                         "is not bound");
}

static int step(struct mp_statement *statement) {
    check_bound(statement);
    return statement->code == SQLITE_OK ? sqlite3_step(statement->stmt) : statement->code;
}

static void reset(struct mp_statement *statement) {
    sqlite3_reset(statement->stmt);
    sqlite3_clear_bindings(statement->stmt);
}

int mp_statement_query(struct mp_statement *statement, int64_t *ret_values, int count) {
    int code = step(statement);
    if (code == SQLITE_ROW) {
        for (int i = 0; i < count; i++)
            ret_values[i] = sqlite3_column_int64(statement->stmt, i);
        code = SQLITE_OK;
    }
    reset(statement);
    return code;
}

int mp_statement_text(struct mp_statement *statement, struct mp_strbuf *buf) {
    int code = step(statement);
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement->stmt, 0);
        mp_strbuf_addstr(buf, text == NULL ? "" : text);
        code = SQLITE_OK;
    }
    reset(statement);
    return code;
}

int mp_statement_run(struct mp_statement *statement) {
    int code = mp_statement_query(statement, NULL, 0);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}
