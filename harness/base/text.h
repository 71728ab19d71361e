/* Text on a terminal: styles, columns, cells, wrapped lines, words of a shell. Everything
 * that is added is escaped, as mp_strbuf_add_escaped does without keeping lines. One
 * character of UTF-8 takes one column; where the terminal has ASCII alone, the signs of
 * our texts become ASCII ("<=", "->") and other characters are escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_TEXT_H
#define MP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

enum mp_style { MP_PLAIN, MP_BOLD, MP_DIM, MP_GOOD, MP_BAD, MP_WARN };

/* A writer onto `buf`, which it borrows. */
struct mp_text {
    struct mp_strbuf *buf;
    bool use_colour, use_ascii;
    size_t width; /* columns of a line */
};

/* Adds formatted text. Line ends in it are escaped like every other control byte. */
void mp_text_add(struct mp_text *text, enum mp_style style, const char *fmt, ...)
    MP_PRINTF(3, 4);
/* Ends the line. */
void mp_text_end(struct mp_text *text);
/* Adds `content` as a cell of at least `width` columns, on its right or on its left
 * side. */
void mp_text_right(struct mp_text *text, enum mp_style style, size_t width,
                   const char *content);
void mp_text_left(struct mp_text *text, enum mp_style style, size_t width,
                  const char *content);
/* Adds `content` in at most `width` columns: what is longer is cut and ends in "...". */
void mp_text_cut(struct mp_text *text, enum mp_style style, size_t width,
                 const char *content);
/* Adds words, broken between them (and after commas) where the line is full; `column` is
 * where the line stands now and where further lines begin. Ends the line. */
void mp_text_wrap(struct mp_text *text, enum mp_style style, size_t column,
                  const char *content);
/* As mp_text_wrap, but the line breaks at blanks and after each byte of `breaks`, and
 * further lines begin at `indent`. */
void mp_text_wrap_at(struct mp_text *text, enum mp_style style, size_t column,
                     size_t indent, const char *breaks, const char *content);

/* Columns that `content` takes on this terminal. */
size_t mp_text_measure(const struct mp_text *text, const char *content);
/* Columns that `content` takes once it is escaped, where there is UTF-8. */
size_t mp_text_columns(const char *content);
/* Adds `word` to a command line, in quotes where a shell needs them. */
void mp_text_quote(struct mp_strbuf *buf, const char *word);

#endif
