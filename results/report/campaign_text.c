/* The report of a campaign as text: the headline here, its parts in other files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/report.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/wire/device_name.h"
#include "results/report/campaign_text.h"
#include "results/report/claim.h"
#include "results/report/compare_text.h"
#include "results/report/figures_text.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/table.h"
#include "results/report/unproven.h"

#define SHORT_LINES 24 /* of a small terminal */

static void add_devices(const struct mp_report *report, struct mp_text *text) {
    for (size_t i = 0; i < report->device_count; i++) {
        const struct mp_report_device *device = &report->device[i];
        char label[32] = "device";
        if (report->device_count > 1)
            snprintf(label, sizeof(label), "device %zu", i + 1);
        mp_line_add(text, label, MP_BOLD, device->text);
        if (device->facts[0] != '\0')
            mp_line_add(text, "", MP_DIM, device->facts);
        if (device->is_virtual)
            mp_line_add(text, "", MP_WARN, MP_VIRTUAL_NOTE);
        if (mp_device_name_is_program(device->text))
            mp_line_add(text, "", MP_PLAIN, report->not_shown);
    }
    const char *note;
    for (size_t i = 0; (note = mp_report_note(report, i)) != NULL; i++)
        mp_line_add(text, "", MP_WARN, note);
}

static void add_injection(const struct mp_campaign *campaign, struct mp_text *text) {
    for (size_t i = 0; i < campaign->injection_count; i++) {
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        mp_strbuf_addf(&line, "%s: ", campaign->injection[i].line);
        for (const char *at = campaign->injection[i].scenarios; *at != '\0'; at++) {
            mp_strbuf_addch(&line, *at);
            if (*at == ',')
                mp_strbuf_addch(&line, ' ');
        }
        mp_line_add(text, i == 0 ? "injection" : "", MP_PLAIN, line.text);
        mp_strbuf_release(&line);
    }
}

static void add_campaign(const struct mp_report *report, struct mp_text *text) {
    char wall[32];
    uint64_t wall_ns = (uint64_t)report->wall_ns;
    if (wall_ns < 60 * MP_CLOCK_NS_PER_S)
        mp_clock_format_short(wall_ns, wall, sizeof(wall));
    else
        mp_clock_format_hms(wall_ns, wall, sizeof(wall));
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(
        &line, "%lld · %.10s %.8s UTC · %llu %s in %s · %s · seed %s · mpstress %s",
        (long long)report->campaign_id, report->started_at,
        strlen(report->started_at) > 11 ? report->started_at + 11 : "",
        (unsigned long long)report->rounds, mp_plural(report->rounds, "round", "rounds"),
        wall, strcmp(report->state, "running") == 0 ? "not finished" : report->state,
        report->seed, report->version);
    mp_line_add(text, "campaign", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

void mp_campaign_add_headline(const struct mp_campaign *campaign, struct mp_text *text) {
    const struct mp_report *report = &campaign->report;
    mp_claim_add(report, text);
    mp_replay_add(&campaign->replay, text);
    add_devices(report, text);
    add_injection(campaign, text);
    if (report->left_out != NULL)
        mp_line_add(text, "left out", MP_PLAIN, report->left_out);
    add_campaign(report, text);
    mp_scaling_add_ops(&campaign->scaling, text);
    mp_plan_add(report, text);
    mp_line_add(text, "command", MP_PLAIN, report->argv);
    if (report->machine[0] != '\0')
        mp_line_add(text, "machine", MP_PLAIN, report->machine);
    if (report->host != NULL && report->host[0] != '\0')
        mp_line_add(text, "host", MP_PLAIN, report->host);
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, "database");
    mp_text_add(text, MP_PLAIN, "%s", report->query.path);
    mp_text_end(text);
    mp_text_end(text);
}

static void add_verdict(const struct mp_campaign *campaign, struct mp_text *text) {
    struct mp_strbuf reason;
    if (campaign->compare.is_one) {
        mp_compare_add_verdict(&campaign->compare, text);
        return;
    }
    mp_strbuf_init(&reason);
    mp_report_write_reason(&campaign->report, &reason);
    mp_verdict_add(campaign->report.verdict, reason.text, text);
    mp_strbuf_release(&reason);
}

/* Whether the headline has scrolled off the screen by the end of the report. */
static bool is_long(const struct mp_strbuf *buf) {
    size_t lines = 0;
    for (size_t i = 0; i < buf->len; i++)
        lines += buf->text[i] == '\n';
    return lines > SHORT_LINES;
}

/* Imported reports stand beside the rounds; they were not drawn as rounds are. */
static void add_imported(struct mp_campaign *campaign, struct mp_text *text) {
    struct mp_report *report = &campaign->report;
    struct mp_strbuf line;
    if (report->imported == 0)
        return;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%lld, in no rate: mpstress list reports --db ",
                   (long long)report->imported);
    mp_text_quote(&line, report->query.path);
    mp_text_end(text);
    mp_line_add(text, "imported", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* Whether what did not occur means something: no control that must fail was silent. */
static bool has_power(const struct mp_report *report) {
    bool is_silent = false;
    for (size_t i = 0; i < report->cell_count; i++)
        is_silent = is_silent || (report->cell[i].role == MP_ROLE_POSITIVE &&
                                  report->cell[i].failures == 0);
    return !is_silent;
}

void mp_campaign_write_text(struct mp_campaign *campaign, struct mp_text *text) {
    struct mp_report *report = &campaign->report;
    add_verdict(campaign, text);
    mp_text_end(text);
    mp_campaign_add_headline(campaign, text);
    if (campaign->compare.is_one) {
        mp_compare_add_all(&campaign->compare, text);
        mp_dose_add(&campaign->sweep, report, text);
        mp_scaling_add(&campaign->scaling, report, text);
        mp_dependence_add(&campaign->dependence, text);
        mp_figures_add(report, text);
        mp_reuse_add(&report->reuse, text);
    } else {
        mp_report_add_table(report, text);
        mp_dose_add(&campaign->sweep, report, text);
        mp_scaling_add(&campaign->scaling, report, text);
        mp_dependence_add(&campaign->dependence, text);
        mp_figures_add(report, text);
        mp_reuse_add(&report->reuse, text);
        mp_legality_add(&campaign->legality, text);
        mp_loaded_add(&campaign->modules, text);
        mp_failures_add(&campaign->failures, report, text);
        mp_known_add(&report->known, has_power(report), text);
    }
    mp_failures_add_no_verdict(&campaign->failures, report, text);
    mp_report_health_add(&campaign->health, text);
    add_imported(campaign, text);
    mp_unproven_add(report, text);
    if (is_long(text->buf)) {
        const struct mp_strbuf *buf = text->buf;
        if (buf->text[buf->len - 2] != '\n')
            mp_text_end(text);
        add_verdict(campaign, text);
    }
}

enum mp_status mp_report_text(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .use_ascii = options->use_ascii,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_campaign campaign;
    enum mp_status status = mp_campaign_load(&campaign, store, options->campaign_id, err);
    if (status == MP_OK) {
        mp_campaign_write_text(&campaign, &text);
        status = mp_query_status(&campaign.report.query, err);
    }
    if (status == MP_OK)
        *ret_verdict = mp_report_exit(&campaign.report, options->only_new);
    mp_campaign_release(&campaign);
    return status;
}
