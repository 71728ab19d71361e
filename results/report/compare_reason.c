/* The sentence on which the verdict of a comparison rests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare_reason.h"

#include <inttypes.h>
#include <math.h>

#include "results/report/line.h"
#include "results/stats/demonstration.h"
#include "results/stats/effect.h"
#include "results/stats/margin.h"

const char *mp_compare_verdict_words(enum mp_comparison_verdict verdict) {
    static const char *const words[] = {
        [MP_COMPARISON_FIXED] = "fixed",
        [MP_COMPARISON_BETTER] = "better",
        [MP_COMPARISON_NO_WORSE] = "no worse",
        [MP_COMPARISON_SAME] = "the same",
        [MP_COMPARISON_DIFFERENT] = "different",
        [MP_COMPARISON_NOT_SHOWN] = "not shown",
        [MP_COMPARISON_EXCHANGED] = "exchanged",
        [MP_COMPARISON_WORSE] = "worse",
        [MP_COMPARISON_NO_DIFFERENCE] = "no difference shown",
        [MP_COMPARISON_NO_POWER] = "no power",
        [MP_COMPARISON_NOTHING] = "nothing ran",
    };
    return words[verdict];
}

static uint64_t counted(const struct mp_compare_arm *arm) {
    return arm->passed + arm->failed;
}

/* The arm that the verdict's sentence is about. */
static size_t find_spoken(const struct mp_compare *compare) {
    for (size_t i = 0; i + 1 < compare->comparison.rule.arm_count; i++)
        if (compare->arm[compare->ranked[i]].stands == compare->verdict)
            return compare->ranked[i];
    return 1;
}

static void add_below(const struct mp_compare *compare, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%g %%", 100 * compare->comparison.rule.fixed_below);
}

static void add_against(const struct mp_compare *compare, size_t arm,
                        struct mp_strbuf *buf) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    mp_compare_write_arm(compare, arm, buf);
    mp_strbuf_addf(buf, " failed in %" PRIu64 " of %" PRIu64 " %s, ", b->failed,
                   counted(b), mp_plural(counted(b), "round", "rounds"));
    mp_compare_write_arm(compare, 0, buf);
    mp_strbuf_addf(buf, " in %" PRIu64 " of %" PRIu64, a->failed, counted(a));
}

/* The stratum in which it is worse although overall it is not. */
static void add_worse(const struct mp_compare *compare, size_t arm,
                      struct mp_strbuf *buf) {
    size_t worst = 0;
    double most = -1;
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        struct mp_two_arms table =
            mp_comparison_table(&compare->comparison, i, arm, MP_COMPARISON_SEEN);
        double difference =
            mp_effect_difference_newcombe(table, compare->comparison.rule.alpha).value;
        if (-difference > most) {
            most = -difference;
            worst = i;
        }
    }
    add_against(compare, arm, buf);
    mp_strbuf_addstr(buf, ", significantly less");
    if (compare->comparison.rule.stratum_count > 1)
        mp_strbuf_addf(buf, "; most of all in %s", compare->stratum[worst].title);
}

/* What a better arm lacks to be fixed. */
static void add_way_to_fixed(const struct mp_compare *compare, size_t arm,
                             struct mp_strbuf *buf) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    uint64_t left = mp_comparison_rounds_to_fixed(&compare->comparison, arm);
    if (left > 0 && left < UINT64_MAX)
        mp_strbuf_addf(buf, "; %s%" PRIu64 "%s %s%s without a failure would show it",
                       rule->looks ? "" : "a new plan of ", left,
                       rule->looks ? " more" : "", mp_plural(left, "round", "rounds"),
                       rule->stratum_count > 1 ? " of each workload" : "");
}

/* What it would be, were it not for the rounds without a verdict. */
static void add_hidden(const struct mp_compare *compare, size_t arm,
                       struct mp_strbuf *buf) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    uint64_t no_verdict = compare->arm[0].no_verdict + one->no_verdict;
    mp_strbuf_addf(buf,
                   ", which alone would be %s, but %" PRIu64 " %s without a verdict may "
                   "have gone against it",
                   mp_compare_verdict_words(one->verdict[MP_COMPARISON_SEEN]), no_verdict,
                   mp_plural(no_verdict, "round", "rounds"));
}

