/* Copies a table with SQL generated from the schema, so that no table and no column can
 * be forgotten.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "results/store/merge.h"

/* What the schema does not express. */
static const struct {
    const char *table;
    bool is_left;
    const char *key;
} RULES[] = {
    {"cell_limit", true, NULL},
    {"cell_figure", true, NULL},
    {"round_count", true, NULL},
    {"round_sum", true, NULL},
    {"running", true, NULL},
    /* One incident is one report, whatever its name and form. */
    {"os_report", false, "(m.incident = s.incident OR m.sha256 = s.sha256)"},
    {"crash", false,
     "m.round_id = (SELECT new FROM temp.map_round WHERE old = s.round_id)"
     " AND m.kind = s.kind AND m.sample IS s.sample"},
};

static void copy_name(char *ret_name, size_t size, sqlite3_stmt *rows, int column) {
    const char *text = (const char *)sqlite3_column_text(rows, column);
    snprintf(ret_name, size, "%s", text == NULL ? "" : text);
}

static int read_names(struct mp_merge *merge) {
    sqlite3_stmt *rows = NULL;
    int code =
        sqlite3_prepare_v2(merge->own,
                           "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
                           " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
                           -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        code = merge->table_count < MP_MERGE_TABLES_MAX ? SQLITE_OK : SQLITE_TOOBIG;
        if (code == SQLITE_OK) {
            struct mp_merge_table *table = &merge->table[merge->table_count++];
            copy_name(table->name, sizeof(table->name), rows, 0);
            for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
                if (strcmp(RULES[i].table, table->name) == 0) {
                    table->is_left = RULES[i].is_left;
                    table->key = RULES[i].key;
                }
            }
        }
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The columns; is_key: of the UNIQUE clause that says which row is which, else of the
 * primary key, else (neither, or no more than an id) all of them: then a row is what it
 * holds. */
static int read_columns(struct mp_merge *merge, struct mp_merge_table *table) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(
        merge->own,
        "WITH clause AS (SELECT name FROM pragma_index_list(?1, 'main') WHERE origin = "
        "'u'"
        " ORDER BY seq DESC LIMIT 1),"
        " key AS (SELECT i.name FROM clause, pragma_index_info(clause.name, 'main') AS i)"
        " SELECT name, CASE WHEN EXISTS (SELECT 1 FROM key) THEN name IN key"
        " WHEN EXISTS (SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = 'id') "
        "THEN 1"
        " ELSE pk > 0 END, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info(?1, 'main') "
        "ORDER BY cid",
        -1, &rows, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(rows, 1, table->name, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        code = SQLITE_OK;
        struct mp_merge_column column = {.parent = -1,
                                         .is_key = sqlite3_column_int(rows, 1) != 0,
                                         .is_nullable = sqlite3_column_int(rows, 2) != 0};
        copy_name(column.name, sizeof(column.name), rows, 0);
        if (strcmp(column.name, "id") == 0)
            table->has_id = true;
        else if (table->column_count < MP_MERGE_COLUMNS_MAX)
            table->column[table->column_count++] = column;
        else
            code = SQLITE_TOOBIG;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int find_index(const struct mp_merge *merge, const char *name) {
    for (size_t i = 0; i < merge->table_count; i++)
        if (strcmp(merge->table[i].name, name) == 0)
            return (int)i;
    return -1;
}

const struct mp_merge_table *mp_merge_find_table(const struct mp_merge *merge,
                                                 const char *name) {
    int i = find_index(merge, name);
    return i < 0 ? NULL : &merge->table[i];
}

/* The table whose id a column holds, by way of other tables if need be:
 * crash_frame.crash_id is that of crash_thread, which is the id of crash. */
static int find_parent(struct mp_merge *merge, sqlite3_stmt *find, const char *table,
                       const char *column) {
    char from[64], name[64];
    snprintf(from, sizeof(from), "%s", table);
    snprintf(name, sizeof(name), "%s", column);
    int parent = -1;
    for (int step = 0; step < MP_MERGE_TABLES_MAX && parent < 0; step++) {
        sqlite3_bind_text(find, 1, from, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(find, 2, name, -1, SQLITE_TRANSIENT);
        bool is_found = sqlite3_step(find) == SQLITE_ROW;
        if (is_found) {
            copy_name(from, sizeof(from), find, 0);
            copy_name(name, sizeof(name), find, 1);
            parent = strcmp(name, "id") == 0 ? find_index(merge, from) : -1;
        }
        sqlite3_reset(find);
        if (!is_found)
            break;
    }
    return parent;
}

static int read_parents(struct mp_merge *merge) {
    sqlite3_stmt *find = NULL;
    int code =
        sqlite3_prepare_v2(merge->own,
                           "SELECT \"table\", ifnull(\"to\", 'id') FROM"
                           " pragma_foreign_key_list(?1, 'main') WHERE \"from\" = ?2",
                           -1, &find, NULL);
    for (size_t t = 0; t < merge->table_count && code == SQLITE_OK; t++) {
        struct mp_merge_table *table = &merge->table[t];
        for (size_t c = 0; c < table->column_count; c++)
            table->column[c].parent =
                find_parent(merge, find, table->name, table->column[c].name);
    }
    sqlite3_finalize(find);
    return code;
}

int mp_merge_read_tables(struct mp_merge *merge) {
    int code = read_names(merge);
    for (size_t i = 0; i < merge->table_count && code == SQLITE_OK; i++)
        code = read_columns(merge, &merge->table[i]);
    return code == SQLITE_OK ? read_parents(merge) : code;
}

struct mp_merge_table *mp_merge_next_table(struct mp_merge *merge) {
    for (size_t t = 0; t < merge->table_count; t++) {
        struct mp_merge_table *table = &merge->table[t];
        bool is_ready = !table->is_done && !table->is_left;
        for (size_t c = 0; c < table->column_count && is_ready; c++) {
            int parent = table->column[c].parent;
            is_ready = parent < 0 || parent == (int)t || merge->table[parent].is_done;
        }
        if (is_ready)
            return table;
    }
    return NULL;
}

int mp_merge_run(struct mp_merge *merge) {
    int code = sqlite3_exec(merge->db, merge->sql.text, NULL, NULL, NULL);
    mp_strbuf_clear(&merge->sql);
    return code;
}

void mp_merge_value(const struct mp_merge *merge, const struct mp_merge_column *column,
                    struct mp_strbuf *buf) {
    if (column->parent < 0) {
        mp_strbuf_addf(buf, "s.\"%s\"", column->name);
    } else {
        mp_strbuf_addf(buf, "(SELECT new FROM temp.map_%s WHERE old = s.\"%s\")",
                       merge->table[column->parent].name, column->name);
    }
}

/* "m is the same row as s" */
static void add_match(struct mp_merge *merge, const struct mp_merge_table *table) {
    if (table->key != NULL) {
        mp_strbuf_addstr(&merge->sql, table->key);
        return;
    }
    const char *and = "";
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->column[i].is_key) {
            mp_strbuf_addf(&merge->sql, "%sm.\"%s\" %s ", and, table->column[i].name,
                           table->column[i].is_nullable ? "IS" : "=");
            mp_merge_value(merge, &table->column[i], &merge->sql);
            and = " AND ";
        }
    }
}

int mp_merge_map(struct mp_merge *merge, const struct mp_merge_table *table) {
    /* New rows are numbered after the present ones, in their own order. Of duplicates
     * here the first is kept. */
    mp_strbuf_addf(
        &merge->sql,
        "CREATE TEMP TABLE map_%s (old INTEGER PRIMARY KEY, new INTEGER NOT NULL,"
        " fresh INTEGER NOT NULL);"
        "INSERT OR IGNORE INTO temp.map_%s SELECT s.id, ifnull(m.id,"
        " (SELECT ifnull(max(id), 0) FROM main.\"%s\") + sum(m.id IS NULL) OVER"
        " (ORDER BY s.id ROWS UNBOUNDED PRECEDING)), m.id IS NULL"
        " FROM %s.\"%s\" AS s LEFT JOIN main.\"%s\" AS m ON ",
        table->name, table->name, table->name, merge->schema, table->name, table->name);
    add_match(merge, table);
    return mp_merge_run(merge);
}

int mp_merge_add(struct mp_merge *merge, const struct mp_merge_table *table) {
    struct mp_strbuf *sql = &merge->sql;
    mp_strbuf_addf(sql, "INSERT INTO main.\"%s\" (%s", table->name,
                   table->has_id ? "id, " : "");
    for (size_t i = 0; i < table->column_count; i++)
        mp_strbuf_addf(sql, "%s\"%s\"", i > 0 ? ", " : "", table->column[i].name);
    mp_strbuf_addf(sql, ") SELECT %s", table->has_id ? "k.new, " : "");
    for (size_t i = 0; i < table->column_count; i++) {
        mp_strbuf_addstr(sql, i > 0 ? ", " : "");
        mp_merge_value(merge, &table->column[i], sql);
    }
    if (table->has_id) {
        mp_strbuf_addf(sql,
                       " FROM temp.map_%s AS k CROSS JOIN %s.\"%s\" AS s ON s.id = k.old"
                       " WHERE k.fresh ORDER BY k.old",
                       table->name, merge->schema, table->name);
    } else {
        mp_strbuf_addf(sql, " FROM %s.\"%s\" AS s WHERE true ON CONFLICT DO NOTHING",
                       merge->schema, table->name);
    }
    return mp_merge_run(merge);
}
