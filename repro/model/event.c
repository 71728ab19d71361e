/* IOGPUMTLEvent, which newEvent returns, _MTLSharedEvent and MTLSharedEventListener. A
 * command buffer that waits has no executor: it parks in the event's list, and its queue
 * with it, as later buffers of a queue do not pass it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/event.h"

#include <stdlib.h>
#include <time.h>

#include "repro/model/block.h"
#include "repro/model/count.h"
#include "repro/model/driver.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)
/* The wall clock, which condition variables wait by, may be set meanwhile: so long at
 * most. */
#define SLICE_NS (100 * NS_PER_MS)

/* A block of notifyListener:atValue:block:. */
struct mp_notice {
    struct mp_serial_job job; /* first member */
    struct mp_notice *next;
    struct mp_event *event;       /* held */
    struct mp_listener *listener; /* held */
    struct mp_block *block;       /* owned */
    uint64_t value;
};

struct mp_event *mp_event_create(struct mp_device *device, bool is_shared) {
    struct mp_event *event =
        mp_object_create(is_shared ? MP_CLASS_SHARED_EVENT : MP_CLASS_EVENT);
    event->device = mp_object_hold(device);
    pthread_mutex_init(&event->lock, NULL);
    pthread_cond_init(&event->raised, NULL);
    return event;
}

static void run_notice(struct mp_serial_job *job) {
    struct mp_notice *notice = (struct mp_notice *)(void *)job;
    mp_block_call_value(notice->block, (id)notice->event, notice->value);
    mp_block_release(notice->block);
    mp_object_drop(notice->listener);
    mp_object_drop(notice->event);
    free(notice);
}

/* Takes out of the lists what waits for the value that the event has. Lock held. */
static void take_reached(struct mp_event *event, struct mp_park **ret_parked,
                         struct mp_notice **ret_notices) {
    for (struct mp_park **at = &event->parked; *at;) {
        struct mp_park *park = *at;
        if (park->value > event->value) {
            at = &park->next;
            continue;
        }
        *at = park->next;
        park->next = *ret_parked;
        *ret_parked = park;
    }
    struct mp_notice **end = ret_notices;
    for (struct mp_notice **at = &event->notices; *at;) {
        struct mp_notice *notice = *at;
        if (notice->value > event->value) {
            at = &notice->next;
            continue;
        }
        *at = notice->next;
        notice->next = NULL;
        *end = notice;
        end = &notice->next;
    }
}

static void set_value(struct mp_event *event, uint64_t value) {
    struct mp_park *parked = NULL;
    struct mp_notice *notices = NULL;
    pthread_mutex_lock(&event->lock);
    event->value = value;
    take_reached(event, &parked, &notices);
    pthread_cond_broadcast(&event->raised);
    pthread_mutex_unlock(&event->lock);
    while (parked) {
        struct mp_park *park = parked;
        parked = park->next; /* the buffer is another thread's once it is resumed */
        park->resume(park->buffer);
    }
    while (notices) {
        struct mp_notice *notice = notices;
        notices = notice->next;
        mp_serial_push(notice->listener->queue, &notice->job);
    }
}

void mp_event_reach(struct mp_event *event, uint64_t value) {
    mp_count_raise(MP_COUNT_EVENTS_SIGNALLED);
    set_value(event, value);
}

bool mp_event_park(struct mp_event *event, uint64_t value, struct mp_park *park) {
    mp_count_raise(MP_COUNT_EVENT_WAITS);
    pthread_mutex_lock(&event->lock);
    bool must_wait = event->value < value;
    if (must_wait) {
        park->value = value;
        park->next = event->parked;
        event->parked = park;
    }
    pthread_mutex_unlock(&event->lock);
    return must_wait;
}

MP_METHOD(uint64_t, event_value, "-[_MTLSharedEvent signaledValue]",
          struct mp_event *self, MP_CMD) {
    pthread_mutex_lock(&self->lock);
    uint64_t value = self->value;
    pthread_mutex_unlock(&self->lock);
    return value;
}

MP_METHOD(void, event_set_value, "-[_MTLSharedEvent setSignaledValue:]",
          struct mp_event *self, MP_CMD, uint64_t value) {
    set_value(self, value);
}

