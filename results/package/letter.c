/* Keeps the parts, and writes them as plain text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/letter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/text.h"

#define WIDTH 78

void mp_letter_init(struct mp_letter *letter) {
    memset(letter, 0, sizeof(*letter));
}

void mp_letter_release(struct mp_letter *letter) {
    for (size_t i = 0; i < letter->count; i++)
        for (size_t k = 0; k < letter->part[i].count; k++)
            free(letter->part[i].text[k]);
    free(letter->part);
    mp_letter_init(letter);
}

static struct mp_letter_part *add_part(struct mp_letter *letter,
                                       enum mp_letter_kind kind) {
    letter->part =
        mp_memory_resize(letter->part, letter->count + 1, sizeof(*letter->part));
    struct mp_letter_part *part = &letter->part[letter->count++];
    *part = (struct mp_letter_part){.kind = kind};
    return part;
}

void mp_letter_add(struct mp_letter *letter, enum mp_letter_kind kind, const char *fmt,
                   ...) {
    va_list args, again;
    struct mp_letter_part *part = add_part(letter, kind);
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    size_t size = len < 0 ? 1 : (size_t)len + 1;
    part->text[part->count] = mp_memory_zeroed(size, 1);
    vsnprintf(part->text[part->count++], size, fmt, again);
    va_end(again);
}

static void add_row(struct mp_letter *letter, enum mp_letter_kind kind, va_list args) {
    struct mp_letter_part *part = add_part(letter, kind);
    const char *text = va_arg(args, const char *);
    while (text != NULL && part->count < MP_LETTER_COLUMNS_MAX) {
        part->text[part->count++] = mp_memory_copy_text(text);
        text = va_arg(args, const char *);
    }
}

void mp_letter_head(struct mp_letter *letter, ...) {
    va_list args;
    va_start(args, letter);
    add_row(letter, MP_LETTER_HEAD, args);
    va_end(args);
}

void mp_letter_row(struct mp_letter *letter, ...) {
    va_list args;
    va_start(args, letter);
    add_row(letter, MP_LETTER_ROW, args);
    va_end(args);
}

/* -- plain text -- */

static void wrap(const char *before, const char *content, struct mp_strbuf *buf) {
    struct mp_text text = {.buf = buf, .width = WIDTH};
    mp_strbuf_addstr(buf, before);
    mp_text_wrap(&text, MP_PLAIN, strlen(before), content);
}

static void add_title(const char *title, char line, struct mp_strbuf *buf) {
    size_t start = buf->len;
    mp_strbuf_add_escaped(buf, title, strlen(title), 0);
    size_t columns = mp_text_columns(buf->text + start);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_pad(buf, line, columns < WIDTH ? columns : WIDTH);
    mp_strbuf_addch(buf, '\n');
}

/* A row of a table is a list of its columns with their names: rows are wider than a line.
 */
static void add_columns(const struct mp_letter_part *head,
                        const struct mp_letter_part *row, struct mp_strbuf *buf) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < row->count; i++)
        if (row->text[i][0] != '\0')
            mp_strbuf_addf(&line, "%s%s%s%s", line.len > 0 ? "; " : "",
                           i > 0 && head != NULL ? head->text[i] : "",
                           i > 0 && head != NULL ? ": " : "", row->text[i]);
    wrap("  - ", line.text, buf);
    mp_strbuf_release(&line);
}

void mp_letter_text(const struct mp_letter *letter, struct mp_strbuf *buf) {
    const struct mp_letter_part *head = NULL;
    for (size_t i = 0; i < letter->count; i++) {
        const struct mp_letter_part *part = &letter->part[i];
        bool goes_on = i > 0 && letter->part[i - 1].kind == part->kind &&
                       (part->kind == MP_LETTER_ITEM || part->kind == MP_LETTER_ROW);
        bool is_first = i > 0 && letter->part[i - 1].kind == MP_LETTER_HEAD;
        if (i > 0 && !goes_on && !is_first)
            mp_strbuf_addch(buf, '\n');
        switch (part->kind) {
        case MP_LETTER_TITLE:
            add_title(part->text[0], '=', buf);
            break;
        case MP_LETTER_HEADING:
            add_title(part->text[0], '-', buf);
            break;
        case MP_LETTER_WARNING:
            wrap("!! ", part->text[0], buf);
            break;
        case MP_LETTER_TEXT:
            wrap("", part->text[0], buf);
            break;
        case MP_LETTER_ITEM:
            wrap("  - ", part->text[0], buf);
            break;
        case MP_LETTER_LINES:
            mp_strbuf_add_escaped(buf, part->text[0], strlen(part->text[0]), 1);
            break;
        case MP_LETTER_HEAD:
            head = part;
            break;
        case MP_LETTER_ROW:
            add_columns(head, part, buf);
            break;
        }
    }
}
