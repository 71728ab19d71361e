/* The frame of a page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/page/shell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/page/style.h"

/* Nothing is loaded from anywhere, whatever a text says. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/* An empty picture, so that a browser asks nobody for an icon. */
#define NO_ICON "data:,"

const char *mp_mood_class(enum mp_mood mood) {
    static const char *const names[] = {"plain", "good", "bad", "warn"};
    return names[mood];
}

static void add_meta(struct mp_html *html, const char *name, const char *content) {
    mp_html_open(html, "meta");
    mp_html_set(html, "name", "%s", name);
    mp_html_set(html, "content", "%s", content);
    mp_html_close(html);
}

void mp_page_begin(struct mp_html *html, struct mp_strbuf *buf, const char *db,
                   const char *title) {
    *html = (struct mp_html){.buf = buf, .db = db};
    mp_strbuf_addstr(buf, "<!DOCTYPE html>\n");
    mp_html_open(html, "html");
    mp_html_set(html, "lang", "en");
    mp_html_open(html, "head");
    mp_html_open(html, "meta");
    mp_html_set(html, "charset", "utf-8");
    mp_html_close(html);
    add_meta(html, "viewport", "width=device-width, initial-scale=1");
    add_meta(html, "color-scheme", "light dark");
    mp_html_open(html, "meta");
    mp_html_set(html, "http-equiv", "Content-Security-Policy");
    mp_html_set(html, "content", "%s", POLICY);
    mp_html_close(html);
    mp_html_open(html, "link");
    mp_html_set(html, "rel", "icon");
    mp_html_set(html, "href", "%s", NO_ICON);
    mp_html_close(html);
    mp_html_leaf(html, "title", NULL, "%s", title);
    mp_html_open(html, "style");
    for (size_t i = 0; mp_style_part(i) != NULL; i++)
        mp_html_style(html, mp_style_part(i));
    mp_html_close(html);
    mp_html_close(html);
    mp_html_open(html, "body");
    mp_html_open_class(html, "a", "skip");
    mp_html_set(html, "href", "#main");
    mp_html_text(html, "to the report");
    mp_html_close(html);
    mp_html_open(html, "main");
    mp_html_set(html, "id", "main");
}

void mp_page_note(struct mp_html *html, const char *note) {
    mp_html_open_class(html, "p", "strip");
    mp_html_leaf(html, "b", NULL, "Note");
    mp_html_text(html, " %s", note);
    mp_html_close(html);
}

void mp_page_verdict(struct mp_html *html, enum mp_mood mood, const char *view,
                     const char *verdict, const char *reason) {
    static const char *const signs[] = {"•", "✓", "✕", "!"};
    mp_html_open(html, "header");
    mp_html_set(html, "class", "verdict %s", mp_mood_class(mood));
    mp_html_leaf(html, "p", "view", "mpstress · %s", view);
    mp_html_open(html, "h1");
    mp_html_open_class(html, "span", "sign");
    mp_html_set(html, "aria-hidden", "true");
    mp_html_text(html, "%s", signs[mood]);
    mp_html_close(html);
    mp_html_text(html, "%s", verdict);
    mp_html_close(html);
    mp_html_leaf(html, "p", "reason", "%s", reason);
    mp_html_close(html);
}

void mp_page_end(struct mp_html *html, const char *version) {
    mp_html_close(html);
    mp_html_open(html, "footer");
    mp_html_leaf(html, "p", NULL,
                 "Written by mpstress %s. One file: it loads nothing and runs nothing.",
                 version);
    mp_html_close(html);
    while (html->depth > 0)
        mp_html_close(html);
    mp_strbuf_addch(html->buf, '\n');
}

void mp_page_section(struct mp_html *html, const char *name, const char *title) {
    mp_html_open(html, "section");
    mp_html_set(html, "aria-labelledby", "%s", name);
    mp_html_open(html, "h2");
    mp_html_set(html, "id", "%s", name);
    mp_html_text(html, "%s", title);
    mp_html_close(html);
}

