/* Text on a terminal: styles, columns, cells, wrapped lines, shell words. Everything
 * added is escaped, as by mp_strbuf_add_escaped without keeping lines. A UTF-8 character
 * takes one column; on an ASCII terminal our own special characters become ASCII ("<=",
 * "->") and others are escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_TEXT_H
#define MP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

enum mp_style { MP_PLAIN, MP_BOLD, MP_DIM, MP_GOOD, MP_BAD, MP_WARN };

/* Writes to `buf`, which it borrows. */
struct mp_text {
    struct mp_strbuf *buf;
    bool use_colour, use_ascii;
    size_t width; /* line width in columns */
};

/* Adds formatted text. Newlines in it are escaped like other control bytes. */
void mp_text_add(struct mp_text *text, enum mp_style style, const char *fmt, ...)
    MP_PRINTF(3, 4);
/* Ends the line. */
void mp_text_end(struct mp_text *text);
/* Adds `content` as a cell of at least `width` columns, right- or left-aligned. */
void mp_text_right(struct mp_text *text, enum mp_style style, size_t width,
                   const char *content);
void mp_text_left(struct mp_text *text, enum mp_style style, size_t width,
                  const char *content);
/* Adds `content` in at most `width` columns; longer text is cut and ends in "...". */
void mp_text_cut(struct mp_text *text, enum mp_style style, size_t width,
                 const char *content);
/* Adds words, wrapped between words and after commas; `column` is where the line is
 * now and where continuation lines begin. Ends the line. */
void mp_text_wrap(struct mp_text *text, enum mp_style style, size_t column,
                  const char *content);
/* As mp_text_wrap, but breaks at blanks and after each byte of `breaks`; continuation
 * lines begin at `indent`. */
void mp_text_wrap_at(struct mp_text *text, enum mp_style style, size_t column,
                     size_t indent, const char *breaks, const char *content);

/* Columns that `content` takes on this terminal. */
size_t mp_text_measure(const struct mp_text *text, const char *content);
/* Columns that `content` takes once escaped, on a UTF-8 terminal. */
size_t mp_text_columns(const char *content);
/* Adds `word` to a command line, quoted if a shell needs it. */
void mp_text_quote(struct mp_strbuf *buf, const char *word);

#endif
