/* The figures of a comparison as labelled lines: evidence, tests, effects and cost, of
 * two arms in full, of more arms and of single strata in a line each. Prints nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/compare_figures.h"
#include "results/report/compare_lives.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_table.h"
#include "results/report/line.h"
#include "results/stats/digits.h"
#include "results/stats/effect.h"
#include "results/stats/multiple.h"

#define ROUNDS_MIN 5 /* of an arm, needed to show a p-value */
#define IF_FIXED   ", had the number of rounds been fixed in advance"

static uint64_t counted(const struct mp_compare_arm *arm) {
    return arm->passed + arm->failed;
}

void mp_compare_line_end(struct mp_compare_lines *lines, const char *label,
                         struct mp_strbuf *line) {
    lines->line = mp_memory_resize(lines->line, lines->count + 1, sizeof(*lines->line));
    lines->line[lines->count++] = (struct mp_compare_line){
        .label = mp_memory_copy_text(label), .text = mp_strbuf_detach(line)};
    mp_strbuf_init(line);
}

void mp_compare_lines_release(struct mp_compare_lines *lines) {
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->line[i].label);
        free(lines->line[i].text);
    }
    free(lines->line);
    *lines = (struct mp_compare_lines){0};
}

static void add_p(const char *name, double p, struct mp_strbuf *line) {
    char shown[MP_DIGITS_SIZE];
    mp_digits_probability(p, shown, sizeof(shown));
    mp_strbuf_addf(line, "%s p %s", name, shown);
}

void mp_compare_write_evidence(double log_e, struct mp_strbuf *line) {
    char shown[MP_DIGITS_SIZE];
    mp_digits_evidence(log_e, shown, sizeof(shown));
    mp_strbuf_addf(line, "E = %s", shown);
}

/* No figure means anything. */
static bool is_silent(const struct mp_compare *compare) {
    return compare->verdict == MP_COMPARISON_NO_POWER ||
           compare->verdict == MP_COMPARISON_NOTHING;
}

static void add_evidence_figure(const struct mp_compare *compare, size_t arm,
                                struct mp_compare_lines *lines, struct mp_strbuf *line) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    mp_compare_write_evidence(
        mp_comparison_peak(&compare->comparison, arm, MP_COMPARISON_SEEN), line);
    mp_strbuf_addstr(line, rule->looks ? " at its highest" : "");
    if (rule->margin > 0) {
        mp_strbuf_addstr(line, " that B fails in less than ");
        mp_compare_write_margin(rule, line);
        mp_strbuf_addf(line, "%s; ",
                       rule->stratum_count > 1 ? ", where it is least" : "");
    } else {
        mp_strbuf_addstr(line, " that the arms differ; ");
    }
    if (rule->looks || rule->margin > 0) {
        char needed[MP_DIGITS_SIZE];
        mp_digits_evidence_needed(mp_comparison_evidence_needed(rule), needed,
                                  sizeof(needed));
        mp_strbuf_addf(line, "%s decide", needed);
    } else {
        mp_strbuf_addstr(line, "here the exact test decides");
    }
    mp_compare_line_end(lines, "evidence", line);
}

static void add_tests(const struct mp_compare *compare, size_t arm,
                      struct mp_compare_lines *lines, struct mp_strbuf *line) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, 0, arm, MP_COMPARISON_SEEN);
    if (table.rounds_a < ROUNDS_MIN || table.rounds_b < ROUNDS_MIN)
        return;
    struct mp_boschloo boschloo = mp_two_arms_boschloo(table);
    add_p("McNemar", mp_comparison_p(&compare->comparison, arm, MP_COMPARISON_SEEN),
          line);
    mp_strbuf_addstr(line, " of the pairs; as if unpaired ");
    add_p(boschloo.is_exact ? "Boschloo" : "Fisher's mid-P", boschloo.two_sided, line);
    mp_strbuf_addstr(line, ", ");
    add_p("Fisher", mp_two_arms_fisher(table).two_sided, line);
    mp_strbuf_addstr(
        line, rule->looks ? " (two-sided; valid if the number of rounds had been fixed "
                            "in advance)"
                          : " (two-sided)");
    mp_compare_line_end(lines, "tests", line);
}

