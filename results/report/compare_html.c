/* Comparisons as pages.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "results/report/compare_figures.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_table.h"
#include "results/report/compare_tries.h"
#include "results/report/course.h"
#include "results/report/parts_html.h"
#include "results/stats/digits.h"

#define COST_LOW  0.1 /* of the scale of speeds, at most */
#define COST_HIGH 2.0

struct mp_rate mp_compare_rate(const struct mp_compare *compare, size_t stratum,
                               size_t arm) {
    struct mp_comparison_counts count =
        mp_comparison_count(&compare->comparison, stratum, arm);
    return (struct mp_rate){.failures = count.failed,
                            .rounds = count.passed + count.failed,
                            .looks = compare->comparison.rule.looks,
                            .prior = mp_prior_jeffreys()};
}

static struct mp_effect effect_of(const struct mp_compare *compare, size_t stratum,
                                  size_t arm, double alpha) {
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, stratum, arm, MP_COMPARISON_SEEN);
    return compare->comparison.rule.looks ? mp_effect_difference_anytime(table, alpha)
                                          : mp_effect_difference_newcombe(table, alpha);
}

bool mp_compare_effect(const struct mp_compare *compare, size_t stratum, size_t arm,
                       struct mp_effect *ret_effect) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    if (stratum != SIZE_MAX || rule->stratum_count == 1) {
        *ret_effect =
            effect_of(compare, stratum == SIZE_MAX ? 0 : stratum, arm, rule->alpha);
        return true;
    }
    struct mp_strata strata =
        mp_comparison_pool(&compare->comparison, arm, MP_COMPARISON_SEEN);
    if (strata.freedom > 0 && strata.tarone_p < MP_COMPARE_HOMOGENEITY)
        return false;
    *ret_effect = strata.difference;
    if (!rule->looks)
        return true;
    /* Each stratum at an equal part of the error rate, so that all hold together. */
    double count = (double)rule->stratum_count;
    *ret_effect = (struct mp_effect){0, 0, 0};
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_effect one = effect_of(compare, i, arm, rule->alpha / count);
        ret_effect->value += one.value / count;
        ret_effect->low += one.low / count;
        ret_effect->high += one.high / count;
    }
    return true;
}

static void add_side(const struct mp_compare *compare, size_t stratum, size_t arm,
                     struct mp_axis axis, struct mp_html *html) {
    struct mp_rate rate = mp_compare_rate(compare, stratum, arm);
    struct mp_comparison_counts count =
        mp_comparison_count(&compare->comparison, stratum, arm);
    mp_html_open(html, "tr");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    mp_html_leaf(html, "span", "soft", "%c ", (int)('A' + arm));
    mp_html_text(html, "%s", compare->arm[arm].name);
    mp_html_close(html);
    mp_html_count(html, "rounds", rate.rounds);
    mp_html_count(html, "failed", rate.failures);
    if (compare->counts.bits != 0)
        mp_html_count(html, "failed otherwise", count.other);
    mp_html_count(html, "no verdict", count.no_verdict);
    mp_html_add_rate(html, axis, rate,
                     rate.rounds == 0    ? MP_MOOD_WARN
                     : rate.failures > 0 ? MP_MOOD_BAD
                                         : MP_MOOD_GOOD,
                     NAN);
    mp_html_close(html);
}

static void begin_sides(const struct mp_compare *compare, struct mp_axis axis,
                        struct mp_html *html) {
    mp_html_table(html, NULL);
    mp_html_column(html, NULL, "workload and arm");
    mp_html_column(html, "num", "rounds");
    mp_html_column(html, "num", "failed");
    if (compare->counts.bits != 0)
        mp_html_column(html, "num", "failed otherwise");
    mp_html_column(html, "num", "no verdict");
    mp_html_column(html, NULL, MP_RATE_TITLE);
    mp_html_open_class(html, "th", "wide");
    mp_html_set(html, "scope", "col");
    mp_html_leaf(html, "span", "hidden", "%s", "the limits on a scale");
    mp_chart_scale(html, axis, MP_UNIT_PERCENT, NAN);
    mp_html_close(html);
    mp_html_body(html);
}