static void add_no_difference(const struct mp_compare *compare, size_t arm,
                              struct mp_strbuf *buf) {
    uint64_t needed = compare->rounds_for_halving;
    uint64_t done = counted(&compare->arm[arm]);
    const struct mp_compare_arm *one = &compare->arm[arm];
    mp_strbuf_addstr(buf, "no difference shown: ");
    add_against(compare, arm, buf);
    if (one->verdict[MP_COMPARISON_SEEN] != one->stands) {
        add_hidden(compare, arm, buf);
        return;
    }
    if (needed > done) {
        mp_strbuf_addf(buf, "; %" PRIu64 " more %s per arm would show a halving (80 %%)",
                       needed - done, mp_plural(needed - done, "round", "rounds"));
    } else if (needed > 0) {
        mp_strbuf_addstr(buf, "; a halving would have been shown with 80 % or more");
    }
}

void mp_compare_write_skipped(const struct mp_compare *compare, size_t arm,
                              struct mp_strbuf *buf) {
    const struct mp_compare_arm *one = &compare->arm[arm];
    uint64_t skipped = one->outcome[MP_OUTCOME_SKIP];
    if (skipped == 0)
        return;
    mp_strbuf_addf(buf, "%" PRIu64 " %s skipped", skipped,
                   mp_plural(skipped, "was", "were"));
    if (one->skip_reason != NULL)
        mp_strbuf_addf(buf, " (%s)", one->skip_reason);
}

static void add_nothing(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = counted(&compare->arm[0]) == 0 ? 0 : find_spoken(compare);
    mp_strbuf_addstr(buf, "no round of ");
    mp_compare_write_arm(compare, arm, buf);
    mp_strbuf_addf(buf, " passed or failed%s",
                   compare->arm[arm].outcome[MP_OUTCOME_SKIP] > 0 ? ": " : "");
    mp_compare_write_skipped(compare, arm, buf);
}

/* P that by chance so many more rounds of B than of A end this way; of A if `falls`. */
static double find_shift(const struct mp_compare *compare, size_t arm, int outcome,
                         bool falls) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    struct mp_two_arms table = {.failures_a = a->outcome[outcome],
                                .rounds_a = counted(a),
                                .failures_b = b->outcome[outcome],
                                .rounds_b = counted(b)};
    struct mp_fisher fisher = mp_two_arms_fisher(table);
    return falls ? fisher.greater : fisher.less;
}

/* The kind of failure that changed most significantly, MP_OUTCOME_COUNT if none did. */
static int find_moved(const struct mp_compare *compare, size_t arm, bool falls) {
    int kinds = 0, best = MP_OUTCOME_COUNT;
    double least = compare->comparison.rule.alpha;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        kinds += mp_outcome_class((enum mp_outcome)i) == MP_CLASS_FAILURE;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        if (mp_outcome_class((enum mp_outcome)i) != MP_CLASS_FAILURE)
            continue;
        double p = kinds * find_shift(compare, arm, i, falls);
        if (p <= least) {
            least = p;
            best = i;
        }
    }
    return best;
}

/* A fix that turns one kind of failure into another. */
static void add_exchange(const struct mp_compare *compare, size_t arm,
                         struct mp_strbuf *buf) {
    const uint64_t *a = compare->arm[0].outcome, *b = compare->arm[arm].outcome;
    int fewer = find_moved(compare, arm, true), more = find_moved(compare, arm, false);
    if (fewer == MP_OUTCOME_COUNT || more == MP_OUTCOME_COUNT)
        return;
    mp_strbuf_addf(buf, "; %s %" PRIu64 " -> %" PRIu64 ", but %s %" PRIu64 " -> %" PRIu64,
                   mp_outcome_name((enum mp_outcome)fewer), a[fewer], b[fewer],
                   mp_outcome_name((enum mp_outcome)more), a[more], b[more]);
}

void mp_compare_write_margin(const struct mp_comparison_rule *rule,
                             struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%g point%s more%s", 100 * rule->margin,
                   fabs(100 * rule->margin - 1) < 1e-9 ? "" : "s",
                   rule->is_two_sided ? " or fewer" : "");
}

/* "less than 1 point more in every workload" */
static void add_margin(const struct mp_compare *compare, const char *than,
                       struct mp_strbuf *buf) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    mp_strbuf_addf(buf, "%s than ", than);
    mp_compare_write_margin(rule, buf);
    if (rule->stratum_count > 1)
        mp_strbuf_addstr(buf, *than == 'l' ? " in every workload" : " somewhere");
}

