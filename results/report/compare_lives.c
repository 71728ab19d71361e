/* Lives of rounds in ops. Decides nothing: the verdict is about rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_lives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/compare_table.h"
#include "results/report/json.h"
#include "results/stats/gamma.h"

static struct mp_compare_life *find_life(const struct mp_compare_lives *lives,
                                         size_t stratum, size_t arm) {
    return &lives->life[stratum * lives->compare->comparison.rule.arm_count + arm];
}

static void add_round(struct mp_compare_life *life, double ops, bool has_failed) {
    if ((life->count & (life->count - 1)) == 0) /* 0 or a power of two: it is full */
        life->lives = mp_memory_resize(life->lives, life->count > 0 ? 2 * life->count : 1,
                                       sizeof(*life->lives));
    life->lives[life->count++] =
        (struct mp_lifetime){.time = ops, .has_failed = has_failed};
    life->failures += has_failed;
    life->ops += ops;
}

static void read_rounds(struct mp_compare_lives *lives, struct mp_compare *compare,
                        size_t stratum, size_t arm) {
    sqlite3_stmt *rows = mp_query_rows(
        &compare->report->query,
        "SELECT outcome, ops_done + ops_wrong + ops_dropped FROM round"
        " WHERE campaign_id = ?1 AND cell_id = ?2",
        compare->report->campaign_id, compare->stratum[stratum].cell[arm]->id);
    while (mp_query_next(&compare->report->query, rows)) {
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 0));
        enum mp_block_verdict verdict =
            outcome == MP_OUTCOME_COUNT
                ? MP_BLOCK_NONE
                : mp_compare_block_verdict(compare->counts, outcome);
        double ops = fmax(0, (double)sqlite3_column_int64(rows, 1));
        if (verdict == MP_BLOCK_NONE)
            continue;
        add_round(find_life(lives, stratum, arm), ops, verdict == MP_BLOCK_FAIL);
        lives->ops_max[stratum] = fmax(lives->ops_max[stratum], ops);
    }
}

static void compute(struct mp_compare_life *life, double alpha) {
    life->step = mp_memory_zeroed(life->count + 1, sizeof(*life->step));
    life->step_count = mp_survival_curve(life->lives, life->count, alpha, life->step);
    life->median = mp_survival_median(life->step, life->step_count);
    life->per_op = mp_exposure_rate(life->failures, life->ops, alpha);
}

void mp_compare_lives_load(struct mp_compare_lives *lives, struct mp_compare *compare) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    *lives = (struct mp_compare_lives){.compare = compare};
    if (!compare->is_one)
        return;
    size_t cells = rule->stratum_count * rule->arm_count;
    uint64_t failures = 0;
    double most = 0;
    lives->life = mp_memory_zeroed(cells, sizeof(*lives->life));
    lives->log_rank = mp_memory_zeroed(cells, sizeof(*lives->log_rank));
    lives->ops_max = mp_memory_zeroed(rule->stratum_count, sizeof(*lives->ops_max));
    for (size_t i = 0; i < rule->stratum_count; i++) {
        for (size_t arm = 0; arm < rule->arm_count; arm++) {
            read_rounds(lives, compare, i, arm);
            compute(find_life(lives, i, arm), rule->alpha);
            failures += find_life(lives, i, arm)->failures;
        }
        most = fmax(most, lives->ops_max[i]);
        struct mp_compare_life *a = find_life(lives, i, 0);
        for (size_t arm = 1; arm < rule->arm_count; arm++) {
            struct mp_compare_life *b = find_life(lives, i, arm);
            lives->log_rank[i * rule->arm_count + arm] =
                mp_survival_log_rank(a->lives, a->count, b->lives, b->count);
        }
    }
    if (failures == 0 || most <= 1)
        mp_compare_lives_release(lives);
}