static void add_sides(const struct mp_compare *compare, struct mp_html *html) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double most = 0;
    for (size_t i = 0; i < rule->stratum_count; i++)
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            if (mp_compare_rate(compare, i, arm).rounds > 0)
                most = fmax(most, mp_rate_limits(mp_compare_rate(compare, i, arm)).high);
    struct mp_axis axis = mp_html_rate_axis(most);
    mp_page_section(html, "arms", "Arms side by side");
    begin_sides(compare, axis, html);
    for (size_t i = 0; i < rule->stratum_count; i++) {
        if (i > 0) {
            mp_html_close(html);
            mp_html_open(html, "tbody");
        }
        mp_html_group(html, compare->counts.bits != 0 ? 7 : 6, compare->stratum[i].title);
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            add_side(compare, i, arm, axis, html);
    }
    mp_html_table_end(html);
    mp_page_small(
        html,
        "Rounds: those that passed or failed. Limits: two-sided 95 %%, %s; ≤ where "
        "none failed: the one-sided upper bound. Rounded outward. The scale ends at "
        "%.4g %%.",
        rule->looks ? "right at all looks together" : "Clopper-Pearson", 100 * axis.high);
    mp_page_section_end(html);
}

static enum mp_mood effect_mood(struct mp_effect effect) {
    return effect.low > 0 ? MP_MOOD_GOOD : effect.high < 0 ? MP_MOOD_BAD : MP_MOOD_PLAIN;
}

static void add_effect(const struct mp_compare *compare, size_t stratum, size_t arm,
                       struct mp_axis axis, struct mp_html *html) {
    bool is_all = stratum == SIZE_MAX;
    struct mp_effect effect;
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    bool is_known = mp_compare_effect(compare, stratum, arm, &effect);
    mp_html_open(html, "tr");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    mp_html_text(html, "%s", is_all ? "all together" : compare->stratum[stratum].title);
    mp_html_close(html);
    mp_html_cell(html, "rate", "fails less often than A by");
    if (is_known) {
        mp_compare_write_points(effect, &words);
        mp_html_text(html, "%s", words.text);
    } else {
        mp_html_text(html, "no single figure: the workloads contradict each other");
    }
    mp_html_close(html);
    mp_html_cell(html, "wide", NULL);
    if (is_known)
        mp_chart_interval(html, axis,
                          &(struct mp_chart_interval){.low = effect.low,
                                                      .value = effect.value,
                                                      .high = effect.high,
                                                      .rule = 0,
                                                      .mood = effect_mood(effect),
                                                      .is_summary = is_all},
                          words.text);
    mp_html_close(html);
    mp_html_close(html);
    mp_strbuf_release(&words);
}

static double widest_effect(const struct mp_compare *compare) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double most = 0.01;
    struct mp_effect effect;
    for (size_t arm = 1; arm < rule->arm_count; arm++)
        for (size_t i = 0; i < rule->stratum_count; i++)
            if (mp_compare_effect(compare, i, arm, &effect))
                most = fmax(most, fmax(fabs(effect.low), fabs(effect.high)));
    return fmin(1.0, mp_rate_scale(most));
}

static void add_effects(const struct mp_compare *compare, struct mp_html *html) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double most = widest_effect(compare);
    struct mp_axis axis = {.low = -most, .high = most};
    mp_page_section(html, "effects", "What each arm changes");
    mp_html_table(html, NULL);
    mp_html_column(html, NULL, "arm and workload");
    mp_html_column(html, NULL, "fails less often than A by");
    mp_html_open_class(html, "th", "wide");
    mp_html_set(html, "scope", "col");
    mp_html_leaf(html, "span", "hidden", "%s", "the difference on a scale");
    mp_chart_scale(html, axis, MP_UNIT_POINTS, 0);
    mp_html_close(html);
    mp_html_body(html);
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        struct mp_strbuf title;
        mp_strbuf_init(&title);
        if (arm > 1) {
            mp_html_close(html);
            mp_html_open(html, "tbody");
        }
        mp_strbuf_addf(&title, "%c %s: %s", (int)('A' + arm), compare->arm[arm].name,
                       mp_compare_verdict_words(compare->arm[arm].stands));
        mp_html_group(html, 3, title.text);
        for (size_t i = 0; i < rule->stratum_count; i++)
            add_effect(compare, i, arm, axis, html);
        if (rule->stratum_count > 1)
            add_effect(compare, SIZE_MAX, arm, axis, html);
        mp_strbuf_release(&title);
    }
    mp_html_table_end(html);
    mp_page_small(html,
                  "Percentage points, A (%s) minus the arm: right of the dashed line the "
                  "arm fails less often. Limits: 95 %%, %s.",
                  compare->arm[0].name,
                  rule->looks ? "right at all looks together"
                              : "Newcombe; all together: Sato");
    mp_page_section_end(html);
}

