/* The report as Markdown for the summary of a CI job, which takes 1 MiB at most.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/compare_figures.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_table.h"
#include "results/report/compare_tries.h"
#include "results/report/export.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/report/table.h"
#include "results/report/unproven.h"

#define CELLS_MAX 500

/* Text on one line, escaped for Markdown and HTML. */
static void add_plain(struct mp_strbuf *buf, const char *text) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), 0);
    for (const char *at = safe.text; *at != '\0'; at++) {
        if (*at == '<') {
            mp_strbuf_addstr(buf, "&lt;");
        } else if (*at == '&') {
            mp_strbuf_addstr(buf, "&amp;");
        } else if (*at == '@') {
            mp_strbuf_addstr(buf, "&#64;"); /* mentions nobody */
        } else {
            if (strchr("\\`*_{}[]()#+-!|~>", *at) != NULL)
                mp_strbuf_addch(buf, '\\');
            mp_strbuf_addch(buf, *at);
        }
    }
    mp_strbuf_release(&safe);
}

static void add_cell(const struct mp_export *export, const struct mp_report_cell *cell,
                     struct mp_strbuf *buf) {
    const struct mp_report *report = &export->report;
    const struct mp_compare *compare = export->compare;
    static const char *const roles[MP_ROLE_COUNT] = {"", "must fail", "must pass",
                                                     "finds"};
    char rate[MP_RATE_SIZE], limits[MP_RATE_SIZE];
    bool is_bad = false;
    const char *words = mp_report_control_words(cell, &is_bad);
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_cell_title_write(report, cell, NULL, &name);
    mp_strbuf_addstr(buf, "| ");
    add_plain(buf, name.text);
    if (report->device_count > 1)
        mp_strbuf_addf(buf, " on device %zu", cell->device_index + 1);
    mp_strbuf_addstr(buf, " | ");
    add_plain(buf, mp_cell_arm_name(cell));
    if (compare != NULL && strcmp(cell->arm, compare->arm[0].id) == 0)
        words = "the control";
    struct mp_rate shown = mp_report_rate(report, cell);
    if (compare != NULL) {
        shown.failures = 0;
        for (int i = 0; i < MP_OUTCOME_COUNT; i++)
            if (mp_outcome_set_counts(compare->counts, (enum mp_outcome)i))
                shown.failures += cell->outcome[i];
    }
    mp_strbuf_addf(buf, " | %s | %llu | %llu | %llu | ",
                   words[0] != '\0' ? words : roles[cell->role],
                   (unsigned long long)cell->rounds, (unsigned long long)shown.failures,
                   (unsigned long long)cell->no_verdict);
    if (cell->role == MP_ROLE_FINDER) {
        mp_strbuf_addstr(buf, "in no rate");
    } else {
        mp_rate_format(shown, rate, limits);
        add_plain(buf, rate);
        mp_strbuf_addch(buf, ' ');
        add_plain(buf, limits);
    }
    mp_strbuf_addstr(buf, " |\n");
    mp_strbuf_release(&name);
}

static void add_kind(const struct mp_export *export, const struct mp_report_cell *cell,
                     const struct mp_export_kind *kind, struct mp_strbuf *buf) {
    struct mp_strbuf again;
    mp_strbuf_init(&again);
    mp_export_add_repeat(export, cell, kind, &again);
    mp_strbuf_addf(buf, "- %lld %s, newest %lld: ", (long long)kind->count,
                   mp_plural((uint64_t)kind->count, "round", "rounds"),
                   (long long)kind->seq);
    add_plain(buf, kind->name);
    if (kind->known != NULL) {
        mp_strbuf_addstr(buf, "; ");
        add_plain(buf, kind->known);
    }
    mp_strbuf_addstr(buf, "\n\n  ```sh\n  ");
    mp_strbuf_add_escaped(buf, again.text, again.len, 0);
    mp_strbuf_addstr(buf, "\n  ```\n");
    mp_strbuf_release(&again);
}

/* What failed in the cells that are in the table. */
static void add_kinds(const struct mp_export *export, struct mp_strbuf *buf) {
    const struct mp_report *report = &export->report;
    const char *before = "\n";
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++) {
        for (size_t j = 0; j < export->kind_count; j++) {
            if (export->kind[j].cell_id == report->cell[i].id) {
                mp_strbuf_addstr(buf, before);
                add_kind(export, &report->cell[i], &export->kind[j], buf);
                before = "";
            }
        }
    }
}

