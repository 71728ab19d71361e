/* Row structs. One table describes the members of such a struct: their type, and their
 * name as a query column and JSON member. The struct is read, released and added to a
 * document by it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FIELDS_H
#define MP_REPORT_FIELDS_H

#include <json-c/json_types.h>
#include <stddef.h>
#include <stdint.h>

#include "results/report/query.h"

#define MP_FIELD_NULL INT64_MIN /* an unknown integer */

enum mp_field_kind {
    MP_FIELD_INTEGER, /* int64_t, or MP_FIELD_NULL */
    MP_FIELD_TRUTH,   /* bool */
    MP_FIELD_REAL,    /* double, or NAN */
    MP_FIELD_TEXT,    /* char *, owned, or NULL */
    MP_FIELD_WORD,    /* char *, owned; "" where a damaged file has none */
    MP_FIELD_LINES,   /* the same, multi-line */
    MP_FIELD_JSON     /* the same, JSON */
};

#define MP_FIELD_TYPE_INTEGER int64_t
#define MP_FIELD_TYPE_TRUTH   bool
#define MP_FIELD_TYPE_REAL    double
#define MP_FIELD_TYPE_TEXT    char *
#define MP_FIELD_TYPE_WORD    char *
#define MP_FIELD_TYPE_JSON    char *

struct mp_field {
    const char *name;
    enum mp_field_kind kind;
    size_t at;
};
#define MP_FIELD(type, member, kind)                                                     \
    { #member, MP_FIELD_##kind, offsetof(type, member) }

/* A struct, and its table. */
struct mp_fields {
    const struct mp_field *field;
    size_t count, size;
};
#define MP_FIELDS(type, table)                                                           \
    {                                                                                    \
        .field = (table), .count = sizeof(table) / sizeof((table)[0]),                   \
        .size = sizeof(type)                                                             \
    }

/* Sets the members that have a column of their name; leaves the others. */
void mp_fields_read(const struct mp_fields *fields, sqlite3_stmt *rows, void *row);
/* Words that are not there, since no row was found, become "". */
void mp_fields_complete(const struct mp_fields *fields, void *row);
/* All rows of a query as an array of such structs, whose other members are zero; NULL
 * if there is none. */
void *mp_fields_list(const struct mp_fields *fields, struct mp_query *query,
                     const char *sql, int64_t first, int64_t second, size_t *ret_count);
/* The only row of a query. False: there is none, and `row` is as it was. */
bool mp_fields_find(const struct mp_fields *fields, struct mp_query *query,
                    const char *sql, int64_t first, int64_t second, void *row);
/* Frees the texts of `count` structs, not the structs. */
void mp_fields_release(const struct mp_fields *fields, void *rows, size_t count);
/* Adds members to a JSON object: those in the blank-separated list `names`, in its
 * order; NULL: all, in the order of the table. */
void mp_fields_add(const struct mp_fields *fields, const void *row, const char *names,
                   struct json_object *to);
/* Adds an array with such an object for each of `count` structs. */
void mp_fields_add_list(const struct mp_fields *fields, const void *rows, size_t count,
                        const char *names, struct json_object *to, const char *name);

#endif
