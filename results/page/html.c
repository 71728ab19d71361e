/* Elements, attributes and texts, escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/page/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"

/* What may be shown of a text, as character data or as the value of an attribute. */
static void add_escaped(struct mp_html *html, const struct mp_strbuf *text) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text->text, text->len, html->keeps_lines);
    for (const char *at = safe.text; *at != '\0'; at++) {
        switch (*at) {
        case '&':
            mp_strbuf_addstr(html->buf, "&amp;");
            break;
        case '<':
            mp_strbuf_addstr(html->buf, "&lt;");
            break;
        case '>':
            mp_strbuf_addstr(html->buf, "&gt;");
            break;
        case '"':
            mp_strbuf_addstr(html->buf, "&quot;");
            break;
        case '\'':
            mp_strbuf_addstr(html->buf, "&#39;");
            break;
        default:
            mp_strbuf_addch(html->buf, *at);
        }
    }
    mp_strbuf_release(&safe);
}

void mp_html_vaddf(struct mp_strbuf *buf, const char *fmt, va_list args) {
    char small[256];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), fmt, args);
    if (len >= (int)sizeof(small)) {
        char *large = mp_memory_zeroed((size_t)len + 1, 1);
        vsnprintf(large, (size_t)len + 1, fmt, again);
        mp_strbuf_add(buf, large, (size_t)len);
        free(large);
    } else if (len > 0) {
        mp_strbuf_add(buf, small, (size_t)len);
    }
    va_end(again);
}

static void add_formatted(struct mp_html *html, const char *fmt, va_list args)
    MP_PRINTF(2, 0);

static void add_formatted(struct mp_html *html, const char *fmt, va_list args) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_html_vaddf(&text, fmt, args);
    add_escaped(html, &text);
    mp_strbuf_release(&text);
}

static void end_tag(struct mp_html *html) {
    if (html->in_tag)
        mp_strbuf_addch(html->buf, '>');
    html->in_tag = false;
}

static bool is_void(const char *name) {
    static const char *const names[] = {"meta", "br", "link"};
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

void mp_html_open(struct mp_html *html, const char *name) {
    end_tag(html);
    if (html->depth == MP_HTML_DEPTH_MAX) {
        mp_log(MP_LOG_ERROR, "a page has more than %d elements within each other",
               MP_HTML_DEPTH_MAX);
        abort();
    }
    html->open[html->depth++] = name;
    mp_strbuf_addf(html->buf, "<%s", name);
    html->in_tag = true;
}

void mp_html_open_class(struct mp_html *html, const char *name, const char *class) {
    mp_html_open(html, name);
    if (class != NULL)
        mp_html_set(html, "class", "%s", class);
}

void mp_html_set(struct mp_html *html, const char *name, const char *fmt, ...) {
    va_list args;
    mp_strbuf_addf(html->buf, " %s=\"", name);
    va_start(args, fmt);
    add_formatted(html, fmt, args);
    va_end(args);
    mp_strbuf_addch(html->buf, '"');
}

void mp_html_text(struct mp_html *html, const char *fmt, ...) {
    va_list args;
    end_tag(html);
    va_start(args, fmt);
    add_formatted(html, fmt, args);
    va_end(args);
}

void mp_html_close(struct mp_html *html) {
    const char *name = html->open[--html->depth];
    end_tag(html);
    if (!is_void(name))
        mp_strbuf_addf(html->buf, "</%s>", name);
}

void mp_html_leaf(struct mp_html *html, const char *name, const char *class,
                  const char *fmt, ...) {
    va_list args;
    mp_html_open_class(html, name, class);
    end_tag(html);
    va_start(args, fmt);
    add_formatted(html, fmt, args);
    va_end(args);
    mp_html_close(html);
}

void mp_html_style(struct mp_html *html, const char *sheet) {
    end_tag(html);
    mp_strbuf_addstr(html->buf, sheet);
}

unsigned mp_html_id(struct mp_html *html) {
    return ++html->next_id;
}
