/* Handlers on the command buffers of one stream, and what they saw: each must run once,
 * those of one queue in the order of commit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_WATCH_H
#define MP_ROUND_METAL_WATCH_H

#include <stdint.h>

#include "harness/base/status.h"
#include "harness/round/objc/runtime.h"

struct mp_metal_watch;

/* `objc` must outlive every handler: it is the device's. */
struct mp_metal_watch *mp_metal_watch_create(const struct mp_objc *objc);
/* Handlers that are still to run keep it. NULL is fine. */
void mp_metal_watch_release(struct mp_metal_watch *watch);

/* Adds a scheduled and a completed handler to the next command buffer of the stream. */
void mp_metal_watch_add(struct mp_metal_watch *watch, id buffer);

/* After a wait for the first `ended` buffers: MP_DEVICE if a completed handler of theirs
 * has not run, ran out of order or before the scheduled one of its buffer, or found its
 * buffer not complete. NULL: no handlers. */
enum mp_status mp_metal_watch_check(struct mp_metal_watch *watch, uint64_t ended,
                                    unsigned stream, struct mp_error *err);

#endif
