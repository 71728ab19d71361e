/* HTML and SVG, element by element. Text and attributes are escaped as they are written
 * and elements close in the order in which they were opened, so that nothing in a text
 * can become markup. Names of elements, attributes and classes are literals.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PAGE_HTML_H
#define MP_PAGE_HTML_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/base/strbuf.h"

#define MP_HTML_DEPTH_MAX 32

/* Writes to `buf`, which it borrows. */
struct mp_html {
    struct mp_strbuf *buf;
    const char *open[MP_HTML_DEPTH_MAX]; /* names of the elements that are open */
    size_t depth;
    bool in_tag;      /* attributes may follow */
    bool keeps_lines; /* texts keep their newlines: in pre */
    unsigned next_id; /* of mp_html_id */
    const char *db;   /* path of the database, for commands; borrowed, may be NULL */
};

/* Begins an element; its attributes follow, then its content. Elements that have no
 * content (meta, br, link) end by themselves. Too deep a page ends the process. */
void mp_html_open(struct mp_html *html, const char *name);
/* The same with a class; NULL: none. */
void mp_html_open_class(struct mp_html *html, const char *name, const char *class);
/* Adds an attribute to the element that was just opened. */
void mp_html_set(struct mp_html *html, const char *name, const char *fmt, ...)
    MP_PRINTF(3, 4);
/* Adds text. What may not be shown is written as \xNN, as on a terminal. */
void mp_html_text(struct mp_html *html, const char *fmt, ...) MP_PRINTF(2, 3);
/* Closes the innermost element. */
void mp_html_close(struct mp_html *html);
/* A whole element with nothing in it but text. `class` may be NULL. */
void mp_html_leaf(struct mp_html *html, const char *name, const char *class,
                  const char *fmt, ...) MP_PRINTF(4, 5);
/* Adds a style sheet of ours, which is not escaped. */
void mp_html_style(struct mp_html *html, const char *sheet);
/* For functions with a format of their own: adds a formatted text to `buf`. */
void mp_html_vaddf(struct mp_strbuf *buf, const char *fmt, va_list args) MP_PRINTF(2, 0);
/* A number that no other id of this page has. */
unsigned mp_html_id(struct mp_html *html);

#endif
