/* Whether the rounds of a campaign are independent, as every limit takes them to be: are
 * failures of a cell clustered in time (runs test), and does a round fail more often
 * after one that failed, of whatever cell? Rounds stand in the order in which they were
 * begun.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_DEPENDENCE_H
#define MP_REPORT_DEPENDENCE_H

#include "harness/base/text.h"
#include "results/report/rows.h"
#include "results/stats/runs.h"
#include "results/stats/two_arms.h"

/* At most this many rounds, the newest, are read one by one, so that a report stays
 * fast. */
#define MP_DEPENDENCE_ROUNDS_MAX 100000

struct mp_dependence_cell {
    const struct mp_report_cell *cell; /* borrowed */
    struct mp_runs runs;
    struct mp_runs_test test; /* as far as `p` is known */
    double p, adjusted; /* few runs by chance; NAN: fewer than five of either kind */
    struct mp_two_arms after; /* A: after a round that failed, B: after one that passed */
};

/* p: that this many fail after a failure by chance, each cell by itself; NAN: no test.
 * adjusted: all tests of the report together, by Holm. */
struct mp_dependence {
    struct mp_dependence_cell *cell; /* one for each of the report */
    size_t count;
    uint64_t rounds;          /* that were read; 0 where nothing failed */
    struct mp_two_arms after; /* of all cells */
    double p, adjusted;
    const struct mp_report *report; /* borrowed */
};

/* Reads them; failures are kept by the query of the report, which must outlive it. To be
 * released. */
void mp_dependence_load(struct mp_dependence *dependence, struct mp_report *report);
void mp_dependence_release(struct mp_dependence *dependence);
/* Adds what speaks against independence, a line each with `separator` between them;
 * nothing where nothing does. */
void mp_dependence_write(const struct mp_dependence *dependence, const char *separator,
                         struct mp_strbuf *buf);
/* The same as a section. */
void mp_dependence_add(const struct mp_dependence *dependence, struct mp_text *text);
/* The member "dependence" of a document. */
void mp_dependence_add_json(const struct mp_dependence *dependence,
                            struct json_object *to);

#endif
