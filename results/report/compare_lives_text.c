/* The lives of rounds as a small picture: a line of blocks for each arm, as high as the
 * share of rounds that has not failed by then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/table.h"
#include "results/report/compare_lives.h"
#include "results/stats/digits.h"

#define CURVE_MAX 32
#define CURVE_MIN 12
#define ARM_MIN   6
#define ARM_MAX   18
#define GAP       2

struct columns {
    size_t letter, arm, curve, half, rate;
    size_t width; /* of the curve */
};

/* The share that has not failed by `ops`. */
static double survival_at(const struct mp_compare_life *life, double ops) {
    double survival = 1;
    for (size_t i = 0; i < life->step_count && life->step[i].time <= ops; i++)
        survival = life->step[i].survival;
    return survival;
}

static void write_curve(const struct mp_compare_life *life, double ops_max, size_t width,
                        struct mp_strbuf *buf) {
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    for (size_t i = 0; i < width; i++) {
        double survival = survival_at(life, ops_max * (double)(i + 1) / (double)width);
        size_t level = (size_t)floor(8 * survival + 1e-9);
        level = level == 0 && survival > 0 ? 1 : level; /* some are left */
        mp_strbuf_addstr(buf, blocks[level]);
    }
}

/* "0", blanks, "320 ops" over a curve. */
static void write_axis(double ops_max, size_t width, struct mp_strbuf *buf) {
    char end[40];
    int len = snprintf(end, sizeof(end), "%.0f ops", ops_max);
    mp_strbuf_addf(buf, "0%*s", (int)width - 1, len < (int)width - 1 ? end : "");
}

static void add_row(const struct mp_compare_lives *lives, const struct columns *columns,
                    struct mp_table *table, size_t stratum, size_t arm) {
    const struct mp_compare *compare = lives->compare;
    const struct mp_compare_life *life =
        &lives->life[stratum * compare->comparison.rule.arm_count + arm];
    size_t row = mp_table_add_row(table);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_table_set(table, row, columns->letter, MP_DIM, "%c", (int)('A' + arm));
    mp_table_set(table, row, columns->arm, MP_PLAIN, "%s", compare->arm[arm].name);
    write_curve(life, lives->ops_max[stratum], columns->width, &text);
    mp_table_set(table, row, columns->curve, life->failures > 0 ? MP_BAD : MP_GOOD, "%s",
                 text.text);
    mp_strbuf_clear(&text);
    if (isfinite(life->median))
        mp_table_set(table, row, columns->half, MP_PLAIN, "%.0f", life->median);
    else
        mp_table_set(table, row, columns->half, MP_DIM, "-");
    mp_compare_lives_write_rate(life, &text);
    mp_table_set(table, row, columns->rate, MP_PLAIN, "%s", text.text);
    mp_strbuf_release(&text);
}

static struct columns add_columns(struct mp_table *table, const char *axis,
                                  size_t width) {
    return (struct columns){
        .width = width,
        .letter =
            mp_table_add_column(table, (struct mp_table_column){.gap = 2, .min = 1}),
        .arm = mp_table_add_column(
            table, (struct mp_table_column){.gap = 1, .min = ARM_MIN, .max = ARM_MAX}),
        .curve = mp_table_add_column(
            table, (struct mp_table_column){.title = axis, .gap = GAP, .min = width}),
        .half = mp_table_add_column(table, (struct mp_table_column){.title = "half by op",
                                                                    .gap = GAP,
                                                                    .is_right = true}),
        .rate = mp_table_add_column(
            table, (struct mp_table_column){.title = "failures per op", .gap = GAP}),
    };
}

/* One workload: its arms on one axis. */
static void add_stratum(const struct mp_compare_lives *lives, size_t stratum,
                        size_t width, struct mp_text *text) {
    const struct mp_comparison_rule *rule = &lives->compare->comparison.rule;
    struct mp_table table;
    struct mp_strbuf axis;
    mp_strbuf_init(&axis);
    mp_table_init(&table, text);
    write_axis(lives->ops_max[stratum], width, &axis);
    struct columns columns = add_columns(&table, axis.text, width);
    for (size_t arm = 0; arm < rule->arm_count; arm++)
        add_row(lives, &columns, &table, stratum, arm);
    if (rule->stratum_count > 1) {
        mp_text_add(text, MP_BOLD, "%s", lives->compare->stratum[stratum].title);
        mp_text_end(text);
    }
    mp_table_write_titles(&table);
    for (size_t arm = 0; arm < rule->arm_count; arm++)
        mp_table_write_row(&table, arm);
    mp_table_release(&table);
    mp_strbuf_release(&axis);
}

void mp_compare_lives_add(const struct mp_compare_lives *lives, struct mp_text *text) {
    if (lives->life == NULL)
        return;
    const struct mp_comparison_rule *rule = &lives->compare->comparison.rule;
    size_t width = text->width > 100 ? CURVE_MAX : text->width > 80 ? 24 : CURVE_MIN + 8;
    struct mp_strbuf line;
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "Ops to failure");
    mp_text_add(text, MP_DIM, ": the share of rounds that had not failed by then");
    mp_text_end(text);
    for (size_t i = 0; i < rule->stratum_count; i++)
        add_stratum(lives, i, width, text);
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line,
                     "A round that continued after its failure counts with all its ops. "
                     "Failures per op assume that every op is equally likely to fail");
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        char p[MP_DIGITS_SIZE];
        mp_digits_probability(mp_compare_lives_p(lives, arm), p, sizeof(p));
        mp_strbuf_addf(&line, "%s%c against A p %s", arm == 1 ? ". Log-rank: " : ", ",
                       (int)('A' + arm), p);
    }
    mp_strbuf_addstr(&line, rule->looks ? ", had the number of rounds been fixed." : ".");
    mp_text_wrap(text, MP_DIM, 0, line.text);
    mp_strbuf_release(&line);
}
