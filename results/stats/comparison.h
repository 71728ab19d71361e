/* Arms side by side: counts, evidence and verdict of a comparison, round by round. The
 * first arm is the control, every other one is compared with it. The same rounds in the
 * same order give the same verdict, while they run and out of a database. Pure.
 *
 * What is guaranteed, with alpha of the rule, over all arms together:
 * - BETTER, WORSE or FIXED is said of an arm that does what the control does with a
 *   chance of at most alpha, however often one looks. The evidence is that of pairs
 *   (mp_pair_eprocess), or McNemar's test where rounds are judged once, so shared seeds,
 *   positions and drift do no harm. Arms share alpha out (Bonferroni; Holm once); over
 *   several strata one half of it is for all together and the other for the single ones.
 * - FIXED is said of an arm that fails as often as `fixed_below` or more often in some
 *   stratum with a chance of at most alpha. It must be shown in every stratum, also where
 *   the control never failed: an arm may break what was whole.
 * - Both hold whatever happened in the rounds without a verdict: a verdict stands only if
 *   it stands with them read against it as well (mp_comparison_conclude).
 * - With a margin the question is another: NO_WORSE is said of an arm whose rate is
 *   `margin` or more above that of the control in some stratum, or WORSE of one that is
 *   nowhere above it by more, with a chance of at most alpha each (margin.h); SAME and
 *   DIFFERENT the same, either way. NO_WORSE and SAME must be shown in every stratum.
 *   That evidence decides after every block, or, where rounds are judged once, at the
 *   end. A control that never failed takes nothing from it.
 * - Where only some kinds of failure count, a round that failed in another way is one
 *   without such a failure, in every reading. A verdict that the arm is good is withheld
 *   (EXCHANGED) if other failures rose: where the evidence of their pairs shows it, or at
 *   the end McNemar's test, one-sided at alpha. It is looked for as long as the arm has
 *   more of them. This takes verdicts away and grants none, so the chances above hold.
 *   Pairs in which a round failed in a way that counts say nothing of the others, which
 *   it may have come before: a background of 10 % shows in 7 % of the rounds of a control
 *   that crashes in 30 %, and in 10 % of an arm that does not. So others rose if they did
 *   in the other pairs, or if the arm has more of them just where the control failed,
 *   each at half of alpha, and a background that is equal withholds a verdict with a
 *   chance of at most about alpha. Only where hardly a pair is left (MP_OTHERS_EXPECTED)
 *   is it not known what was hidden, and all count.
 * - NO_DIFFERENCE is what is left: it claims nothing, and may be wrong of any arm.
 * - That rounds come in the order in which they were begun is up to the caller.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_COMPARISON_H
#define MP_STATS_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/stats/claim.h"
#include "results/stats/eprocess.h"
#include "results/stats/strata.h"

#define MP_COMPARISON_ARMS_MAX 16
/* At least this many rounds of an arm that failed otherwise must be expected among the
 * pairs without a failure that counts, for these to judge: 6 decide at half of 5 %. */
#define MP_OTHERS_EXPECTED 10

/* The question and the method; fixed before the first round. */
struct mp_comparison_rule {
    size_t arm_count;     /* 2 or more */
    size_t stratum_count; /* what is run under each arm: 1 or more */
    double alpha;         /* of a wrong statement, for all arms together */
    /* an arm whose rate is shown to be below this may be called fixed */
    double fixed_below;
    double margin; /* 0: the question is whether they differ; else, whether the arm's rate
                      is less than this above the control's */
    bool is_two_sided; /* of a margin: nor less than this below it */
    bool looks; /* decides by evidence, after every block; else once, by exact tests */
};

/* The question is a claim: a rate below which an arm is fixed, or a margin. */
void mp_comparison_rule_claim(struct mp_comparison_rule *rule,
                              const struct mp_claim *claim);