static void add_cost(const struct mp_compare *compare, size_t arm, size_t place,
                     struct mp_axis axis, struct mp_html *html) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_html_open(html, "tr");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "row");
    mp_html_leaf(html, "span", "soft", "%zu. ", place);
    mp_html_text(html, "%s", one->name);
    mp_html_leaf(html, "span", "sub", "%s",
                 arm == 0 ? "the control" : mp_compare_verdict_words(one->stands));
    mp_html_close(html);
    mp_html_cell(html, "num", "failed");
    mp_html_text(html, "%" PRIu64 " of %" PRIu64, one->failed, one->passed + one->failed);
    mp_html_close(html);
    mp_html_cell(html, "num", "ops/s");
    if (one->speed > 0)
        mp_compare_format_speed(one->speed, &words);
    mp_html_text(html, "%s", words.len > 0 ? words.text : "unknown");
    mp_html_close(html);
    mp_strbuf_clear(&words);
    if (one->cost.pairs > 0)
        mp_compare_format_cost(&one->cost, &words);
    mp_html_cell(html, "rate", "speed against A");
    mp_html_text(html, "%s", arm == 0 ? "1" : words.len > 0 ? words.text : "unknown");
    mp_html_close(html);
    mp_html_cell(html, "wide", NULL);
    if (one->cost.pairs > 0)
        mp_chart_interval(
            html, axis,
            &(struct mp_chart_interval){
                .low = isfinite(one->cost.high) ? one->cost.low : NAN,
                .value = one->cost.median,
                .high = isfinite(one->cost.high) ? one->cost.high : one->cost.median,
                .rule = 1,
                .mood = MP_MOOD_PLAIN},
            words.text);
    mp_html_close(html);
    mp_html_close(html);
    mp_strbuf_release(&words);
}

static void add_costs(const struct mp_compare *compare, struct mp_html *html) {
    size_t count = compare->comparison.rule.arm_count;
    double low = 0.5, high = 1.25;
    for (size_t arm = 1; arm < count; arm++) {
        const struct mp_paired_ratio *cost = &compare->arm[arm].cost;
        if (cost->pairs == 0)
            continue;
        low = fmin(low, fmax(COST_LOW, cost->low > 0 ? cost->low : cost->median));
        high = fmax(high, fmin(COST_HIGH, cost->high));
    }
    struct mp_axis axis = {.low = low * 0.9, .high = high, .is_log = false};
    mp_page_section(html, "cost", "What it costs: failures first, then speed");
    mp_html_table(html, NULL);
    mp_html_column(html, NULL, "arm, best first");
    mp_html_column(html, "num", "failed");
    mp_html_column(html, "num", "ops/s");
    mp_html_column(html, NULL, "speed against A");
    mp_html_open_class(html, "th", "wide");
    mp_html_set(html, "scope", "col");
    mp_html_leaf(html, "span", "hidden", "%s", "the speed on a scale");
    mp_chart_scale(html, axis, MP_UNIT_TIMES, 1);
    mp_html_close(html);
    mp_html_body(html);
    for (size_t i = 0; i + 1 < count; i++)
        add_cost(compare, compare->ranked[i], i + 1, axis, html);
    add_cost(compare, 0, count, axis, html);
    mp_html_table_end(html);
    mp_page_small(html, "Speed: the median over blocks in which both passed, with 95 %% "
                        "limits of the sign test. Left of the dashed line the arm is "
                        "slower than A.");
    mp_page_section_end(html);
}

