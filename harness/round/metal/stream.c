/* A stream of the Metal client: one command queue, at most one command buffer being
 * filled, one encoder that stays open over ops, and the buffers that were committed and
 * not yet seen to end. Holds no lock while an op is encoded: see client.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/objc/send.h"

/* Buffers of one queue that may be unfinished at a time: the default of newCommandQueue,
 * which then blocks in commandBuffer (Apple's MTLCommandQueue page). */
#define PENDING_MAX 64

/* MTLCommandBufferStatus */
#define STATUS_COMPLETED 4
#define STATUS_ERROR     5

/* MTLResourceUsage */
#define USAGE_READ  1
#define USAGE_WRITE 2

struct mp_device_stream {
    struct mp_metal_device *device;
    unsigned index;
    id queue;
    void *extra;                      /* of the device that stands on this client */
    struct mp_device_buffer *counter; /* one word: ops that the device executed */
    /* Held while a buffer is taken, ended and committed, so that buffers are committed
     * in the order they were filled and waiting for the newest waits for all. Taken
     * before `lock`. */
    pthread_mutex_t submit;
    pthread_mutex_t lock;         /* guards all below */
    id buffer, encoder;           /* retained, or nil */
    bool is_filled;               /* something was encoded on `buffer` */
    id fence;                     /* of fenced blits, retained; nil before the first */
    struct mp_metal_watch *watch; /* handlers=on, else NULL */
    uint64_t waited;              /* buffers for which waitUntilCompleted returned */
    id pending[PENDING_MAX];
    uint64_t first, next; /* pending holds buffers first .. next - 1, counted from 0 */
    char failure[384];    /* why the first failed buffer failed, or "" */
};

enum mp_status mp_metal_stream_create(struct mp_device *device, unsigned index,
                                      struct mp_device_stream **ret_stream,
                                      struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    struct mp_device_buffer *counter = NULL;
    enum mp_status status =
        mp_metal_buffer_create(device, sizeof(_Atomic uint32_t), &counter, err);
    if (status != MP_OK)
        return status;
    atomic_store((_Atomic uint32_t *)counter->contents, 0);
    void *pool = metal->objc.pool_push();
    id queue = mp_send_new_queue(&metal->objc, metal->device);
    metal->objc.pool_pop(pool);
    if (!queue) {
        mp_metal_buffer_destroy(device, counter);
        return mp_error_set(err, MP_DEVICE,
                            "the driver returned no command queue for stream %u", index);
    }
    struct mp_device_stream *stream = mp_memory_zeroed(1, sizeof(*stream));
    stream->device = metal;
    stream->index = index;
    stream->queue = queue;
    stream->counter = counter;
    if (metal->form.has_handlers)
        stream->watch = mp_metal_watch_create(&metal->objc);
    pthread_mutex_init(&stream->submit, NULL);
    pthread_mutex_init(&stream->lock, NULL);
    *ret_stream = stream;
    return MP_OK;
}

/* Whether the client must keep alive what a command buffer uses. */
static bool keeps_references(const struct mp_device_stream *stream) {
    return stream->device->form.buffers == MP_METAL_BUFFERS_UNRETAINED;
}

void mp_metal_stream_destroy(struct mp_device *device, struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    void *pool = objc->pool_push();
    if (stream->encoder) {
        /* An encoder that was never ended aborts in its dealloc (reported by wgpu and
         * lanai). */
        mp_send_end_encoding(objc, stream->encoder);
        mp_send_release(objc, stream->encoder);
    }
    if (stream->buffer)
        mp_send_release(objc, stream->buffer);
    if (stream->fence)
        mp_send_release(objc, stream->fence);
    for (; stream->first < stream->next; stream->first++) {
        id buffer = stream->pending[stream->first % PENDING_MAX];
        if (keeps_references(stream))
            mp_send_wait_until_completed(objc, buffer); /* it uses the counter */
        mp_send_release(objc, buffer);
    }
    mp_send_release(objc, stream->queue);
    objc->pool_pop(pool);
    mp_metal_watch_release(stream->watch);
    mp_metal_buffer_destroy(device, stream->counter);
    pthread_mutex_destroy(&stream->lock);
    pthread_mutex_destroy(&stream->submit);
    free(stream);
}

