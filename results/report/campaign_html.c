/* The report of a campaign as one page: verdict, facts, then what it rests on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/campaign_html.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/campaign_text.h"
#include "results/report/cells_html.h"
#include "results/report/claim_html.h"
#include "results/report/compare_html.h"
#include "results/report/compare_reason.h"
#include "results/report/failures_html.h"
#include "results/report/figures_text.h"
#include "results/report/heat_html.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/parts_html.h"
#include "results/report/report.h"
#include "results/report/scaling_html.h"
#include "results/report/unproven.h"

#define COLUMNS 100 /* of lines taken over from the text */

void mp_campaign_add_verdict_html(const struct mp_campaign *campaign,
                                  struct mp_html *html) {
    const struct mp_report *report = &campaign->report;
    struct mp_strbuf view, words, reason;
    const char *note;
    mp_strbuf_init(&view);
    mp_strbuf_init(&words);
    mp_strbuf_init(&reason);
    for (size_t i = 0; (note = mp_report_note(report, i)) != NULL; i++)
        mp_page_note(html, note);
    for (size_t i = 0; i < report->device_count; i++) {
        if (report->device[i].is_virtual)
            mp_page_note(html, MP_VIRTUAL_NOTE);
        mp_strbuf_addf(&view, "%s%s", i > 0 ? ", " : "", report->device[i].text);
    }
    mp_strbuf_addf(&view, " · campaign %" PRId64 " · %.10s · %" PRIu64 " %s",
                   report->campaign_id, report->started_at, report->rounds,
                   mp_plural(report->rounds, "round", "rounds"));
    mp_verdict_write_words(mp_campaign_verdict(campaign), &words);
    if (campaign->compare.is_one)
        mp_compare_write_reason(&campaign->compare, &reason);
    else
        mp_report_write_reason(report, &reason);
    mp_page_verdict(html, mp_verdict_mood(report->verdict), view.text, words.text,
                    reason.text);
    mp_strbuf_release(&reason);
    mp_strbuf_release(&words);
    mp_strbuf_release(&view);
}

static void add_facts(const struct mp_campaign *campaign, struct mp_html *html) {
    struct mp_strbuf lines;
    mp_strbuf_init(&lines);
    struct mp_text text = mp_html_lines(&lines, 0);
    mp_campaign_add_headline(campaign, &text);
    mp_page_section(html, "facts", "What was run");
    mp_html_add_facts(html, lines.text);
    mp_page_section_end(html);
    mp_strbuf_release(&lines);
}

/* What is words in the text is the same words here. */
static void add_words(struct mp_campaign *campaign, struct mp_html *html) {
    const struct mp_report *report = &campaign->report;
    struct mp_strbuf lines;
    mp_strbuf_init(&lines);
    struct mp_text text = mp_html_lines(&lines, COLUMNS);
    mp_dependence_add(&campaign->dependence, &text);
    mp_html_add_lines(html, "dependence", "Are the rounds independent?", &lines);
    mp_strbuf_clear(&lines);
    mp_figures_add(report, &text);
    mp_html_add_lines(html, "figures", "What arms, gate and driver counted", &lines);
    mp_strbuf_clear(&lines);
    mp_reuse_add(&report->reuse, &text);
    mp_html_add_lines(html, "reuse", "Rounds that shared processes", &lines);
    mp_strbuf_clear(&lines);
    mp_legality_add(&campaign->legality, &text);
    mp_html_add_lines(html, "legality", "Whose fault it is", &lines);
    mp_strbuf_clear(&lines);
    mp_loaded_add(&campaign->modules, &text);
    mp_html_add_lines(html, "modules", "What was loaded", &lines);
    mp_strbuf_clear(&lines);
    mp_report_health_add(&campaign->health, &text);
    mp_html_add_lines(html, "health", "Was the device well?", &lines);
    mp_strbuf_clear(&lines);
    mp_unproven_add(report, &text);
    mp_html_add_lines(html, "unproven", "What no run on a Mac has shown yet", &lines);
    mp_strbuf_release(&lines);
}

/* The whole report as a terminal shows it: nothing that it says is missing here. */
static void add_text(struct mp_campaign *campaign, struct mp_html *html) {
    struct mp_strbuf lines;
    mp_strbuf_init(&lines);
    struct mp_text text = mp_html_lines(&lines, COLUMNS);
    mp_campaign_write_text(campaign, &text);
    mp_page_section(html, "text", "The same as text");
    mp_page_fold(html, false, "as 'mpstress report' prints it");
    mp_page_lines(html, "the report as text", lines.text);
    mp_page_fold_end(html);
    mp_strbuf_clear(&lines);
    mp_page_write_command(html, "campaign", campaign->report.campaign_id, &lines);
    mp_page_command(html, lines.text);
    mp_page_section_end(html);
    mp_strbuf_release(&lines);
}

static void write_page(struct mp_campaign *campaign, struct mp_strbuf *buf) {
    const struct mp_report *report = &campaign->report;
    struct mp_html html;
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    mp_strbuf_addf(&title, "mpstress: %s, campaign %" PRId64,
                   mp_campaign_verdict(campaign), report->campaign_id);
    mp_page_begin(&html, buf, report->query.path, title.text);
    mp_campaign_add_verdict_html(campaign, &html);
    if (campaign->compare.is_one)
        mp_compare_add_html(&campaign->compare, &html);
    mp_claim_add_html(&campaign->report, &html);
    if (!campaign->compare.is_one)
        mp_cells_add_html(report, &html);
    mp_heat_add(report, &html);
    mp_scaling_add_html(&campaign->scaling, report, &html);
    mp_failures_add_html(&campaign->failures, report, &html);
    add_words(campaign, &html);
    add_facts(campaign, &html);
    add_text(campaign, &html);
    mp_page_end(&html, report->version);
    mp_strbuf_release(&title);
}

enum mp_status mp_report_html(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK) {
        write_page(&campaign, buf);
        status = mp_query_status(&campaign.report.query, err);
    }
    if (status == MP_OK)
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    mp_campaign_release(&campaign);
    return status;
}
