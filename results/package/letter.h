/* A text for others to read: headings, paragraphs, items, tables, lines of a terminal;
 * written once, as Markdown, as an HTML page that loads nothing, or as plain text. All
 * that is added is text: what looks like markup in it is escaped by the writers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_LETTER_H
#define MP_PACKAGE_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/strbuf.h"

#define MP_LETTER_COLUMNS_MAX 8

enum mp_letter_kind {
    MP_LETTER_TITLE,   /* of all, once */
    MP_LETTER_WARNING, /* a paragraph that nobody may miss */
    MP_LETTER_HEADING,
    MP_LETTER_TEXT,  /* a paragraph */
    MP_LETTER_ITEM,  /* of a list; neighbours are one list */
    MP_LETTER_LINES, /* as they stand: commands, stacks */
    MP_LETTER_HEAD,  /* of a table; its rows follow */
    MP_LETTER_ROW
};

struct mp_letter_part {
    enum mp_letter_kind kind;
    size_t count;                      /* of texts: 1, or the columns of a row */
    char *text[MP_LETTER_COLUMNS_MAX]; /* owned */
};

struct mp_letter {
    struct mp_letter_part *part; /* owned */
    size_t count;
};

void mp_letter_init(struct mp_letter *letter);
void mp_letter_release(struct mp_letter *letter);

void mp_letter_add(struct mp_letter *letter, enum mp_letter_kind kind, const char *fmt,
                   ...) MP_PRINTF(3, 4);
/* A row; every cell is one argument, the last is NULL. The first row of a table is its
 * head. */
void mp_letter_head(struct mp_letter *letter, ...) __attribute__((sentinel));
void mp_letter_row(struct mp_letter *letter, ...) __attribute__((sentinel));

/* These add to `buf`. */
void mp_letter_markdown(const struct mp_letter *letter, struct mp_strbuf *buf);
void mp_letter_html(const struct mp_letter *letter, struct mp_strbuf *buf);
void mp_letter_text(const struct mp_letter *letter, struct mp_strbuf *buf);

#endif