/* Ends and releases the open encoder, if any. The caller holds the lock: an encoder
 * that another thread opens on the same buffer must find this one ended. */
static void end_locked(struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    if (!stream->encoder)
        return;
    mp_send_end_encoding(objc, stream->encoder);
    mp_send_release(objc, stream->encoder);
    stream->encoder = NULL;
}

void *mp_metal_stream_extra(struct mp_device_stream *stream) {
    return stream->extra;
}

void mp_metal_stream_set_extra(struct mp_device_stream *stream, void *extra) {
    stream->extra = extra;
}

/* Sees to it that there is a buffer, and that commit takes it. The caller holds the lock
 * and a pool. */
static void fill_locked(struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    if (!stream->buffer) {
        const struct mp_metal_device *metal = stream->device;
        id native = metal->make_buffer
                        ? metal->make_buffer(metal, stream->queue)
                        : mp_metal_form_buffer(objc, &metal->form, stream->queue);
        stream->buffer = native ? mp_send_retain(objc, native) : NULL;
    }
    if (!stream->buffer || stream->is_filled)
        return;
    stream->is_filled = true;
    if (stream->device->form.enqueues)
        mp_send_enqueue(objc, stream->buffer);
    if (stream->watch)
        mp_metal_watch_add(stream->watch, stream->buffer);
}

/* Opens buffer and encoder where there are none. The caller holds the lock and a pool.
 * False: the driver gives none. */
static bool open_locked(struct mp_device_stream *stream, enum mp_metal_wanted wanted) {
    const struct mp_objc *objc = &stream->device->objc;
    const struct mp_metal_form *form = &stream->device->form;
    if (wanted != MP_METAL_ENCODER)
        end_locked(stream);
    fill_locked(stream);
    if (!stream->buffer || wanted == MP_METAL_NO_ENCODER)
        return stream->buffer != NULL;
    if (stream->encoder) {
        mp_metal_form_barrier(objc, form, stream->encoder);
        return true;
    }
    id native = mp_metal_form_encoder(objc, form, stream->buffer);
    stream->encoder = native ? mp_send_retain(objc, native) : NULL;
    if (native && stream->fence)
        mp_send_wait_for_fence(objc, native, stream->fence);
    return stream->encoder != NULL;
}

static enum mp_status refuse(const struct mp_device_stream *stream,
                             struct mp_error *err) {
    return mp_error_set(err, MP_DEVICE,
                        "the driver returned no command buffer or encoder on stream %u",
                        stream->index);
}

enum mp_status mp_metal_place_take(struct mp_device_stream *stream,
                                   enum mp_metal_wanted wanted,
                                   struct mp_metal_place *ret_place,
                                   struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    *ret_place = (struct mp_metal_place){NULL, NULL};
    pthread_mutex_lock(&stream->lock);
    bool is_open = open_locked(stream, wanted);
    if (is_open)
        ret_place->buffer = mp_send_retain(objc, stream->buffer);
    if (is_open && stream->encoder)
        ret_place->encoder = mp_send_retain(objc, stream->encoder);
    pthread_mutex_unlock(&stream->lock);
    return is_open ? MP_OK : refuse(stream, err);
}

void mp_metal_place_give(struct mp_device_stream *stream, struct mp_metal_place *place) {
    const struct mp_objc *objc = &stream->device->objc;
    if (place->encoder)
        mp_send_release(objc, place->encoder);
    mp_send_release(objc, place->buffer);
}

/* The open encoder, retained for the caller; nil if the driver gives none. Within a pool
 * of the caller. */
