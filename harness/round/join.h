/* The same op of several requests as one dispatch: what each request has of its own is
 * copied, one request behind the other, into a buffer of the queue's, and the results are
 * copied back. As torch.cat before a batch, and torch.split behind it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_JOIN_H
#define MP_ROUND_JOIN_H

#include "harness/round/batch.h"

#define MP_JOIN_SLOTS_MAX 256

/* What one request reads or writes, in op `item`, buffer `index`: at `at` in the queue's
 * buffer, one request behind the other. */
struct mp_join_slot {
    size_t item;
    unsigned index;
    size_t bytes, at;
    bool is_output;
};

struct mp_join {
    struct mp_device *device;
    struct mp_device_buffer *buffer; /* NULL: none was needed yet */
    size_t size;
    bool is_lost; /* the device may still be at work in it: no more joins */
    struct mp_join_slot slot[MP_JOIN_SLOTS_MAX];
    size_t slot_count;
};

/* Before any other call. */
void mp_join_init(struct mp_join *join, struct mp_device *device);
/* Once nothing that was encoded is in flight. */
void mp_join_release(struct mp_join *join);

/* Encodes the ops of `count` requests, each op once for all of them, by `encode`. False:
 * they cannot be joined (another kernel, other constants or weights, a kernel that does
 * not go by rows, memory that overlaps), and nothing was done. */
bool mp_join_encode(struct mp_join *join, struct mp_worker *worker,
                    const struct mp_batch_part *part, size_t count,
                    const struct mp_batch_calls *calls, enum mp_status *ret_status,
                    struct mp_error *err);
/* What was joined last was submitted with this status: gives each request its results,
 * and counts the ops that were not needed. */
void mp_join_end(struct mp_join *join, struct mp_worker *worker,
                 const struct mp_batch_part *part, size_t count, enum mp_status status);

#endif
