/* The flight recorder's rings of one round, read out of its page: the last events of all
 * threads in time order. For rounds that ended badly; trusts nothing in the page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_FLIGHT_H
#define MP_WIRE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/round_page.h"

/* How many of the newest events are kept: per thread, and in all. */
#define MP_FLIGHT_THREAD_EVENTS_MAX 64
#define MP_FLIGHT_EVENTS_MAX        2048

struct mp_flight_event {
    uint64_t time_ns; /* mp_clock_now_ns of the round */
    uint64_t object, arg;
    uint32_t thread; /* slot: 0 the main thread, 1, 2, ... the workers */
    uint32_t seq;
    enum mp_page_op op;
    bool is_leave;
};

/* A thread that has used its slot. */
struct mp_flight_thread {
    uint32_t thread;
    uint64_t tid;                 /* 0: unknown */
    enum mp_page_op in_flight;    /* entered and not left; NONE: outside the device */
    uint32_t recorded;            /* all events recorded, not only those kept */
    bool has_half_written_record; /* it stopped inside the recorder */
};

/* Owns both arrays; NULL if there are no threads. */
struct mp_flight {
    struct mp_flight_event *event; /* by time, then thread, then seq */
    size_t event_count;            /* at most MP_FLIGHT_EVENTS_MAX */
    struct mp_flight_thread *thread;
    size_t thread_count;
};

/* `page` is a mapping of `size` bytes; any bytes and any size are safe. A record
 * counts only if its number fits its slot and is among the newest, and its op and
 * phase exist; so half-written and overwritten records are left out. Every thread
 * keeps its newest record. Release with mp_flight_release. */
void mp_flight_read(const struct mp_round_page *page, size_t size,
                    struct mp_flight *ret_flight);
void mp_flight_release(struct mp_flight *flight);

#endif
