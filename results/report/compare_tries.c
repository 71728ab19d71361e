/* The tries of a comparison.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_tries.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

static size_t cells_of(const struct mp_compare *compare) {
    return compare->comparison.rule.stratum_count * compare->comparison.rule.arm_count;
}

/* `compare` without its rounds. The rounds of several campaigns were not planned as one
 * number, so only evidence for all looks may judge them. */
static struct mp_compare empty_copy(const struct mp_compare *compare, bool looks) {
    struct mp_compare copy = *compare;
    struct mp_comparison_rule rule = compare->comparison.rule;
    rule.looks = looks;
    mp_comparison_init(&copy.comparison, &rule);
    for (size_t arm = 0; arm < rule.arm_count; arm++) {
        struct mp_compare_arm *one = &copy.arm[arm];
        one->passed = one->failed = one->no_verdict = one->other = 0;
        memset(one->outcome, 0, sizeof(one->outcome));
    }
    return copy;
}

static void read_alone(const struct mp_compare *compare, struct mp_compare_try *one) {
    struct mp_compare alone = empty_copy(compare, compare->comparison.rule.looks);
    size_t arms = compare->comparison.rule.arm_count;
    mp_compare_add_rounds(&alone, one->campaign_id);
    mp_comparison_conclude(&alone.comparison, one->alone);
    one->blocks = alone.comparison.blocks;
    one->table = mp_memory_zeroed(cells_of(compare), sizeof(*one->table));
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++)
        for (size_t arm = 1; arm < arms; arm++)
            one->table[i * arms + arm] =
                mp_comparison_table(&alone.comparison, i, arm, MP_COMPARISON_SEEN);
    mp_comparison_release(&alone.comparison);
}

/* The campaigns that asked the same, with their rounds. */
static void find_tries(struct mp_compare *compare, struct mp_compare_tries *tries) {
    sqlite3_stmt *rows = mp_query_rows(
        &compare->report->query,
        "SELECT t.campaign_id, ifnull(t.night, substr(t.started_at, 1, 10)),"
        " EXISTS (SELECT 1 FROM comparison_try AS e WHERE e.question = t.question"
        " AND e.seed = t.seed"
        " AND (e.started_at, e.campaign_id) < (t.started_at, t.campaign_id))"
        " FROM comparison_try AS own JOIN comparison_try AS t"
        " ON t.question = own.question"
        " AND (t.started_at, t.campaign_id) <= (own.started_at, own.campaign_id)"
        " WHERE own.campaign_id = ?1 ORDER BY t.started_at, t.campaign_id",
        compare->report->campaign_id, 0);
    while (mp_query_next(&compare->report->query, rows)) {
        tries->one = mp_memory_resize(tries->one, tries->count + 1, sizeof(*tries->one));
        tries->one[tries->count++] =
            (struct mp_compare_try){.campaign_id = sqlite3_column_int64(rows, 0),
                                    .when = mp_query_copy(rows, 1),
                                    .is_repeat = sqlite3_column_int(rows, 2) != 0};
        tries->counted += !tries->one[tries->count - 1].is_repeat;
    }
}

/* What overrules a good verdict of all tries together, whose rounds may be old. */
static bool is_bad(enum mp_comparison_verdict verdict) {
    return verdict == MP_COMPARISON_WORSE || verdict == MP_COMPARISON_DIFFERENT;
}

void mp_compare_tries_load(struct mp_compare *compare) {
    struct mp_compare_tries *tries = mp_memory_zeroed(1, sizeof(*tries));
    find_tries(compare, tries);
    if (tries->count < 2) {
        mp_compare_tries_release(tries);
        return;
    }
    tries->all = empty_copy(compare, true);
    for (size_t i = 0; i < tries->count; i++) {
        read_alone(compare, &tries->one[i]);
        if (!tries->one[i].is_repeat)
            mp_compare_add_rounds(&tries->all, tries->one[i].campaign_id);
    }
    mp_compare_judge(&tries->all);
    compare->tries = tries;
    if (!mp_compare_is_retried(compare))
        return;
    const struct mp_compare_try *own = &tries->one[tries->count - 1];
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++) {
        enum mp_comparison_verdict *stands = &tries->all.arm[arm].stands;
        if (mp_comparison_is_good(*stands) && is_bad(own->alone[arm]))
            *stands = compare->comparison.rule.margin > 0 ? MP_COMPARISON_NOT_SHOWN
                                                          : MP_COMPARISON_NO_DIFFERENCE;
        compare->arm[arm].stands = *stands;
    }
    mp_compare_sum_verdict(&tries->all);
    mp_compare_take_verdict(compare, tries->all.verdict);
}

void mp_compare_tries_release(struct mp_compare_tries *tries) {
    if (tries == NULL)
        return;
    for (size_t i = 0; i < tries->count; i++) {
        free(tries->one[i].when);
        free(tries->one[i].table);
    }
    free(tries->one);
    mp_comparison_release(&tries->all.comparison);
    free(tries);
}

bool mp_compare_is_retried(const struct mp_compare *compare) {
    return compare->tries != NULL && compare->tries->counted > 1 &&
           !compare->is_unfinished;
}