/* A table of labels and what they say, under a title. */
static void add_lines(struct mp_compare_lines *lines, const char *title,
                      struct mp_strbuf *buf) {
    if (lines->count > 0) {
        mp_strbuf_addstr(buf, "\n**");
        add_plain(buf, title);
        mp_strbuf_addstr(buf, "**\n\n| figure | |\n|---|---|\n");
    }
    for (size_t i = 0; i < lines->count; i++) {
        mp_strbuf_addstr(buf, "| ");
        add_plain(buf, lines->line[i].label);
        mp_strbuf_addstr(buf, " | ");
        add_plain(buf, lines->line[i].text);
        mp_strbuf_addstr(buf, " |\n");
    }
    mp_compare_lines_release(lines);
}

static void add_figures(const struct mp_compare *compare, struct mp_strbuf *buf) {
    struct mp_compare_lines lines = {0};
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    mp_strbuf_addf(&title, "%s (B) against %s (A)", compare->arm[1].name,
                   compare->arm[0].name);
    mp_compare_lines_of_pair(compare, &lines);
    mp_compare_lines_of_lives(compare, &lines);
    add_lines(&lines, title.text, buf);
    mp_compare_lines_of_strata(compare, &lines);
    add_lines(&lines, "By workload", buf);
    mp_strbuf_clear(&title);
    mp_strbuf_addf(&title, "Each against %s (A)", compare->arm[0].name);
    mp_compare_lines_of_arms(compare, &lines);
    bool has_legend = lines.count > 0;
    add_lines(&lines, title.text, buf);
    if (has_legend) {
        mp_strbuf_clear(&title);
        mp_compare_write_legend(compare, &title);
        mp_strbuf_addch(buf, '\n');
        add_plain(buf, title.text);
        mp_strbuf_addch(buf, '\n');
    }
    mp_compare_lines_of_tries(compare, &lines);
    add_lines(&lines, MP_COMPARE_TRIES_TITLE, buf);
    mp_strbuf_release(&title);
}

static void add_ranked(const struct mp_compare *compare, size_t arm, size_t place,
                       struct mp_strbuf *buf) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_strbuf_addf(buf, "| %zu | ", place);
    add_plain(buf, one->name);
    mp_strbuf_addf(buf, " | %" PRIu64 " of %" PRIu64 " | ", one->failed,
                   one->passed + one->failed);
    if (one->speed > 0)
        mp_compare_format_speed(one->speed, &text);
    mp_strbuf_addf(buf, "%s | ", text.len > 0 ? text.text : "");
    mp_strbuf_clear(&text);
    if (one->cost.pairs > 0)
        mp_compare_format_cost(&one->cost, &text);
    add_plain(buf, arm == 0 ? "1" : text.len > 0 ? text.text : "unknown");
    mp_strbuf_addf(buf, " | %s |\n",
                   arm == 0 ? "the control" : mp_compare_verdict_words(one->stands));
    mp_strbuf_release(&text);
}

/* Failures, then cost. */
static void add_ranking(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arms = compare->comparison.rule.arm_count;
    mp_strbuf_addstr(buf,
                     "\n**Ranking: failures, then cost**\n\n| | arm | failed | ops/s |"
                     " speed against A | verdict |\n|---:|---|---:|---:|---|---|\n");
    for (size_t i = 0; i + 1 < arms; i++)
        add_ranked(compare, compare->ranked[i], i + 1, buf);
    add_ranked(compare, 0, arms, buf);
}

static void add_outcomes(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arms = compare->comparison.rule.arm_count;
    uint64_t rounds[MP_OUTCOME_COUNT] = {0};
    mp_strbuf_addstr(buf, "\n**Outcomes by arm**\n\n| arm |");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        for (size_t arm = 0; arm < arms; arm++)
            rounds[i] += compare->arm[arm].outcome[i];
        if (rounds[i] > 0) {
            mp_strbuf_addch(buf, ' ');
            add_plain(buf, mp_outcome_name((enum mp_outcome)i));
            mp_strbuf_addstr(buf, " |");
        }
    }
    mp_strbuf_addstr(buf, "\n|---|");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        mp_strbuf_addstr(buf, rounds[i] > 0 ? "---:|" : "");
    for (size_t arm = 0; arm < arms; arm++) {
        mp_strbuf_addstr(buf, "\n| ");
        add_plain(buf, compare->arm[arm].name);
        mp_strbuf_addstr(buf, " |");
        for (int i = 0; i < MP_OUTCOME_COUNT; i++)
            if (rounds[i] > 0)
                mp_strbuf_addf(buf, " %llu |",
                               (unsigned long long)compare->arm[arm].outcome[i]);
    }
    mp_strbuf_addch(buf, '\n');
}

