/* Events of the Metal client.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/event.h"

#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/metal/client.h"
#include "harness/round/objc/block.h"
#include "harness/round/objc/send.h"

struct mp_device_event {
    struct mp_metal_device *metal;
    id event;
    id listener; /* of a shared event */
};

static id make_listener(const struct mp_objc *objc) {
    Class class = objc->class_named("MTLSharedEventListener");
    id raw = class ? mp_send_alloc_listener(objc, (id) class) : NULL;
    return raw ? mp_send_init_listener(objc, raw) : NULL;
}

static void destroy(struct mp_device_event *event) {
    const struct mp_objc *objc = &event->metal->objc;
    void *pool = objc->pool_push();
    if (event->listener)
        mp_send_release(objc, event->listener);
    if (event->event)
        mp_send_release(objc, event->event);
    objc->pool_pop(pool);
    free(event);
}

static enum mp_status create(struct mp_device *device, bool is_shared,
                             struct mp_device_event **ret_event, struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    const struct mp_objc *objc = &metal->objc;
    struct mp_device_event *event = mp_memory_zeroed(1, sizeof(*event));
    void *pool = objc->pool_push();
    event->metal = metal;
    event->event = is_shared ? mp_send_new_shared_event(objc, metal->device)
                             : mp_send_new_event(objc, metal->device);
    if (is_shared)
        event->listener = make_listener(objc);
    objc->pool_pop(pool);
    if (!event->event || (is_shared && !event->listener)) {
        destroy(event);
        return mp_error_set(err, MP_DEVICE, "the driver returned no event%s",
                            is_shared ? ", or no listener for one" : "");
    }
    *ret_event = event;
    return MP_OK;
}

/* Encodes with no encoder open, as the API wants it. */
static enum mp_status encode(struct mp_device_stream *stream,
                             struct mp_device_event *event, uint64_t value,
                             bool is_signal, struct mp_error *err) {
    const struct mp_objc *objc = &event->metal->objc;
    void *pool = objc->pool_push();
    id buffer = mp_metal_stream_leave(stream, NULL);
    if (buffer && is_signal)
        mp_send_encode_signal(objc, buffer, event->event, value);
    else if (buffer)
        mp_send_encode_wait(objc, buffer, event->event, value);
    if (buffer)
        mp_send_release(objc, buffer);
    objc->pool_pop(pool);
    return buffer ? MP_OK
                  : mp_error_set(err, MP_DEVICE,
                                 "the driver returned no command buffer on stream %u",
                                 mp_metal_stream_index(stream));
}

static enum mp_status signal_event(struct mp_device_stream *stream,
                                   struct mp_device_event *event, uint64_t value,
                                   struct mp_error *err) {
    return encode(stream, event, value, true, err);
}

static enum mp_status wait_event(struct mp_device_stream *stream,
                                 struct mp_device_event *event, uint64_t value,
                                 struct mp_error *err) {
    return encode(stream, event, value, false, err);
}

static uint64_t value_of(struct mp_device_event *event) {
    return mp_send_signaled_value(&event->metal->objc, event->event);
}

static void set(struct mp_device_event *event, uint64_t value) {
    mp_send_set_signaled_value(&event->metal->objc, event->event, value);
}

static enum mp_status await(struct mp_device_event *event, uint64_t value,
                            uint64_t timeout_ms, struct mp_error *err) {
    if (mp_send_wait_for_value(&event->metal->objc, event->event, value, timeout_ms))
        return MP_OK;
    return mp_error_set(err, MP_TIMEOUT,
                        "an event did not reach %llu within %llu ms; it is at %llu",
                        (unsigned long long)value, (unsigned long long)timeout_ms,
                        (unsigned long long)value_of(event));
}

/* What one listener's block captured. */
struct notice {
    mp_event_told *told;
    void *data;
};

static void told(struct mp_objc_block *block, id event, uint64_t value) {
    struct notice *notice = block->data;
    (void)event;
    notice->told(notice->data, value);
    free(notice);
}

static void notify(struct mp_device_event *event, uint64_t value, mp_event_told *asked,
                   void *data) {
    const struct mp_objc *objc = &event->metal->objc;
    struct notice *notice = mp_memory_zeroed(1, sizeof(*notice));
    *notice = (struct notice){asked, data};
    struct mp_objc_block block = mp_objc_block_make_value(objc, told, notice);
    void *pool = objc->pool_push();
    mp_send_notify_listener(objc, event->event, event->listener, value, &block);
    objc->pool_pop(pool);
}

const struct mp_event_ops mp_metal_events = {
    .create = create,
    .destroy = destroy,
    .signal = signal_event,
    .wait = wait_event,
    .value = value_of,
    .set = set,
    .await = await,
    .notify = notify,
};
