/* How long the rounds of a comparison live: ops until they fail, and failures per op.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_LIVES_H
#define MP_REPORT_COMPARE_LIVES_H

#include "harness/base/text.h"
#include "results/report/compare_rows.h"
#include "results/stats/exposure.h"
#include "results/stats/survival.h"

/* The rounds of one arm in one stratum that passed or failed. A round that failed counts
 * by the ops it had behind it, one that went on after its failure (a wrong result) by all
 * of its ops; one that passed, or failed in a way that is not counted, only says that it
 * lives longer. */
struct mp_compare_life {
    struct mp_lifetime *lives;     /* owned; `time` in ops */
    struct mp_survival_step *step; /* owned; where rounds failed */
    size_t count, step_count;
    uint64_t failures;
    double ops;    /* of all rounds */
    double median; /* ops by which half of the rounds had failed; infinite: fewer did */
    struct mp_exposure_rate per_op;
};

struct mp_compare_lives {
    const struct mp_compare *compare; /* borrowed */
    struct mp_compare_life *life; /* owned; by stratum and arm; NULL: nothing to say */
    struct mp_log_rank *log_rank; /* of arm and control, in the same way */
    double *ops_max;              /* owned; by stratum: the longest life */
};

/* Reads them. Nothing to say: nothing failed, or no round has more than one op. To be
 * released. */
void mp_compare_lives_load(struct mp_compare_lives *lives, struct mp_compare *compare);
void mp_compare_lives_release(struct mp_compare_lives *lives);

/* P of "arm and control live equally long" (log-rank), over all strata. */
double mp_compare_lives_p(const struct mp_compare_lives *lives, size_t arm);
/* "1 in 16.3 [12.5, 22.1]", "fewer than 1 in 1.81k": failures and ops. */
void mp_compare_lives_write_rate(const struct mp_compare_life *life,
                                 struct mp_strbuf *buf);

/* The curves of all arms, as a section. */
void mp_compare_lives_add(const struct mp_compare_lives *lives, struct mp_text *text);
/* The member "survival" of one stratum of an arm. */
void mp_compare_lives_add_json(const struct mp_compare_lives *lives, size_t stratum,
                               size_t arm, struct json_object *to);

#endif
