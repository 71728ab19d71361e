/* The report: verdict and headline here, the parts in the other files of this folder.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/report.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "results/report/compare.h"
#include "results/report/modules.h"
#include "results/report/text.h"

#define LABEL_WIDTH 11

const char *mp_verdict_name(enum mp_verdict verdict) {
    switch (verdict) {
    case MP_VERDICT_CLEAN:
        return "clean";
    case MP_VERDICT_FAILURES:
        return "failures";
    case MP_VERDICT_INCONCLUSIVE:
        return "inconclusive";
    case MP_VERDICT_NOTHING_RAN:
        return "nothing_ran";
    case MP_VERDICT_NO_POWER:
        return "no_power";
    case MP_VERDICT_HARNESS:
        return "harness_failed";
    case MP_VERDICT_CLAIM_MET:
        return "claim_met";
    case MP_VERDICT_REGRESSION:
        return "regression";
    }
    return "unknown";
}

int mp_verdict_code(enum mp_verdict verdict) {
    return (int)verdict & 0xff;
}

/* What all cells of a role have in common. */
struct sum {
    uint64_t rounds, failures;
    size_t cells, silent, uncounted;
};

static struct sum sum_role(const struct mp_report *report, enum mp_role role) {
    struct sum sum = {0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role == role) {
            sum.cells++;
            sum.rounds += cell->rounds;
            sum.failures += cell->failures;
            sum.silent += cell->failures == 0;
            sum.uncounted += cell->rounds == 0;
        }
    }
    return sum;
}

static const char *plural(uint64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

#define U(value) ((unsigned long long)(value))

void mp_report_write_reason(const struct mp_report *report, struct mp_strbuf *buf) {
    if (report->comparison_reason != NULL) {
        mp_strbuf_addstr(buf, report->comparison_reason);
        return;
    }
    struct sum subject = sum_role(report, MP_ROLE_SUBJECT);
    struct sum positive = sum_role(report, MP_ROLE_POSITIVE);
    struct sum negative = sum_role(report, MP_ROLE_NEGATIVE);
    if (report->verdict == MP_VERDICT_NOTHING_RAN) {
        mp_strbuf_addstr(buf, "no round of this campaign passed or failed");
        return;
    }
    if (report->plan.has_claim) {
        mp_report_write_claim(report, buf);
        mp_strbuf_addstr(buf, "; ");
    }
    if (subject.cells > 0) {
        mp_strbuf_addf(buf, "%llu of %llu rounds of %s failed", U(subject.failures),
                       U(subject.rounds),
                       plural(subject.cells, "the subject", "the subjects"));
    } else {
        mp_strbuf_addstr(buf, "there was no subject");
    }
    if (negative.failures > 0) {
        mp_strbuf_addf(buf, "; a control that must pass failed (%llu of %llu rounds)",
                       U(negative.failures), U(negative.rounds));
    }
    if (positive.silent > 0) {
        mp_strbuf_addf(
            buf,
            "; %zu of %zu controls that must fail stayed silent: zeros mean nothing"
            " here",
            positive.silent, positive.cells);
    } else if (positive.cells == 0) {
        mp_strbuf_addstr(buf, "; no control that must fail was run");
    } else {
        mp_strbuf_addf(buf, "; the %s",
                       plural(positive.cells, "control that must fail did",
                              "controls"
                              " that must fail all did"));
    }
    size_t uncounted = subject.uncounted + negative.uncounted;
    if (uncounted > 0) {
        mp_strbuf_addf(buf, "; %zu %s no round that counts", uncounted,
                       plural(uncounted, "cell has", "cells have"));
    }
}

void mp_report_add_verdict(struct mp_text *text, enum mp_verdict verdict,
                           const char *reason) {
    static const struct {
        enum mp_verdict verdict;
        enum mp_style style;
        const char *word;
    } words[] = {
        {MP_VERDICT_CLEAN, MP_GOOD, "CLEAN"},
        {MP_VERDICT_FAILURES, MP_BAD, "FAILURES"},
        {MP_VERDICT_INCONCLUSIVE, MP_WARN, "INCONCLUSIVE"},
        {MP_VERDICT_NOTHING_RAN, MP_WARN, "NOTHING RAN"},
        {MP_VERDICT_NO_POWER, MP_WARN, "NO POWER"},
        {MP_VERDICT_CLAIM_MET, MP_GOOD, "CLAIM MET"},
        {MP_VERDICT_REGRESSION, MP_BAD, "REGRESSION"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].verdict == verdict) {
            mp_text_add(text, words[i].style, "%s", words[i].word);
            mp_text_add(text, MP_PLAIN, "  ");
            mp_text_wrap(text, MP_BOLD, strlen(words[i].word) + 2, reason);
        }
    }
    mp_text_end(text);
}

static void add_label(struct mp_text *text, const char *label) {
    mp_text_left(text, MP_DIM, LABEL_WIDTH, label);
}

bool mp_report_is_model(const char *device) {
    const char *provider = strchr(device, '@');
    return provider != NULL && strncmp(provider, "@model", 6) == 0 &&
           (provider[6] == '\0' || provider[6] == ':');
}

