/* Row structs: read, released and added to documents by their table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/json.h"

static char **text_at(void *member) {
    return member;
}

static void read_field(const struct mp_field *field, sqlite3_stmt *rows, int column,
                       void *row) {
    void *member = (char *)row + field->at;
    bool is_null = sqlite3_column_type(rows, column) == SQLITE_NULL;
    switch (field->kind) {
    case MP_FIELD_INTEGER:
        *(int64_t *)member = is_null ? MP_FIELD_NULL : sqlite3_column_int64(rows, column);
        break;
    case MP_FIELD_TRUTH:
        *(bool *)member = sqlite3_column_int(rows, column) != 0;
        break;
    case MP_FIELD_REAL:
        *(double *)member = is_null ? NAN : sqlite3_column_double(rows, column);
        break;
    case MP_FIELD_WORD:
        free(*text_at(member));
        *text_at(member) = mp_query_copy(rows, column);
        break;
    case MP_FIELD_TEXT:
    case MP_FIELD_LINES:
    case MP_FIELD_JSON:
        free(*text_at(member));
        *text_at(member) = is_null ? NULL : mp_query_copy(rows, column);
        break;
    }
}

void mp_fields_read(const struct mp_fields *fields, sqlite3_stmt *rows, void *row) {
    int columns = sqlite3_column_count(rows);
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(rows, i);
        for (size_t j = 0; j < fields->count; j++)
            if (strcmp(fields->field[j].name, name) == 0)
                read_field(&fields->field[j], rows, i, row);
    }
    mp_fields_complete(fields, row);
}

void mp_fields_complete(const struct mp_fields *fields, void *row) {
    for (size_t j = 0; j < fields->count; j++) {
        char **text = text_at((char *)row + fields->field[j].at);
        if (fields->field[j].kind == MP_FIELD_WORD && *text == NULL)
            *text = mp_memory_copy_text("");
    }
}

void *mp_fields_list(const struct mp_fields *fields, struct mp_query *query,
                     const char *sql, int64_t first, int64_t second, size_t *ret_count) {
    size_t count = 0, room = 0;
    char *list = NULL;
    sqlite3_stmt *rows = mp_query_rows(query, sql, first, second);
    while (mp_query_next(query, rows)) {
        if (count == room) {
            room = room > 0 ? 2 * room : 4;
            list = mp_memory_resize(list, room, fields->size);
        }
        memset(list + count * fields->size, 0, fields->size);
        mp_fields_read(fields, rows, list + count++ * fields->size);
    }
    *ret_count = count;
    return list;
}

bool mp_fields_find(const struct mp_fields *fields, struct mp_query *query,
                    const char *sql, int64_t first, int64_t second, void *row) {
    bool is_found = false;
    sqlite3_stmt *rows = mp_query_rows(query, sql, first, second);
    while (mp_query_next(query, rows)) {
        mp_fields_read(fields, rows, row);
        is_found = true;
    }
    return is_found;
}

void mp_fields_release(const struct mp_fields *fields, void *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *row = (char *)rows + i * fields->size;
        for (size_t j = 0; j < fields->count; j++)
            if (fields->field[j].kind >= MP_FIELD_TEXT)
                free(*text_at(row + fields->field[j].at));
    }
}

static void add_field(const struct mp_field *field, const void *member,
                      struct json_object *to) {
    switch (field->kind) {
    case MP_FIELD_INTEGER:
        if (*(const int64_t *)member == MP_FIELD_NULL)
            mp_json_add_null(to, field->name);
        else
            mp_json_add_integer(to, field->name, *(const int64_t *)member);
        break;
    case MP_FIELD_TRUTH:
        mp_json_add_bool(to, field->name, *(const bool *)member);
        break;
    case MP_FIELD_REAL:
        mp_json_add_number(to, field->name, *(const double *)member);
        break;
    case MP_FIELD_TEXT:
    case MP_FIELD_WORD:
        mp_json_add_text(to, field->name, *(char *const *)member);
        break;
    case MP_FIELD_LINES:
        mp_json_add_lines(to, field->name, *(char *const *)member);
        break;
    case MP_FIELD_JSON:
        mp_json_add_stored(to, field->name, *(char *const *)member);
        break;
    }
}

void mp_fields_add(const struct mp_fields *fields, const void *row, const char *names,
                   struct json_object *to) {
    for (size_t i = 0; names == NULL && i < fields->count; i++)
        add_field(&fields->field[i], (const char *)row + fields->field[i].at, to);
    while (names != NULL && names[0] != '\0') {
        size_t len = strcspn(names, " ");
        for (size_t i = 0; i < fields->count; i++) {
            const struct mp_field *field = &fields->field[i];
            if (strncmp(field->name, names, len) == 0 && field->name[len] == '\0')
                add_field(field, (const char *)row + field->at, to);
        }
        names += len + (names[len] == ' ');
    }
}

void mp_fields_add_list(const struct mp_fields *fields, const void *rows, size_t count,
                        const char *names, struct json_object *to, const char *name) {
    struct json_object *list = mp_json_add_array(to, name);
    for (size_t i = 0; i < count; i++)
        mp_fields_add(fields, (const char *)rows + i * fields->size, names,
                      mp_json_add_object(list, NULL));
}
