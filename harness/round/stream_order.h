/* What a stream does beside ops, in the order of its commands: blits, events that it
 * signals or waits for, and handlers of a profiler. On its serial queue and behind the
 * arm's locks, as ops are. For devices that have the slots `blit`, `event` and `profile`
 * (device.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_STREAM_ORDER_H
#define MP_ROUND_STREAM_ORDER_H

#include <stdint.h>

#include "harness/round/stream.h"

enum mp_status mp_stream_blit(struct mp_worker *worker, struct mp_stream_pool *pool,
                              const struct mp_blit *blit, struct mp_error *err);
/* Both end the open encoder; nothing is submitted. */
enum mp_status mp_stream_signal(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_device_event *event, uint64_t value,
                                struct mp_error *err);
enum mp_status mp_stream_wait_for(struct mp_worker *worker, struct mp_stream_pool *pool,
                                  struct mp_device_event *event, uint64_t value,
                                  struct mp_error *err);

/* The device's slot `profile`, of the worker's stream. */
enum mp_status mp_stream_profile(struct mp_worker *worker, struct mp_stream_pool *pool,
                                 mp_profile_told *told, void *data, struct mp_error *err);

#endif