void mp_compare_write_points(struct mp_effect effect, struct mp_strbuf *line) {
    mp_strbuf_addf(line, "%.1f points [%.1f, %.1f]", 100 * effect.value,
                   floor(1000 * effect.low) / 10, ceil(1000 * effect.high) / 10);
}

static void add_ratio(struct mp_effect ratio, struct mp_strbuf *line) {
    char value[MP_DIGITS_SIZE], low[MP_DIGITS_SIZE], high[MP_DIGITS_SIZE];
    mp_digits_point(ratio.value, value, sizeof(value));
    mp_digits_lower(ratio.low, low, sizeof(low));
    mp_digits_upper(ratio.high, high, sizeof(high));
    if (isinf(ratio.value))
        mp_strbuf_addf(line, "A failed at least %s times as often as B", low);
    else if (ratio.low <= 0 && isinf(ratio.high))
        mp_strbuf_addstr(line, "how many times as often as B A failed is not known");
    else if (ratio.low <= 0)
        mp_strbuf_addf(line, "A failed at most %s times as often as B", high);
    else if (isinf(ratio.high))
        mp_strbuf_addf(line, "A failed %s times as often as B, %s times or more", value,
                       low);
    else
        mp_strbuf_addf(line, "A failed %s times as often as B [%s, %s]", value, low,
                       high);
}

static void add_effects(const struct mp_compare *compare, size_t arm,
                        struct mp_compare_lines *lines, struct mp_strbuf *line) {
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, 0, arm, MP_COMPARISON_SEEN);
    double alpha = compare->comparison.rule.alpha;
    bool looks = compare->comparison.rule.looks;
    mp_strbuf_addstr(line, "A - B = ");
    if (looks) {
        mp_compare_write_points(mp_effect_difference_anytime(table, alpha), line);
        mp_strbuf_addstr(line, " (95 % at all looks); ");
    }
    mp_compare_write_points(mp_effect_difference_newcombe(table, alpha), line);
    mp_strbuf_addf(line, " (Newcombe, 95 %%%s)", looks ? IF_FIXED : "");
    mp_compare_line_end(lines, "difference", line);
    if (looks) {
        add_ratio(mp_effect_ratio_anytime(table, alpha), line);
        mp_strbuf_addstr(line, " (95 % at all looks); ");
    }
    add_ratio(mp_effect_ratio_koopman(table, alpha), line);
    mp_strbuf_addf(line, " (Koopman, 95 %%%s)", looks ? IF_FIXED : "");
    mp_compare_line_end(lines, "ratio", line);
}

static void add_cost(const struct mp_compare *compare, size_t arm,
                     struct mp_compare_lines *lines, struct mp_strbuf *line) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    if (b->cost.pairs == 0) {
        mp_strbuf_addf(line,
                       "no block in which both passed, so the cost of B is not known");
    } else {
        mp_compare_format_cost(&b->cost, line);
        mp_strbuf_addf(line, " of A's: the median of %zu %s in which both passed",
                       b->cost.pairs, mp_plural(b->cost.pairs, "block", "blocks"));
    }
    const struct mp_compare_arm *arms[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (arms[i]->speed > 0) {
            mp_strbuf_addf(line, "%s%s ", i == 0 || a->speed <= 0 ? "; " : ", ",
                           i == 0 ? "A" : "B");
            mp_compare_format_speed(arms[i]->speed, line);
            mp_strbuf_addstr(line, " ops/s");
        }
    }
    mp_compare_line_end(lines, "throughput", line);
}