bool mp_report_is_all_model(const struct mp_report *report) {
    bool is_all = report->device_count > 0;
    for (size_t i = 0; i < report->device_count; i++)
        is_all = is_all && mp_report_is_model(report->device[i].text);
    return is_all;
}

static void add_devices(const struct mp_report *report, struct mp_text *text) {
    bool has_model = false;
    for (size_t i = 0; i < report->device_count; i++) {
        char label[32] = "device";
        if (report->device_count > 1)
            snprintf(label, sizeof(label), "device %zu", i + 1);
        add_label(text, label);
        mp_text_wrap(text, MP_BOLD, LABEL_WIDTH, report->device[i].text);
        if (report->device[i].facts[0] != '\0') {
            add_label(text, "");
            mp_text_wrap(text, MP_DIM, LABEL_WIDTH, report->device[i].facts);
        }
        has_model = has_model || mp_report_is_model(report->device[i].text);
    }
    if (has_model) {
        add_label(text, "");
        mp_text_wrap(
            text, MP_WARN, LABEL_WIDTH,
            "@model is a software model of the driver: nothing here was seen on Apple's"
            " driver.");
    }
}

/* The parameters that make a race more likely than it would be by itself. */
static void add_injection(struct mp_report *report, struct mp_text *text) {
    const char *label = "injection";
    sqlite3_stmt *rows =
        mp_report_query(report,
                        "SELECT group_concat(DISTINCT scenario),"
                        " line FROM (SELECT scenario, coalesce('sync=' || "
                        "json_extract(params, '$.sync'), '') ||"
                        " coalesce(' share=' || json_extract(params, '$.share'), '') ||"
                        " coalesce(' q=' || json_extract(params, '$.q'), '') AS line"
                        " FROM campaign_cell JOIN cell ON cell.id = cell_id WHERE "
                        "campaign_id = ?1 ORDER BY "
                        "cell.id)"
                        " WHERE line <> '' GROUP BY line ORDER BY line",
                        0);
    while (mp_report_next(report, rows)) {
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        mp_strbuf_addf(&line, "%s: ", mp_report_column(rows, 1));
        for (const char *at = mp_report_column(rows, 0); *at != '\0'; at++) {
            mp_strbuf_addch(&line, *at);
            if (*at == ',')
                mp_strbuf_addch(&line, ' ');
        }
        add_label(text, label);
        mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, line.text);
        mp_strbuf_release(&line);
        label = "";
    }
}

static void add_headline(struct mp_report *report, struct mp_text *text) {
    char wall[32];
    if (report->wall_ns < 60 * MP_CLOCK_NS_PER_S)
        mp_clock_format_short(report->wall_ns, wall, sizeof(wall));
    else
        mp_clock_format_hms(report->wall_ns, wall, sizeof(wall));
    mp_report_add_claim(report, text);
    add_devices(report, text);
    add_injection(report, text);
    add_label(text, "campaign");
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    const char *state =
        strcmp(report->state, "running") == 0 ? "not finished" : report->state;
    mp_strbuf_addf(&line,
                   "%lld · %.10s %.8s UTC · %llu %s in %s · %s · seed %s · mpstress %s",
                   (long long)report->campaign_id, report->started_at,
                   strlen(report->started_at) > 11 ? report->started_at + 11 : "",
                   U(report->rounds), plural(report->rounds, "round", "rounds"), wall,
                   state, report->seed, report->version);
    mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, line.text);
    mp_report_add_plan(report, text);
    add_label(text, "command");
    mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, report->argv);
    if (report->machine[0] != '\0') {
        add_label(text, "machine");
        mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, report->machine);
    }
    if (report->host[0] != '\0') {
        add_label(text, "host");
        mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, report->host);
    }
    add_label(text, "database");
    mp_text_add(text, MP_PLAIN, "%s", report->path);
    mp_text_end(text);
    mp_text_end(text);
    mp_strbuf_release(&line);
}

enum mp_status mp_report_text(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_report report;
    /* One transaction: a campaign that is still running must not change between the
     * parts. */
    sqlite3_exec(mp_store_handle(store), "BEGIN", NULL, NULL, NULL);
    enum mp_status status = mp_report_load(&report, store, options->campaign_id, err);
    if (status == MP_OK) {
        struct mp_compare compare;
        mp_compare_load(&compare, &report);
        if (compare.is_one) {
            mp_compare_add_verdict(&compare, &text);
            add_headline(&report, &text);
            mp_compare_add_all(&compare, &text);
        } else {
            struct mp_strbuf reason;
            mp_strbuf_init(&reason);
            mp_report_write_reason(&report, &reason);
            mp_report_add_verdict(&text, report.verdict, reason.text);
            mp_strbuf_release(&reason);
            add_headline(&report, &text);
            mp_report_add_table(&report, &text);
            mp_report_add_modules(&report, &text);
            mp_report_add_crashes(&report, &text);
            mp_report_add_failures(&report, &text);
        }
        mp_compare_release(&compare);
        mp_report_add_no_verdict(&report, &text);
        mp_report_add_health(&report, &text);
        status = mp_report_status(&report, err);
    }
    sqlite3_exec(mp_store_handle(store), "COMMIT", NULL, NULL, NULL);
    if (status == MP_OK)
        *ret_verdict = report.verdict;
    mp_report_release(&report);
    return status;
}
