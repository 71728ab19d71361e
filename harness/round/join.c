/* Joins ops. Which memory of a request is which is read out of the first request and
 * must be the same pattern in all others.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/join.h"

#include <string.h>

#define ALIGNMENT 256 /* of offsets, for any GPU */

/* A piece of a request's memory. */
struct piece {
    struct mp_device_buffer *buffer;
    size_t offset, bytes;
};

void mp_join_init(struct mp_join *join, struct mp_device *device) {
    *join = (struct mp_join){.device = device};
}

void mp_join_release(struct mp_join *join) {
    if (join->buffer)
        join->device->ops->buffer_destroy(join->device, join->buffer);
    join->buffer = NULL;
}

static struct piece piece_of(const struct mp_batch_part *part,
                             const struct mp_join_slot *slot) {
    const struct mp_op *op = &part->item[slot->item].op;

    return (struct piece){.buffer = op->buffer[slot->index],
                          .offset = op->offset[slot->index],
                          .bytes = slot->bytes};
}

static bool are_same(struct piece a, struct piece b) {
    return a.buffer == b.buffer && a.offset == b.offset && a.bytes == b.bytes;
}

static bool overlap(struct piece a, struct piece b) {
    return a.buffer == b.buffer && a.offset < b.offset + b.bytes &&
           b.offset < a.offset + a.bytes;
}

static bool are_alike(const struct mp_batch_item *a, const struct mp_batch_item *b) {
    const struct mp_op *x = &a->op, *y = &b->op;

    return x->kernel == y->kernel && memcmp(x->grid, y->grid, sizeof(x->grid)) == 0 &&
           memcmp(x->group, y->group, sizeof(x->group)) == 0 &&
           x->by_group == y->by_group && x->fresh_encoder == y->fresh_encoder &&
           x->by_graph == y->by_graph &&
           memcmp(a->constants, b->constants, x->kernel->constants_len) == 0;
}

/* The slot that holds the same piece of every request, or NULL. */
static const struct mp_join_slot *find(const struct mp_join *join,
                                       const struct mp_batch_part *part, size_t count,
                                       const struct mp_join_slot *wanted) {
    for (size_t i = 0; i < join->slot_count; i++) {
        const struct mp_join_slot *slot = &join->slot[i];
        bool is_it = true;

        for (size_t r = 0; is_it && r < count; r++)
            is_it = are_same(piece_of(&part[r], slot), piece_of(&part[r], wanted));
        if (is_it)
            return slot;
    }
    return NULL;
}

/* Whether a new slot shares no memory with what is written, nor writes what others have:
 * of any request, since all of them happen at once. */
static bool is_apart(const struct mp_join *join, const struct mp_batch_part *part,
                     size_t count, const struct mp_join_slot *slot) {
    for (size_t i = 0; i < join->slot_count; i++)
        for (size_t r = 0; r < count * count; r++)
            if ((slot->is_output || join->slot[i].is_output) &&
                overlap(piece_of(&part[r / count], slot),
                        piece_of(&part[r % count], &join->slot[i])))
                return false;
    for (size_t r = 0; slot->is_output && r < count * count; r++)
        if (r / count != r % count &&
            overlap(piece_of(&part[r / count], slot), piece_of(&part[r % count], slot)))
            return false;
    return true;
}

/* Weights: the same memory for all, and none that an op of theirs writes. */
static bool is_shared(const struct mp_join *join, const struct mp_batch_part *part,
                      size_t count, size_t item, unsigned index) {
    const struct mp_op *first = &part[0].item[item].op;

    for (size_t r = 1; r < count; r++)
        if (part[r].item[item].op.buffer[index] != first->buffer[index] ||
            part[r].item[item].op.offset[index] != first->offset[index])
            return false;
    for (size_t i = 0; i < join->slot_count; i++)
        for (size_t r = 0; join->slot[i].is_output && r < count; r++)
            if (piece_of(&part[r], &join->slot[i]).buffer == first->buffer[index])
                return false;
    return true;
}