static void draw_course(const struct mp_compare *compare,
                        const struct mp_course_compare *course, struct mp_html *html) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    double needed = mp_comparison_evidence_needed(rule) / log(10);
    double high = needed * 1.3, low = -1;
    for (size_t i = 0; i < course->count; i++)
        for (size_t arm = 1; arm < rule->arm_count; arm++) {
            high = fmax(high, course->point[i].log_e[arm]);
            low = fmin(low, course->point[i].log_e[arm]);
        }
    struct mp_plot plot = {
        .html = html,
        .x = {.low = 0, .high = fmax(2, course->point[course->count - 1].blocks)},
        .y = {.low = fmax(low, -4), .high = high},
        .height = 240};
    mp_plot_begin(&plot, "evidence that an arm differs from A, after each block",
                  "blocks: a round of every arm", "log10 E");
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        struct mp_point line[MP_COURSE_POINTS];
        for (size_t i = 0; i < course->count; i++)
            line[i] =
                (struct mp_point){course->point[i].blocks, course->point[i].log_e[arm]};
        mp_plot_line(&plot, line, course->count, arm - 1);
    }
    mp_plot_rule(&plot, needed,
                 rule->looks ? "this decides" : "would decide, had it looked");
    mp_plot_end(&plot);
}

static void add_course(const struct mp_compare *compare, struct mp_html *html) {
    struct mp_course_compare course;
    mp_course_of_compare(compare, &course);
    if (course.count < 2)
        return;
    mp_page_section(html, "course", "How the evidence grew");
    mp_html_open(html, "figure");
    draw_course(compare, &course, html);
    mp_plot_legend(html);
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
        struct mp_strbuf words;
        mp_strbuf_init(&words);
        mp_strbuf_addf(&words, "%c %s, ", (int)('A' + arm), compare->arm[arm].name);
        mp_compare_write_evidence(course.point[course.count - 1].log_e[arm] * log(10),
                                  &words);
        mp_strbuf_addstr(&words, " at the end");
        mp_plot_entry(html, arm - 1, words.text);
        mp_strbuf_release(&words);
    }
    mp_plot_legend_end(html);
    mp_html_leaf(html, "figcaption", NULL,
                 "E is how many times better the rounds are explained by a difference "
                 "than by none, over all workloads%s; it may be looked at whenever one "
                 "likes.%s",
                 compare->comparison.rule.margin > 0
                     ? ", here by a difference below the margin, where it is least"
                     : "",
                 mp_compare_is_retried(compare)
                     ? " This campaign alone; the verdict rests on all tries."
                     : "");
    mp_html_close(html);
    mp_page_section_end(html);
}

static void add_lines(struct mp_compare_lines *lines, const char *title,
                      struct mp_html *html) {
    if (lines->count > 0) {
        mp_html_leaf(html, "h3", NULL, "%s", title);
        mp_page_facts(html);
        for (size_t i = 0; i < lines->count; i++)
            mp_page_fact(html, lines->line[i].label, lines->line[i].text);
        mp_page_facts_end(html);
    }
    mp_compare_lines_release(lines);
}

/* Every figure, with its test or limits and what these rest on. */
static void add_figures(const struct mp_compare *compare, struct mp_html *html) {
    struct mp_compare_lines lines = {0};
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    mp_page_section(html, "tests", "The figures");
    mp_strbuf_addf(&title, "%s (B) against %s (A)", compare->arm[1].name,
                   compare->arm[0].name);
    mp_compare_lines_of_pair(compare, &lines);
    mp_compare_lines_of_lives(compare, &lines);
    add_lines(&lines, title.text, html);
    mp_compare_lines_of_strata(compare, &lines);
    add_lines(&lines, "By workload", html);
    mp_strbuf_clear(&title);
    mp_strbuf_addf(&title, "Each against %s (A)", compare->arm[0].name);
    mp_compare_lines_of_arms(compare, &lines);
    bool has_legend = lines.count > 0;
    add_lines(&lines, title.text, html);
    mp_compare_lines_of_tries(compare, &lines);
    add_lines(&lines, MP_COMPARE_TRIES_TITLE, html);
    mp_strbuf_clear(&title);
    if (has_legend)
        mp_compare_write_legend(compare, &title);
    if (title.len > 0)
        mp_page_small(html, "%s", title.text);
    mp_page_section_end(html);
    mp_strbuf_release(&title);
}

void mp_compare_add_html(const struct mp_compare *compare, struct mp_html *html) {
    add_sides(compare, html);
    add_effects(compare, html);
    add_costs(compare, html);
    add_course(compare, html);
    add_figures(compare, html);
}
