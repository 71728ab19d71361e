/* The catalog as one JSON document: into tables of a database in memory, out of SQLite's
 * JSON functions. Nothing here escapes by hand; the texts are made valid UTF-8 without
 * control bytes on their way in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/catalog.h"

#include <sqlite3.h>
#include <string.h>

struct writer {
    sqlite3 *db;
    int code; /* the first failure of SQLite */
    struct mp_strbuf safe;
};

static const char TABLES[] =
    "CREATE TABLE item (kind, name, summary, detail, how, hit, origin, present, promises,"
    " serialises);"
    "CREATE TABLE option (item, name, type, fallback, low, high, help);"
    "CREATE TABLE choice (option, word);"
    "CREATE TABLE suite (name)";

static const char ADD_ITEM[] =
    "INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
static const char ADD_OPTION[] = "INSERT INTO option VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char ADD_CHOICE[] = "INSERT INTO choice VALUES (?1, ?2)";
static const char ADD_SUITE[] = "INSERT INTO suite VALUES (?1)";

/* Each list in the order in which it was added: json_group_array follows its subquery. */
#define CHOICES                                                                          \
    "(SELECT iif(count(*) > 0, json_group_array(word), NULL) FROM"                       \
    " (SELECT word FROM choice WHERE option = o.rowid ORDER BY rowid))"
#define OPTIONS                                                                          \
    "(SELECT json_group_array(json_object('name', name, 'type', type, 'default', "       \
    "fallback,"                                                                          \
    " 'min', low, 'max', high, 'choices', json(choices), 'help', help)) FROM"            \
    " (SELECT *, " CHOICES                                                               \
    " AS choices FROM option AS o WHERE item = i.rowid ORDER BY o.rowid))"
#define TRUTH(column) "json(iif(" column ", 'true', 'false'))"
#define ITEMS(kind, members)                                                             \
    "(SELECT json_group_array(json_object('name', name, 'summary', summary, " members    \
    ")) FROM"                                                                            \
    " (SELECT *, " OPTIONS " AS options FROM item AS i WHERE kind = " kind               \
    " ORDER BY i.rowid))"

/* clang-format off */
static const char DOCUMENT[] =
    "SELECT json_object('schema', 1, 'command', 'list', 'verdict', 'ok', 'exit_code', 0,"
    " 'devices', " ITEMS("0", "'present', " TRUTH("present")
                         ", 'detail', detail, 'settings', json(options)") ","
    " 'scenarios', " ITEMS("1", "'hunts', detail, 'how', how, 'hit', hit,"
                           " 'origin', origin, 'promises_overlap', " TRUTH("promises")
                           ", 'parameters', json(options)") ","
    " 'arms', " ITEMS("2", "'serialises', " TRUTH("serialises")
                      ", 'parameters', json(options)") ","
    " 'suites', (SELECT json_group_array(name) FROM"
    " (SELECT name FROM suite ORDER BY rowid)))";
/* clang-format on */

static void note(struct writer *writer, int code) {
    if (writer->code == SQLITE_OK && code != SQLITE_OK && code != SQLITE_DONE)
        writer->code = code;
}

static sqlite3_stmt *prepare(struct writer *writer, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    note(writer, sqlite3_prepare_v2(writer->db, sql, -1, &stmt, NULL));
    return stmt;
}

/* No text, and an empty one, are NULL. */
static void put_text(struct writer *writer, sqlite3_stmt *stmt, int index,
                     const char *text, size_t len) {
    mp_strbuf_clear(&writer->safe);
    mp_strbuf_add_escaped(&writer->safe, text == NULL ? "" : text, len, 0);
    note(writer, writer->safe.len == 0
                     ? sqlite3_bind_null(stmt, index)
                     : sqlite3_bind_text(stmt, index, writer->safe.text,
                                         (int)writer->safe.len, SQLITE_TRANSIENT));
}

static void put(struct writer *writer, sqlite3_stmt *stmt, int index, const char *text) {
    put_text(writer, stmt, index, text, text == NULL ? 0 : strlen(text));
}

static sqlite3_int64 finish(struct writer *writer, sqlite3_stmt *stmt) {
    note(writer, sqlite3_step(stmt));
    sqlite3_finalize(stmt);
    return sqlite3_last_insert_rowid(writer->db);
}