static uint64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Waits a little for a change of the value. Lock held. */
static void await_change(struct mp_event *event, uint64_t longest_ns) {
    uint64_t until_ns =
        now_ns(CLOCK_REALTIME) + (longest_ns < SLICE_NS ? longest_ns : SLICE_NS);
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                             .tv_nsec = (long)(until_ns % NS_PER_S)};
    pthread_cond_timedwait(&event->raised, &event->lock, &until);
}

MP_METHOD(BOOL, event_wait, "-[_MTLSharedEvent waitUntilSignaledValue:timeoutMS:]",
          struct mp_event *self, MP_CMD, uint64_t value, uint64_t timeout_ms) {
    uint64_t start_ns = now_ns(CLOCK_MONOTONIC), spent_ns = 0;
    uint64_t limit_ns =
        timeout_ms > UINT64_MAX / NS_PER_MS ? UINT64_MAX : timeout_ms * NS_PER_MS;
    pthread_mutex_lock(&self->lock);
    while (self->value < value && spent_ns < limit_ns) {
        await_change(self, limit_ns - spent_ns);
        spent_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
    }
    BOOL is_reached = self->value >= value;
    pthread_mutex_unlock(&self->lock);
    return is_reached;
}

/* A value that has been reached already is told at once, on the listener's queue. */
MP_METHOD(void, event_notify, "-[_MTLSharedEvent notifyListener:atValue:block:]",
          struct mp_event *self, MP_CMD, struct mp_listener *listener, uint64_t value,
          struct mp_block *block) {
    struct mp_notice *notice = calloc(1, sizeof(*notice));
    if (!notice)
        abort();
    notice->job.run = run_notice;
    notice->event = mp_object_hold(self);
    notice->listener = mp_object_hold(listener);
    notice->block = mp_block_copy(block);
    notice->value = value;
    pthread_mutex_lock(&self->lock);
    bool is_reached = self->value >= value;
    if (!is_reached) {
        struct mp_notice **end = &self->notices;
        while (*end)
            end = &(*end)->next;
        *end = notice;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_reached)
        mp_serial_push(listener->queue, &notice->job);
}

MP_METHOD(id, event_device, "-[_MTLSharedEvent device]", struct mp_event *self, MP_CMD) {
    return (id)self->device;
}

/* Whoever waits holds the event, so nobody does. */
MP_METHOD(void, event_dealloc, "-[_MTLSharedEvent dealloc]", struct mp_event *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    pthread_cond_destroy(&self->raised);
    pthread_mutex_destroy(&self->lock);
    mp_object_destroy(self);
    mp_object_drop(device);
}

MP_METHOD(id, listener_init, "-[MTLSharedEventListener init]", struct mp_listener *self,
          MP_CMD) {
    /* alloc is the root class's, which counts elsewhere. */
    atomic_store_explicit(&self->base.object.retains, 1, memory_order_relaxed);
    mp_count_raise(MP_COUNT_INITS);
    self->queue = mp_serial_create();
    return (id)self;
}

MP_METHOD(void, listener_dealloc, "-[MTLSharedEventListener dealloc]",
          struct mp_listener *self, MP_CMD) {
    mp_serial_release(self->queue);
    mp_object_destroy(self);
}

const struct mp_method mp_event_methods[] = {
    MP_ROW("device", "@@:", event_device),
    MP_ROW("dealloc", "v@:", event_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_shared_event_methods[] = {
    MP_ROW("signaledValue", "Q@:", event_value),
    MP_ROW("setSignaledValue:", "v@:Q", event_set_value),
    MP_ROW("waitUntilSignaledValue:timeoutMS:", MP_BOOL_ENCODING "@:QQ", event_wait),
    MP_ROW("notifyListener:atValue:block:", "v@:@Q@?", event_notify),
    MP_ROWS_END,
};
const struct mp_method mp_listener_methods[] = {
    MP_ROW("init", "@@:", listener_init),
    MP_ROW("dealloc", "v@:", listener_dealloc),
    MP_ROWS_END,
};