static id take_encoder(struct mp_device_stream *stream, bool fresh) {
    id taken = NULL;
    pthread_mutex_lock(&stream->lock);
    if (open_locked(stream, fresh ? MP_METAL_FRESH_ENCODER : MP_METAL_ENCODER))
        taken = mp_send_retain(&stream->device->objc, stream->encoder);
    pthread_mutex_unlock(&stream->lock);
    return taken;
}

id mp_metal_stream_leave(struct mp_device_stream *stream, id fence) {
    const struct mp_objc *objc = &stream->device->objc;
    pthread_mutex_lock(&stream->lock);
    if (stream->encoder && fence)
        mp_send_update_fence(objc, stream->encoder, fence);
    end_locked(stream);
    fill_locked(stream);
    id buffer = stream->buffer ? mp_send_retain(objc, stream->buffer) : NULL;
    pthread_mutex_unlock(&stream->lock);
    return buffer;
}

id mp_metal_stream_fence(struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    pthread_mutex_lock(&stream->lock);
    if (!stream->fence)
        stream->fence = mp_send_new_fence(objc, stream->device->device);
    id fence = stream->fence;
    pthread_mutex_unlock(&stream->lock);
    return fence;
}

/* Under the lock: no other thread commits the buffer before the handler is on it. */
bool mp_metal_stream_add_handler(struct mp_device_stream *stream,
                                 struct mp_objc_block *block) {
    pthread_mutex_lock(&stream->lock);
    fill_locked(stream);
    bool has_buffer = stream->buffer != NULL;
    if (has_buffer)
        mp_send_add_completed_handler(&stream->device->objc, stream->buffer, block);
    pthread_mutex_unlock(&stream->lock);
    return has_buffer;
}

struct mp_metal_device *mp_metal_stream_device(struct mp_device_stream *stream) {
    return stream->device;
}

unsigned mp_metal_stream_index(const struct mp_device_stream *stream) {
    return stream->index;
}

id mp_metal_stream_queue(struct mp_device_stream *stream) {
    return stream->queue;
}

/* What the op's buffers are, once more. Which of them it writes is not known here. */
static void declare_use(const struct mp_device_stream *stream, id encoder,
                        const struct mp_op *op) {
    const struct mp_objc *objc = &stream->device->objc;
    unsigned count = op->kernel->buffer_count;
    id used[MP_OP_BUFFERS_MAX + 1];
    for (unsigned i = 0; i < count; i++)
        used[i] = op->buffer[i]->buffer;
    used[count] = stream->counter->buffer;
    mp_send_use_resources(objc, encoder, used, count + 1, USAGE_READ | USAGE_WRITE);
    if (stream->device->form.uses_heaps)
        mp_metal_heaps_use(&stream->device->heaps, objc, encoder);
}

void mp_metal_encode_op(const struct mp_device_stream *stream, id encoder, id pipeline,
                        const struct mp_op *op) {
    const struct mp_objc *objc = &stream->device->objc;
    const struct mp_kernel *kernel = op->kernel;
    struct mp_objc_size grid = {op->grid[0], op->grid[1], op->grid[2]};
    struct mp_objc_size group = {op->group[0], op->group[1], op->group[2]};
    mp_op_reach(op, MP_POINT_TAKEN);
    mp_send_set_pipeline(objc, encoder, pipeline);
    mp_op_reach(op, MP_POINT_PIPELINE);
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        mp_send_set_buffer(objc, encoder, op->buffer[i]->buffer, op->offset[i], i);
    if (kernel->constants_len)
        mp_send_set_bytes(objc, encoder, op->constants, kernel->constants_len,
                          kernel->buffer_count);
    mp_send_set_buffer(objc, encoder, stream->counter->buffer, 0, MP_METAL_COUNTER_INDEX);
    if (stream->device->form.declares_use)
        declare_use(stream, encoder, op);
    mp_op_reach(op, MP_POINT_BOUND);
    if (op->by_group)
        mp_send_dispatch_groups(objc, encoder, grid, group);
    else
        mp_send_dispatch_threads(objc, encoder, grid, group);
}