void mp_compare_lives_release(struct mp_compare_lives *lives) {
    const struct mp_compare *compare = lives->compare;
    size_t cells = lives->life == NULL ? 0
                                       : compare->comparison.rule.stratum_count *
                                             compare->comparison.rule.arm_count;
    for (size_t i = 0; i < cells; i++) {
        free(lives->life[i].lives);
        free(lives->life[i].step);
    }
    free(lives->life);
    free(lives->log_rank);
    free(lives->ops_max);
    *lives = (struct mp_compare_lives){.compare = compare};
}

double mp_compare_lives_p(const struct mp_compare_lives *lives, size_t arm) {
    const struct mp_comparison_rule *rule = &lives->compare->comparison.rule;
    double difference = 0, variance = 0;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        const struct mp_log_rank *one = &lives->log_rank[i * rule->arm_count + arm];
        difference += one->observed_a - one->expected_a;
        variance += one->variance;
    }
    return variance > 0 ? mp_chi2_upper(difference * difference / variance, 1) : 1;
}

/* Three digits, "31.6k". */
static void write_ops(double ops, double (*rounded)(double), struct mp_strbuf *buf) {
    double unit = ops > 0 && isfinite(ops) ? pow(10, floor(log10(ops)) - 2) : 1;
    if (isfinite(ops))
        mp_compare_format_speed(rounded(ops / unit) * unit, buf);
    else
        mp_strbuf_addstr(buf, "any number");
}

void mp_compare_lives_write_rate(const struct mp_compare_life *life,
                                 struct mp_strbuf *buf) {
    if (life->ops <= 0) {
        mp_strbuf_addstr(buf, "no op was done");
    } else if (life->failures == 0) {
        mp_strbuf_addstr(buf, "fewer than 1 in ");
        write_ops(life->per_op.between_lower, floor, buf);
    } else {
        mp_strbuf_addstr(buf, "1 in ");
        write_ops(life->per_op.between, round, buf);
        mp_strbuf_addstr(buf, " [");
        write_ops(life->per_op.between_limits.low, floor, buf);
        mp_strbuf_addstr(buf, ", ");
        write_ops(life->per_op.between_limits.high, ceil, buf);
        mp_strbuf_addstr(buf, "]");
    }
}

static void add_life_json(struct json_object *to, const char *name,
                          const struct mp_compare_life *life) {
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_count(object, "rounds", life->count);
    mp_json_add_count(object, "failures", life->failures);
    mp_json_add_number(object, "ops", life->ops);
    mp_json_add_number(object, "failures_per_op",
                       life->ops > 0 ? life->per_op.rate : NAN);
    mp_json_add_number(object, "low", life->ops > 0 ? life->per_op.limits.low : NAN);
    mp_json_add_number(object, "high", life->ops > 0 ? life->per_op.limits.high : NAN);
    mp_json_add_number(object, "upper_one_sided",
                       life->ops > 0 ? life->per_op.upper : NAN);
    mp_json_add_number(object, "median_ops", life->median);
    struct json_object *curve = mp_json_add_array(object, "curve");
    for (size_t i = 0; i < life->step_count; i++) {
        const struct mp_survival_step *step = &life->step[i];
        struct json_object *point = mp_json_add_object(curve, NULL);
        mp_json_add_number(point, "ops", step->time);
        mp_json_add_count(point, "at_risk", step->at_risk);
        mp_json_add_count(point, "failures", step->failures);
        mp_json_add_number(point, "survival", step->survival);
        mp_json_add_number(point, "low", step->limits.low);
        mp_json_add_number(point, "high", step->limits.high);
    }
}

void mp_compare_lives_add_json(const struct mp_compare_lives *lives, size_t stratum,
                               size_t arm, struct json_object *to) {
    if (lives->life == NULL) {
        mp_json_add_null(to, "survival");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "survival");
    const struct mp_log_rank *test =
        &lives->log_rank[stratum * lives->compare->comparison.rule.arm_count + arm];
    mp_json_add_number(object, "ops_max", lives->ops_max[stratum]);
    mp_json_add_number(object, "log_rank_chi2", test->chi2);
    mp_json_add_number(object, "log_rank_p", test->p);
    add_life_json(object, "control", find_life(lives, stratum, 0));
    add_life_json(object, "arm", find_life(lives, stratum, arm));
}