static double two_digits(uint64_t count) {
    double unit = pow(10, fmax(0, floor(log10((double)count)) - 1));
    return ceil((double)count / unit) * unit;
}

/* How many more blocks would show a margin if both arms failed as often as so far. */
static void add_way_to_margin(const struct mp_compare *compare, size_t arm,
                              struct mp_strbuf *buf) {
    const struct mp_comparison *comparison = &compare->comparison;
    const struct mp_comparison_rule *rule = &comparison->rule;
    double uneven = 0;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < rule->stratum_count; i++) {
        struct mp_pair_eprocess pairs =
            mp_comparison_pairs(comparison, i, arm, MP_COMPARISON_SEEN);
        uneven = fmax(uneven, (double)(pairs.only_a + pairs.only_b + 1) /
                                  ((double)pairs.pairs + 2));
        least = pairs.pairs < least ? pairs.pairs : least;
    }
    struct mp_margin_question question = {rule->margin, mp_comparison_alpha(rule),
                                          rule->is_two_sided, rule->stratum_count};
    struct mp_pair_rates rates = {uneven / 2, uneven / 2, question.alpha};
    uint64_t needed =
        mp_margin_rounds(question, rates, MP_STOPPING_CHANCE).rounds_per_arm;
    if (needed == MP_ROUNDS_NEVER || needed <= least)
        return;
    mp_strbuf_addf(
        buf,
        "; about %.0f more blocks%s would show it (80 %%) if both fail equally "
        "often",
        two_digits(needed - least), rule->stratum_count > 1 ? " of each workload" : "");
}

static void write_margin_reason(const struct mp_compare *compare, size_t arm,
                                struct mp_strbuf *buf) {
    bool is_good = mp_comparison_is_good(compare->verdict);
    add_against(compare, arm, buf);
    mp_strbuf_addstr(buf, "; ");
    add_margin(compare,
               is_good || compare->verdict == MP_COMPARISON_NOT_SHOWN ? "less" : "more",
               buf);
    mp_strbuf_addf(buf, " is %sshown",
                   compare->verdict == MP_COMPARISON_NOT_SHOWN ? "not " : "");
    if (compare->arm[arm].verdict[MP_COMPARISON_SEEN] != compare->arm[arm].stands)
        add_hidden(compare, arm, buf);
    else if (compare->verdict == MP_COMPARISON_NOT_SHOWN)
        add_way_to_margin(compare, arm, buf);
    if (is_good && compare->arm[0].failed == 0) {
        mp_strbuf_addstr(buf, "; ");
        mp_compare_write_arm(compare, 0, buf);
        mp_strbuf_addstr(buf, " never failed, so this says nothing of failures that "
                              "these rounds cannot cause");
    }
}

static void add_moves(const struct mp_compare *compare, size_t arm, bool counted_ones,
                      struct mp_strbuf *buf) {
    const uint64_t *a = compare->arm[0].outcome, *b = compare->arm[arm].outcome;
    const char *between = "";
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        enum mp_outcome outcome = (enum mp_outcome)i;
        bool is_one = counted_ones ? mp_outcome_set_counts(compare->counts, outcome)
                                   : mp_outcome_set_leaves(compare->counts, outcome);
        if (!is_one || a[i] + b[i] == 0)
            continue;
        mp_strbuf_addf(buf, "%s%s %" PRIu64 " -> %" PRIu64, between,
                       mp_outcome_name(outcome), a[i], b[i]);
        between = ", ";
    }
}

/* The failures that were not counted. */
static void add_others(const struct mp_compare *compare, size_t arm,
                       struct mp_strbuf *buf) {
    if (compare->arm[0].other + compare->arm[arm].other == 0)
        return;
    if (compare->arm[arm].stands == MP_COMPARISON_EXCHANGED) {
        mp_strbuf_addstr(buf, "; ");
        add_moves(compare, arm, true, buf);
        mp_strbuf_addstr(buf, ", but ");
        add_moves(compare, arm, false, buf);
        mp_strbuf_addstr(buf, ": other failures rose instead");
    } else {
        mp_strbuf_addstr(buf, "; not counted: ");
        add_moves(compare, arm, false, buf);
    }
}

void mp_compare_write_counted(const struct mp_compare *compare, struct mp_strbuf *buf) {
    mp_outcome_set_write(compare->counts, ", ", " and ", buf);
    mp_strbuf_addstr(buf, " alone");
}

