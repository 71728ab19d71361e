/* What a thread of the round writes into the shared page: counters, the overlap inside
 * the driver, and the flight recorder. Plain atomics, no locks, no system calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_RECORDER_H
#define MP_ROUND_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/wire/figure.h"
#include "harness/wire/round_page.h"

/* Calls of the device may be made from within another one (mp_op.at_point), this deep. */
#define MP_RECORDER_NESTED_MAX 8

struct mp_perturb;

/* One thread of the round as seen by every layer below the scenario: passed first to each
 * call. Owned by round.c, one per thread, never shared. */
struct mp_fix_counts; /* fix_counts.h */
struct mp_worker {
    unsigned index; /* 0: main thread; 1..: workers */
    uint64_t seed;  /* of this thread: hash of the round's seed and the index */
    struct mp_round_page *page;
    struct mp_page_thread *slot;
    bool is_recording; /* false: only ops and `inside` are kept */
    bool is_uncounted; /* its ops are in no count any more */
    /* Of an injected library, noted after each wait; NULL: not wanted. */
    const struct mp_fix_counts *fix;
    /* While recording: when this thread entered the call that it is in, and the time that
     * it spent in waits and in other calls so far. */
    uint64_t entered_ns, wait_ns, driver_ns;
    uint64_t sync_count; /* syncs so far; numbers the gate's decisions */
    unsigned stream;     /* of the pool, that it has taken; 0: none */
    /* Of perturb.h; NULL: the round has none. Boundaries so far, time stood still, pairs
     * that it waited for in vain since the last one, and when its call began. */
    struct mp_perturb *perturb;
    uint64_t perturb_calls, perturbed_ns, perturb_misses, call_ns;
    unsigned nested;                        /* calls that it is inside of, */
    uint32_t outer[MP_RECORDER_NESTED_MAX]; /* and what `inside` was before each */
};

/* Writes "enters op" and raises the overlap if `op` counts for it (encode, end, commit,
 * action), by one for a thread, however many calls it is inside of. */
void mp_recorder_enter(struct mp_worker *worker, enum mp_page_op op, uint64_t object,
                       uint64_t arg);
void mp_recorder_leave(struct mp_worker *worker, enum mp_page_op op, uint64_t object,
                       uint64_t arg);

/* Adds the worker's times to the figures of the round, and begins anew. */
void mp_recorder_flush_times(struct mp_worker *worker);

/* For a thread that ended inside a call: removes it from the overlap. Its enter record
 * stays without a leave. Does nothing for a thread that is outside. */
void mp_recorder_abandon(struct mp_worker *worker);

/* Counts one more op handed to the device by this thread. */
void mp_recorder_count_op(struct mp_worker *worker);
/* What this thread still does is recorded and in no count: the process will end in the
 * middle of it. */
void mp_recorder_stop_counting(struct mp_worker *worker);

/* Adds to a figure of the round. */
void mp_recorder_count(struct mp_worker *worker, enum mp_figure figure, uint64_t count);
/* The figure becomes `value` if it is less. */
void mp_recorder_raise(struct mp_worker *worker, enum mp_figure figure, uint64_t value);

/* True if some thread other than `worker` is inside an encode call at this moment. */
bool mp_recorder_other_encodes(const struct mp_worker *worker);

#endif
