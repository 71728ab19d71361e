/* Events: numbers that only grow, which streams signal and wait for in the order of
 * their commands. A shared one can also be read, waited for and listened to by the CPU.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_EVENT_H
#define MP_ROUND_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"

struct mp_device;
struct mp_device_event; /* backend's own */
struct mp_device_stream;

/* Called on a thread of the driver's when an event has reached the value. */
typedef void mp_event_told(void *data, uint64_t value);

struct mp_event_ops {
    /* The value begins at 0. The caller owns *ret_event. */
    enum mp_status (*create)(struct mp_device *device, bool is_shared,
                             struct mp_device_event **ret_event, struct mp_error *err);
    /* When no command that names it is left, and nobody is to be told. */
    void (*destroy)(struct mp_device_event *event);

    /* Ends the open encoder, and adds a command that gives the event this value, or that
     * waits until it has it. Nothing is submitted. */
    enum mp_status (*signal)(struct mp_device_stream *stream,
                             struct mp_device_event *event, uint64_t value,
                             struct mp_error *err);
    enum mp_status (*wait)(struct mp_device_stream *stream, struct mp_device_event *event,
                           uint64_t value, struct mp_error *err);

    /* Of shared events only, on any thread. */
    uint64_t (*value)(struct mp_device_event *event);
    void (*set)(struct mp_device_event *event, uint64_t value);
    /* Waits on the CPU. MP_TIMEOUT: the time passed, as the driver says. */
    enum mp_status (*await)(struct mp_device_event *event, uint64_t value,
                            uint64_t timeout_ms, struct mp_error *err);
    /* Calls `told` once, when the value is reached. */
    void (*notify)(struct mp_device_event *event, uint64_t value, mp_event_told *told,
                   void *data);
};

#endif
