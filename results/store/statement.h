/* Internal to results/store: prepared statements with parameters bound by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_STATEMENT_H
#define MP_STORE_STATEMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/strbuf.h"
#include "results/store/handle.h"

#define MP_STATEMENT_PARAMETERS_MAX 64

/* Prepares all of statement.def. SQLite's codes. */
int mp_statement_prepare_all(struct mp_store *store);
void mp_statement_finalize_all(struct mp_store *store);

/* One use of a prepared statement: every parameter is bound by name, once, then the
 * statement is run. The first error sticks and is returned by the run: a parameter
 * that does not exist (SQLITE_RANGE), that is bound twice or not at all
 * (SQLITE_MISUSE). */
struct mp_statement {
    struct mp_store *store;
    enum mp_statement_id id;
    sqlite3_stmt *stmt;
    uint64_t bound; /* a bit for each parameter */
    int last;       /* the parameter that was bound last */
    int code;
};
struct mp_statement mp_statement_start(struct mp_store *store, enum mp_statement_id id);

void mp_bind_null(struct mp_statement *statement, const char *name);
void mp_bind_integer(struct mp_statement *statement, const char *name, int64_t value);
/* Counts from a round are untrusted: they saturate at the largest signed number. */
void mp_bind_count(struct mp_statement *statement, const char *name, uint64_t value);
void mp_bind_real(struct mp_statement *statement, const char *name, double value);
void mp_bind_hex(struct mp_statement *statement, const char *name, uint64_t value);
void mp_bind_utc(struct mp_statement *statement, const char *name, uint64_t wall_ns);
/* Text of the program itself; NULL is NULL. Must stay valid until the statement has
 * run. */
void mp_bind_text(struct mp_statement *statement, const char *name, const char *text);
/* Bytes as they are. Must stay valid until the statement has run. */
void mp_bind_bytes(struct mp_statement *statement, const char *name, const void *bytes,
                   size_t len);
/* Text from outside: escaped, valid UTF-8. NULL is NULL. */
void mp_bind_foreign(struct mp_statement *statement, const char *name, const char *text);
/* The same, but newlines are kept. */
void mp_bind_lines(struct mp_statement *statement, const char *name, const char *text);
/* The same, but "" is NULL. */
void mp_bind_foreign_or_null(struct mp_statement *statement, const char *name,
                             const char *text);
/* NULL if `has` is false; mp_bind_utc_or_null: if `wall_ns` is 0. */
void mp_bind_integer_or_null(struct mp_statement *statement, const char *name, bool has,
                             int64_t value);
void mp_bind_count_or_null(struct mp_statement *statement, const char *name, bool has,
                           uint64_t value);
void mp_bind_real_or_null(struct mp_statement *statement, const char *name, bool has,
                          double value);
void mp_bind_hex_or_null(struct mp_statement *statement, const char *name, bool has,
                         uint64_t value);
void mp_bind_utc_or_null(struct mp_statement *statement, const char *name,
                         uint64_t wall_ns);

/* Runs a statement without rows, or whose rows do not matter. */
int mp_statement_run(struct mp_statement *statement);
/* Runs a statement that returns `count` integers in one row. SQLITE_DONE if no row. */
int mp_statement_query(struct mp_statement *statement, int64_t *ret_values, int count);
/* Runs a statement that returns one text and adds it. SQLITE_DONE if no row. */
int mp_statement_text(struct mp_statement *statement, struct mp_strbuf *buf);

#endif
