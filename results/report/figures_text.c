/* Lines on figures, warnings first to the eye.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/figures_text.h"

#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/figures.h"
#include "results/report/judge.h"
#include "results/report/line.h"

#define LINES_MAX 24

static void add_line(const struct mp_report *report, const struct mp_report_cell *cell,
                     enum mp_figure_of of, size_t *count, struct mp_text *text) {
    struct mp_strbuf words, line;
    bool is_warning;
    mp_strbuf_init(&words);
    mp_strbuf_init(&line);
    mp_figures_write(&cell->figures, of, &words, &is_warning);
    if (words.len > 0 && (*count)++ < LINES_MAX) {
        if (*count == 1)
            mp_line_title(text, "What arms, gate, pool and driver did");
        mp_cell_title_write(report, cell, NULL, &line);
        mp_strbuf_addstr(&line, ", ");
        mp_cell_arm_write(cell, &line);
        mp_strbuf_addf(&line, ": %s", words.text);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, is_warning ? MP_WARN : MP_PLAIN, 2, line.text);
    }
    mp_strbuf_release(&line);
    mp_strbuf_release(&words);
}

void mp_figures_add(const struct mp_report *report, struct mp_text *text) {
    size_t count = 0;
    for (size_t i = 0; i < report->cell_count; i++)
        for (int of = MP_FIGURE_OF_ARM; of <= (int)MP_FIGURE_OF_DRIVER; of++)
            if (!mp_report_is_skipped(&report->cell[i])) /* nothing was done there */
                add_line(report, &report->cell[i], (enum mp_figure_of)of, &count, text);
    if (count > LINES_MAX) {
        mp_text_add(text, MP_PLAIN, "  and %zu more lines: mpstress report --json",
                    count - LINES_MAX);
        mp_text_end(text);
    }
}
