/* The verdict as a badge: a small picture to stand beside a report or in a page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/campaign.h"
#include "results/report/judge.h"
#include "results/report/parts_html.h"
#include "results/report/report.h"

#define LETTER 7.2 /* pixels that a letter takes at most, about */
#define LABEL  "mpstress"

static void add_part(struct mp_html *html, double x, double width, const char *fill,
                     const char *words) {
    mp_html_open(html, "rect");
    mp_html_set(html, "x", "%.1f", x);
    mp_html_set(html, "width", "%.1f", width);
    mp_html_set(html, "height", "20");
    mp_html_set(html, "fill", "%s", fill);
    mp_html_close(html);
    mp_html_open(html, "text");
    mp_html_set(html, "x", "%.1f", x + width / 2);
    mp_html_set(html, "y", "14");
    mp_html_set(html, "fill", "#fff");
    mp_html_set(html, "text-anchor", "middle");
    mp_html_text(html, "%s", words);
    mp_html_close(html);
}

static void write_badge(const struct mp_campaign *campaign, struct mp_strbuf *buf) {
    static const char *const fills[] = {"#535c66", "#0f6a31", "#b3261e", "#875000"};
    const struct mp_report *report = &campaign->report;
    struct mp_html html = {.buf = buf};
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    for (const char *at = mp_campaign_verdict(campaign); *at != '\0'; at++)
        mp_strbuf_addch(&words, *at == '_' ? ' ' : *at);
    if (mp_report_is_all_model(report))
        mp_strbuf_addstr(&words, " (model)");
    double left = LETTER * (sizeof(LABEL) - 1) + 12,
           right = LETTER * (double)words.len + 12;
    mp_html_open(&html, "svg");
    mp_html_set(&html, "xmlns", "%s", "http://www.w3.org/2000/svg");
    mp_html_set(&html, "width", "%.0f", left + right);
    mp_html_set(&html, "height", "20");
    mp_html_set(&html, "role", "img");
    mp_html_set(&html, "aria-label", "%s: %s, campaign %lld", LABEL, words.text,
                (long long)report->campaign_id);
    mp_html_leaf(&html, "title", NULL, "%s: %s, campaign %lld of %.10s, %llu rounds",
                 LABEL, words.text, (long long)report->campaign_id, report->started_at,
                 (unsigned long long)report->rounds);
    mp_html_open(&html, "g");
    mp_html_set(&html, "font-family", "DejaVu Sans,Verdana,sans-serif");
    mp_html_set(&html, "font-size", "11");
    add_part(&html, 0, left, "#30363d", LABEL);
    add_part(&html, left, right, fills[mp_verdict_mood(report->verdict)], words.text);
    mp_html_close(&html);
    mp_html_close(&html);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_release(&words);
}

enum mp_status mp_report_badge(struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err) {
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK) {
        write_badge(&campaign, buf);
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    }
    mp_campaign_release(&campaign);
    return status;
}
