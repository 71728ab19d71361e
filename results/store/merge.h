/* Internal to the merge: the tables as described by the schema, and copying one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_MERGE_H
#define MP_STORE_MERGE_H

#include "results/store/database.h"

#define MP_MERGE_TABLES_MAX  64
#define MP_MERGE_COLUMNS_MAX 64

struct mp_merge_column {
    char name[64];
    int parent; /* index of the table whose id it holds, -1: none */
    bool is_key, is_nullable;
};

struct mp_merge_table {
    char name[64];
    bool has_id;  /* a column "id", local to a file */
    bool is_left; /* not merged: local to a file, or derived from what is merged */
    bool is_done;
    /* by how rows are known, if the schema does not say it; SQL of s and m */
    const char *key;
    struct mp_merge_column column[MP_MERGE_COLUMNS_MAX]; /* without the id */
    size_t column_count;
};

struct mp_merge {
    struct mp_store *store;
    sqlite3 *db;
    sqlite3 *own;     /* empty tables, as this program makes them; borrowed */
    const char *path; /* of the file that is merged in */
    char schema[32];  /* its name in SQL */
    const struct mp_merge_watch *watch;
    struct mp_merge_table table[MP_MERGE_TABLES_MAX];
    size_t table_count;
    int64_t rounds;       /* in the file */
    struct mp_strbuf sql; /* the statement being written */
};

/* Reads the tables of the store. SQLite's codes; SQLITE_TOOBIG: more of them than fit. */
int mp_merge_read_tables(struct mp_merge *merge);
/* The next table whose parents are done, or NULL: none is left. */
struct mp_merge_table *mp_merge_next_table(struct mp_merge *merge);
const struct mp_merge_table *mp_merge_find_table(const struct mp_merge *merge,
                                                 const char *name);

/* Maps existing rows (temp.map_TABLE: old, new, fresh), for a table with ids. */
int mp_merge_map(struct mp_merge *merge, const struct mp_merge_table *table);
/* Adds those that are not. */
int mp_merge_add(struct mp_merge *merge, const struct mp_merge_table *table);

/* One attached file, table by table, inside the caller's transaction. `ret_words`: which
 * campaign is not the same in both, and in what; "" if there is no conflict. */
int mp_merge_take(struct mp_merge *merge, struct mp_merge_counts *ret_counts,
                  char *ret_words, size_t size);

/* Adds the SQL of a column of row `s`, with ids mapped to this file. */
void mp_merge_value(const struct mp_merge *merge, const struct mp_merge_column *column,
                    struct mp_strbuf *buf);
/* Runs merge->sql. */
int mp_merge_run(struct mp_merge *merge);

#endif
