/* The tries of a comparison as lines and as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_tries.h"
#include "results/report/json.h"
#include "results/stats/digits.h"
#include "results/stats/strata.h"

/* Control and `arm` of one campaign over its workloads. */
static struct mp_two_arms sum_try(const struct mp_compare *compare,
                                  const struct mp_compare_try *one, size_t arm) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_two_arms sum = {0};
    for (size_t i = 0; i < rule->stratum_count; i++) {
        const struct mp_two_arms *table = &one->table[i * rule->arm_count + arm];
        sum.failures_a += table->failures_a;
        sum.rounds_a += table->rounds_a;
        sum.failures_b += table->failures_b;
        sum.rounds_b += table->rounds_b;
    }
    return sum;
}

/* Every workload of every campaign that counts is a stratum. */
static struct mp_strata stratify(const struct mp_compare *compare, size_t arm) {
    const struct mp_compare_tries *tries = compare->tries;
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_two_arms *table =
        mp_memory_zeroed(tries->count * rule->stratum_count, sizeof(*table));
    size_t count = 0;
    for (size_t i = 0; i < tries->count; i++)
        for (size_t j = 0; j < rule->stratum_count && !tries->one[i].is_repeat; j++)
            table[count++] = tries->one[i].table[j * rule->arm_count + arm];
    struct mp_strata strata = mp_strata_compare(table, count, rule->alpha);
    free(table);
    return strata;
}

static void add_counts(struct mp_two_arms sum, struct mp_strbuf *line) {
    mp_strbuf_addf(line, "%" PRIu64 " of %" PRIu64 " against %" PRIu64 " of %" PRIu64,
                   sum.failures_b, sum.rounds_b, sum.failures_a, sum.rounds_a);
}

void mp_compare_tries_write(const struct mp_compare *compare, struct mp_strbuf *buf) {
    const struct mp_compare_tries *tries = compare->tries;
    if (tries == NULL)
        return;
    const struct mp_compare_try *own = &tries->one[tries->count - 1];
    if (!mp_compare_is_retried(compare)) {
        mp_strbuf_addf(buf,
                       "; asked before, on the same seed: campaign %" PRId64
                       " has the same rounds",
                       tries->one[0].campaign_id);
        return;
    }
    mp_strbuf_addf(buf, "; in %zu campaigns together, this one alone: %s", tries->counted,
                   mp_compare_verdict_words(own->alone[1]));
    for (size_t arm = 2; arm < compare->comparison.rule.arm_count; arm++)
        mp_strbuf_addf(buf, ", %s", mp_compare_verdict_words(own->alone[arm]));
}

static void add_try(const struct mp_compare *compare, const struct mp_compare_try *one,
                    struct mp_compare_lines *lines, struct mp_strbuf *line) {
    char label[48];
    snprintf(label, sizeof(label), "campaign %" PRId64, one->campaign_id);
    mp_strbuf_addf(line, "%s: ", one->when);
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
        mp_strbuf_addf(line, "%s%s ", arm > 1 ? "; " : "", compare->arm[arm].name);
        add_counts(sum_try(compare, one, arm), line);
        mp_strbuf_addf(line, ", alone %s", mp_compare_verdict_words(one->alone[arm]));
    }
    if (one->is_repeat)
        mp_strbuf_addstr(line, "; the seed of an earlier one, not counted again");
    mp_compare_line_end(lines, label, line);
}

static void add_together(const struct mp_compare *compare, size_t arm,
                         struct mp_compare_lines *lines, struct mp_strbuf *line) {
    const struct mp_compare *all = &compare->tries->all;
    struct mp_strata strata = stratify(compare, arm);
    bool is_one = strata.freedom <= 0 || strata.tarone_p >= MP_COMPARE_HOMOGENEITY;
    char needed[MP_DIGITS_SIZE];
    mp_strbuf_addf(line, "%s %s, ", compare->arm[arm].name,
                   mp_compare_verdict_words(all->arm[arm].stands));
    mp_compare_write_evidence(
        mp_comparison_peak(&all->comparison, arm, MP_COMPARISON_SEEN), line);
    mp_digits_evidence_needed(mp_comparison_evidence_needed(&all->comparison.rule),
                              needed, sizeof(needed));
    mp_strbuf_addf(line,
                   " at its highest where %s decide, over %" PRIu64
                   " blocks and at all looks; campaigns and workloads as strata "
                   "(Mantel-Haenszel): ",
                   needed, all->comparison.blocks);
    if (is_one) {
        mp_strbuf_addstr(line, "A - B = ");
        mp_compare_write_points(strata.difference, line);
        mp_strbuf_addstr(line, " (95 %, had their numbers been fixed beforehand)");
    } else {
        mp_strbuf_addf(line,
                       "they differ among themselves (Tarone p = %.2g), so that one "
                       "effect for all says nothing",
                       strata.tarone_p);
    }
    mp_compare_line_end(lines, arm == 1 ? "together" : "", line);
}

