/* See stream_order.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/stream_order.h"

struct event_call {
    struct mp_device_event *event;
    uint64_t value;
};

static enum mp_status do_blit(void *data, struct mp_worker *worker,
                              struct mp_device *device, struct mp_device_stream *stream,
                              unsigned index, struct mp_error *err) {
    return mp_device_blit(worker, device, stream, index, data, err);
}

static enum mp_status do_signal(void *data, struct mp_worker *worker,
                                struct mp_device *device, struct mp_device_stream *stream,
                                unsigned index, struct mp_error *err) {
    const struct event_call *call = data;
    return mp_device_signal(worker, device, stream, index, call->event, call->value, err);
}

static enum mp_status do_wait_for(void *data, struct mp_worker *worker,
                                  struct mp_device *device,
                                  struct mp_device_stream *stream, unsigned index,
                                  struct mp_error *err) {
    const struct event_call *call = data;
    return mp_device_wait_for(worker, device, stream, index, call->event, call->value,
                              err);
}

enum mp_status mp_stream_blit(struct mp_worker *worker, struct mp_stream_pool *pool,
                              const struct mp_blit *blit, struct mp_error *err) {
    struct mp_blit copy = *blit;
    return mp_stream_do(worker, pool, do_blit, &copy, err);
}

enum mp_status mp_stream_signal(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_device_event *event, uint64_t value,
                                struct mp_error *err) {
    struct event_call call = {event, value};
    return mp_stream_do(worker, pool, do_signal, &call, err);
}

enum mp_status mp_stream_wait_for(struct mp_worker *worker, struct mp_stream_pool *pool,
                                  struct mp_device_event *event, uint64_t value,
                                  struct mp_error *err) {
    struct event_call call = {event, value};
    return mp_stream_do(worker, pool, do_wait_for, &call, err);
}

struct profile_call {
    mp_profile_told *told;
    void *data;
};

static enum mp_status do_profile(void *data, struct mp_worker *worker,
                                 struct mp_device *device,
                                 struct mp_device_stream *stream, unsigned index,
                                 struct mp_error *err) {
    const struct profile_call *call = data;
    return mp_device_profile(worker, device, stream, index, call->told, call->data, err);
}

enum mp_status mp_stream_profile(struct mp_worker *worker, struct mp_stream_pool *pool,
                                 mp_profile_told *told, void *data,
                                 struct mp_error *err) {
    struct profile_call call = {told, data};
    return mp_stream_do(worker, pool, do_profile, &call, err);
}
