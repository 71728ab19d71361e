/* Makes a case that fails now and then smaller, as long as it keeps failing: which cases
 * are asked about in which order, and what is concluded. Knows neither rounds nor
 * databases: whoever calls it runs the rounds (struct mp_shrink_oracle).
 *
 * A case is a point of several axes. Each axis is brought as low as it goes while the
 * others stay: first to its least value at once, then by halving. That is repeated until
 * no single step down keeps the failure. Every answer is a decision of
 * results/stats/flaky, on rounds of its own, and all of them are kept.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SHRINK_SHRINK_H
#define MP_SHRINK_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "results/stats/flaky.h"

#define MP_SHRINK_AXES_MAX 16
#define MP_SHRINK_NAME_MAX 32
#define MP_SHRINK_FAILURES 20 /* that the rate of the first case is taken from */

enum mp_shrink_kind {
    MP_SHRINK_NUMBER, /* a step is 1 */
    MP_SHRINK_COARSE, /* a step goes to the next power of two below */
    MP_SHRINK_SWITCH, /* it is either as it is or `least` */
    MP_SHRINK_SET     /* bits; a step removes one */
};

struct mp_shrink_axis {
    char name[MP_SHRINK_NAME_MAX];
    enum mp_shrink_kind kind;
    int64_t first, now, least; /* now: of the smallest case so far */
};

enum mp_shrink_asks {
    MP_SHRINK_ASKS_BASE, /* how often does the first case fail? */
    MP_SHRINK_ASKS_STEP, /* does a smaller one keep failing? */
    MP_SHRINK_ASKS_LAST  /* does the smallest one fail on fresh rounds? */
};

/* What rounds are to be run for. */
struct mp_shrink_question {
    enum mp_shrink_asks asks;
    uint64_t number; /* of the question: 0 the first case, then the steps */
    int64_t value[MP_SHRINK_AXES_MAX];
    double keep, alpha;  /* of a step */
    uint64_t rounds_max; /* no more than this */
};

/* A question and its answer: a line of the certificate. */
struct mp_shrink_step {
    struct mp_shrink_question question;
    uint64_t failures, rounds; /* with the signature; with a verdict */
    uint64_t others;           /* failures with another signature, or none */
    bool is_refused;           /* it is no case at all, or no round of it had a verdict */
    enum mp_flaky_verdict verdict;
};

/* Runs rounds, each with a seed of its own, until mp_shrink_is_answered, and counts them.
 * Fewer: it was interrupted. */
struct mp_shrink_oracle {
    enum mp_status (*ask)(void *arg, struct mp_shrink_step *step, struct mp_error *err);
    void *arg;
};

enum mp_shrink_end {
    MP_SHRINK_MINIMAL, /* no single step down keeps the failure */
    MP_SHRINK_NEVER,   /* the first case did not fail */
    MP_SHRINK_OUT,     /* of rounds, or interrupted: the smallest so far */
};

struct mp_shrink {
    struct mp_shrink_axis axis[MP_SHRINK_AXES_MAX];
    size_t axes;
    double total;   /* error of all decisions together */
    double share;   /* of the first case's rate (lower limit) that must be kept */
    uint64_t limit; /* rounds */

    uint64_t rounds;             /* so far */
    double keep;                 /* rate that a smaller case must have */
    struct mp_shrink_step *step; /* owned; of the base, the steps, and the last */
    size_t steps;
    uint64_t asked; /* steps whose error is spent */
    enum mp_shrink_end end;
    bool is_valid; /* the last rounds, of fresh seeds, show the failure */
};

/* No axes; the error 5 % and the share one half. */
void mp_shrink_init(struct mp_shrink *shrink, uint64_t limit);
void mp_shrink_release(struct mp_shrink *shrink);
/* False: there are too many. */
bool mp_shrink_add(struct mp_shrink *shrink, const char *name, enum mp_shrink_kind kind,
                   int64_t now, int64_t least);

/* Pure. Whether so many failures in so many rounds answer the question. */
bool mp_shrink_is_answered(const struct mp_shrink_question *question, uint64_t failures,
                           uint64_t rounds);

/* The search. Afterwards `axis[].now` is the smallest case, and `end` and `is_valid` say
 * what is known of it. A failure of the oracle ends it. */
enum mp_status mp_shrink_search(struct mp_shrink *shrink,
                                const struct mp_shrink_oracle *oracle,
                                struct mp_error *err);

const char *mp_shrink_end_name(enum mp_shrink_end end);

#endif