/* The other arms with the same verdict. */
static void add_also(const struct mp_compare *compare, size_t spoken,
                     struct mp_strbuf *buf) {
    size_t arms = compare->comparison.rule.arm_count - 1, same = 0;
    for (size_t i = 0; i < arms; i++)
        same += compare->arm[i + 1].stands == compare->verdict;
    if (same < 2)
        return;
    if (same == arms && arms == 2)
        mp_strbuf_addf(
            buf, "; both arms are %s: ", mp_compare_verdict_words(compare->verdict));
    else if (same == arms)
        mp_strbuf_addf(buf, "; all %zu arms are %s: ", arms,
                       mp_compare_verdict_words(compare->verdict));
    else
        mp_strbuf_addf(buf, "; also %s: ", mp_compare_verdict_words(compare->verdict));
    bool is_first = true;
    for (size_t i = 0; i < arms; i++) {
        size_t arm = compare->ranked[i];
        if (compare->arm[arm].stands != compare->verdict ||
            (arm == spoken && same < arms))
            continue;
        mp_strbuf_addf(buf, "%s%s", is_first ? "" : ", ", compare->arm[arm].name);
        is_first = false;
    }
}

/* Fewer failures, but not as few as is asked for. */
static void add_better(const struct mp_compare *compare, size_t arm,
                       struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, ", significantly more; a rate of ");
    if (compare->arm[arm].program != NULL)
        mp_strbuf_addch(buf, (char)('A' + arm));
    else
        mp_strbuf_addstr(buf, compare->arm[arm].name);
    mp_strbuf_addstr(buf, " below ");
    add_below(compare, buf);
    mp_strbuf_addstr(buf, " is not shown");
    if (compare->arm[arm].verdict[MP_COMPARISON_SEEN] == MP_COMPARISON_FIXED)
        add_hidden(compare, arm, buf);
    else
        add_way_to_fixed(compare, arm, buf);
}

void mp_compare_write_reason(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = find_spoken(compare);
    if (compare->counts.bits != 0) {
        mp_strbuf_addstr(buf, "counting ");
        mp_compare_write_counted(compare, buf);
        mp_strbuf_addstr(buf, ": ");
    }
    if (compare->is_unfinished) {
        mp_strbuf_addstr(
            buf, "the campaign ended before its planned rounds; with --all-rounds it "
                 "may be judged only at their end");
        return;
    }
    switch (compare->verdict) {
    case MP_COMPARISON_FIXED:
        add_against(compare, arm, buf);
        mp_strbuf_addf(buf, "; a rate below ");
        add_below(compare, buf);
        mp_strbuf_addstr(buf, " is shown");
        break;
    case MP_COMPARISON_BETTER:
        add_against(compare, arm, buf);
        add_better(compare, arm, buf);
        break;
    case MP_COMPARISON_EXCHANGED:
        add_against(compare, arm, buf);
        break;
    case MP_COMPARISON_NO_WORSE:
    case MP_COMPARISON_SAME:
    case MP_COMPARISON_DIFFERENT:
    case MP_COMPARISON_NOT_SHOWN:
        write_margin_reason(compare, arm, buf);
        break;
    case MP_COMPARISON_WORSE:
        if (compare->comparison.rule.margin > 0)
            write_margin_reason(compare, arm, buf);
        else
            add_worse(compare, arm, buf);
        break;
    case MP_COMPARISON_NO_DIFFERENCE:
        add_no_difference(compare, arm, buf);
        break;
    case MP_COMPARISON_NO_POWER:
        mp_compare_write_arm(compare, 0, buf);
        mp_strbuf_addf(buf,
                       " never failed in %" PRIu64 " %s, so nothing is known about "
                       "the other arms; choose a workload that fails without a "
                       "mitigation",
                       counted(&compare->arm[0]),
                       mp_plural(counted(&compare->arm[0]), "round", "rounds"));
        break;
    case MP_COMPARISON_NOTHING:
        add_nothing(compare, buf);
        break;
    }
    if (compare->counts.bits != 0)
        add_others(compare, arm, buf);
    else if (compare->verdict != MP_COMPARISON_NOTHING)
        add_exchange(compare, arm, buf);
    if (mp_comparison_is_good(compare->verdict))
        add_also(compare, arm, buf);
}
