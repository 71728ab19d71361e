/* The flight recorder, the op counters and the overlap counter. Writes only the worker's
 * own slot and the two overlap words of the page; takes no lock and makes no system call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/recorder.h"

#include <assert.h>
#include <stddef.h>

#include "harness/base/clock.h"
#include "harness/round/fix_counts.h"

enum { EVENT_ENTER, EVENT_LEAVE };

static bool counts_for_overlap(uint32_t op) {
    return op == MP_PAGE_OP_ENCODE || op == MP_PAGE_OP_END || op == MP_PAGE_OP_COMMIT ||
           op == MP_PAGE_OP_ACTION;
}

static void raise_overlap(struct mp_round_page *page) {
    uint32_t now =
        atomic_fetch_add_explicit(&page->overlap_now, 1, memory_order_relaxed) +
        UINT32_C(1);
    uint32_t max = atomic_load_explicit(&page->overlap_max, memory_order_relaxed);

    while (now > max && !atomic_compare_exchange_weak_explicit(&page->overlap_max, &max,
                                                               now, memory_order_relaxed,
                                                               memory_order_relaxed)) {
    }
}

static void lower_overlap(struct mp_round_page *page) {
    atomic_fetch_sub_explicit(&page->overlap_now, 1, memory_order_relaxed);
}

static uint64_t record(struct mp_page_thread *slot, enum mp_page_op op, uint16_t phase,
                       uint64_t object, uint64_t arg) {
    const uint64_t now = mp_clock_now_ns();
    uint32_t seq =
        atomic_load_explicit(&slot->event_next, memory_order_relaxed) + UINT32_C(1);
    struct mp_page_event *event = &slot->event[(seq - 1) & (MP_PAGE_EVENTS - 1)];

    /* The number comes first: then a reader of a dead page recognises a record
     * numbered above event_next as half written. */
    event->seq = seq;
    atomic_signal_fence(memory_order_seq_cst);
    event->time_ns = now;
    event->object = object;
    event->arg = arg;
    event->op = (uint16_t)op;
    event->phase = phase;
    atomic_store_explicit(&slot->event_next, seq, memory_order_release);
    return now;
}

static void add_time(struct mp_worker *worker, enum mp_page_op op, uint64_t now) {
    const uint64_t spent = now - worker->entered_ns;

    if (op == MP_PAGE_OP_WAIT)
        worker->wait_ns += spent;
    else
        worker->driver_ns += spent;
}

/* Whether the thread is in the overlap, by the call that it is in or one around it. */
static bool is_counted(const struct mp_worker *worker) {
    bool counts = counts_for_overlap(
        atomic_load_explicit(&worker->slot->inside, memory_order_relaxed));
    for (unsigned i = 0; i < worker->nested; i++)
        counts = counts || counts_for_overlap(worker->outer[i]);
    return counts;
}

void mp_recorder_enter(struct mp_worker *worker, enum mp_page_op op, uint64_t object,
                       uint64_t arg) {
    if (worker->is_recording) {
        const uint64_t now = record(worker->slot, op, EVENT_ENTER, object, arg);
        if (worker->nested == 0) /* a call within another one is part of that */
            worker->entered_ns = now;
    }
    const bool is_first = !is_counted(worker);
    assert(worker->nested < MP_RECORDER_NESTED_MAX);
    worker->outer[worker->nested++] =
        atomic_load_explicit(&worker->slot->inside, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->inside, (uint32_t)op, memory_order_release);
    if (worker->is_recording && is_first && counts_for_overlap(op))
        raise_overlap(worker->page);
}

void mp_recorder_leave(struct mp_worker *worker, enum mp_page_op op, uint64_t object,
                       uint64_t arg) {
    const uint32_t outer = worker->outer[worker->nested - 1];
    const bool was_counted = is_counted(worker);
    atomic_store_explicit(&worker->slot->inside, outer, memory_order_release);
    worker->nested--;
    if (op == MP_PAGE_OP_WAIT && worker->fix)
        mp_fix_counts_note(worker->fix, worker->page);
    if (worker->is_recording && was_counted && !is_counted(worker))
        lower_overlap(worker->page);
    if (worker->is_recording) {
        const uint64_t now = record(worker->slot, op, EVENT_LEAVE, object, arg);
        if (worker->nested == 0)
            add_time(worker, op, now);
    }
}

void mp_recorder_flush_times(struct mp_worker *worker) {
    mp_recorder_count(worker, MP_FIGURE_DRIVER_NS, worker->driver_ns);
    mp_recorder_count(worker, MP_FIGURE_WAIT_NS, worker->wait_ns);
    worker->driver_ns = worker->wait_ns = 0;
}

void mp_recorder_abandon(struct mp_worker *worker) {
    const bool was_counted = is_counted(worker);

    atomic_store_explicit(&worker->slot->inside, MP_PAGE_OP_NONE, memory_order_release);
    worker->nested = 0;
    if (worker->is_recording && was_counted)
        lower_overlap(worker->page);
}

void mp_recorder_stop_counting(struct mp_worker *worker) {
    worker->is_uncounted = true;
    atomic_store_explicit(&worker->slot->state, MP_STATE_FINISHED, memory_order_release);
}

void mp_recorder_count_op(struct mp_worker *worker) {
    _Atomic uint64_t *started = &worker->slot->ops_started;

    if (worker->is_uncounted)
        return;
    /* Only this thread writes the word, so that no locked instruction is needed. */
    atomic_store_explicit(started,
                          atomic_load_explicit(started, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

void mp_recorder_count(struct mp_worker *worker, enum mp_figure figure, uint64_t count) {
    atomic_fetch_add_explicit(&worker->page->figure[figure], count, memory_order_relaxed);
}

void mp_recorder_raise(struct mp_worker *worker, enum mp_figure figure, uint64_t value) {
    _Atomic uint64_t *word = &worker->page->figure[figure];
    uint64_t most = atomic_load_explicit(word, memory_order_relaxed);

    while (value > most && !atomic_compare_exchange_weak_explicit(word, &most, value,
                                                                  memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
}

bool mp_recorder_other_encodes(const struct mp_worker *worker) {
    const struct mp_round_page *page = worker->page;

    for (uint32_t i = 0; i < page->thread_slots; i++) {
        const struct mp_page_thread *slot = &page->thread[i];

        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == MP_STATE_UNUSED)
            break; /* slots are taken in order */
        if (slot != worker->slot &&
            atomic_load_explicit(&slot->inside, memory_order_acquire) ==
                MP_PAGE_OP_ENCODE)
            return true;
    }
    return false;
}