/* Rounds without a verdict and their worst case. */
static void add_no_verdict(const struct mp_compare *compare, size_t arm,
                           struct mp_strbuf *line) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    if (a->no_verdict + b->no_verdict == 0)
        return;
    mp_strbuf_addf(line, "%s%" PRIu64 " %s of A and %" PRIu64 " of B without a verdict",
                   line->len > 0 ? "; " : "", a->no_verdict,
                   mp_plural(a->no_verdict, "round", "rounds"), b->no_verdict);
    if (b->outcome[MP_OUTCOME_SKIP] > 0) {
        mp_strbuf_addstr(line, ", of which ");
        mp_compare_write_skipped(compare, arm, line);
    }
    if (counted(a) > 0 && counted(b) > 0)
        mp_strbuf_addf(
            line,
            "; counted as passes of A and failures of B: %s; as failures of A and "
            "passes of B: %s",
            mp_compare_verdict_words(b->verdict[MP_COMPARISON_AGAINST]),
            mp_compare_verdict_words(b->verdict[MP_COMPARISON_IN_FAVOUR]));
}

/* The mean over the strata: each has its limits for all looks at an equal part of the
 * error rate, so that all hold together. */
static void add_mean_anytime(const struct mp_compare *compare, size_t arm,
                             struct mp_strbuf *line) {
    size_t count = compare->comparison.rule.stratum_count;
    struct mp_effect mean = {0};
    for (size_t i = 0; i < count; i++) {
        struct mp_effect one = mp_effect_difference_anytime(
            mp_comparison_table(&compare->comparison, i, arm, MP_COMPARISON_SEEN),
            compare->comparison.rule.alpha / (double)count);
        mean.value += one.value / (double)count;
        mean.low += one.low / (double)count;
        mean.high += one.high / (double)count;
    }
    mp_compare_write_points(mean, line);
    mp_strbuf_addstr(line, " (mean of the workloads, 95 % at all looks); ");
}

/* One number over all strata, unless they contradict each other. */
static void add_pooled(const struct mp_compare *compare, size_t arm,
                       struct mp_compare_lines *lines, struct mp_strbuf *line) {
    struct mp_strata strata =
        mp_comparison_pool(&compare->comparison, arm, MP_COMPARISON_SEEN);
    add_p("McNemar", mp_comparison_p(&compare->comparison, arm, MP_COMPARISON_SEEN),
          line);
    mp_strbuf_addstr(line, " of all pairs; as if unpaired ");
    add_p(strata.is_exact ? "exact test over strata" : "Cochran-Mantel-Haenszel",
          strata.p, line);
    mp_strbuf_addf(line, " over %zu %s", strata.used,
                   mp_plural(strata.used, "stratum", "strata"));
    if (strata.dropped > 0)
        mp_strbuf_addf(line,
                       " (%zu without failures in both, or only with them, left out)",
                       strata.dropped);
    if (compare->comparison.rule.looks)
        mp_strbuf_addstr(line,
                         "; valid if the number of rounds had been fixed in advance");
    mp_compare_line_end(lines, "tests", line);
    if (strata.freedom > 0 && strata.tarone_p < MP_COMPARE_HOMOGENEITY) {
        mp_strbuf_addstr(line,
                         "no single figure: the strata differ in the effect of B (");
        add_p("Tarone", strata.tarone_p, line);
        mp_strbuf_addstr(line, "), see the table");
    } else {
        mp_strbuf_addstr(line, "A - B = ");
        if (compare->comparison.rule.looks)
            add_mean_anytime(compare, arm, line);
        mp_compare_write_points(strata.difference, line);
        mp_strbuf_addf(line, " (Sato, 95 %%%s)",
                       compare->comparison.rule.looks ? IF_FIXED : "");
        if (strata.freedom > 0) {
            mp_strbuf_addstr(line, "; the strata agree, ");
            add_p("Tarone", strata.tarone_p, line);
        }
    }
    mp_compare_line_end(lines, "pooled", line);
}

/* A direction is stated only where chance alone gives such a trend in 5 % or less. */
#define TREND_ALPHA 0.05

