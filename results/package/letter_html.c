/* A letter as one HTML page: no script, nothing that is loaded, light and dark.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/package/letter.h"

static const char *const STYLE =
    (":root{color-scheme:light dark}"
     "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;"
     "margin:2em auto;padding:0 1em}"
     "h1{line-height:1.2}h2{margin-top:2em;border-bottom:1px solid #8888}"
     "p.warning{border-left:.4em solid #b80;background:#fb02;padding:.6em 1em}"
     "pre{overflow-x:auto;background:#8882;padding:.8em;font-size:.85em}"
     "div{overflow-x:auto}table{border-collapse:collapse}"
     "th,td{text-align:left;vertical-align:top;padding:.25em .7em;border:1px solid #8886}"
     "@media print{body{max-width:none}pre{white-space:pre-wrap}}");

static void add_plain(struct mp_strbuf *buf, const char *text, int keeps_lines) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), keeps_lines);
    for (const char *at = safe.text; *at != '\0'; at++)
        if (*at == '<')
            mp_strbuf_addstr(buf, "&lt;");
        else if (*at == '>')
            mp_strbuf_addstr(buf, "&gt;");
        else if (*at == '&')
            mp_strbuf_addstr(buf, "&amp;");
        else
            mp_strbuf_addch(buf, *at);
    mp_strbuf_release(&safe);
}

static void add_row(struct mp_strbuf *buf, const struct mp_letter_part *part) {
    bool is_head = part->kind == MP_LETTER_HEAD;
    if (is_head)
        mp_strbuf_addstr(buf, "<div><table>\n");
    mp_strbuf_addstr(buf, "<tr>");
    for (size_t i = 0; i < part->count; i++) {
        mp_strbuf_addstr(buf, is_head ? "<th scope=\"col\">" : "<td>");
        add_plain(buf, part->text[i], 0);
        mp_strbuf_addstr(buf, is_head ? "</th>" : "</td>");
    }
    mp_strbuf_addstr(buf, "</tr>\n");
}

static bool is_table(enum mp_letter_kind kind) {
    return kind == MP_LETTER_HEAD || kind == MP_LETTER_ROW;
}

static void add_part(struct mp_strbuf *buf, const struct mp_letter_part *part) {
    static const struct {
        const char *start, *end;
    } marks[] = {
        [MP_LETTER_TITLE] = {"<h1>", "</h1>\n"},
        [MP_LETTER_WARNING] = {"<p class=\"warning\">", "</p>\n"},
        [MP_LETTER_HEADING] = {"<h2>", "</h2>\n"},
        [MP_LETTER_TEXT] = {"<p>", "</p>\n"},
        [MP_LETTER_ITEM] = {"<li>", "</li>\n"},
        [MP_LETTER_LINES] = {"<pre tabindex=\"0\">", "</pre>\n"},
    };
    if (is_table(part->kind)) {
        add_row(buf, part);
        return;
    }
    mp_strbuf_addstr(buf, marks[part->kind].start);
    add_plain(buf, part->text[0], part->kind == MP_LETTER_LINES);
    mp_strbuf_addstr(buf, marks[part->kind].end);
}

void mp_letter_html(const struct mp_letter *letter, struct mp_strbuf *buf) {
    const char *title = "";
    for (size_t i = 0; i < letter->count; i++)
        if (letter->part[i].kind == MP_LETTER_TITLE)
            title = letter->part[i].text[0];
    mp_strbuf_addstr(
        buf, ("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
              "'none'; style-src 'unsafe-inline'\">\n<title>"));
    add_plain(buf, title, 0);
    mp_strbuf_addf(buf, "</title>\n<style>%s</style>\n</head>\n<body>\n", STYLE);
    for (size_t i = 0; i < letter->count; i++) {
        const struct mp_letter_part *part = &letter->part[i];
        bool was_item = i > 0 && part[-1].kind == MP_LETTER_ITEM;
        bool is_last = i + 1 == letter->count;
        if (part->kind == MP_LETTER_ITEM && !was_item)
            mp_strbuf_addstr(buf, "<ul>\n");
        add_part(buf, part);
        if (part->kind == MP_LETTER_ITEM && (is_last || part[1].kind != MP_LETTER_ITEM))
            mp_strbuf_addstr(buf, "</ul>\n");
        if (is_table(part->kind) && (is_last || part[1].kind != MP_LETTER_ROW))
            mp_strbuf_addstr(buf, "</table></div>\n");
    }
    mp_strbuf_addstr(buf, "</body>\n</html>\n");
}
