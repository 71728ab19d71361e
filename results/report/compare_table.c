/* The tables of a comparison: strata with their arms and limits as bars, and the ranking
 * of more than two arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/report/compare.h"
#include "results/stats/binomial.h"
#include "results/stats/percent.h"

#define NUMBER_WIDTH 6
#define ARM_MAX      18
#define RATE_WIDTH   22
#define BAR_MIN      12
#define BAR_MAX      41
#define GAP          2
#define NO_VERDICT   "no verdict"

struct layout {
    size_t arm, bar; /* columns; 0: no bar */
    bool has_no_verdict;
    double scale; /* the rate at the right end of the bars */
};

const char *mp_compare_words(enum mp_comparison_verdict verdict) {
    static const char *const words[] = {
        [MP_COMPARISON_FIXED] = "fixed",
        [MP_COMPARISON_BETTER] = "better",
        [MP_COMPARISON_WORSE] = "worse",
        [MP_COMPARISON_NO_DIFFERENCE] = "no difference shown",
        [MP_COMPARISON_NO_POWER] = "no power",
        [MP_COMPARISON_NOTHING] = "nothing ran",
    };
    return words[verdict];
}

/* Limits of what is shown: one-sided where nothing failed. */
static struct mp_interval limits_of(uint64_t failed, uint64_t rounds) {
    if (failed == 0)
        return (struct mp_interval){0, mp_binomial_upper(0, rounds, MP_REPORT_ALPHA)};
    return mp_binomial_clopper_pearson(failed, rounds, MP_REPORT_ALPHA);
}

/* The smallest of 1, 2, 5, 10, ... thousandths of a per cent that holds `most`. */
static double nice_scale(double most) {
    double scale = 1e-5;
    for (int i = 0; scale < most && scale < 1; i++)
        scale *= i % 3 == 1 ? 2.5 : 2;
    return fmin(scale, 1);
}

static struct layout plan_layout(const struct mp_compare *compare, size_t width) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct layout layout = {.arm = 6};
    double most = 0;
    for (size_t arm = 0; arm < rule->arm_count; arm++) {
        size_t columns = mp_text_columns(compare->arm[arm].name);
        layout.arm = columns > layout.arm ? columns : layout.arm;
        layout.has_no_verdict = layout.has_no_verdict || compare->arm[arm].no_verdict > 0;
        for (size_t i = 0; i < rule->stratum_count; i++) {
            struct mp_comparison_counts count =
                mp_comparison_count(&compare->comparison, i, arm);
            if (count.passed + count.failed > 0) {
                most =
                    fmax(most, limits_of(count.failed, count.passed + count.failed).high);
            }
        }
    }
    layout.arm = layout.arm < ARM_MAX ? layout.arm : ARM_MAX;
    layout.scale = nice_scale(most);
    size_t used = 4 + layout.arm + 2 * (GAP + NUMBER_WIDTH) + GAP + RATE_WIDTH + GAP +
                  (layout.has_no_verdict ? GAP + strlen(NO_VERDICT) : 0);
    layout.bar = most > 0 && width > used + BAR_MIN ? width - used : 0;
    layout.bar = layout.bar < BAR_MAX ? layout.bar : BAR_MAX;
    return layout;
}

static void add_header(const struct layout *layout, struct mp_text *text) {
    char end[16];
    mp_text_left(text, MP_DIM, 4 + layout->arm, "");
    mp_text_right(text, MP_DIM, GAP + NUMBER_WIDTH, "rounds");
    mp_text_right(text, MP_DIM, GAP + NUMBER_WIDTH, "failed");
    if (layout->has_no_verdict)
        mp_text_right(text, MP_DIM, GAP + strlen(NO_VERDICT), NO_VERDICT);
    mp_text_add(text, MP_DIM, "  ");
    mp_text_left(text, MP_DIM, layout->bar > 0 ? RATE_WIDTH + GAP : 0,
                 "failing, 95 % limits");
    if (layout->bar > 0) {
        snprintf(end, sizeof(end), "%g %%", 100 * layout->scale);
        mp_text_left(text, MP_DIM, 3, "0");
        mp_text_right(text, MP_DIM, layout->bar - 3, end);
    }
    mp_text_end(text);
}

static void add_number(struct mp_text *text, size_t width, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    mp_text_right(text, value == 0 ? MP_DIM : MP_PLAIN, GAP + width, digits);
}

static void format_rate(uint64_t failed, uint64_t rounds, char *buf, size_t size) {
    char rate[32], low[32], high[32];
    if (rounds == 0) {
        snprintf(buf, size, "unknown");
        return;
    }
    struct mp_interval limits = limits_of(failed, rounds);
    mp_percent_lower(limits.low, low, sizeof(low));
    mp_percent_upper(limits.high, high, sizeof(high));
    if (failed == 0) {
        snprintf(buf, size, "≤ %s %%", high);
    } else {
        mp_percent_point((double)failed / (double)rounds, rate, sizeof(rate));
        snprintf(buf, size, "%s %%  [%s, %s]", rate, low, high);
    }
}

/* The limits as a line from end to end with the rate on it. */
static void add_bar(const struct layout *layout, struct mp_text *text,
                    enum mp_style style, uint64_t failed, uint64_t rounds) {
    struct mp_interval limits = limits_of(failed, rounds);
    double cells = (double)(layout->bar - 1) / layout->scale;
    size_t low = (size_t)floor(limits.low * cells),
           high = (size_t)ceil(limits.high * cells);
    size_t point = (size_t)lround((double)failed / (double)rounds * cells);
    struct mp_strbuf bar;
    mp_strbuf_init(&bar);
    high = high < layout->bar ? high : layout->bar - 1;
    for (size_t i = 0; i <= high; i++) {
        mp_strbuf_addstr(&bar, i == point  ? "●"
                               : i < low   ? " "
                               : i == low  ? "├"
                               : i == high ? "┤"
                                           : "─");
    }
    mp_text_add(text, style, "%s", bar.text);
    mp_strbuf_release(&bar);
}

