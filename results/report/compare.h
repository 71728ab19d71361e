/* Inside of the report: a campaign that compared arms, counted and judged out of the
 * database alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_H
#define MP_REPORT_COMPARE_H

#include <json-c/json_types.h>

#include "results/report/text.h"
#include "results/stats/comparison.h"
#include "results/stats/paired.h"
#include "results/stats/trend.h"

#define MP_COMPARE_HOMOGENEITY 0.10 /* below this p the strata stand alone */

/* One arm over all strata; the first is the control. */
struct mp_compare_arm {
    const char *name; /* borrowed */
    enum mp_comparison_verdict verdict[MP_COMPARISON_VIEWS];
    uint64_t passed, failed, no_verdict, skipped;
    double speed;                /* median ops/s of the rounds that passed, 0: none did */
    struct mp_paired_ratio cost; /* speed against the control's in the same block */
};

/* One workload on one device. */
struct mp_compare_stratum {
    const struct mp_report_cell *cell[MP_COMPARISON_ARMS_MAX]; /* per arm; borrowed */
    char *title;    /* what tells it from the other strata */
    double threads; /* of its parameters, 0: it has none */
};

struct mp_compare {
    struct mp_report *report; /* borrowed */
    bool is_one; /* false: the campaign compared nothing, and the rest is empty */
    struct mp_comparison comparison;
    struct mp_compare_arm arm[MP_COMPARISON_ARMS_MAX];
    struct mp_compare_stratum *stratum;
    enum mp_comparison_verdict
        verdict;        /* of the whole: worse if any arm is, else the best */
    bool is_unfinished; /* exact tests were planned and the campaign did not get that
                           far */
};

/* Reads the rounds of the report's campaign; sets the report's verdict by what came of
 * it. Failures are noted in the report. To be released whatever came out. */
void mp_compare_load(struct mp_compare *compare, struct mp_report *report);
void mp_compare_release(struct mp_compare *compare);

/* Speeds against the control's in the blocks in which both passed. `stratum` SIZE_MAX:
 * all. */
struct mp_paired_ratio mp_compare_cost(const struct mp_compare *compare, size_t stratum,
                                       size_t arm);

/* Arms in the order of a ranking, best first, without the control; returns how many. */
size_t mp_compare_rank(const struct mp_compare *compare,
                       size_t ret_arm[MP_COMPARISON_ARMS_MAX]);

/* Rounds per arm that would show a halving of the control's rate with a power of 80 %; 0:
 * it is not known, or too many to say. */
uint64_t mp_compare_rounds_for_halving(const struct mp_compare *compare);

/* Failures of one arm over thread counts. False: the strata are not one workload with
 * three thread counts or more. */
bool mp_compare_trend(const struct mp_compare *compare, size_t arm,
                      struct mp_trend *ret_trend);

/* The JSON `verdict` of the whole. */
const char *mp_compare_name(const struct mp_compare *compare);
/* Adds the sentence that the verdict rests on. */
void mp_compare_write_reason(const struct mp_compare *compare, struct mp_strbuf *buf);
/* "fixed", "no difference shown": for a sentence. */
const char *mp_compare_words(enum mp_comparison_verdict verdict);
/* "412", "12.3k": three digits. */
void mp_compare_format_speed(double speed, struct mp_strbuf *buf);
/* "0.62 [0.55, 0.71]". */
void mp_compare_format_cost(const struct mp_paired_ratio *cost, struct mp_strbuf *buf);

/* The text: the verdict in a sentence; and, behind the headline, all the rest. */
void mp_compare_add_verdict(const struct mp_compare *compare, struct mp_text *text);
void mp_compare_add_all(struct mp_compare *compare, struct mp_text *text);
/* Parts of it. */
void mp_compare_add_table(const struct mp_compare *compare, struct mp_text *text);
void mp_compare_add_ranking(const struct mp_compare *compare, struct mp_text *text);
/* What two arms come to; and what each of more arms does. */
void mp_compare_add_figures(const struct mp_compare *compare, struct mp_text *text);
void mp_compare_add_arms(const struct mp_compare *compare, struct mp_text *text);
/* How many rounds of an arm were skipped and why; nothing if none was. */
void mp_compare_add_skipped(const struct mp_compare *compare, size_t arm,
                            struct mp_strbuf *buf);

/* Adds the member "comparison" of the JSON report; null if nothing was compared. */
void mp_compare_add_json(const struct mp_compare *compare, struct json_object *to);

#endif
