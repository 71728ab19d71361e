/* What every page has: head, style, the verdict on top, sections, facts, commands, the
 * end. One file without scripts, which loads nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PAGE_SHELL_H
#define MP_PAGE_SHELL_H

#include <stdint.h>

#include "results/page/html.h"

/* How a verdict or a part of it is to be taken. Never told by colour alone. */
enum mp_mood { MP_MOOD_PLAIN, MP_MOOD_GOOD, MP_MOOD_BAD, MP_MOOD_WARN };
/* "plain", "good", "bad", "warn": the class that goes with it. */
const char *mp_mood_class(enum mp_mood mood);

/* Begins a page for the texts that follow; `buf` receives it. */
void mp_page_begin(struct mp_html *html, struct mp_strbuf *buf, const char *db,
                   const char *title);
/* A strip above everything: what the whole page must not be taken for. */
void mp_page_note(struct mp_html *html, const char *note);
/* The verdict, in a word, and the sentence that explains it. `view` says what is judged:
 * "campaign 3". Before the first section. */
void mp_page_verdict(struct mp_html *html, enum mp_mood mood, const char *view,
                     const char *verdict, const char *reason);
/* Ends it. */
void mp_page_end(struct mp_html *html, const char *version);

/* A section with a heading, and its end. `name` is a literal without blanks, by which
 * a link finds it. */
void mp_page_section(struct mp_html *html, const char *name, const char *title);
void mp_page_section_end(struct mp_html *html);
/* A paragraph in small print: conditions, and how to read what stands above. */
void mp_page_small(struct mp_html *html, const char *fmt, ...) MP_PRINTF(2, 3);

/* A list of labels and texts: begin, facts, end. Empty texts are left out. */
void mp_page_facts(struct mp_html *html);
void mp_page_fact(struct mp_html *html, const char *label, const char *text);
void mp_page_facts_end(struct mp_html *html);

/* A command of a shell, to be copied as it stands. */
void mp_page_command(struct mp_html *html, const char *command);
/* An id ("crash", 7) with the command that shows it, which unfolds. */
void mp_page_id(struct mp_html *html, const char *kind, int64_t id);
/* The same with any words and any command. */
void mp_page_fold_command(struct mp_html *html, const char *words, const char *command);
/* Adds "mpstress show crash 7 --db PATH"; of kind "campaign" "mpstress report ...". */
void mp_page_write_command(const struct mp_html *html, const char *kind, int64_t id,
                           struct mp_strbuf *buf);
/* A part that is folded until it is asked for: begin with its words, end. */
void mp_page_fold(struct mp_html *html, bool is_open, const char *fmt, ...)
    MP_PRINTF(3, 4);
void mp_page_fold_end(struct mp_html *html);
/* Lines as a terminal shows them, which scroll by themselves where they are too wide. */
void mp_page_lines(struct mp_html *html, const char *label, const char *text);
/* A frame around what may be wider than the page, and its end. */
void mp_page_scroll(struct mp_html *html, const char *label);
void mp_page_scroll_end(struct mp_html *html);

#endif