/* Gives each piece of op `item` a slot. */
static bool add_item(struct mp_join *join, const struct mp_batch_part *part, size_t count,
                     size_t item, const struct mp_kernel_join *how) {
    const struct mp_kernel *kernel = part[0].item[item].op.kernel;

    for (unsigned b = 0; b < kernel->buffer_count; b++) {
        struct mp_join_slot slot = {.item = item,
                                    .index = b,
                                    .bytes = how->bytes[b],
                                    .at = join->size,
                                    .is_output = b >= how->inputs};

        if (how->bytes[b] == 0 ? is_shared(join, part, count, item, b)
                               : !slot.is_output && find(join, part, count, &slot))
            continue;
        if (how->bytes[b] == 0 || join->slot_count == MP_JOIN_SLOTS_MAX ||
            !is_apart(join, part, count, &slot))
            return false;
        join->slot[join->slot_count++] = slot;
        join->size += (count * slot.bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    return true;
}

static bool plan(struct mp_join *join, const struct mp_batch_part *part, size_t count) {
    join->slot_count = 0;
    join->size = 0;
    for (size_t r = 1; r < count; r++)
        if (part[r].count != part[0].count)
            return false;
    for (size_t i = 0; i < part[0].count; i++) {
        const struct mp_batch_item *first = &part[0].item[i];
        struct mp_kernel_join how;

        for (size_t r = 1; r < count; r++)
            if (!are_alike(first, &part[r].item[i]))
                return false;
        if (!first->op.kernel->join ||
            !first->op.kernel->join(first->constants, (uint32_t)count, &how) ||
            !add_item(join, part, count, i, &how))
            return false;
    }
    return true;
}

/* Copies between the requests and the queue's buffer. */
static void copy(const struct mp_join *join, const struct mp_batch_part *part,
                 size_t count, bool is_back) {
    const struct mp_device_ops *ops = join->device->ops;
    char *joined = ops->buffer_contents(join->buffer);

    for (size_t i = 0; i < join->slot_count; i++)
        for (size_t r = 0; r < count; r++) {
            const struct piece piece = piece_of(&part[r], &join->slot[i]);
            char *own = (char *)ops->buffer_contents(piece.buffer) + piece.offset;
            char *there = joined + join->slot[i].at + r * piece.bytes;

            if (!is_back)
                memcpy(there, own, piece.bytes);
            else if (join->slot[i].is_output)
                memcpy(own, there, piece.bytes);
        }
}

static enum mp_status encode_item(struct mp_join *join, struct mp_worker *worker,
                                  const struct mp_batch_part *part, size_t count,
                                  size_t item, const struct mp_batch_calls *calls,
                                  struct mp_error *err) {
    struct mp_op op = part[0].item[item].op;
    struct mp_kernel_join how;

    op.kernel->join(part[0].item[item].constants, (uint32_t)count, &how);
    op.constants = how.constants;
    op.grid[how.axis] *= (uint32_t)count;
    for (unsigned b = 0; b < op.kernel->buffer_count; b++) {
        const struct mp_join_slot wanted = {
            .item = item, .index = b, .bytes = how.bytes[b]};
        const struct mp_join_slot *slot =
            how.bytes[b] > 0 ? find(join, part, count, &wanted) : NULL;

        if (slot) {
            op.buffer[b] = join->buffer;
            op.offset[b] = slot->at;
        }
    }
    const enum mp_status status = calls->encode(calls->data, worker, &op, err);

    for (size_t r = 1; status == MP_OK && r < count; r++)
        mp_recorder_count_op(worker); /* begun as well, though nobody called for it */
    return status;
}

bool mp_join_encode(struct mp_join *join, struct mp_worker *worker,
                    const struct mp_batch_part *part, size_t count,
                    const struct mp_batch_calls *calls, enum mp_status *ret_status,
                    struct mp_error *err) {
    size_t had = join->buffer ? join->size : 0;

    if (join->is_lost || count < 2 || part[0].count == 0 || !plan(join, part, count)) {
        join->size = had;
        return false;
    }
    *ret_status = MP_OK;
    if (join->size > had) {
        mp_join_release(join);
        *ret_status =
            mp_device_buffer_create(worker, join->device, join->size, &join->buffer, err);
    } else {
        join->size = had;
    }
    if (*ret_status == MP_OK)
        copy(join, part, count, false);
    for (size_t i = 0; *ret_status == MP_OK && i < part[0].count; i++)
        *ret_status = encode_item(join, worker, part, count, i, calls, err);
    return true;
}

void mp_join_end(struct mp_join *join, struct mp_worker *worker,
                 const struct mp_batch_part *part, size_t count, enum mp_status status) {
    const uint64_t spared = (count - 1) * part[0].count;

    if (status != MP_OK) {
        join->is_lost = true;
        return;
    }
    copy(join, part, count, true);
    atomic_fetch_add(&worker->page->ops_device, spared);
    mp_recorder_count(worker, MP_FIGURE_ARM_SPARED, spared);
}
