/* The tables of a comparison: strata with their arms and limits as bars, and the ranking
 * of more than two arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/table.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_table.h"
#include "results/report/rate.h"

#define NUMBER_WIDTH 6
#define ARM_MIN      6
#define ARM_MAX      18
#define RATE_MIN     22
#define BAR_MIN      12
#define BAR_MAX      41
#define GAP          2

/* The columns of the table of strata. */
struct columns {
    size_t letter, arm, rounds, failed, other, no_verdict, rate, bar;
};

static struct mp_rate rate_of(const struct mp_compare *compare, size_t stratum,
                              size_t arm) {
    struct mp_comparison_counts count =
        mp_comparison_count(&compare->comparison, stratum, arm);
    return (struct mp_rate){.failures = count.failed,
                            .rounds = count.passed + count.failed,
                            .looks = compare->comparison.rule.looks,
                            .prior = mp_prior_jeffreys()};
}

static struct mp_table_column number_column(const char *title, size_t min) {
    return (struct mp_table_column){
        .title = title, .gap = GAP, .min = min, .is_right = true};
}

static struct columns add_columns(const struct mp_compare *compare,
                                  struct mp_table *table) {
    struct columns columns;
    bool has_no_verdict = false;
    for (size_t arm = 0; arm < compare->comparison.rule.arm_count; arm++)
        has_no_verdict = has_no_verdict || compare->arm[arm].no_verdict > 0;
    columns.letter =
        mp_table_add_column(table, (struct mp_table_column){.gap = 2, .min = 1});
    columns.arm = mp_table_add_column(
        table, (struct mp_table_column){.gap = 1, .min = ARM_MIN, .max = ARM_MAX});
    columns.rounds = mp_table_add_column(table, number_column("rounds", NUMBER_WIDTH));
    columns.failed = mp_table_add_column(table, number_column("failed", NUMBER_WIDTH));
    columns.other = mp_table_add_column(table, number_column("otherwise", 0));
    table->column[columns.other].is_hidden = compare->counts.bits == 0;
    columns.no_verdict = mp_table_add_column(table, number_column("no verdict", 0));
    table->column[columns.no_verdict].is_hidden = !has_no_verdict;
    columns.rate = mp_table_add_column(
        table,
        (struct mp_table_column){.title = MP_RATE_TITLE, .gap = GAP, .min = RATE_MIN});
    return columns;
}

static void add_row(const struct mp_compare *compare, const struct columns *columns,
                    struct mp_table *table, size_t stratum, size_t arm) {
    struct mp_rate rate = rate_of(compare, stratum, arm);
    size_t row = mp_table_add_row(table);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_rate_write(rate, &text);
    mp_table_set(table, row, columns->letter, MP_DIM, "%c", (int)('A' + arm));
    mp_table_set(table, row, columns->arm, MP_PLAIN, "%s", compare->arm[arm].name);
    mp_table_set_count(table, row, columns->rounds, MP_PLAIN, rate.rounds);
    mp_table_set_count(table, row, columns->failed, MP_PLAIN, rate.failures);
    mp_table_set_count(table, row, columns->other, MP_PLAIN,
                       mp_comparison_count(&compare->comparison, stratum, arm).other);
    mp_table_set_count(
        table, row, columns->no_verdict, MP_PLAIN,
        mp_comparison_count(&compare->comparison, stratum, arm).no_verdict);
    mp_table_set(table, row, columns->rate, rate.rounds == 0 ? MP_WARN : MP_PLAIN, "%s",
                 text.text);
    mp_strbuf_release(&text);
}

