/* The queries of one view, and the first failure. After a failure no query has rows, so a
 * view reads everything and checks once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_QUERY_H
#define MP_REPORT_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "results/store/store.h"

struct mp_query {
    sqlite3 *db;      /* borrowed */
    const char *path; /* borrowed */
    int code;         /* the first failure of SQLite ... */
    char reason[256]; /* ... and its words */
    bool has_begun;   /* the transaction is this view's own */
};

/* Begins a read transaction, so that a running campaign does not change between parts
 * of a view; nested, it joins the outer one. mp_query_end must follow. */
void mp_query_begin(struct mp_query *query, struct mp_store *store);
void mp_query_end(struct mp_query *query);
/* MP_OK, or the message for the first failure. */
enum mp_status mp_query_status(const struct mp_query *query, struct mp_error *err);
/* Keeps `code` and its words if it is the first failure. */
void mp_query_note(struct mp_query *query, int code);

/* The rows of `sql`, with ?1 and ?2 bound if present. Usage: while
 * (mp_query_next(query, rows)) { ... } */
sqlite3_stmt *mp_query_rows(struct mp_query *query, const char *sql, int64_t first,
                            int64_t second);
bool mp_query_next(struct mp_query *query, sqlite3_stmt *rows);
/* A column as text, "" for NULL. Valid until the next row. */
const char *mp_query_text(sqlite3_stmt *rows, int column);
/* The same, to be freed. */
char *mp_query_copy(sqlite3_stmt *rows, int column);

#endif