static void add_arm(const struct mp_compare *compare, const struct layout *layout,
                    struct mp_text *text, size_t stratum, size_t arm) {
    struct mp_comparison_counts count =
        mp_comparison_count(&compare->comparison, stratum, arm);
    uint64_t rounds = count.passed + count.failed;
    char rate[128];
    enum mp_style style = count.failed > 0 ? MP_BAD : MP_GOOD;
    mp_text_add(text, MP_DIM, "  %c ", (int)('A' + arm));
    mp_text_left(text, MP_PLAIN, layout->arm, compare->arm[arm].name);
    add_number(text, NUMBER_WIDTH, rounds);
    add_number(text, NUMBER_WIDTH, count.failed);
    if (layout->has_no_verdict)
        add_number(text, strlen(NO_VERDICT), count.no_verdict);
    format_rate(count.failed, rounds, rate, sizeof(rate));
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, rounds == 0 ? MP_WARN : MP_PLAIN,
                 layout->bar > 0 && rounds > 0 ? RATE_WIDTH + GAP : 0, rate);
    if (layout->bar > 0 && rounds > 0)
        add_bar(layout, text, style, count.failed, rounds);
    mp_text_end(text);
}

void mp_compare_add_table(const struct mp_compare *compare, struct mp_text *text) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct layout layout = plan_layout(compare, text->width);
    add_header(&layout, text);
    for (size_t i = 0; i < rule->stratum_count; i++) {
        mp_text_add(text, MP_BOLD, "%s", compare->stratum[i].title);
        mp_text_end(text);
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            add_arm(compare, &layout, text, i, arm);
    }
    mp_text_end(text);
    mp_text_wrap(
        text, MP_DIM, 0,
        "Rounds: those that passed or failed. Limits: two-sided Clopper-Pearson; ≤ where "
        "none failed: the one-sided upper bound. Rounded outward.");
}

void mp_compare_format_speed(double speed, struct mp_strbuf *buf) {
    static const char *const units[] = {"", "k", "M", "G"};
    int unit = 0;
    while (speed >= 999.5 && unit < 3) {
        speed /= 1000;
        unit++;
    }
    mp_strbuf_addf(buf,
                   speed < 9.995   ? "%.2f%s"
                   : speed < 99.95 ? "%.1f%s"
                                   : "%.0f%s",
                   speed, units[unit]);
}

void mp_compare_format_cost(const struct mp_paired_ratio *cost, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%.2f", cost->median);
    if (isfinite(cost->high)) {
        mp_strbuf_addf(buf, " [%.2f, %.2f]", floor(100 * cost->low) / 100,
                       ceil(100 * cost->high) / 100);
    }
}

static void add_ranked(const struct mp_compare *compare, const struct layout *layout,
                       struct mp_text *text, size_t place, size_t arm) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    struct mp_strbuf cost;
    char number[64];
    mp_strbuf_init(&cost);
    snprintf(number, sizeof(number), "%zu", place);
    mp_text_right(text, MP_DIM, 3, number);
    mp_text_add(text, MP_PLAIN, " ");
    mp_text_left(text, MP_PLAIN, layout->arm, one->name);
    snprintf(number, sizeof(number), "%" PRIu64 "/%" PRIu64, one->failed,
             one->passed + one->failed);
    mp_text_right(text, one->failed > 0 ? MP_BAD : MP_PLAIN, GAP + 9, number);
    if (one->speed > 0)
        mp_compare_format_speed(one->speed, &cost);
    mp_text_right(text, MP_PLAIN, GAP + 7, cost.len > 0 ? cost.text : "-");
    mp_strbuf_clear(&cost);
    if (one->cost.pairs > 0)
        mp_compare_format_cost(&one->cost, &cost);
    else
        mp_strbuf_addstr(&cost, arm == 0 ? "1" : "unknown");
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, MP_PLAIN, 18, cost.text);
    enum mp_comparison_verdict verdict = one->verdict[MP_COMPARISON_SEEN];
    if (arm == 0) {
        mp_text_add(text, MP_DIM, "  the control");
    } else {
        mp_text_add(text,
                    verdict <= MP_COMPARISON_BETTER  ? MP_GOOD
                    : verdict == MP_COMPARISON_WORSE ? MP_BAD
                                                     : MP_WARN,
                    "  %s", mp_compare_words(verdict));
    }
    mp_text_end(text);
    mp_strbuf_release(&cost);
}

void mp_compare_add_ranking(const struct mp_compare *compare, struct mp_text *text) {
    size_t ranked[MP_COMPARISON_ARMS_MAX];
    size_t count = mp_compare_rank(compare, ranked);
    struct layout layout = plan_layout(compare, text->width);
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "Ranking: failures, then cost");
    mp_text_end(text);
    mp_text_left(text, MP_DIM, 4 + layout.arm, "");
    mp_text_right(text, MP_DIM, GAP + 9, "failed");
    mp_text_right(text, MP_DIM, GAP + 7, "ops/s");
    mp_text_add(text, MP_DIM, "  %-18s  verdict", "speed against A");
    mp_text_end(text);
    for (size_t i = 0; i < count; i++)
        add_ranked(compare, &layout, text, i + 1, ranked[i]);
    add_ranked(compare, &layout, text, count + 1, 0);
}