/* How rounds without a verdict are read: not at all, or as what is worst or best for the
 * arm: those of the control and its own as passes and failures, or the other way
 * round. */
enum mp_comparison_view {
    MP_COMPARISON_SEEN,
    MP_COMPARISON_AGAINST,
    MP_COMPARISON_IN_FAVOUR,
    MP_COMPARISON_VIEWS
};

/* The verdict on one arm against the control, from best to least known. */
enum mp_comparison_verdict {
    MP_COMPARISON_FIXED,     /* better, and below fixed_below in every stratum */
    MP_COMPARISON_BETTER,    /* fails less often */
    MP_COMPARISON_NO_WORSE,  /* less than the margin above the control, everywhere */
    MP_COMPARISON_SAME,      /* nor less below it */
    MP_COMPARISON_EXCHANGED, /* one of those, but other failures rose */
    MP_COMPARISON_WORSE,     /* fails more often, at least somewhere */
    MP_COMPARISON_DIFFERENT, /* by more than the margin, at least somewhere */
    MP_COMPARISON_NO_DIFFERENCE,
    MP_COMPARISON_NOT_SHOWN, /* nothing is known of the margin yet */
    MP_COMPARISON_NO_POWER,  /* the control never failed */
    MP_COMPARISON_NOTHING    /* one of the two has no counted round */
};
/* FIXED to SAME. */
bool mp_comparison_is_good(enum mp_comparison_verdict verdict);
/* "fixed", "better", "no_worse", "same", "exchanged", "worse", "different",
 * "no_difference", "not_shown", "no_power", "nothing_ran". */
const char *mp_comparison_verdict_name(enum mp_comparison_verdict verdict);

/* passed: without a failure that counts; other: of them, those that failed otherwise. */
struct mp_comparison_counts {
    uint64_t passed, failed, no_verdict, other;
};

struct mp_comparison {
    struct mp_comparison_rule rule;
    uint64_t blocks;                    /* complete: a round of every arm */
    struct mp_comparison_counts *count; /* by stratum and arm */
    struct mp_pair_eprocess *evidence;  /* by view, stratum and arm */
    /* Of the other failures, by stratum and arm. */
    struct mp_comparison_others {
        struct mp_pair_eprocess uncovered; /* of pairs without a failure that counts */
        struct mp_pair_eprocess all; /* where such a failure is none of the others */
        /* The arm's where the control failed in a way that counts (A), and where not. */
        struct mp_two_arms covered;
    } * other;
    struct mp_comparison_latch {
        double peak; /* the most evidence until it was decided */
        bool is_set; /* decided; the rest changes nothing */
        enum mp_comparison_verdict verdict;
    } latch[MP_COMPARISON_VIEWS][MP_COMPARISON_ARMS_MAX];
    struct mp_comparison_block *open; /* blocks that wait for rounds */
    size_t open_count;
};

void mp_comparison_init(struct mp_comparison *comparison,
                        const struct mp_comparison_rule *rule);
void mp_comparison_release(struct mp_comparison *comparison);

/* One more round that ended, in the order in which rounds were begun, whenever they
 * ended: a verdict that rested on the rounds that ended first would rest on those that do
 * not hang. Rounds of a stratum with the same seed are one block; a
 * second round of an arm with a seed that waits is counted, and starts no block. */
void mp_comparison_add(struct mp_comparison *comparison, size_t stratum, size_t arm,
                       uint64_t seed, enum mp_block_verdict verdict);

/* For mp_comparison_add: counts the round. A bit for each arm that now has a further
 * pair with the control. */
uint32_t mp_comparison_record(struct mp_comparison *comparison, size_t stratum,
                              size_t arm, uint64_t seed, enum mp_block_verdict verdict);

struct mp_comparison_counts mp_comparison_count(const struct mp_comparison *comparison,
                                                size_t stratum, size_t arm);
/* Control (A) and arm (B) in numbers. */
struct mp_two_arms mp_comparison_table(const struct mp_comparison *comparison,
                                       size_t stratum, size_t arm,
                                       enum mp_comparison_view view);
