/* Reads the rings of a page that a broken process may have overwritten or may still write
 * to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/flight.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

enum { PHASE_ENTER, PHASE_LEAVE, PHASE_COUNT };

_Static_assert(MP_FLIGHT_THREAD_EVENTS_MAX < MP_PAGE_EVENTS,
               "a ring holds more than is kept");
_Static_assert(MP_FLIGHT_EVENTS_MAX >= MP_PAGE_THREADS_MAX,
               "each thread keeps its newest event");

static const struct mp_page_event *place_of(const struct mp_page_thread *slot,
                                            uint32_t seq) {
    return &slot->event[(seq - 1) & (MP_PAGE_EVENTS - 1)];
}

/* Reads record `seq` from the ring; false if the slot holds another one. */
static bool take_event(const struct mp_page_thread *slot, uint32_t thread, uint32_t seq,
                       struct mp_flight_event *ret_event) {
    struct mp_page_event copy; /* it may change while we read */
    memcpy(&copy, place_of(slot, seq), sizeof(copy));
    if (copy.seq != seq || copy.op == MP_PAGE_OP_NONE || copy.op >= MP_PAGE_OP_COUNT ||
        copy.phase >= PHASE_COUNT)
        return false;
    *ret_event = (struct mp_flight_event){.time_ns = copy.time_ns,
                                          .object = copy.object,
                                          .arg = copy.arg,
                                          .thread = thread,
                                          .seq = seq,
                                          .op = (enum mp_page_op)copy.op,
                                          .is_leave = copy.phase == PHASE_LEAVE};
    return true;
}

/* Adds the newest events of one thread, at most `max`, and the call it was in at the
 * end. */
static void read_thread(const struct mp_page_thread *slot, uint32_t thread, uint32_t max,
                        struct mp_flight *flight) {
    uint32_t newest = atomic_load_explicit(&slot->event_next, memory_order_acquire);
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    if (state == 0 && newest == 0)
        return;
    struct mp_flight_thread *row = &flight->thread[flight->thread_count++];
    *row = (struct mp_flight_thread){
        .thread = thread,
        .tid = atomic_load_explicit(&slot->tid, memory_order_acquire),
        .recorded = newest,
        /* The recorder writes the number first and raises event_next last. */
        .has_half_written_record =
            newest < UINT32_MAX && place_of(slot, newest + 1)->seq == newest + 1};
    uint32_t kept = newest < max ? newest : max;
    for (uint32_t seq = newest - kept + 1; kept > 0; kept--, seq++) {
        struct mp_flight_event *event = &flight->event[flight->event_count];
        if (!take_event(slot, thread, seq, event))
            continue;
        flight->event_count++;
        if (seq == newest && !event->is_leave)
            row->in_flight = event->op;
    }
}

static int compare_events(const void *left, const void *right) {
    const struct mp_flight_event *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void mp_flight_read(const struct mp_round_page *page, size_t size,
                    struct mp_flight *ret_flight) {
    size_t slots = mp_round_page_slots(page, size);
    *ret_flight = (struct mp_flight){0};
    if (slots == 0)
        return;
    size_t max = MP_FLIGHT_EVENTS_MAX / slots;
    max = max < MP_FLIGHT_THREAD_EVENTS_MAX ? max : MP_FLIGHT_THREAD_EVENTS_MAX;
    ret_flight->event = mp_memory_zeroed(slots * max, sizeof(*ret_flight->event));
    ret_flight->thread = mp_memory_zeroed(slots, sizeof(*ret_flight->thread));
    for (size_t i = 0; i < slots; i++)
        read_thread(&page->thread[i], (uint32_t)i, (uint32_t)max, ret_flight);
    qsort(ret_flight->event, ret_flight->event_count, sizeof(*ret_flight->event),
          compare_events);
    if (ret_flight->thread_count == 0)
        mp_flight_release(ret_flight);
}

void mp_flight_release(struct mp_flight *flight) {
    free(flight->event);
    free(flight->thread);
    *flight = (struct mp_flight){0};
}
