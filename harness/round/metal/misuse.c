/* Rules of Metal's API that a client can break, one at a time, with command buffers that
 * no other thread touches; and the same work within the rule. Apple's frameworks stop a
 * process for each of them (texts in harness/supervisor/capture/assertion.def), unless
 * something stands between, as a library that is to cure crashes may.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/round/metal/client.h"
#include "harness/round/objc/block.h"
#include "harness/round/objc/send.h"

/* One step: `buffer` is new, `encoder` is open on it and has the op. Returns whether the
 * op is to run, and then whether its buffer is committed. */
typedef bool break_rule(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful);

struct mp_misuse {
    struct mp_device_stream *stream; /* for its queue, which all threads share */
    id event;
    break_rule *step;
    bool is_lawful;
    atomic_ullong without_op; /* steps that committed nothing, or no op */
};

static const struct mp_objc *objc_of(const struct mp_misuse *misuse) {
    return &mp_metal_stream_device(misuse->stream)->objc;
}

/* The encoder goes with the pool, still open, and the buffer with it. */
static bool abandon(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful) {
    if (!is_lawful)
        return false;
    mp_send_end_encoding(objc_of(misuse), encoder);
    mp_send_commit(objc_of(misuse), buffer);
    return true;
}

static bool commit_open(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    if (is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    if (!is_lawful)
        mp_send_end_encoding(objc, encoder);
    return true;
}

static bool event_open(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    if (is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_encode_signal(objc, buffer, misuse->event, 1);
    mp_send_encode_wait(objc, buffer, misuse->event, 1);
    if (!is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    return true;
}

/* For a value that the event has from its beginning. */
static bool wait_open(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    if (is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_encode_wait(objc, buffer, misuse->event, 0);
    if (!is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    return true;
}

static void told(struct mp_objc_block *block, id buffer) {
    (void)block, (void)buffer;
}

static bool handler_late(struct mp_misuse *misuse, id buffer, id encoder,
                         bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    struct mp_objc_block block = mp_objc_block_make(objc, told, NULL);
    mp_send_end_encoding(objc, encoder);
    if (is_lawful)
        mp_send_add_completed_handler(objc, buffer, &block);
    mp_send_commit(objc, buffer);
    if (!is_lawful)
        mp_send_add_completed_handler(objc, buffer, &block);
    return true;
}

static bool scheduled_late(struct mp_misuse *misuse, id buffer, id encoder,
                           bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    struct mp_objc_block block = mp_objc_block_make(objc, told, NULL);
    mp_send_end_encoding(objc, encoder);
    if (is_lawful)
        mp_send_add_scheduled_handler(objc, buffer, &block);
    mp_send_commit(objc, buffer);
    if (!is_lawful)
        mp_send_add_scheduled_handler(objc, buffer, &block);
    return true;
}

static bool end_twice(struct mp_misuse *misuse, id buffer, id encoder, bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    mp_send_end_encoding(objc, encoder);
    if (!is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    return true;
}

static bool commit_twice(struct mp_misuse *misuse, id buffer, id encoder,
                         bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    if (!is_lawful)
        mp_send_commit(objc, buffer);
    return true;
}

static bool enqueue_twice(struct mp_misuse *misuse, id buffer, id encoder,
                          bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    mp_send_enqueue(objc, buffer);
    if (!is_lawful)
        mp_send_enqueue(objc, buffer);
    mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    return true;
}

static void open_and_end(const struct mp_objc *objc, id buffer) {
    id encoder = mp_send_compute_encoder(objc, buffer);
    if (encoder)
        mp_send_end_encoding(objc, encoder);
}

static bool encoder_late(struct mp_misuse *misuse, id buffer, id encoder,
                         bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    mp_send_end_encoding(objc, encoder);
    if (is_lawful)
        open_and_end(objc, buffer);
    mp_send_commit(objc, buffer);
    if (!is_lawful)
        open_and_end(objc, buffer);
    return true;
}

static bool second_encoder(struct mp_misuse *misuse, id buffer, id encoder,
                           bool is_lawful) {
    const struct mp_objc *objc = objc_of(misuse);
    if (is_lawful)
        mp_send_end_encoding(objc, encoder);
    open_and_end(objc, buffer);
    if (!is_lawful)
        mp_send_end_encoding(objc, encoder);
    mp_send_commit(objc, buffer);
    return true;
}

static const struct mp_misuse_kind kinds[] = {
    {.name = "abandon_encoder",
     .summary = "an encoder is released without endEncoding, and its buffer without a "
                "commit"},
    {.name = "commit_open_encoder",
     .summary = "a command buffer is committed while its encoder is open"},
    {.name = "event_open_encoder",
     .summary = "an event is encoded while an encoder is open"},
    {.name = "completed_handler_late",
     .summary = "a completed handler is added after the commit"},
    {.name = "second_encoder",
     .summary =
         "a second encoder is taken from a command buffer whose first one is open"},
    {.name = "wait_open_encoder",
     .summary = "a wait for an event is encoded while an encoder is open"},
    {.name = "scheduled_handler_late",
     .summary = "a scheduled handler is added after the commit"},
    {.name = "double_end", .summary = "an encoder is ended twice"},
    {.name = "double_commit", .summary = "a command buffer is committed twice"},
    {.name = "double_enqueue", .summary = "a command buffer is enqueued twice"},
    {.name = "encode_after_commit",
     .summary = "an encoder is taken from a command buffer that was committed"},
    {.name = NULL},
};
static break_rule *const steps[] = {
    abandon,        commit_open, event_open,   handler_late,  second_encoder, wait_open,
    scheduled_late, end_twice,   commit_twice, enqueue_twice, encoder_late};

static void destroy(struct mp_misuse *misuse) {
    struct mp_metal_device *metal = mp_metal_stream_device(misuse->stream);
    if (misuse->event)
        mp_send_release(&metal->objc, misuse->event);
    mp_metal_stream_destroy(&metal->base, misuse->stream);
    free(misuse);
}

/* A kind may have a rule to break without any work. */
static bool has_op(const struct mp_op *op) {
    return op->grid[0] > 0;
}

static enum mp_status create(struct mp_device *device, const struct mp_misuse_kind *kind,
                             bool is_lawful, unsigned threads, const struct mp_op *op,
                             struct mp_misuse **ret_misuse, struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    struct mp_misuse *misuse = mp_memory_zeroed(1, sizeof(*misuse));
    (void)threads;
    enum mp_status status =
        has_op(op) ? mp_metal_kernel_load(device, op->kernel, op->group, err) : MP_OK;
    if (status == MP_OK)
        status = mp_metal_stream_create(device, 0, &misuse->stream, err);
    if (status != MP_OK) {
        free(misuse);
        return status;
    }
    void *pool = metal->objc.pool_push();
    misuse->event = mp_send_new_event(&metal->objc, metal->device);
    metal->objc.pool_pop(pool);
    misuse->step = steps[kind - kinds];
    misuse->is_lawful = is_lawful;
    if (!misuse->event) {
        destroy(misuse);
        return mp_error_set(err, MP_DEVICE, "the driver returned no event");
    }
    *ret_misuse = misuse;
    return MP_OK;
}

static enum mp_status take_step(struct mp_misuse *misuse,
                                const struct mp_metal_pipeline *pipeline,
                                const struct mp_op *op, id *ret_committed,
                                struct mp_error *err) {
    const struct mp_objc *objc = objc_of(misuse);
    id buffer = mp_send_command_buffer(objc, mp_metal_stream_queue(misuse->stream));
    id encoder = buffer ? mp_send_compute_encoder(objc, buffer) : NULL;
    if (!encoder)
        return mp_error_set(err, MP_DEVICE,
                            "the driver returned no command buffer or encoder");
    if (pipeline)
        mp_metal_encode_op(misuse->stream, encoder, pipeline->pipeline, op);
    if (misuse->step(misuse, buffer, encoder, misuse->is_lawful))
        *ret_committed = mp_send_retain(objc, buffer);
    return MP_OK;
}

static enum mp_status step(struct mp_misuse *misuse, unsigned thread,
                           const struct mp_op *op, bool *ret_has_output,
                           struct mp_error *err) {
    const struct mp_objc *objc = objc_of(misuse);
    const struct mp_metal_pipeline *pipeline = NULL;
    id committed = NULL;
    (void)thread;
    enum mp_status status =
        has_op(op) ? mp_metal_check_op(misuse->stream, op, &pipeline, err) : MP_OK;
    if (status != MP_OK)
        return status;
    void *pool = objc->pool_push();
    status = take_step(misuse, pipeline, op, &committed, err);
    objc->pool_pop(pool);
    if (status == MP_OK && (!committed || !pipeline))
        atomic_fetch_add(&misuse->without_op, 1);
    if (!committed)
        return status;
    pool = objc->pool_push();
    mp_send_wait_until_completed(objc, committed);
    status = mp_metal_stream_verdict(misuse->stream, committed, err);
    mp_send_release(objc, committed);
    objc->pool_pop(pool);
    *ret_has_output = pipeline != NULL;
    return status;
}

static uint64_t executed(struct mp_misuse *misuse) {
    return mp_metal_ops_executed(misuse->stream) + atomic_load(&misuse->without_op);
}

const struct mp_misuse_ops mp_metal_misuse = {
    .kinds = kinds,
    .create = create,
    .step = step,
    .executed = executed,
    .destroy = destroy,
};
