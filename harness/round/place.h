/* One stream of a pool as the device has it, in the device's own style or, on top of
 * that, in PyTorch's: the calls that both have.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_PLACE_H
#define MP_ROUND_PLACE_H

#include <stdint.h>

#include "harness/round/device.h"

struct mp_place {
    struct mp_device *device;
    struct mp_device_stream *stream;
    struct mp_bare *bare; /* NULL: the device's own style, and `pass` is not used */
    unsigned index;
};

enum mp_status mp_place_encode(struct mp_worker *worker, struct mp_place place,
                               const struct mp_op *op, struct mp_bare_pass *pass,
                               struct mp_error *err);
enum mp_status mp_place_end(struct mp_worker *worker, struct mp_place place,
                            struct mp_bare_pass *pass, struct mp_error *err);
enum mp_status mp_place_commit(struct mp_worker *worker, struct mp_place place,
                               struct mp_bare_pass *pass, struct mp_error *err);
enum mp_status mp_place_wait(struct mp_worker *worker, struct mp_place place,
                             struct mp_bare_pass *pass, uint64_t deadline_ns,
                             struct mp_error *err);
/* An op ends in a commit of its own, without a wait, on the queue. In PyTorch's style. */
enum mp_status mp_place_flush(struct mp_worker *worker, struct mp_place place,
                              struct mp_bare_pass *pass, struct mp_error *err);

#endif
