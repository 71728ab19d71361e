/* Whether observing a round changes its behaviour: compares rounds of one cell traced and
 * untraced, with and without the recorder.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_OBSERVER_H
#define MP_REPORT_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "results/report/report.h"
#include "results/stats/effect.h"

/* Both comparisons together are wrong in at most 5 % of cases: each has half of that. */
#define MP_OBSERVER_ALPHA 0.025

/* How the rounds were observed, as recorded with each round. */
enum mp_observed {
    MP_OBSERVED_TRACED,
    MP_OBSERVED_UNTRACED,
    MP_OBSERVED_NO_RECORDER,
    MP_OBSERVED_COUNT
};

enum mp_observer_finding {
    MP_OBSERVER_NO_DIFFERENCE, /* no effect shown; the limits say how large it may be */
    MP_OBSERVER_CHANGES,       /* observing changes the rate */
    MP_OBSERVER_NO_POWER,      /* it never failed: no change could be seen */
    MP_OBSERVER_NOT_COMPARED   /* one side has no round that counts */
};

struct mp_observer_comparison {
    enum mp_observer_finding finding;
    struct mp_effect difference; /* of the rates: observed minus unobserved */
    uint64_t only_with,
        only_without; /* seeds that failed only when observed, only when not */
    double largest;   /* the larger of the two limits in absolute value */
};

/* What was run. Texts are owned. */
struct mp_observer_cell {
    int64_t id;
    char *device, *scenario, *params, *arm; /* params: JSON */
    char *title;                            /* "mm:threads=8,n=256, arm none" */
};

struct mp_observer {
    int64_t campaign_id;
    const char *path; /* of the database, borrowed */
    char *seed;       /* owned */
    struct mp_observer_cell *cell;
    size_t cell_count;
    uint64_t rounds[MP_OBSERVED_COUNT], failures[MP_OBSERVED_COUNT],
        no_verdict[MP_OBSERVED_COUNT];
    struct mp_observer_comparison tracing, recorder;
    /* overall: the first that applies of changes, not compared, no power */
    enum mp_observer_finding finding;
    int exit_code; /* 0, 1 changes, 3 not compared, 4 nothing ran, 5 no power */
};

/* Pure: fills in all but the counts. */
void mp_observer_judge(struct mp_observer *observer);

/* Counts the rounds of a campaign and judges them. A round in which no two threads met
 * counts as passed here: without the recorder this is unknown. */
enum mp_status mp_observer_load(struct mp_store *store, int64_t campaign_id,
                                struct mp_observer *ret_observer, struct mp_error *err);
/* Frees a load, even a failed one. */
void mp_observer_release(struct mp_observer *observer);

/* These add to `buf`. `width`: columns, 0: 100. */
void mp_observer_text(const struct mp_observer *observer, bool use_colour, bool use_ascii,
                      unsigned width, struct mp_strbuf *buf);
void mp_observer_json(const struct mp_observer *observer, struct mp_strbuf *buf);

#endif
