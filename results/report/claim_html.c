/* The funnel of a claim.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/claim_html.h"

#include <inttypes.h>
#include <math.h>

#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/claim.h"
#include "results/report/course.h"
#include "results/report/parts_html.h"
#include "results/stats/percent.h"

#define FUNNELS_MAX 6

static void draw(const struct mp_report *report, const struct mp_course_claim *course,
                 const char *name, struct mp_html *html) {
    struct mp_point low[MP_COURSE_POINTS], high[MP_COURSE_POINTS], rate[MP_COURSE_POINTS];
    const struct mp_course_rate *last = &course->point[course->count - 1];
    double target = report->plan.claim.target;
    struct mp_plot plot = {
        .html = html,
        .x = {.low = 0, .high = fmax(2, last->rounds)},
        .y = {.low = 0, .high = mp_rate_scale(fmax(4 * target, 1.25 * last->high))},
        .x_unit = MP_UNIT_NUMBER,
        .y_unit = MP_UNIT_PERCENT,
        .height = 220};
    char shown[MP_PERCENT_SIZE];
    struct mp_strbuf words;
    for (size_t i = 0; i < course->count; i++) {
        const struct mp_course_rate *point = &course->point[i];
        low[i] = (struct mp_point){point->rounds, point->low};
        high[i] = (struct mp_point){point->rounds, point->high};
        rate[i] = (struct mp_point){point->rounds, point->rate};
    }
    mp_percent_upper(last->high, shown, sizeof(shown));
    mp_strbuf_init(&words);
    mp_strbuf_addf(&words,
                   "%s: limits of the failure rate after each round; after %.0f rounds "
                   "the upper one is %s %%, the claim is %.4g %%",
                   name, last->rounds, shown, 100 * target);
    mp_plot_begin(&plot, words.text, "rounds", "failing");
    mp_plot_band(&plot, low, high, course->count, 0);
    mp_plot_line(&plot, high, course->count, 0);
    mp_plot_line(&plot, rate, course->count, 1);
    mp_strbuf_clear(&words);
    mp_strbuf_addf(&words, "claim: below %.4g %%", 100 * target);
    mp_plot_rule(&plot, target, words.text);
    mp_plot_end(&plot);
    mp_strbuf_release(&words);
}

static void add_funnel(struct mp_report *report, size_t index, struct mp_html *html) {
    const struct mp_report_cell *cell = &report->cell[index];
    struct mp_course_claim course;
    struct mp_strbuf name;
    mp_course_of_claim(report, index, &course);
    if (course.count == 0)
        return;
    mp_strbuf_init(&name);
    mp_cell_title_write(report, cell, NULL, &name);
    mp_strbuf_addstr(&name, ", ");
    mp_cell_arm_write(cell, &name);
    mp_html_open(html, "figure");
    mp_html_leaf(html, "h3", NULL, "%s", name.text);
    draw(report, &course, name.text, html);
    mp_html_close(html);
    mp_strbuf_release(&name);
}

void mp_claim_add_html(struct mp_report *report, struct mp_html *html) {
    struct mp_strbuf words;
    size_t shown = 0, weakest = report->plan.evidence.weakest;
    if (!report->plan.has_claim || report->plan.evidence.subjects == 0)
        return;
    mp_strbuf_init(&words);
    mp_claim_write(report, &words);
    mp_page_section(html, "claim", "What the claim rests on");
    mp_html_leaf(html, "p", NULL, "%s", words.text);
    mp_plot_legend(html);
    mp_plot_entry(html, 0, "upper limit; shaded: between the limits");
    mp_plot_entry(html, 1, "failed so far");
    mp_plot_legend_end(html);
    if (weakest < report->cell_count) {
        add_funnel(report, weakest, html);
        shown++;
    }
    for (size_t i = 0; i < report->cell_count && shown < FUNNELS_MAX; i++) {
        if (report->cell[i].role != MP_ROLE_SUBJECT || i == weakest)
            continue;
        add_funnel(report, i, html);
        shown++;
    }
    mp_page_small(
        html,
        "Limits hold at all looks together, with %.4g %%: the claim is met for "
        "a subject where its upper limit falls below the dashed line, and stays "
        "met however the run ended. Rounds without a verdict count as failures, "
        "and passes in which no threads met do not count, as in the verdict.",
        100 * (1 - report->plan.claim.alpha));
    if (report->plan.evidence.subjects > shown)
        mp_page_small(html,
                      "%zu of %zu subjects are drawn, the one with the least evidence "
                      "first; the table has all.",
                      shown, report->plan.evidence.subjects);
    mp_page_section_end(html);
    mp_strbuf_release(&words);
}
