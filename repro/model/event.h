/* Events: numbers that only grow, which command buffers signal and wait for. A shared one
 * can also be read, set, waited for and listened to by the CPU.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_EVENT_H
#define MP_MODEL_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "repro/model/object.h"
#include "repro/model/park.h"
#include "repro/model/serial.h"

struct mp_device;
struct mp_notice;

/* IOGPUMTLEvent or _MTLSharedEvent. */
struct mp_event {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    pthread_mutex_t lock;     /* guards all below */
    pthread_cond_t raised;
    uint64_t value;
    struct mp_park *parked;    /* command buffers that wait */
    struct mp_notice *notices; /* blocks that wait, in the order in which they came */
};

/* MTLSharedEventListener. */
struct mp_listener {
    struct mp_driver_object base;
    struct mp_serial *queue;
};

struct mp_event *mp_event_create(struct mp_device *device, bool is_shared);
/* The event gets `value`; whoever waited for that goes on. */
void mp_event_reach(struct mp_event *event, uint64_t value);
/* Whether the buffer of `park` must wait: then its `resume` is called once, maybe before
 * this returns. */
bool mp_event_park(struct mp_event *event, uint64_t value, struct mp_park *park);

/* encodeSignalEvent:value: and encodeWaitForEvent:value: of a command buffer. */
extern const struct mp_method mp_event_encode_methods[];
extern const struct mp_method mp_event_methods[], mp_shared_event_methods[],
    mp_listener_methods[];

#endif