static void add_settings(const struct mp_report *report, struct mp_strbuf *buf) {
    const char *before = "\nSettings: ";
    struct mp_strbuf settings;
    mp_strbuf_init(&settings);
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++) {
        mp_strbuf_clear(&settings);
        if (!mp_cell_title_write_shared(report, i, &settings))
            continue;
        mp_strbuf_addstr(buf, before);
        add_plain(buf, settings.text);
        before = "; ";
    }
    if (before[0] == ';')
        mp_strbuf_addch(buf, '\n');
    mp_strbuf_release(&settings);
}

static void add_reuse(const struct mp_export *export, struct mp_strbuf *buf) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_reuse_write(&export->report.reuse, &words);
    if (words.len > 0) {
        mp_strbuf_addstr(buf, "\nRounds shared processes: ");
        add_plain(buf, words.text);
        mp_strbuf_addch(buf, '\n');
    }
    mp_strbuf_release(&words);
}

static void add_dependence(const struct mp_export *export, struct mp_strbuf *buf) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_dependence_write(&export->dependence, "; ", &words);
    if (words.len > 0) {
        mp_strbuf_addstr(buf, "\nRounds are not independent, limits are too narrow: ");
        add_plain(buf, words.text);
        mp_strbuf_addch(buf, '\n');
    }
    mp_strbuf_release(&words);
}

/* A block by its indent, which nothing in its one line can end. */
static void add_command(const struct mp_report *report, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, "\n\nCommand:\n\n    ");
    mp_strbuf_add_escaped(buf, report->argv, strlen(report->argv), 0);
}

static void write_markdown(struct mp_export *export) {
    struct mp_report *report = &export->report;
    struct mp_strbuf *buf = export->buf;
    mp_strbuf_addstr(buf, "### mpstress: ");
    add_plain(buf, export->verdict);
    mp_strbuf_addstr(buf, "\n\n");
    add_plain(buf, export->reason);
    for (size_t i = 0; i < report->device_count; i++) {
        mp_strbuf_addstr(buf, i == 0 ? "\n\nDevice" : "; device");
        if (report->device_count > 1)
            mp_strbuf_addf(buf, " %zu", i + 1);
        mp_strbuf_addstr(buf, ": ");
        add_plain(buf, report->device[i].text);
        if (report->device[i].is_virtual)
            mp_strbuf_addstr(buf, " (" MP_VIRTUAL_NOTE ")");
    }
    const char *note;
    for (size_t i = 0; (note = mp_report_note(report, i)) != NULL; i++) {
        mp_strbuf_addstr(buf, "\n\n");
        add_plain(buf, note);
    }
    if (report->not_shown[0] != '\0') {
        mp_strbuf_addstr(buf, "\n\nNot shown: ");
        add_plain(buf, report->not_shown);
    }
    if (report->left_out != NULL) {
        mp_strbuf_addstr(buf, "\n\nLeft out: ");
        add_plain(buf, report->left_out);
    }
    mp_strbuf_addstr(buf, "\n\nMachine: ");
    add_plain(buf, report->machine);
    add_command(report, buf);
    if (export->compare != NULL && export->compare->counts.bits != 0) {
        mp_strbuf_addstr(buf, "\n\nFailed: counting ");
        mp_compare_write_counted(export->compare, buf);
        mp_strbuf_addstr(buf, "; all outcomes are below.");
    }
    mp_strbuf_addstr(buf,
                     "\n\n| scenario | arm | control | rounds | failed | no verdict |"
                     " failing, 95 % limits |\n"
                     "|---|---|---|---:|---:|---:|---|\n");
    for (size_t i = 0; i < report->cell_count && i < CELLS_MAX; i++)
        add_cell(export, &report->cell[i], buf);
    if (report->cell_count > CELLS_MAX)
        mp_strbuf_addf(buf, "\nand %zu more cells in the database\n",
                       report->cell_count - CELLS_MAX);
    add_settings(report, buf);
    if (export->compare != NULL) {
        add_figures(export->compare, buf);
        add_ranking(export->compare, buf);
        add_outcomes(export->compare, buf);
    }
    mp_dose_add_markdown(&export->sweep, report, add_plain, buf);
    mp_scaling_add_markdown(&export->scaling, report, add_plain, buf);
    add_dependence(export, buf);
    add_reuse(export, buf);
    add_kinds(export, buf);
    mp_unproven_add_markdown(report, add_plain, buf);
}

enum mp_status mp_report_markdown(struct mp_store *store,
                                  const struct mp_report_options *options,
                                  struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                                  struct mp_error *err) {
    return mp_export_run(write_markdown, store, options, buf, ret_verdict, err);
}