/* The bars take the remaining width. */
static void add_bars(const struct mp_compare *compare, struct columns *columns,
                     struct mp_table *table, struct mp_strbuf *axis) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    size_t used = mp_table_width(table) + GAP, row = 0;
    double most = 0;
    for (size_t i = 0; i < rule->stratum_count; i++)
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            if (rate_of(compare, i, arm).rounds > 0)
                most = fmax(most, mp_rate_limits(rate_of(compare, i, arm)).high);
    if (most <= 0 || table->text->width <= used + BAR_MIN)
        return;
    size_t width = table->text->width - used;
    width = width < BAR_MAX ? width : BAR_MAX;
    double scale = mp_rate_scale(most);
    mp_rate_write_axis(scale, width, axis);
    columns->bar = mp_table_add_column(
        table, (struct mp_table_column){.title = axis->text, .gap = GAP});
    for (size_t i = 0; i < rule->stratum_count; i++) {
        for (size_t arm = 0; arm < rule->arm_count; arm++) {
            struct mp_rate rate = rate_of(compare, i, arm);
            struct mp_strbuf bar;
            mp_strbuf_init(&bar);
            mp_rate_write_bar(rate, false, scale, width, &bar);
            mp_table_set(table, row++, columns->bar, rate.failures > 0 ? MP_BAD : MP_GOOD,
                         "%s", bar.text);
            mp_strbuf_release(&bar);
        }
    }
}

void mp_compare_add_table(const struct mp_compare *compare, struct mp_text *text) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_strbuf axis;
    struct mp_table table;
    mp_strbuf_init(&axis);
    mp_table_init(&table, text);
    struct columns columns = add_columns(compare, &table);
    for (size_t i = 0; i < rule->stratum_count; i++)
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            add_row(compare, &columns, &table, i, arm);
    add_bars(compare, &columns, &table, &axis);
    mp_table_write_titles(&table);
    for (size_t i = 0; i < rule->stratum_count; i++) {
        mp_text_add(text, MP_BOLD, "%s", compare->stratum[i].title);
        mp_text_end(text);
        for (size_t arm = 0; arm < rule->arm_count; arm++)
            mp_table_write_row(&table, i * rule->arm_count + arm);
    }
    mp_text_end(text);
    mp_text_wrap(
        text, MP_DIM, 0,
        rule->looks
            ? "Rounds: those that passed or failed. Limits: two-sided, right at all "
              "looks together; ≤ where none failed: the one-sided upper bound. "
              "Rounded outward."
            : "Rounds: those that passed or failed. Limits: two-sided Clopper-Pearson; "
              "≤ where none failed: the one-sided upper bound; their coverage "
              "together is 92.5 % or more. Rounded outward.");
    mp_table_release(&table);
    mp_strbuf_release(&axis);
}

_Static_assert(MP_OUTCOME_COUNT + 2 <= MP_TABLE_COLUMNS_MAX, "a column for each outcome");

void mp_compare_add_outcomes(const struct mp_compare *compare, struct mp_text *text) {
    size_t arms = compare->comparison.rule.arm_count, shown = 0;
    size_t column[MP_OUTCOME_COUNT];
    struct mp_table table;
    mp_table_init(&table, text);
    mp_table_add_column(&table, (struct mp_table_column){.gap = 2, .min = 1});
    mp_table_add_column(
        &table, (struct mp_table_column){.gap = 1, .min = ARM_MIN, .max = ARM_MAX});
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        uint64_t rounds = 0;
        for (size_t arm = 0; arm < arms; arm++)
            rounds += compare->arm[arm].outcome[i];
        bool is_failure = mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE;
        shown += is_failure && rounds > 0;
        column[i] = mp_table_add_column(
            &table, number_column(mp_outcome_name((enum mp_outcome)i), NUMBER_WIDTH));
        table.column[column[i]].is_hidden = rounds == 0;
    }
    for (size_t arm = 0; arm < arms; arm++) {
        size_t row = mp_table_add_row(&table);
        mp_table_set(&table, row, 0, MP_DIM, "%c", (int)('A' + arm));
        mp_table_set(&table, row, 1, MP_PLAIN, "%s", compare->arm[arm].name);
        for (int i = 0; i < MP_OUTCOME_COUNT; i++)
            mp_table_set_count(&table, row, column[i],
                               mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE
                                   ? MP_BAD
                                   : MP_PLAIN,
                               compare->arm[arm].outcome[i]);
    }
    if (shown > 0) {
        mp_text_end(text);
        mp_text_add(text, MP_BOLD, "Outcomes by arm");
        mp_text_end(text);
        mp_table_write_titles(&table);
        for (size_t arm = 0; arm < arms; arm++)
            mp_table_write_row(&table, arm);
    }
    mp_table_release(&table);
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
    if (isfinite(cost->high))
        mp_strbuf_addf(buf, " [%.2f, %.2f]", floor(100 * cost->low) / 100,
                       ceil(100 * cost->high) / 100);
}

