/* Internal to the report: a comparison, counted and judged from the database alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_ROWS_H
#define MP_REPORT_COMPARE_ROWS_H

#include "harness/wire/outcome_set.h"
#include "results/report/rows.h"
#include "results/stats/comparison.h"
#include "results/stats/paired.h"
#include "results/stats/trend.h"

#define MP_COMPARE_HOMOGENEITY 0.10 /* below this p the strata stand alone */

/* One arm over all strata; the first is the control. */
struct mp_compare_arm {
    const char *id;                    /* as cells have it; borrowed */
    const char *program;               /* its command, NULL: none; borrowed */
    const char *name;                  /* program or id */
    enum mp_comparison_verdict stands; /* as counted, and read against it */
    enum mp_comparison_verdict verdict[MP_COMPARISON_VIEWS];
    uint64_t passed, failed, no_verdict, other; /* as in struct mp_comparison_counts */
    uint64_t outcome[MP_OUTCOME_COUNT];
    char *skip_reason;           /* owned: of one skipped round, NULL: none */
    double speed;                /* median ops/s of passing rounds, 0: none */
    struct mp_paired_ratio cost; /* speed relative to the control in the same block */
};

/* One workload on one device. */
struct mp_compare_stratum {
    const struct mp_report_cell *cell[MP_COMPARISON_ARMS_MAX]; /* per arm; borrowed */
    char *title;    /* what distinguishes it from other strata */
    double threads; /* its parameter, 0: none */
    struct mp_paired_ratio cost[MP_COMPARISON_ARMS_MAX]; /* in this stratum only */
};

/* Failures of one kind. Texts are owned. */
struct mp_compare_kind {
    uint64_t rounds;
    char *outcome, *arms;       /* arms: "none, serial" */
    char *title;                /* of its signature, "" if it has none */
    int64_t crash_id, round_id; /* the newest; crash 0: none */
};
#define MP_COMPARE_KINDS 8 /* the most frequent ones */

struct mp_compare_lives;
struct mp_compare_tries;

struct mp_compare {
    struct mp_report *report;     /* borrowed */
    bool is_one;                  /* false: not a comparison, and the rest is empty */
    struct mp_outcome_set counts; /* failures of these kinds */
    struct mp_comparison comparison;
    struct mp_compare_arm arm[MP_COMPARISON_ARMS_MAX];
    struct mp_compare_stratum *stratum;
    struct mp_compare_kind kind[MP_COMPARE_KINDS];
    size_t kind_count;
    size_t ranked[MP_COMPARISON_ARMS_MAX]; /* arms, best first, without the control */
    uint64_t rounds_for_halving; /* per arm, to show a halving of the control's rate with
                                    80 % by the rule that decides; 0: not known, or too
                                    many to say */
    enum mp_comparison_verdict verdict; /* overall: worse if any arm is, else the best */
    bool is_unfinished; /* exact tests were planned and the campaign did not get that far
                         */
    struct mp_compare_lives *lives; /* owned */
    struct mp_compare_tries *tries; /* owned; NULL: the question was asked once */
};

/* For compare.h: read and judge the rounds of the report's campaign, and release that.
 * Lives and tries are not touched. */
void mp_compare_load_rows(struct mp_compare *compare, struct mp_report *report);
void mp_compare_release_rows(struct mp_compare *compare);

/* For compare_tries.h. Adds the rounds of a campaign with the same cells to the
 * comparison and to the outcomes of the arms. */
void mp_compare_add_rounds(struct mp_compare *compare, int64_t campaign_id);
/* Counts, judges and ranks what was added. */
void mp_compare_judge(struct mp_compare *compare);
/* The verdict of the whole from those that stand of the arms. */
void mp_compare_sum_verdict(struct mp_compare *compare);
/* Makes `verdict` that of the whole and of the report. */
void mp_compare_take_verdict(struct mp_compare *compare,
                             enum mp_comparison_verdict verdict);

/* Failures of one arm by thread count. False unless the strata are one workload with
 * three or more thread counts. */
bool mp_compare_trend(const struct mp_compare *compare, size_t arm,
                      struct mp_trend *ret_trend);

/* What a round is to the comparison. */
enum mp_block_verdict mp_compare_block_verdict(struct mp_outcome_set counts,
                                               enum mp_outcome outcome);

/* "arm serial"; where programs are compared "B (./trial --fast)". */
void mp_compare_write_arm(const struct mp_compare *compare, size_t arm,
                          struct mp_strbuf *buf);

/* The JSON `verdict` of the whole. */
const char *mp_compare_name(const struct mp_compare *compare);

#endif