/* A group may have fewer threads than the device takes: a pipeline says how many its
 * registers leave room for. Beyond that Apple's dispatch is undefined. */
static enum mp_status check_group(const struct mp_metal_pipeline *pipeline,
                                  const struct mp_op *op, struct mp_error *err) {
    uint64_t threads = (uint64_t)op->group[0] * op->group[1] * op->group[2];
    if (threads <= pipeline->threads_max)
        return MP_OK;
    return mp_error_set(err, MP_LIMIT,
                        "kernel %s: it asks for a threadgroup of %u x %u x %u threads, "
                        "but its pipeline on this GPU takes at most %lu; choose a "
                        "smaller shape",
                        op->kernel->name, op->group[0], op->group[1], op->group[2],
                        pipeline->threads_max);
}

enum mp_status mp_metal_check_op(const struct mp_device_stream *stream,
                                 const struct mp_op *op,
                                 const struct mp_metal_pipeline **ret_pipeline,
                                 struct mp_error *err) {
    *ret_pipeline = mp_metal_pipeline_find(stream->device, op->kernel);
    if (!*ret_pipeline)
        return mp_error_set(err, MP_USAGE, "kernel %s is encoded but was never loaded",
                            op->kernel->name);
    return check_group(*ret_pipeline, op, err);
}

enum mp_status mp_metal_encode(struct mp_device_stream *stream, const struct mp_op *op,
                               struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    const struct mp_metal_pipeline *pipeline;
    enum mp_status status = mp_metal_check_op(stream, op, &pipeline, err);
    if (status != MP_OK)
        return status;
    void *pool = objc->pool_push();
    id encoder = take_encoder(stream, op->fresh_encoder || op->by_graph);
    if (encoder) {
        mp_metal_encode_op(stream, encoder, pipeline->pipeline, op);
        mp_send_release(objc, encoder);
        if (op->by_graph)
            status = mp_metal_end(stream, err);
    } else {
        status = refuse(stream, err);
    }
    objc->pool_pop(pool);
    return status;
}

enum mp_status mp_metal_end(struct mp_device_stream *stream, struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    (void)err;
    void *pool = objc->pool_push();
    pthread_mutex_lock(&stream->lock);
    end_locked(stream);
    pthread_mutex_unlock(&stream->lock);
    objc->pool_pop(pool);
    return MP_OK;
}

/* Every error is reported, since the first of a stream may be another's and a later one
 * its own; the words are those of the first. */
static void note_failure(struct mp_device_stream *stream, id buffer, uint64_t number) {
    const struct mp_objc *objc = &stream->device->objc;
    id error = mp_send_command_buffer_error(objc, buffer);
    char reason[288];
    mp_metal_error_note(stream->device, error);
    if (stream->failure[0])
        return;
    mp_metal_error_format(objc, error, reason, sizeof(reason));
    snprintf(stream->failure, sizeof(stream->failure),
             "command buffer %llu of stream %u failed: %s", (unsigned long long)number,
             stream->index, reason);
}

enum mp_status mp_metal_stream_verdict(struct mp_device_stream *stream, id buffer,
                                       struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    char reason[288];
    if (mp_send_command_buffer_status(objc, buffer) != STATUS_ERROR)
        return MP_OK;
    id error = mp_send_command_buffer_error(objc, buffer);
    mp_metal_error_note(stream->device, error);
    mp_metal_error_format(objc, error, reason, sizeof(reason));
    return mp_error_set(err, MP_DEVICE, "a command buffer of stream %u failed: %s",
                        stream->index, reason);
}

/* Removes ended buffers from the front of the pending ones. The caller holds the lock
 * and a pool. */
static void settle_locked(struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    while (stream->first < stream->next) {
        id buffer = stream->pending[stream->first % PENDING_MAX];
        unsigned long status = mp_send_command_buffer_status(objc, buffer);
        if (status < STATUS_COMPLETED)
            break;
        stream->first++;
        if (status == STATUS_ERROR)
            note_failure(stream, buffer, stream->first);
        mp_send_release(objc, buffer);
    }
}

