/* A letter as Markdown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/package/letter.h"

/* Text on one line, escaped for Markdown and the HTML that it may hold. */
static void add_plain(struct mp_strbuf *buf, const char *text) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), 0);
    for (const char *at = safe.text; *at != '\0'; at++) {
        if (*at == '<') {
            mp_strbuf_addstr(buf, "&lt;");
        } else if (*at == '&') {
            mp_strbuf_addstr(buf, "&amp;");
        } else if (*at == '@') {
            mp_strbuf_addstr(buf, "&#64;"); /* mentions nobody */
        } else {
            if (strchr("\\`*_[]|~>", *at) != NULL ||
                (at == safe.text && strchr("#+-", *at) != NULL))
                mp_strbuf_addch(buf, '\\');
            mp_strbuf_addch(buf, *at);
        }
    }
    mp_strbuf_release(&safe);
}

/* Behind a fence that is longer than any in the text. */
static void add_lines(struct mp_strbuf *buf, const char *text) {
    size_t fence = 3;
    for (const char *at = strchr(text, '`'); at != NULL; at = strchr(at, '`')) {
        size_t run = strspn(at, "`");
        fence = run >= fence ? run + 1 : fence;
        at += run;
    }
    mp_strbuf_pad(buf, '`', fence);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_add_escaped(buf, text, strlen(text), 1);
    if (text[0] != '\0' && text[strlen(text) - 1] != '\n')
        mp_strbuf_addch(buf, '\n');
    mp_strbuf_pad(buf, '`', fence);
    mp_strbuf_addch(buf, '\n');
}

static void add_row(struct mp_strbuf *buf, const struct mp_letter_part *part) {
    for (size_t i = 0; i < part->count; i++) {
        mp_strbuf_addstr(buf, i > 0 ? " | " : "| ");
        add_plain(buf, part->text[i]);
    }
    mp_strbuf_addstr(buf, " |\n");
    for (size_t i = 0; i < part->count && part->kind == MP_LETTER_HEAD; i++)
        mp_strbuf_addstr(buf, i + 1 < part->count ? "|---" : "|---|\n");
}

void mp_letter_markdown(const struct mp_letter *letter, struct mp_strbuf *buf) {
    static const char *const starts[] = {
        [MP_LETTER_TITLE] = "# ",    [MP_LETTER_WARNING] = "> **Note:** ",
        [MP_LETTER_HEADING] = "## ", [MP_LETTER_ITEM] = "- ",
        [MP_LETTER_TEXT] = "",
    };
    for (size_t i = 0; i < letter->count; i++) {
        const struct mp_letter_part *part = &letter->part[i];
        bool is_part = i > 0 && ((part->kind == MP_LETTER_ITEM &&
                                  letter->part[i - 1].kind == MP_LETTER_ITEM) ||
                                 part->kind == MP_LETTER_ROW);
        if (i > 0 && !is_part)
            mp_strbuf_addch(buf, '\n');
        if (part->kind == MP_LETTER_LINES) {
            add_lines(buf, part->text[0]);
        } else if (part->kind == MP_LETTER_HEAD || part->kind == MP_LETTER_ROW) {
            add_row(buf, part);
        } else {
            mp_strbuf_addstr(buf, starts[part->kind]);
            add_plain(buf, part->text[0]);
            mp_strbuf_addch(buf, '\n');
        }
    }
}
