/* The forest plot of a comparison as a picture of its own: how much less often each arm
 * fails than the control, by workload, with limits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "results/page/style.h"
#include "results/report/campaign.h"
#include "results/report/compare_figures.h"
#include "results/report/compare_html.h"
#include "results/report/compare_reason.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/parts_html.h"
#include "results/report/report.h"

#define WIDTH  960
#define LEFT   330 /* of the scale, in pixels */
#define SPAN   360
#define HEIGHT 26 /* of a row */

static void add_words(struct mp_html *html, const char *class, double x, double y,
                      const char *words) {
    mp_html_open_class(html, "text", class);
    mp_html_set(html, "x", "%.1f", x);
    mp_html_set(html, "y", "%.1f", y);
    mp_html_text(html, "%s", words);
    mp_html_close(html);
}

static void add_line(struct mp_html *html, const char *class, double x1, double y1,
                     double x2, double y2) {
    mp_html_open_class(html, "line", class);
    mp_html_set(html, "x1", "%.1f", x1);
    mp_html_set(html, "y1", "%.1f", y1);
    mp_html_set(html, "x2", "%.1f", x2);
    mp_html_set(html, "y2", "%.1f", y2);
    mp_html_close(html);
}

static double place(struct mp_axis axis, double value) {
    return LEFT + SPAN * mp_axis_place(axis, value) / 100;
}

static void add_row(const struct mp_compare *compare, size_t stratum, size_t arm,
                    struct mp_axis axis, double y, struct mp_html *html) {
    struct mp_effect effect;
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    bool is_all = stratum == SIZE_MAX;
    add_words(html, NULL, 28, y + 4,
              is_all ? "all together" : compare->stratum[stratum].title);
    if (!mp_compare_effect(compare, stratum, arm, &effect)) {
        add_words(html, NULL, LEFT, y + 4, "no single figure: workloads contradict");
    } else {
        const char *mood = effect.low > 0 ? "good" : effect.high < 0 ? "bad" : "plain";
        const char *span = effect.low > 0    ? "span good"
                           : effect.high < 0 ? "span bad"
                                             : "span plain";
        add_line(html, span, place(axis, effect.low), y, place(axis, effect.high), y);
        mp_html_open(html, "circle");
        mp_html_set(html, "class", "dot %s", mood);
        mp_html_set(html, "cx", "%.1f", place(axis, effect.value));
        mp_html_set(html, "cy", "%.1f", y);
        mp_html_set(html, "r", is_all ? "8" : "6");
        mp_html_close(html);
        mp_compare_write_points(effect, &words);
        add_words(html, NULL, LEFT + SPAN + 24, y + 4, words.text);
    }
    mp_strbuf_release(&words);
}

static void write_title(const struct mp_campaign *campaign, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s, campaign %lld: ", mp_campaign_verdict(campaign),
                   (long long)campaign->report.campaign_id);
    mp_compare_write_reason(&campaign->compare, buf);
}

static void draw(const struct mp_campaign *campaign, struct mp_html *html) {
    const struct mp_compare *compare = &campaign->compare;
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_axis axis = {.low = -1, .high = 1};
    double y = 64, mark[MP_AXIS_MARKS_MAX];
    size_t rows = rule->stratum_count + (rule->stratum_count > 1) + 1;
    double end = y + (double)((rule->arm_count - 1) * rows * HEIGHT);
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    for (size_t i = 0, count = mp_axis_marks(axis, mark); i < count; i++) {
        mp_strbuf_clear(&words);
        mp_unit_write(MP_UNIT_POINTS, mark[i], &words);
        add_line(html, "grid", place(axis, mark[i]), 52, place(axis, mark[i]), end);
        add_words(html, "mid", place(axis, mark[i]), 46, words.text);
    }
    add_line(html, "rule", place(axis, 0), 52, place(axis, 0), end);
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        mp_strbuf_clear(&words);
        mp_strbuf_addf(&words, "%c %s: %s", (int)('A' + arm), compare->arm[arm].name,
                       mp_compare_verdict_words(compare->arm[arm].stands));
        add_words(html, "strong", 12, y + 14, words.text);
        y += HEIGHT;
        for (size_t i = 0; i < rule->stratum_count; i++, y += HEIGHT)
            add_row(compare, i, arm, axis, y + 10, html);
        if (rule->stratum_count > 1) {
            add_row(compare, SIZE_MAX, arm, axis, y + 10, html);
            y += HEIGHT;
        }
    }
    mp_strbuf_clear(&words);
    mp_strbuf_addf(&words,
                   "Percentage points, A (%s) minus the arm; right: fails less often. "
                   "Limits: 95 %%, %s.",
                   compare->arm[0].name,
                   rule->looks ? "right at all looks together"
                               : "Newcombe; all together: Sato");
    add_words(html, NULL, 12, end + 24, words.text);
    if (mp_report_is_all_model(&campaign->report))
        add_words(html, "strong", 12, end + 44, MP_MODEL_NOTE);
    mp_strbuf_release(&words);
}

static void write_picture(const struct mp_campaign *campaign, struct mp_strbuf *buf) {
    const struct mp_comparison_rule *rule = &campaign->compare.comparison.rule;
    size_t rows = rule->stratum_count + (rule->stratum_count > 1) + 1;
    struct mp_html html = {.buf = buf};
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    write_title(campaign, &title);
    mp_html_open(&html, "svg");
    mp_html_set(&html, "xmlns", "%s", "http://www.w3.org/2000/svg");
    mp_html_set(&html, "viewBox", "0 0 %d %zu", WIDTH,
                128 + (rule->arm_count - 1) * rows * HEIGHT);
    mp_html_set(&html, "role", "img");
    mp_html_leaf(&html, "title", NULL, "%s", title.text);
    mp_html_open(&html, "style");
    for (size_t i = 0; mp_style_part(i) != NULL; i++)
        mp_html_style(&html, mp_style_part(i));
    mp_html_close(&html);
    mp_html_open(&html, "rect");
    mp_html_set(&html, "width", "100%%");
    mp_html_set(&html, "height", "100%%");
    mp_html_set(&html, "style", "fill:var(--card)");
    mp_html_close(&html);
    add_words(&html, "strong", 12, 22, title.text);
    draw(campaign, &html);
    mp_html_close(&html);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_release(&title);
}

enum mp_status mp_report_svg(struct mp_store *store,
                             const struct mp_report_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err) {
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK && !campaign.compare.is_one)
        status = mp_error_set(err, MP_USAGE,
                              "--format svg is the plot of a comparison, and campaign "
                              "%lld is none: --format html shows it",
                              (long long)campaign.report.campaign_id);
    if (status == MP_OK) {
        write_picture(&campaign, buf);
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    }
    mp_campaign_release(&campaign);
    return status;
}
