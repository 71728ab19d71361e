/* One page for those who decide: the verdict, four numbers, what it means and what it
 * does not, and the command for more.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "results/report/campaign_html.h"
#include "results/report/cell_title.h"
#include "results/report/compare_reason.h"
#include "results/report/judge.h"
#include "results/report/parts_html.h"
#include "results/report/report.h"

static void add_tile(struct mp_html *html, const char *number, const char *words) {
    mp_html_open_class(html, "div", "tile");
    mp_html_leaf(html, "span", "big", "%s", number);
    mp_html_text(html, "%s", words);
    mp_html_close(html);
}

/* The subject with the most certain failures, else the one of which least is known. */
static const struct mp_report_cell *find_worst(const struct mp_report *report) {
    const struct mp_report_cell *worst = NULL;
    double most = -1;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role != MP_ROLE_SUBJECT || cell->rounds == 0)
            continue;
        struct mp_interval limits = mp_rate_limits(mp_report_rate(report, cell));
        double rank = cell->failures > 0 ? 1 + limits.low : limits.high;
        if (rank > most) {
            most = rank;
            worst = cell;
        }
    }
    return worst;
}

static void add_tiles(const struct mp_report *report, struct mp_html *html) {
    uint64_t rounds = 0, failures = 0, silent = 0;
    struct mp_strbuf words;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role != MP_ROLE_SUBJECT)
            continue;
        rounds += cell->rounds;
        failures += cell->failures;
        silent += cell->no_verdict;
    }
    mp_strbuf_init(&words);
    mp_html_open_class(html, "div", "tiles");
    mp_strbuf_addf(&words, "%" PRIu64, rounds);
    add_tile(html, words.text, "rounds of the subjects passed or failed");
    mp_strbuf_clear(&words);
    mp_strbuf_addf(&words, "%" PRIu64, failures);
    add_tile(html, words.text, "of them failed");
    mp_strbuf_clear(&words);
    mp_strbuf_addf(&words, "%" PRIu64, silent);
    add_tile(html, words.text, "more showed nothing");
    const struct mp_report_cell *worst = find_worst(report);
    if (worst != NULL) {
        char point[MP_RATE_SIZE], limits[MP_RATE_SIZE];
        mp_rate_format(mp_report_rate(report, worst), point, limits);
        mp_strbuf_clear(&words);
        mp_strbuf_addf(&words, "%s fail in the worst subject, ", limits);
        mp_cell_title_write(report, worst, NULL, &words);
        mp_strbuf_addf(&words, ", arm %s (95 %% limits)", worst->arm);
        add_tile(html, point, words.text);
    }
    mp_html_close(html);
    mp_strbuf_release(&words);
}

/* Arms are never added up. */
static void add_arms(const struct mp_compare *compare, struct mp_html *html) {
    mp_html_open_class(html, "div", "tiles");
    for (size_t arm = 0; arm < compare->comparison.rule.arm_count; arm++) {
        const struct mp_compare_arm *one = &compare->arm[arm];
        struct mp_strbuf number, words;
        mp_strbuf_init(&number);
        mp_strbuf_init(&words);
        mp_strbuf_addf(&number, "%" PRIu64 " of %" PRIu64, one->failed,
                       one->passed + one->failed);
        mp_strbuf_addf(&words, "rounds failed under %c %s: %s", (int)('A' + arm),
                       one->name,
                       arm == 0 ? "the control" : mp_compare_verdict_words(one->stands));
        add_tile(html, number.text, words.text);
        mp_strbuf_release(&words);
        mp_strbuf_release(&number);
    }
    mp_html_close(html);
}

static void add_meaning(const struct mp_report *report, struct mp_html *html) {
    mp_page_section(html, "meaning", "What this does not say");
    mp_html_open(html, "ul");
    if (mp_report_is_all_model(report))
        mp_html_leaf(html, "li", NULL, "%s",
                     "Nothing about Apple's driver: all rounds ran on a software model.");
    mp_html_leaf(html, "li", NULL, "%s",
                 "Nothing about other machines, systems or driver builds than the one "
                 "named below.");
    mp_html_leaf(html, "li", NULL, "%s",
                 "No failure seen is an upper limit of the rate, never a rate of zero.");
    if (report->not_shown[0] != '\0')
        mp_html_leaf(html, "li", NULL, "%s", report->not_shown);
    mp_html_close(html);
    mp_page_facts(html);
    mp_page_fact(html, "machine", report->machine);
    for (size_t i = 0; i < report->device_count; i++)
        mp_page_fact(html, "device", report->device[i].text);
    mp_page_fact(html, "command", report->argv);
    mp_page_fact(html, "began", report->started_at);
    mp_page_facts_end(html);
    struct mp_strbuf command;
    mp_strbuf_init(&command);
    mp_page_write_command(html, "campaign", report->campaign_id, &command);
    mp_html_leaf(html, "p", "soft", "%s", "All of it:");
    mp_page_command(html, command.text);
    mp_strbuf_release(&command);
    mp_page_section_end(html);
}

enum mp_status mp_report_summary(struct mp_store *store,
                                 const struct mp_report_options *options,
                                 struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                                 struct mp_error *err) {
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK) {
        struct mp_html html;
        mp_page_begin(&html, buf, campaign.report.query.path, "mpstress: summary");
        mp_campaign_add_verdict_html(&campaign, &html);
        mp_page_section(&html, "numbers", "In numbers");
        if (campaign.compare.is_one)
            add_arms(&campaign.compare, &html);
        else
            add_tiles(&campaign.report, &html);
        mp_page_section_end(&html);
        add_meaning(&campaign.report, &html);
        mp_page_end(&html, campaign.report.version);
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    }
    mp_campaign_release(&campaign);
    return status;
}