void mp_compare_lines_of_tries(const struct mp_compare *compare,
                               struct mp_compare_lines *lines) {
    if (compare->tries == NULL)
        return;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < compare->tries->count; i++)
        add_try(compare, &compare->tries->one[i], lines, &line);
    for (size_t arm = 1;
         arm < compare->comparison.rule.arm_count && compare->tries->counted > 1; arm++)
        add_together(compare, arm, lines, &line);
    mp_strbuf_release(&line);
}

static void add_effect(struct json_object *to, const char *name, struct mp_effect effect,
                       bool is_one) {
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_number(object, "value", is_one ? effect.value : NAN);
    mp_json_add_number(object, "low", is_one ? effect.low : NAN);
    mp_json_add_number(object, "high", is_one ? effect.high : NAN);
}

static void add_arm_json(const struct mp_compare *compare, size_t arm,
                         struct json_object *to) {
    const struct mp_compare *all = &compare->tries->all;
    struct mp_strata strata = stratify(compare, arm);
    bool is_one = strata.freedom <= 0 || strata.tarone_p >= MP_COMPARE_HOMOGENEITY;
    struct json_object *object = mp_json_add_object(to, NULL);
    mp_json_add_text(object, "arm", compare->arm[arm].id);
    mp_json_add_text(object, "verdict", mp_comparison_verdict_name(all->arm[arm].stands));
    mp_json_add_number(object, "log_e",
                       mp_comparison_peak(&all->comparison, arm, MP_COMPARISON_SEEN));
    mp_json_add_number(object, "log_e_needed",
                       mp_comparison_evidence_needed(&all->comparison.rule));
    mp_json_add_count(object, "strata", strata.used);
    mp_json_add_number(object, "tarone_p", strata.freedom > 0 ? strata.tarone_p : NAN);
    mp_json_add_bool(object, "homogeneous", is_one);
    add_effect(object, "difference", strata.difference, is_one);
    add_effect(object, "odds_ratio", strata.odds, is_one);
}

void mp_compare_tries_add_json(const struct mp_compare *compare, struct json_object *to) {
    const struct mp_compare_tries *tries = compare->tries;
    if (tries == NULL) {
        mp_json_add_null(to, "tries");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "tries");
    mp_json_add_count(object, "counted", tries->counted);
    mp_json_add_count(object, "blocks", tries->all.comparison.blocks);
    struct json_object *campaigns = mp_json_add_array(object, "campaigns");
    for (size_t i = 0; i < tries->count; i++) {
        const struct mp_compare_try *one = &tries->one[i];
        struct json_object *item = mp_json_add_object(campaigns, NULL);
        mp_json_add_integer(item, "campaign_id", one->campaign_id);
        mp_json_add_text(item, "when", one->when);
        mp_json_add_count(item, "blocks", one->blocks);
        mp_json_add_bool(item, "is_repeat", one->is_repeat);
        struct json_object *arms = mp_json_add_array(item, "arms");
        for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
            struct mp_two_arms sum = sum_try(compare, one, arm);
            struct json_object *part = mp_json_add_object(arms, NULL);
            mp_json_add_text(part, "arm", compare->arm[arm].id);
            mp_json_add_text(part, "alone", mp_comparison_verdict_name(one->alone[arm]));
            mp_json_add_count(part, "failures", sum.failures_b);
            mp_json_add_count(part, "rounds", sum.rounds_b);
            mp_json_add_count(part, "control_failures", sum.failures_a);
            mp_json_add_count(part, "control_rounds", sum.rounds_a);
        }
    }
    struct json_object *together = mp_json_add_array(object, "together");
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++)
        add_arm_json(compare, arm, together);
}
