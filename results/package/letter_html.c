/* A letter as a page: a section for each heading.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "results/package/letter.h"
#include "results/page/shell.h"

#define WORD_LONG 30 /* bytes; a column with such a word may break it */

/* Where the writing stands; what is open is closed before the next part. */
struct page {
    struct mp_html html;
    const char *heading; /* of the section; names what scrolls in it */
    unsigned sections;
    bool in_section, in_list, in_table, has_body;
};

static void close_group(struct page *page) {
    if (page->in_list)
        mp_html_close(&page->html);
    if (page->has_body)
        mp_html_close(&page->html);
    if (page->in_table) {
        mp_html_close(&page->html);
        mp_page_scroll_end(&page->html);
    }
    page->in_list = page->in_table = page->has_body = false;
}

static void begin_section(struct page *page, const char *heading) {
    char name[24];
    if (page->in_section)
        mp_page_section_end(&page->html);
    snprintf(name, sizeof(name), "part-%u", ++page->sections);
    mp_page_section(&page->html, name, heading);
    page->heading = heading;
    page->in_section = true;
}

static void add_cells(struct page *page, const struct mp_letter_part *part) {
    bool is_head = part->kind == MP_LETTER_HEAD;
    mp_html_open(&page->html, "tr");
    for (size_t i = 0; i < part->count; i++) {
        bool is_long = strcspn(part->text[i], " ") > WORD_LONG;
        mp_html_open_class(&page->html, is_head ? "th" : "td", is_long ? "long" : NULL);
        if (is_head)
            mp_html_set(&page->html, "scope", "col");
        mp_html_text(&page->html, "%s", part->text[i]);
        mp_html_close(&page->html);
    }
    mp_html_close(&page->html);
}

static void add_head(struct page *page, const struct mp_letter_part *part) {
    char label[128];
    snprintf(label, sizeof(label), "table %u: %s", mp_html_id(&page->html),
             page->heading);
    mp_page_scroll(&page->html, label);
    mp_html_open(&page->html, "table");
    mp_html_open(&page->html, "thead");
    add_cells(page, part);
    mp_html_close(&page->html);
    page->in_table = true;
}

static void add_row(struct page *page, const struct mp_letter_part *part) {
    if (!page->has_body)
        mp_html_open(&page->html, "tbody");
    page->has_body = true;
    add_cells(page, part);
}

static void add_item(struct page *page, const char *text) {
    if (!page->in_list)
        mp_html_open(&page->html, "ul");
    page->in_list = true;
    mp_html_leaf(&page->html, "li", NULL, "%s", text);
}

static void add_part(struct page *page, const struct mp_letter_part *part) {
    struct mp_html *html = &page->html;
    const char *text = part->text[0];
    bool goes_on =
        part->kind == MP_LETTER_ROW || (part->kind == MP_LETTER_ITEM && page->in_list);
    if (!goes_on)
        close_group(page);
    switch (part->kind) {
    case MP_LETTER_TITLE:
        mp_html_leaf(html, "h1", NULL, "%s", text);
        break;
    case MP_LETTER_WARNING:
        mp_page_note(html, text);
        break;
    case MP_LETTER_HEADING:
        begin_section(page, text);
        break;
    case MP_LETTER_TEXT:
        mp_html_leaf(html, "p", "text", "%s", text);
        break;
    case MP_LETTER_ITEM:
        add_item(page, text);
        break;
    case MP_LETTER_LINES:
        mp_page_lines(html, page->heading, text);
        break;
    case MP_LETTER_HEAD:
        add_head(page, part);
        break;
    case MP_LETTER_ROW:
        add_row(page, part);
        break;
    }
}

void mp_letter_html(const struct mp_letter *letter, struct mp_strbuf *buf) {
    struct page page = {.heading = ""};
    const char *title = "";
    for (size_t i = 0; i < letter->count; i++)
        if (letter->part[i].kind == MP_LETTER_TITLE)
            title = letter->part[i].text[0];
    mp_page_begin(&page.html, buf, NULL, title);
    for (size_t i = 0; i < letter->count; i++)
        add_part(&page, &letter->part[i]);
    close_group(&page);
    if (page.in_section)
        mp_page_section_end(&page.html);
    mp_page_end(&page.html, MP_VERSION);
}
