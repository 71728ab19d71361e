/* Puts rounds into their blocks and counts them. Verdicts are in comparison_judge.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* A block of which rounds are still to come. */
struct mp_comparison_block {
    size_t stratum;
    uint64_t seed;
    size_t count;
    bool has[MP_COMPARISON_ARMS_MAX];
    enum mp_block_verdict verdict[MP_COMPARISON_ARMS_MAX];
};

const char *mp_comparison_verdict_name(enum mp_comparison_verdict verdict) {
    static const char *const names[] = {
        [MP_COMPARISON_FIXED] = "fixed",
        [MP_COMPARISON_BETTER] = "better",
        [MP_COMPARISON_NO_WORSE] = "no_worse",
        [MP_COMPARISON_SAME] = "same",
        [MP_COMPARISON_EXCHANGED] = "exchanged",
        [MP_COMPARISON_WORSE] = "worse",
        [MP_COMPARISON_DIFFERENT] = "different",
        [MP_COMPARISON_NOT_SHOWN] = "not_shown",
        [MP_COMPARISON_NO_DIFFERENCE] = "no_difference",
        [MP_COMPARISON_NO_POWER] = "no_power",
        [MP_COMPARISON_NOTHING] = "nothing_ran",
    };
    return names[verdict];
}

double mp_comparison_alpha(const struct mp_comparison_rule *rule) {
    return rule->alpha / (double)(rule->arm_count - 1);
}

bool mp_comparison_is_good(enum mp_comparison_verdict verdict) {
    return verdict <= MP_COMPARISON_SAME;
}

void mp_comparison_init(struct mp_comparison *comparison,
                        const struct mp_comparison_rule *rule) {
    memset(comparison, 0, sizeof(*comparison));
    comparison->rule = *rule;
    size_t cells = rule->stratum_count * rule->arm_count;
    comparison->count = mp_memory_zeroed(cells, sizeof(*comparison->count));
    comparison->evidence =
        mp_memory_zeroed(cells * MP_COMPARISON_VIEWS, sizeof(*comparison->evidence));
    for (size_t i = 0; i < cells * MP_COMPARISON_VIEWS; i++)
        mp_pair_eprocess_init(&comparison->evidence[i]);
    comparison->other = mp_memory_zeroed(cells, sizeof(*comparison->other));
    for (size_t i = 0; i < cells; i++) {
        mp_pair_eprocess_init(&comparison->other[i].uncovered);
        mp_pair_eprocess_init(&comparison->other[i].all);
    }
}

void mp_comparison_release(struct mp_comparison *comparison) {
    free(comparison->count);
    free(comparison->evidence);
    free(comparison->other);
    free(comparison->open);
    memset(comparison, 0, sizeof(*comparison));
}

static struct mp_pair_eprocess *find_evidence(const struct mp_comparison *comparison,
                                              enum mp_comparison_view view,
                                              size_t stratum, size_t arm) {
    const struct mp_comparison_rule *rule = &comparison->rule;
    return &comparison->evidence[((size_t)view * rule->stratum_count + stratum) *
                                     rule->arm_count +
                                 arm];
}

/* What a round without a verdict is taken for. */
static enum mp_block_verdict read_verdict(enum mp_block_verdict verdict,
                                          enum mp_comparison_view view, bool is_control) {
    if (verdict == MP_BLOCK_OTHER)
        return MP_BLOCK_PASS;
    if (verdict != MP_BLOCK_NONE || view == MP_COMPARISON_SEEN)
        return verdict;
    return is_control == (view == MP_COMPARISON_AGAINST) ? MP_BLOCK_PASS : MP_BLOCK_FAIL;
}

/* Where the other failures are looked at: what a failure that counts is taken for. */
static enum mp_block_verdict read_other(enum mp_block_verdict verdict,
                                        enum mp_block_verdict counted) {
    switch (verdict) {
    case MP_BLOCK_OTHER:
        return MP_BLOCK_FAIL;
    case MP_BLOCK_FAIL:
        return counted;
    default:
        return verdict;
    }
}

