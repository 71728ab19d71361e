/* Parts that several pages have: the facts of a headline, rates as lines of a forest
 * plot, stacks, parts of the text report as they stand. All texts are escaped by
 * results/page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_PARTS_HTML_H
#define MP_REPORT_PARTS_HTML_H

#include "harness/base/text.h"
#include "results/page/chart.h"
#include "results/page/shell.h"
#include "results/report/facts.h"
#include "results/report/rate.h"
#include "results/report/rows.h"

/* How a verdict on a campaign or night is to be taken. */
enum mp_mood mp_verdict_mood(enum mp_verdict verdict);
/* "CLAIM MET", "NO POWER": the name in capitals and without underscores. */
void mp_verdict_write_words(const char *name, struct mp_strbuf *buf);

/* A text writer for lines that a page takes over: without colours, `width` columns, 0: as
 * wide as they are. */
struct mp_text mp_html_lines(struct mp_strbuf *buf, size_t width);
/* Lines as mp_line_add writes them, as a list of facts. */
void mp_html_add_facts(struct mp_html *html, const char *lines);
/* Lines of a part of the text report, with their first as the heading, each part a
 * section; nothing where there is none. */
void mp_html_add_lines(struct mp_html *html, const char *name, const char *title,
                       const struct mp_strbuf *lines);

/* A rate as the cells of a table: its words, and its limits on the common scale. */
void mp_html_add_rate(struct mp_html *html, struct mp_axis axis, struct mp_rate rate,
                      enum mp_mood mood, double rule);
/* The scale for rates up to `most`. */
struct mp_axis mp_html_rate_axis(double most);

/* A stack, the first frame first, at most `shown` of it (0: all). */
void mp_html_add_frames(struct mp_html *html, const struct mp_thread_facts *thread,
                        size_t shown);

/* Begins a table of the page with its caption; then columns, rows and cells. A table
 * whose rows are cards on a narrow page has the label of its column in each cell. */
void mp_html_table(struct mp_html *html, const char *caption);
void mp_html_column(struct mp_html *html, const char *class, const char *title);
void mp_html_body(struct mp_html *html);
/* A row that names those after it. */
void mp_html_group(struct mp_html *html, size_t columns, const char *title);
void mp_html_table_end(struct mp_html *html);
/* A cell to be filled and closed, and one with a number. */
void mp_html_cell(struct mp_html *html, const char *class, const char *label);
void mp_html_count(struct mp_html *html, const char *label, uint64_t count);

#endif