/* The columns of the ranking. */
struct ranking {
    size_t place, arm, failed, speed, cost, verdict;
};

static struct ranking add_ranking_columns(struct mp_table *table) {
    return (struct ranking){
        .place = mp_table_add_column(
            table, (struct mp_table_column){.min = 3, .is_right = true}),
        .arm = mp_table_add_column(
            table, (struct mp_table_column){.gap = 1, .min = ARM_MIN, .max = ARM_MAX}),
        .failed = mp_table_add_column(table, number_column("failed", 9)),
        .speed = mp_table_add_column(table, number_column("ops/s", 7)),
        .cost = mp_table_add_column(
            table,
            (struct mp_table_column){.title = "speed against A", .gap = GAP, .min = 18}),
        .verdict = mp_table_add_column(
            table, (struct mp_table_column){.title = "verdict", .gap = GAP}),
    };
}

static void add_ranked(const struct mp_compare *compare, const struct ranking *columns,
                       struct mp_table *table, size_t arm) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    size_t row = mp_table_add_row(table);
    struct mp_strbuf figure;
    mp_strbuf_init(&figure);
    mp_table_set(table, row, columns->place, MP_DIM, "%zu", row + 1);
    mp_table_set(table, row, columns->arm, MP_PLAIN, "%s", one->name);
    mp_table_set(table, row, columns->failed, one->failed > 0 ? MP_BAD : MP_PLAIN,
                 "%" PRIu64 "/%" PRIu64, one->failed, one->passed + one->failed);
    if (one->speed > 0)
        mp_compare_format_speed(one->speed, &figure);
    mp_table_set(table, row, columns->speed, MP_PLAIN, "%s",
                 figure.len > 0 ? figure.text : "-");
    mp_strbuf_clear(&figure);
    if (one->cost.pairs > 0)
        mp_compare_format_cost(&one->cost, &figure);
    else
        mp_strbuf_addstr(&figure, arm == 0 ? "1" : "unknown");
    mp_table_set(table, row, columns->cost, MP_PLAIN, "%s", figure.text);
    enum mp_comparison_verdict verdict = one->stands;
    if (arm == 0) {
        mp_table_set(table, row, columns->verdict, MP_DIM, "the control");
    } else {
        mp_table_set(table, row, columns->verdict,
                     mp_comparison_is_good(verdict) ? MP_GOOD
                     : verdict == MP_COMPARISON_WORSE ||
                             verdict == MP_COMPARISON_DIFFERENT
                         ? MP_BAD
                         : MP_WARN,
                     "%s", mp_compare_verdict_words(verdict));
    }
    mp_strbuf_release(&figure);
}

void mp_compare_add_ranking(const struct mp_compare *compare, struct mp_text *text) {
    size_t count = compare->comparison.rule.arm_count - 1;
    struct mp_table table;
    mp_table_init(&table, text);
    struct ranking columns = add_ranking_columns(&table);
    for (size_t i = 0; i < count; i++)
        add_ranked(compare, &columns, &table, compare->ranked[i]);
    add_ranked(compare, &columns, &table, 0);
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "Ranking: failures, then cost");
    mp_text_end(text);
    mp_table_write_titles(&table);
    for (size_t i = 0; i <= count; i++)
        mp_table_write_row(&table, i);
    mp_table_release(&table);
}