void mp_page_section_end(struct mp_html *html) {
    mp_html_close(html);
    mp_strbuf_addch(html->buf, '\n');
}

void mp_page_small(struct mp_html *html, const char *fmt, ...) {
    struct mp_strbuf text;
    va_list args;
    mp_strbuf_init(&text);
    va_start(args, fmt);
    mp_html_vaddf(&text, fmt, args);
    va_end(args);
    mp_html_leaf(html, "p", "small", "%s", text.text);
    mp_strbuf_release(&text);
}

void mp_page_facts(struct mp_html *html) {
    mp_html_open_class(html, "dl", "facts");
}

void mp_page_fact(struct mp_html *html, const char *label, const char *text) {
    if (text == NULL || text[0] == '\0')
        return;
    mp_html_open(html, "div");
    mp_html_leaf(html, "dt", NULL, "%s", label);
    mp_html_leaf(html, "dd", NULL, "%s", text);
    mp_html_close(html);
}

void mp_page_facts_end(struct mp_html *html) {
    mp_html_close(html);
}

void mp_page_command(struct mp_html *html, const char *command) {
    mp_html_open_class(html, "div", "command");
    mp_html_leaf(html, "code", NULL, "%s", command);
    mp_html_close(html);
}

void mp_page_write_command(const struct mp_html *html, const char *kind, int64_t id,
                           struct mp_strbuf *buf) {
    if (strcmp(kind, "campaign") == 0)
        mp_strbuf_addf(buf, "mpstress report --campaign %" PRId64, id);
    else
        mp_strbuf_addf(buf, "mpstress show %s %" PRId64, kind, id);
    if (html->db != NULL) {
        mp_strbuf_addstr(buf, " --db ");
        mp_text_quote(buf, html->db);
    }
}

void mp_page_fold_command(struct mp_html *html, const char *words, const char *command) {
    mp_html_open_class(html, "details", "id");
    mp_html_leaf(html, "summary", NULL, "%s", words);
    mp_html_leaf(html, "code", NULL, "%s", command);
    mp_html_close(html);
}

void mp_page_id(struct mp_html *html, const char *kind, int64_t id) {
    struct mp_strbuf words, command;
    mp_strbuf_init(&words);
    mp_strbuf_init(&command);
    mp_strbuf_addf(&words, "%s %" PRId64, kind, id);
    mp_page_write_command(html, kind, id, &command);
    mp_page_fold_command(html, words.text, command.text);
    mp_strbuf_release(&command);
    mp_strbuf_release(&words);
}

void mp_page_fold(struct mp_html *html, bool is_open, const char *fmt, ...) {
    struct mp_strbuf text;
    va_list args;
    mp_strbuf_init(&text);
    va_start(args, fmt);
    mp_html_vaddf(&text, fmt, args);
    va_end(args);
    mp_html_open_class(html, "details", "fold");
    if (is_open)
        mp_html_set(html, "open", "%s", "");
    mp_html_leaf(html, "summary", NULL, "%s", text.text);
    mp_strbuf_release(&text);
}

void mp_page_fold_end(struct mp_html *html) {
    mp_html_close(html);
}

void mp_page_lines(struct mp_html *html, const char *label, const char *text) {
    mp_html_open_class(html, "pre", "lines");
    mp_html_set(html, "tabindex", "0");
    mp_html_set(html, "role", "region");
    /* No two regions of a page may have one name. */
    mp_html_set(html, "aria-label", "lines %u: %s", mp_html_id(html), label);
    html->keeps_lines = true;
    mp_html_text(html, "%s", text);
    html->keeps_lines = false;
    mp_html_close(html);
}

void mp_page_scroll(struct mp_html *html, const char *label) {
    mp_html_open_class(html, "div", "scroll");
    mp_html_set(html, "tabindex", "0");
    mp_html_set(html, "role", "region");
    mp_html_set(html, "aria-label", "%s", label);
}

void mp_page_scroll_end(struct mp_html *html) {
    mp_html_close(html);
}
