/* The comparison in words: its verdict, what was compared and how, and its figures.
 * Tables are in compare_table.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "results/report/compare_figures.h"
#include "results/report/compare_lives.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_table.h"
#include "results/report/compare_tries.h"
#include "results/report/judge.h"
#include "results/report/line.h"

#define LABEL_WIDTH  11
#define KIND_WIDTH   6
#define FIGURE_WIDTH 15
#define TITLE_MAX    30

void mp_compare_add_verdict(const struct mp_compare *compare, struct mp_text *text) {
    static const struct {
        enum mp_style style;
        const char *word;
    } words[] = {
        [MP_COMPARISON_FIXED] = {MP_GOOD, "FIXED"},
        [MP_COMPARISON_BETTER] = {MP_GOOD, "BETTER"},
        [MP_COMPARISON_NO_WORSE] = {MP_GOOD, "NO WORSE"},
        [MP_COMPARISON_SAME] = {MP_GOOD, "SAME"},
        [MP_COMPARISON_EXCHANGED] = {MP_WARN, "EXCHANGED"},
        [MP_COMPARISON_DIFFERENT] = {MP_BAD, "DIFFERENT"},
        [MP_COMPARISON_NOT_SHOWN] = {MP_WARN, "NOT SHOWN"},
        [MP_COMPARISON_WORSE] = {MP_BAD, "WORSE"},
        [MP_COMPARISON_NO_DIFFERENCE] = {MP_WARN, "NO DIFFERENCE"},
        [MP_COMPARISON_NO_POWER] = {MP_WARN, "NO POWER"},
        [MP_COMPARISON_NOTHING] = {MP_WARN, "NOTHING RAN"},
    };
    const char *word =
        compare->is_unfinished ? "UNFINISHED" : words[compare->verdict].word;
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_report_write_reason(compare->report, &reason);
    mp_text_add(text, compare->is_unfinished ? MP_WARN : words[compare->verdict].style,
                "%s", word);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_BOLD, strlen(word) + 2, reason.text);
    mp_strbuf_release(&reason);
}

static void add_line(struct mp_text *text, const char *label, struct mp_strbuf *line) {
    mp_text_left(text, MP_DIM, LABEL_WIDTH, label);
    mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, line->text);
    mp_strbuf_clear(line);
}

static void add_below(const struct mp_compare *compare, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%g %%", 100 * compare->comparison.rule.fixed_below);
}

static void add_plan(const struct mp_compare *compare, struct mp_text *text) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s (A, the control) with ", compare->arm[0].name);
    for (size_t arm = 1; arm < rule->arm_count; arm++)
        mp_strbuf_addf(&line, "%s%s", arm > 1 ? ", " : "", compare->arm[arm].name);
    mp_strbuf_addf(&line,
                   "%s, in %" PRIu64
                   " %s of one round of each, in random order and with one seed",
                   rule->arm_count == 2 ? " (B)" : "", compare->comparison.blocks,
                   mp_plural(compare->comparison.blocks, "block", "blocks"));
    add_line(text, "compared", &line);
    mp_strbuf_addf(
        &line, "%s; the chance of a wrong %s is at most %g %% each%s; %s claims nothing",
        rule->looks ? "after every block, which the evidence E allows"
                    : "once, when all planned rounds had run",
        rule->margin <= 0    ? "\"better\" or \"worse\", and of a wrong \"fixed\","
        : rule->is_two_sided ? "\"same\" or \"different\""
                             : "\"no worse\" or \"worse\"",
        100 * rule->alpha, rule->arm_count > 2 ? ", over all arms together" : "",
        rule->margin > 0 ? "\"not shown\"" : "\"no difference\"");
    add_line(text, "judged", &line);
    if (compare->counts.bits != 0) {
        mp_compare_write_counted(compare, &line);
        mp_strbuf_addstr(
            &line, ": a round that failed in another way is one without such a "
                   "failure; \"exchanged\", not better or fixed, is an arm in which "
                   "other failures rose, where no failure that counts may have "
                   "covered them");
        add_line(text, "counted", &line);
    }
    if (rule->margin > 0) {
        mp_strbuf_addstr(&line, "means failing in less than ");
        mp_compare_write_margin(rule, &line);
        mp_strbuf_addf(&line, " than the control%s",
                       rule->stratum_count > 1 ? ", in every workload" : "");
    } else {
        mp_strbuf_addstr(&line, "better than the control, and failing in less than ");
        add_below(compare, &line);
        mp_strbuf_addf(&line, " of rounds%s",
                       rule->stratum_count > 1 ? " of every workload" : "");
    }
    add_line(text,
             rule->margin <= 0    ? "\"fixed\" is"
             : rule->is_two_sided ? "same"
                                  : "no worse",
             &line);
    mp_strbuf_release(&line);
    mp_text_end(text);
}

static void add_kinds(const struct mp_compare *compare, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < compare->kind_count; i++) {
        const struct mp_compare_kind *kind = &compare->kind[i];
        bool has_crash = kind->crash_id != 0;
        char count[24];
        if (i == 0) {
            mp_text_end(text);
            mp_text_add(text, MP_BOLD, "Failures by kind");
            mp_text_end(text);
        }
        snprintf(count, sizeof(count), "%" PRIu64, kind->rounds);
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "%s in %s%s%s", kind->outcome, kind->arms,
                       kind->title[0] != '\0' ? ": " : "", kind->title);
        mp_text_right(text, MP_PLAIN, KIND_WIDTH, count);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, KIND_WIDTH + 2, line.text);
        mp_strbuf_clear(&line);
        mp_text_quote(&line, compare->report->query.path);
        mp_text_left(text, MP_PLAIN, KIND_WIDTH + 2, "");
        mp_text_add(text, MP_DIM, "mpstress show %s %lld --db %s",
                    has_crash ? "crash" : "round",
                    (long long)(has_crash ? kind->crash_id : kind->round_id), line.text);
        mp_text_end(text);
    }
    mp_strbuf_release(&line);
}

/* Labels of one width, which a longer one leaves a line to itself. */
static void render(const struct mp_compare_lines *lines, enum mp_style style,
                   size_t width, struct mp_text *text) {
    for (size_t i = 0; i < lines->count; i++) {
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_left(text, style, width - 2, lines->line[i].label);
        if (mp_text_columns(lines->line[i].label) > width - 4) {
            mp_text_end(text);
            mp_text_left(text, MP_PLAIN, width, "");
        }
        mp_text_wrap(text, MP_PLAIN, width, lines->line[i].text);
    }
}