static void add_choices(struct writer *writer, sqlite3_int64 option,
                        const char *choices) {
    for (const char *at = choices; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, "|");
        sqlite3_stmt *stmt = prepare(writer, ADD_CHOICE);
        note(writer, sqlite3_bind_int64(stmt, 1, option));
        put_text(writer, stmt, 2, at, len);
        finish(writer, stmt);
        at += len + (at[len] == '|');
    }
}

static void add_option(struct writer *writer, sqlite3_int64 item,
                       const struct mp_option *row) {
    static const char *const types[] = {"flag",   "int", "real", "duration",
                                        "choice", "set", "text"};
    sqlite3_stmt *stmt = prepare(writer, ADD_OPTION);
    note(writer, sqlite3_bind_int64(stmt, 1, item));
    put(writer, stmt, 2, row->name);
    put(writer, stmt, 3, types[row->type]);
    put(writer, stmt, 4, row->fallback);
    if (row->type == MP_OPTION_INT) {
        note(writer, sqlite3_bind_int64(stmt, 5, row->min));
        note(writer, sqlite3_bind_int64(stmt, 6, row->max));
    } else if (row->type == MP_OPTION_REAL) {
        note(writer, sqlite3_bind_double(stmt, 5, row->real_min));
        note(writer, sqlite3_bind_double(stmt, 6, row->real_max));
    }
    put(writer, stmt, 7, row->help);
    add_choices(writer, finish(writer, stmt), row->choices);
}

static void add_item(struct writer *writer, const struct mp_catalog_item *item) {
    const char *text[] = {item->name, item->summary, item->detail,
                          item->how,  item->hit,     item->origin};
    sqlite3_stmt *stmt = prepare(writer, ADD_ITEM);
    note(writer, sqlite3_bind_int(stmt, 1, (int)item->kind));
    for (int i = 0; i < (int)(sizeof(text) / sizeof(text[0])); i++)
        put(writer, stmt, i + 2, text[i]);
    note(writer, sqlite3_bind_int(stmt, 8, item->is_present));
    note(writer, sqlite3_bind_int(stmt, 9, item->promises_overlap));
    note(writer, sqlite3_bind_int(stmt, 10, item->serialises));
    sqlite3_int64 id = finish(writer, stmt);
    for (const struct mp_option *row = item->rows; row != NULL && row->name != NULL;
         row++)
        add_option(writer, id, row);
}

static void write_document(struct writer *writer, struct mp_strbuf *buf) {
    sqlite3_stmt *stmt = prepare(writer, DOCUMENT);
    if (writer->code == SQLITE_OK) {
        int code = sqlite3_step(stmt);
        if (code == SQLITE_ROW)
            mp_strbuf_addf(buf, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
        else
            note(writer, code);
    }
    sqlite3_finalize(stmt);
}

enum mp_status mp_report_catalog_json(const struct mp_catalog *catalog,
                                      const char *const *suite, struct mp_strbuf *buf,
                                      struct mp_error *err) {
    struct writer writer = {.code = SQLITE_OK};
    mp_strbuf_init(&writer.safe);
    writer.code = sqlite3_open_v2(":memory:", &writer.db,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (writer.code == SQLITE_OK)
        writer.code = sqlite3_exec(writer.db, TABLES, NULL, NULL, NULL);
    for (size_t i = 0; i < catalog->count && writer.code == SQLITE_OK; i++)
        add_item(&writer, &catalog->item[i]);
    for (; *suite != NULL && writer.code == SQLITE_OK; suite++) {
        sqlite3_stmt *stmt = prepare(&writer, ADD_SUITE);
        put(&writer, stmt, 1, *suite);
        finish(&writer, stmt);
    }
    if (writer.code == SQLITE_OK)
        write_document(&writer, buf);
    enum mp_status status = MP_OK;
    if (writer.code != SQLITE_OK) {
        status = mp_error_set(err, MP_STORE, "cannot write the catalog as JSON: %s",
                              sqlite3_errmsg(writer.db));
    }
    sqlite3_close(writer.db);
    mp_strbuf_release(&writer.safe);
    return status;
}