/* Waits until the buffers before `target` have ended. The caller holds the lock, which
 * is released while waiting, and a pool. */
static enum mp_status wait_locked(struct mp_device_stream *stream, uint64_t target,
                                  struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    enum mp_status status = MP_OK;
    while (status == MP_OK && stream->first < target) {
        uint64_t number = stream->first;
        id buffer = mp_send_retain(objc, stream->pending[number % PENDING_MAX]);
        pthread_mutex_unlock(&stream->lock);
        mp_send_wait_until_completed(objc, buffer);
        pthread_mutex_lock(&stream->lock);
        if (stream->waited <= number)
            stream->waited = number + 1;
        settle_locked(stream);
        if (stream->first == number)
            status = mp_error_set(
                err, MP_DEVICE,
                "waitUntilCompleted returned before command buffer %llu of stream %u had "
                "ended",
                (unsigned long long)number + 1, stream->index);
        mp_send_release(objc, buffer);
    }
    return status;
}

enum mp_status mp_metal_commit(struct mp_device_stream *stream, struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    enum mp_status status = MP_OK;
    void *pool = objc->pool_push();
    pthread_mutex_lock(&stream->submit);
    pthread_mutex_lock(&stream->lock);
    id encoder = stream->encoder, buffer = stream->is_filled ? stream->buffer : NULL;
    id next = NULL;
    stream->encoder = NULL;
    if (buffer)
        stream->buffer = NULL;
    stream->is_filled = false;
    pthread_mutex_unlock(&stream->lock);
    if (encoder) {
        mp_send_end_encoding(objc, encoder);
        mp_send_release(objc, encoder);
    }
    if (buffer) {
        buffer = mp_metal_form_commit(objc, &stream->device->form, buffer, &next);
        pthread_mutex_lock(&stream->lock);
        if (!stream->buffer)
            stream->buffer = next;
        else if (next)
            mp_send_release(objc, next); /* another thread has begun a buffer */
        settle_locked(stream);
        if (stream->next - stream->first == PENDING_MAX)
            status = wait_locked(stream, stream->first + 1, err);
        if (status == MP_OK)
            stream->pending[stream->next++ % PENDING_MAX] = buffer;
        else
            mp_send_release(objc, buffer);
        pthread_mutex_unlock(&stream->lock);
    }
    pthread_mutex_unlock(&stream->submit);
    objc->pool_pop(pool);
    return status;
}

enum mp_status mp_metal_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                             struct mp_error *err) {
    const struct mp_objc *objc = &stream->device->objc;
    (void)deadline_ns; /* the supervisor's kill is the deadline */
    void *pool = objc->pool_push();
    pthread_mutex_lock(&stream->lock);
    enum mp_status status = wait_locked(stream, stream->next, err);
    if (status == MP_OK)
        status = mp_metal_watch_check(stream->watch, stream->waited, stream->index, err);
    if (status == MP_OK && stream->failure[0])
        status = mp_error_set(err, MP_DEVICE, "%s", stream->failure);
    pthread_mutex_unlock(&stream->lock);
    objc->pool_pop(pool);
    return status;
}

enum mp_stream_state mp_metal_state(struct mp_device_stream *stream) {
    const struct mp_objc *objc = &stream->device->objc;
    enum mp_stream_state state = MP_STREAM_IDLE;
    void *pool = objc->pool_push();
    pthread_mutex_lock(&stream->lock);
    settle_locked(stream);
    if (stream->failure[0])
        state = MP_STREAM_FAILED;
    else if (stream->is_filled || stream->first < stream->next)
        state = MP_STREAM_BUSY;
    pthread_mutex_unlock(&stream->lock);
    objc->pool_pop(pool);
    return state;
}

uint64_t mp_metal_ops_executed(struct mp_device_stream *stream) {
    return atomic_load((_Atomic uint32_t *)stream->counter->contents);
}