static void add_trend(const struct mp_compare *compare, size_t arm, const char *letter,
                      struct mp_compare_lines *lines, struct mp_strbuf *line) {
    struct mp_trend trend;
    if (!mp_compare_trend(compare, arm, &trend))
        return;
    if (trend.chi2 <= 0) {
        mp_strbuf_addf(line, "%s: none, all of its rounds ended the same way", letter);
    } else {
        if (trend.p > TREND_ALPHA)
            mp_strbuf_addf(line, "%s: no trend with the number of threads is shown, ",
                           letter);
        else
            mp_strbuf_addf(line, "%s fails %s often with more threads, ", letter,
                           trend.z > 0 ? "more" : "less");
        add_p("Cochran-Armitage", trend.p, line);
        mp_strbuf_addstr(line, compare->comparison.rule.looks ? IF_FIXED : "");
    }
    mp_compare_line_end(lines, arm == 0 ? "trend" : "", line);
}

/* One stratum, in which nothing was pooled. */
static void add_stratum(const struct mp_compare *compare, size_t stratum, size_t arm,
                        struct mp_strbuf *line) {
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, stratum, arm, MP_COMPARISON_SEEN);
    double alpha = compare->comparison.rule.alpha;
    if (table.failures_a + table.failures_b == 0) {
        mp_strbuf_addstr(line, "no failure, so no power");
        return;
    }
    bool looks = compare->comparison.rule.looks;
    mp_strbuf_addstr(line, "A - B = ");
    mp_compare_write_points(looks ? mp_effect_difference_anytime(table, alpha)
                                  : mp_effect_difference_newcombe(table, alpha),
                            line);
    mp_strbuf_addstr(line, ", ");
    add_ratio(looks ? mp_effect_ratio_anytime(table, alpha)
                    : mp_effect_ratio_koopman(table, alpha),
              line);
    mp_strbuf_addstr(line, ", ");
    mp_compare_write_evidence(
        mp_comparison_evidence(&compare->comparison, stratum, arm, MP_COMPARISON_SEEN),
        line);
    if (table.rounds_a >= ROUNDS_MIN && table.rounds_b >= ROUNDS_MIN) {
        mp_strbuf_addstr(line, ", ");
        add_p("Boschloo", mp_two_arms_boschloo(table).two_sided, line);
        mp_strbuf_addstr(line, ", ");
        add_p("Fisher", mp_two_arms_fisher(table).two_sided, line);
    }
}

/* All strata of an arm, in one line. */
static void add_total(const struct mp_compare *compare, size_t arm, double p_holm,
                      struct mp_strbuf *line) {
    const struct mp_comparison *comparison = &compare->comparison;
    if (comparison->rule.margin > 0) {
        mp_compare_write_evidence(mp_comparison_peak(comparison, arm, MP_COMPARISON_SEEN),
                                  line);
        mp_strbuf_addstr(line, " for less than ");
        mp_compare_write_margin(&comparison->rule, line);
        mp_strbuf_addstr(line, "; ");
    }
    if (comparison->rule.stratum_count == 1) {
        add_stratum(compare, 0, arm, line);
    } else {
        struct mp_strata strata = mp_comparison_pool(comparison, arm, MP_COMPARISON_SEEN);
        if (strata.freedom > 0 && strata.tarone_p < MP_COMPARE_HOMOGENEITY) {
            mp_strbuf_addstr(line, "no single difference: the strata contradict each "
                                   "other");
        } else {
            mp_strbuf_addstr(line, "A - B = ");
            mp_compare_write_points(strata.difference, line);
        }
        mp_strbuf_addstr(line, ", ");
        mp_compare_write_evidence(mp_comparison_peak(comparison, arm, MP_COMPARISON_SEEN),
                                  line);
        mp_strbuf_addstr(line, ", ");
        add_p("over strata", strata.p, line);
    }
    mp_strbuf_addstr(line, "; ");
    add_p("Holm", p_holm, line);
}

void mp_compare_lines_of_strata(const struct mp_compare *compare,
                                struct mp_compare_lines *lines) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_strbuf line;
    if (rule->arm_count > 2 || rule->stratum_count < 2 || is_silent(compare))
        return;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_paired_ratio cost = compare->stratum[i].cost[1];
        add_stratum(compare, i, 1, &line);
        if (cost.pairs > 0) {
            mp_strbuf_addstr(&line, ", throughput ");
            mp_compare_format_cost(&cost, &line);
        }
        mp_compare_line_end(lines, compare->stratum[i].title, &line);
    }
    mp_strbuf_release(&line);
}