/* The pairs of control and arm in one stratum: `log_e` for "they differ". */
struct mp_pair_eprocess mp_comparison_pairs(const struct mp_comparison *comparison,
                                            size_t stratum, size_t arm,
                                            enum mp_comparison_view view);
/* The deciding evidence: the maximum over all strata together, until the verdict was
 * decided. log E at the end without looks. */
double mp_comparison_peak(const struct mp_comparison *comparison, size_t arm,
                          enum mp_comparison_view view);
/* log E for "control and arm differ" in one stratum, or in all of them: evidence of
 * strata may be added up, since each block is one step of a sequence. */
double mp_comparison_evidence(const struct mp_comparison *comparison, size_t stratum,
                              size_t arm, enum mp_comparison_view view);
double mp_comparison_evidence_total(const struct mp_comparison *comparison, size_t arm,
                                    enum mp_comparison_view view);

/* log E for what a margin asks, in one stratum; in that with the least. */
double mp_comparison_margin_evidence(const struct mp_comparison *comparison,
                                     size_t stratum, size_t arm,
                                     enum mp_comparison_view view);
double mp_comparison_margin_least(const struct mp_comparison *comparison, size_t arm,
                                  enum mp_comparison_view view);
/* For mp_comparison_judge: one arm of a rule with a margin, by the evidence of now. */
enum mp_comparison_verdict
mp_comparison_judge_margin(const struct mp_comparison *comparison, size_t arm,
                           enum mp_comparison_view view);

/* The chance of error of each arm: alpha divided among all arms compared. */
double mp_comparison_alpha(const struct mp_comparison_rule *rule);

/* log E at which a difference between control and arm is shown: over several strata one
 * half of the chance of error is kept for what the total might hide in one of them. */
double mp_comparison_evidence_needed(const struct mp_comparison_rule *rule);

/* All strata of an arm, as if its rounds and the control's were independent; and the p of
 * "control and arm do the same" at this number of rounds, by McNemar's exact test over
 * the pairs of all strata. */
struct mp_strata mp_comparison_pool(const struct mp_comparison *comparison, size_t arm,
                                    enum mp_comparison_view view);
double mp_comparison_p(const struct mp_comparison *comparison, size_t arm,
                       enum mp_comparison_view view);

/* Verdicts of all arms but the control (whose own is untouched). With looks: by the
 * evidence so far; what was once decided stays. Without: by exact tests, with Holm's
 * adjustment over the arms, which is right only at the number of rounds that was
 * planned. */
void mp_comparison_judge(const struct mp_comparison *comparison,
                         enum mp_comparison_view view,
                         enum mp_comparison_verdict ret_verdict[MP_COMPARISON_ARMS_MAX]);
/* The verdicts that stand: as counted, and with the rounds without a verdict read against
 * them, MP_COMPARISON_ARMS_MAX of them. Where the two differ it is the lesser one, and
 * NO_DIFFERENCE if nothing is left. */
void mp_comparison_conclude(const struct mp_comparison *comparison,
                            enum mp_comparison_verdict *ret_verdicts);
/* Rounds of the arm, all without failure, that show it to be below `fixed_below` in
 * every stratum, in that with the most: further ones with looks, else all those of a new
 * plan. 0 if it is shown. Rounds without a verdict count as failures. */
uint64_t mp_comparison_rounds_to_fixed(const struct mp_comparison *comparison,
                                       size_t arm);
/* Progress of the evidence that all arms need, from 0 to 1: that they differ from the
 * control, and that they fail below fixed_below. */
void mp_comparison_progress(const struct mp_comparison *comparison, double *ret_differ,
                            double *ret_below);
/* True if more rounds change nothing: every arm is decided. Never without looks. */
bool mp_comparison_is_decided(const struct mp_comparison *comparison);
#endif
