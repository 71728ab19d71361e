/* Lays out the cells of a table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

void mp_table_init(struct mp_table *table, struct mp_text *text) {
    memset(table, 0, sizeof(*table));
    table->text = text;
}

void mp_table_release(struct mp_table *table) {
    for (size_t i = 0; i < table->row_count * MP_TABLE_COLUMNS_MAX; i++)
        free(table->cell[i].content);
    free(table->cell);
}

/* Widens the column for `content`, up to its maximum. */
static void widen(const struct mp_table *table, struct mp_table_column *column,
                  const char *content) {
    size_t width = mp_text_measure(table->text, content);
    width = column->max > 0 && width > column->max ? column->max : width;
    column->width = width > column->width ? width : column->width;
}

size_t mp_table_add_column(struct mp_table *table, struct mp_table_column column) {
    column.width = column.min;
    if (column.title != NULL)
        widen(table, &column, column.title);
    table->column[table->column_count] = column;
    return table->column_count++;
}

size_t mp_table_add_row(struct mp_table *table) {
    size_t first = table->row_count * MP_TABLE_COLUMNS_MAX;
    table->cell =
        mp_memory_resize(table->cell, first + MP_TABLE_COLUMNS_MAX, sizeof(*table->cell));
    memset(&table->cell[first], 0, MP_TABLE_COLUMNS_MAX * sizeof(*table->cell));
    return table->row_count++;
}

void mp_table_set(struct mp_table *table, size_t row, size_t column, enum mp_style style,
                  const char *fmt, ...) {
    struct mp_table_cell *cell = &table->cell[row * MP_TABLE_COLUMNS_MAX + column];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    free(cell->content);
    cell->content = mp_memory_zeroed((size_t)len + 1, 1);
    vsnprintf(cell->content, (size_t)len + 1, fmt, again);
    va_end(again);
    cell->style = style;
    widen(table, &table->column[column], cell->content);
}

void mp_table_set_count(struct mp_table *table, size_t row, size_t column,
                        enum mp_style style, uint64_t count) {
    mp_table_set(table, row, column, count == 0 ? MP_DIM : style, "%" PRIu64, count);
}

size_t mp_table_width(const struct mp_table *table) {
    size_t width = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->column[i].is_hidden)
            width += table->column[i].gap + table->column[i].width;
    return width;
}

/* The cells of one line; a cell is never NULL. */
struct line {
    enum mp_style style[MP_TABLE_COLUMNS_MAX];
    const char *content[MP_TABLE_COLUMNS_MAX];
};

/* A line ends with its last content, without trailing blanks. */
static void write_line(const struct mp_table *table, const struct line *line) {
    size_t end = table->column_count, at = 0;
    while (end > 0 &&
           (table->column[end - 1].is_hidden || line->content[end - 1][0] == '\0'))
        end--;
    for (size_t i = 0; i < end; i++) {
        const struct mp_table_column *column = &table->column[i];
        if (column->is_hidden)
            continue;
        mp_strbuf_pad(table->text->buf, ' ', column->gap);
        at += column->gap;
        if (column->is_wrapped) {
            mp_text_wrap(table->text, line->style[i], at, line->content[i]);
            return;
        }
        if (column->is_right)
            mp_text_right(table->text, line->style[i], column->width, line->content[i]);
        else
            mp_text_left(table->text, line->style[i], i + 1 < end ? column->width : 0,
                         line->content[i]);
        at += column->width;
    }
    mp_text_end(table->text);
}

void mp_table_write_titles(const struct mp_table *table) {
    struct line line;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *title = table->column[i].title;
        line.style[i] = MP_DIM;
        line.content[i] = title != NULL ? title : "";
    }
    write_line(table, &line);
}

void mp_table_write_row(const struct mp_table *table, size_t row) {
    const struct mp_table_cell *cells = &table->cell[row * MP_TABLE_COLUMNS_MAX];
    struct line line;
    for (size_t i = 0; i < table->column_count; i++) {
        line.style[i] = cells[i].style;
        line.content[i] = cells[i].content != NULL ? cells[i].content : "";
    }
    write_line(table, &line);
}
