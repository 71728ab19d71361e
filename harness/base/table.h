/* A table on a terminal. Columns are as wide as their content unless limited; between
 * filling and writing, the caller decides which are shown, and may write its own lines
 * between rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_TABLE_H
#define MP_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define MP_TABLE_COLUMNS_MAX 32

struct mp_table_column {
    const char *title; /* borrowed; NULL: none */
    size_t gap;        /* blanks before the column */
    size_t min, max;   /* of the width; longer content overflows. max 0: no limit */
    bool is_right;     /* right-aligned */
    bool is_wrapped;   /* last column only: words wrap below its start */
    bool is_hidden;
    size_t width; /* kept by the table */
};

struct mp_table_cell {
    enum mp_style style;
    char *content; /* owned; NULL: empty */
};

struct mp_table {
    struct mp_text *text; /* borrowed: the output, and how wide its characters are */
    struct mp_table_column column[MP_TABLE_COLUMNS_MAX];
    size_t column_count, row_count;
    struct mp_table_cell *cell; /* MP_TABLE_COLUMNS_MAX of each row */
};

void mp_table_init(struct mp_table *table, struct mp_text *text);
void mp_table_release(struct mp_table *table);

/* Both return the index of what they added. */
size_t mp_table_add_column(struct mp_table *table, struct mp_table_column column);
size_t mp_table_add_row(struct mp_table *table);

/* Fills a cell. A column never shrinks, even if a wide cell is overwritten. */
void mp_table_set(struct mp_table *table, size_t row, size_t column, enum mp_style style,
                  const char *fmt, ...) MP_PRINTF(5, 6);
/* The same with a number; 0 is dimmed. */
void mp_table_set_count(struct mp_table *table, size_t row, size_t column,
                        enum mp_style style, uint64_t count);

/* Width of the table in terminal columns, without hidden columns. */
size_t mp_table_width(const struct mp_table *table);

/* Each adds one line: the titles, or one row. */
void mp_table_write_titles(const struct mp_table *table);
void mp_table_write_row(const struct mp_table *table, size_t row);

#endif