/* Names and what belongs to each. */
static void render_named(const struct mp_compare_lines *lines, size_t width_max,
                         struct mp_text *text) {
    size_t width = 0;
    for (size_t i = 0; i < lines->count; i++) {
        size_t columns = mp_text_columns(lines->line[i].label);
        width = columns > width ? columns : width;
    }
    width = width < width_max ? width : width_max;
    render(lines, MP_PLAIN, width + 4, text);
}

static void add_pair(const struct mp_compare *compare, struct mp_text *text) {
    struct mp_compare_lines lines = {0};
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "%s (B) against %s (A)", compare->arm[1].name,
                compare->arm[0].name);
    mp_text_end(text);
    mp_compare_lines_of_pair(compare, &lines);
    render(&lines, MP_DIM, FIGURE_WIDTH, text);
    mp_compare_lines_release(&lines);
    mp_compare_lines_of_strata(compare, &lines);
    if (lines.count > 0) {
        mp_text_end(text);
        mp_text_add(text, MP_BOLD, "By workload");
        mp_text_end(text);
        render_named(&lines, TITLE_MAX, text);
    }
    mp_compare_lines_release(&lines);
}

static void add_arms(const struct mp_compare *compare, struct mp_text *text) {
    struct mp_compare_lines lines = {0};
    mp_compare_lines_of_arms(compare, &lines);
    if (lines.count > 0) {
        struct mp_strbuf legend;
        mp_strbuf_init(&legend);
        mp_text_end(text);
        mp_text_add(text, MP_BOLD, "Each against %s (A)", compare->arm[0].name);
        mp_text_end(text);
        render_named(&lines, SIZE_MAX, text);
        mp_compare_write_legend(compare, &legend);
        mp_text_wrap(text, MP_DIM, 0, legend.text);
        mp_strbuf_release(&legend);
    }
    mp_compare_lines_release(&lines);
}

static void add_tries(const struct mp_compare *compare, struct mp_text *text) {
    struct mp_compare_lines lines = {0};
    mp_compare_lines_of_tries(compare, &lines);
    if (lines.count > 0) {
        mp_text_end(text);
        mp_text_add(text, MP_BOLD, MP_COMPARE_TRIES_TITLE);
        mp_text_end(text);
        render(&lines, MP_DIM, FIGURE_WIDTH, text);
    }
    mp_compare_lines_release(&lines);
}

void mp_compare_add_all(const struct mp_compare *compare, struct mp_text *text) {
    add_plan(compare, text);
    mp_compare_add_table(compare, text);
    if (compare->comparison.rule.arm_count == 2) {
        add_pair(compare, text);
    } else {
        mp_compare_add_ranking(compare, text);
        add_arms(compare, text);
    }
    add_tries(compare, text);
    mp_compare_lives_add(compare->lives, text);
    mp_compare_add_outcomes(compare, text);
    add_kinds(compare, text);
}