/* p of every arm, adjusted by Holm. */
static void adjusted_p(const struct mp_compare *compare,
                       double ret_p[MP_COMPARISON_ARMS_MAX]) {
    size_t arms = compare->comparison.rule.arm_count;
    ret_p[0] = NAN;
    for (size_t arm = 1; arm < arms; arm++)
        ret_p[arm] = mp_comparison_p(&compare->comparison, arm, MP_COMPARISON_SEEN);
    mp_multiple_holm(ret_p, arms, ret_p);
}

void mp_compare_lines_of_arms(const struct mp_compare *compare,
                              struct mp_compare_lines *lines) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double p[MP_COMPARISON_ARMS_MAX];
    struct mp_strbuf line;
    if (rule->arm_count < 3 ||
        (compare->arm[0].failed == 0 && compare->verdict != MP_COMPARISON_WORSE &&
         rule->margin <= 0))
        return; /* no power: no figure is meaningful */
    mp_strbuf_init(&line);
    adjusted_p(compare, p);
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        add_total(compare, arm, p[arm], &line);
        add_no_verdict(compare, arm, &line);
        mp_compare_line_end(lines, compare->arm[arm].name, &line);
    }
    mp_strbuf_release(&line);
}

void mp_compare_write_legend(const struct mp_compare *compare, struct mp_strbuf *buf) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    char needed[MP_DIGITS_SIZE];
    mp_digits_evidence_needed(mp_comparison_evidence_needed(rule), needed,
                              sizeof(needed));
    mp_strbuf_addf(
        buf, "B is the arm in the row; E of %s decides. Holm: p adjusted for %zu arms%s.",
        needed, rule->arm_count - 1,
        rule->looks ? "; p is valid if the number of rounds had been fixed in advance"
                    : "");
}

void mp_compare_lines_of_pair(const struct mp_compare *compare,
                              struct mp_compare_lines *lines) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_strbuf line;
    if (rule->arm_count > 2)
        return;
    mp_strbuf_init(&line);
    if (!is_silent(compare))
        add_evidence_figure(compare, 1, lines, &line);
    if (!is_silent(compare) && rule->stratum_count == 1) {
        add_tests(compare, 1, lines, &line);
        add_effects(compare, 1, lines, &line);
    } else if (!is_silent(compare)) {
        add_pooled(compare, 1, lines, &line);
        add_trend(compare, 0, "A", lines, &line);
        add_trend(compare, 1, "B", lines, &line);
    }
    add_cost(compare, 1, lines, &line);
    if (compare->arm[0].no_verdict + compare->arm[1].no_verdict > 0) {
        add_no_verdict(compare, 1, &line);
        mp_compare_line_end(lines, "worst case", &line);
    }
    mp_strbuf_release(&line);
}

void mp_compare_lines_of_lives(const struct mp_compare *compare,
                               struct mp_compare_lines *lines) {
    const struct mp_compare_lives *lives = compare->lives;
    char p[MP_DIGITS_SIZE];
    struct mp_strbuf line;
    if (lives->life == NULL || compare->comparison.rule.arm_count > 2)
        return;
    mp_strbuf_init(&line);
    if (compare->comparison.rule.stratum_count == 1) {
        for (size_t arm = 0; arm < 2; arm++) {
            mp_strbuf_addf(&line, "%s%c fails ", arm > 0 ? ", " : "", (int)('A' + arm));
            mp_compare_lives_write_rate(&lives->life[arm], &line);
        }
        mp_strbuf_addstr(&line, " ops; ");
    }
    mp_digits_probability(mp_compare_lives_p(lives, 1), p, sizeof(p));
    mp_strbuf_addf(&line, "log-rank p %s%s", p,
                   compare->comparison.rule.looks ? IF_FIXED : "");
    mp_compare_line_end(lines, "ops to fail", &line);
    mp_strbuf_release(&line);
}