/* Control and `arm` of a block are both there. */
static void add_pair(struct mp_comparison *comparison,
                     const struct mp_comparison_block *block, size_t arm) {
    struct mp_comparison_others *other =
        &comparison->other[block->stratum * comparison->rule.arm_count + arm];
    mp_pair_eprocess_add(&other->uncovered, read_other(block->verdict[0], MP_BLOCK_NONE),
                         read_other(block->verdict[arm], MP_BLOCK_NONE));
    bool is_covered = block->verdict[0] == MP_BLOCK_FAIL;
    if (block->verdict[0] != MP_BLOCK_NONE && block->verdict[arm] != MP_BLOCK_NONE) {
        bool is_other = block->verdict[arm] == MP_BLOCK_OTHER;
        other->covered.rounds_a += is_covered;
        other->covered.failures_a += is_covered && is_other;
        other->covered.rounds_b += !is_covered;
        other->covered.failures_b += !is_covered && is_other;
    }
    mp_pair_eprocess_add(&other->all, read_other(block->verdict[0], MP_BLOCK_PASS),
                         read_other(block->verdict[arm], MP_BLOCK_PASS));
    for (int i = 0; i < MP_COMPARISON_VIEWS; i++) {
        enum mp_comparison_view view = (enum mp_comparison_view)i;
        mp_pair_eprocess_add(find_evidence(comparison, view, block->stratum, arm),
                             read_verdict(block->verdict[0], view, true),
                             read_verdict(block->verdict[arm], view, false));
    }
}

static struct mp_comparison_block *find_block(struct mp_comparison *comparison,
                                              size_t stratum, uint64_t seed) {
    for (size_t i = 0; i < comparison->open_count; i++) {
        struct mp_comparison_block *block = &comparison->open[i];
        if (block->stratum == stratum && block->seed == seed)
            return block;
    }
    comparison->open = mp_memory_resize(comparison->open, comparison->open_count + 1,
                                        sizeof(*comparison->open));
    struct mp_comparison_block *block = &comparison->open[comparison->open_count++];
    *block = (struct mp_comparison_block){.stratum = stratum, .seed = seed};
    return block;
}

uint32_t mp_comparison_record(struct mp_comparison *comparison, size_t stratum,
                              size_t arm, uint64_t seed, enum mp_block_verdict verdict) {
    size_t arm_count = comparison->rule.arm_count;
    struct mp_comparison_counts *count = &comparison->count[stratum * arm_count + arm];
    count->passed += verdict == MP_BLOCK_PASS || verdict == MP_BLOCK_OTHER;
    count->other += verdict == MP_BLOCK_OTHER;
    count->failed += verdict == MP_BLOCK_FAIL;
    count->no_verdict += verdict == MP_BLOCK_NONE;
    struct mp_comparison_block *block = find_block(comparison, stratum, seed);
    if (block->has[arm])
        return 0;
    block->has[arm] = true;
    block->verdict[arm] = verdict;
    block->count++;
    uint32_t paired = 0;
    for (size_t i = 1; i < arm_count; i++) {
        if (block->has[0] && block->has[i] && (arm == 0 || arm == i)) {
            add_pair(comparison, block, i);
            paired |= UINT32_C(1) << i;
        }
    }
    if (block->count == arm_count) {
        comparison->blocks++;
        *block = comparison->open[--comparison->open_count];
    }
    return paired;
}

struct mp_comparison_counts mp_comparison_count(const struct mp_comparison *comparison,
                                                size_t stratum, size_t arm) {
    return comparison->count[stratum * comparison->rule.arm_count + arm];
}

struct mp_two_arms mp_comparison_table(const struct mp_comparison *comparison,
                                       size_t stratum, size_t arm,
                                       enum mp_comparison_view view) {
    struct mp_comparison_counts a = mp_comparison_count(comparison, stratum, 0);
    struct mp_comparison_counts b = mp_comparison_count(comparison, stratum, arm);
    struct mp_two_arms table = {.failures_a = a.failed,
                                .rounds_a = a.passed + a.failed,
                                .failures_b = b.failed,
                                .rounds_b = b.passed + b.failed};
    if (view != MP_COMPARISON_SEEN) {
        table.rounds_a += a.no_verdict;
        table.rounds_b += b.no_verdict;
        table.failures_a += view == MP_COMPARISON_IN_FAVOUR ? a.no_verdict : 0;
        table.failures_b += view == MP_COMPARISON_AGAINST ? b.no_verdict : 0;
    }
    return table;
}

struct mp_pair_eprocess mp_comparison_pairs(const struct mp_comparison *comparison,
                                            size_t stratum, size_t arm,
                                            enum mp_comparison_view view) {
    return *find_evidence(comparison, view, stratum, arm);
}

double mp_comparison_evidence(const struct mp_comparison *comparison, size_t stratum,
                              size_t arm, enum mp_comparison_view view) {
    return find_evidence(comparison, view, stratum, arm)->log_e;
}

double mp_comparison_evidence_total(const struct mp_comparison *comparison, size_t arm,
                                    enum mp_comparison_view view) {
    double total = 0;
    for (size_t i = 0; i < comparison->rule.stratum_count; i++)
        total += mp_comparison_evidence(comparison, i, arm, view);
    return total;
}
