/* A stream of the Metal client as PyTorch keeps it. The race between its threads is the
 * purpose of this file, so the members are read and written here alone, by peek and
 * poke: relaxed atomics, which order nothing and promise no more than a plain pointer
 * does on these processors. ThreadSanitizer therefore says nothing of the members, and
 * still sees what the race does to the driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/objc/block.h"
#include "harness/round/objc/send.h"

#define NEAR_BYTES ((size_t)1 << 20) /* of the low watermark */

struct mp_bare {
    struct mp_device_stream *stream; /* borrowed: queue, counter, device */
    bool op_holds;
    _Atomic(id) buffer, previous, encoder; /* retained, or nil */
};

static id peek(_Atomic(id) *member) {
    return atomic_load_explicit(member, memory_order_relaxed);
}

static void poke(_Atomic(id) *member, id object) {
    atomic_store_explicit(member, object, memory_order_relaxed);
}

static const struct mp_objc *objc_of(const struct mp_bare *bare) {
    return &mp_metal_stream_device(bare->stream)->objc;
}

static const struct mp_metal_form *form_of(const struct mp_bare *bare) {
    return &mp_metal_stream_device(bare->stream)->form;
}

static enum mp_status create(struct mp_device_stream *stream, bool op_holds,
                             struct mp_bare **ret_bare, struct mp_error *err) {
    struct mp_bare *bare = mp_memory_zeroed(1, sizeof(*bare));

    (void)err;
    bare->stream = stream;
    bare->op_holds = op_holds;
    *ret_bare = bare;
    return MP_OK;
}

static void destroy(struct mp_bare *bare) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();
    id encoder = peek(&bare->encoder), buffer = peek(&bare->buffer);
    id previous = peek(&bare->previous);

    if (encoder) {
        mp_send_end_encoding(objc, encoder);
        mp_send_release(objc, encoder);
    }
    if (buffer)
        mp_send_release(objc, buffer);
    if (previous)
        mp_send_release(objc, previous);
    objc->pool_pop(pool);
    free(bare);
}

/* endKernelCoalescing: what is ended, released and cleared is what the member holds at
 * each step. A message to nil does nothing, as in Objective-C. */
static void end_coalescing(struct mp_bare *bare, const struct mp_bare_pass *pass) {
    const struct mp_objc *objc = objc_of(bare);

    if (peek(&bare->encoder)) {
        id now;

        mp_bare_reach(pass, MP_BARE_CHECKED);
        mp_bare_reach(pass, MP_BARE_END);
        if ((now = peek(&bare->encoder)))
            mp_send_end_encoding(objc, now);
        mp_bare_reach(pass, MP_BARE_ENDED);
        mp_bare_reach(pass, MP_BARE_RELEASE);
        if ((now = peek(&bare->encoder)))
            mp_send_release(objc, now);
        poke(&bare->encoder, NULL);
    }
    mp_bare_reach(pass, MP_BARE_RELEASED);
}

/* The buffer that is being filled; made where there is none. nil if the driver gives
 * none. */
static id current_buffer(struct mp_bare *bare) {
    const struct mp_objc *objc = objc_of(bare);
    id buffer = peek(&bare->buffer);

    if (!buffer) {
        buffer = mp_metal_form_buffer(objc, form_of(bare),
                                      mp_metal_stream_queue(bare->stream));
        if (buffer)
            poke(&bare->buffer, mp_send_retain(objc, buffer));
    }
    return buffer;
}

/* The open encoder; made where there is none. nil if the driver gives none. Retained for
 * the caller if ops hold it. */
static id current_encoder(struct mp_bare *bare, const struct mp_bare_pass *pass) {
    const struct mp_objc *objc = objc_of(bare);
    id encoder = peek(&bare->encoder);
    enum mp_bare_point found = MP_BARE_REUSED;

    if (!encoder) {
        id buffer;

        mp_bare_reach(pass, MP_BARE_NIL);
        buffer = current_buffer(bare);
        mp_bare_reach(pass, MP_BARE_BUFFER);
        mp_bare_reach(pass, MP_BARE_MAKE);
        encoder = buffer ? mp_metal_form_encoder(objc, form_of(bare), buffer) : NULL;
        if (encoder)
            poke(&bare->encoder, mp_send_retain(objc, encoder));
        found = MP_BARE_OPENED;
    }
    if (encoder && bare->op_holds)
        mp_send_retain(objc, encoder);
    mp_bare_reach(pass, found);
    if (found == MP_BARE_REUSED)
        mp_metal_form_barrier(objc, form_of(bare), encoder);
    return encoder;
}

static enum mp_status no_encoder(const struct mp_bare *bare, struct mp_error *err) {
    return mp_error_set(err, MP_DEVICE,
                        "the driver returned no command buffer or encoder on stream %u",
                        mp_metal_stream_index(bare->stream));
}

/* On a thread of the driver's, which it does not keep. */
static void told(struct mp_objc_block *block, id buffer) {
    (void)block;
    (void)buffer;
}

/* As PyTorch's allocator and events do it: on the current buffer, whether or not an
 * encoder is open. */
static void add_handler(struct mp_bare *bare, const struct mp_bare_pass *pass) {
    const struct mp_objc *objc = objc_of(bare);
    struct mp_objc_block block = mp_objc_block_make(objc, told, NULL);
    id buffer = current_buffer(bare);

    mp_bare_reach(pass, MP_BARE_HANDLER);
    mp_bare_reach(pass, MP_BARE_ADD);
    if (buffer)
        mp_send_add_completed_handler(objc, buffer, &block);
    mp_bare_reach(pass, MP_BARE_ADDED);
}

static bool has_continue(const struct mp_bare *bare) {
    return form_of(bare)->buffers == MP_METAL_BUFFERS_MPS &&
           mp_metal_stream_index(bare->stream) == 0;
}

static void flush(struct mp_bare *bare) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();
    id buffer = peek(&bare->buffer), previous = peek(&bare->previous);

    if (buffer && has_continue(bare)) {
        mp_send_commit_and_continue(objc, buffer);
    } else if (buffer) {
        mp_send_commit(objc, buffer);
        poke(&bare->previous, buffer);
        poke(&bare->buffer, NULL);
        if (previous)
            mp_send_release(objc, previous);
    }
    objc->pool_pop(pool);
}

/* SyncType COMMIT_ADAPTIVE, after a graph: what is allocated is the round's, as the limit
 * is. */
static bool is_under_pressure(const struct mp_bare *bare) {
    struct mp_metal_device *metal = mp_metal_stream_device(bare->stream);
    size_t allocated = atomic_load_explicit(&metal->allocated, memory_order_relaxed);

    return metal->form.low_watermark > 0 &&
           allocated + NEAR_BYTES >= metal->form.low_watermark;
}

static enum mp_status encode(struct mp_bare *bare, const struct mp_op *op,
                             struct mp_bare_pass *pass, struct mp_error *err) {
    static const struct mp_bare_pass unwatched = {.at = NULL};
    const struct mp_objc *objc = objc_of(bare);
    const struct mp_metal_pipeline *pipeline;
    enum mp_status status = mp_metal_check_op(bare->stream, op, &pipeline, err);
    void *pool;
    id encoder;

    if (status != MP_OK)
        return status;
    mp_bare_reach(pass, MP_BARE_BEGIN);
    pool = objc->pool_push();
    if (op->fresh_encoder || op->by_graph)
        end_coalescing(bare, &unwatched);
    encoder = current_encoder(bare, pass);
    if (encoder) {
        mp_metal_encode_op(bare->stream, encoder, pipeline->pipeline, op);
        if (bare->op_holds)
            mp_send_release(objc, encoder);
        if (op->by_graph)
            end_coalescing(bare, &unwatched);
        if (op->by_graph && is_under_pressure(bare))
            flush(bare);
        if (pass->adds_handler)
            add_handler(bare, pass);
    } else {
        status = no_encoder(bare, err);
    }
    objc->pool_pop(pool);
    return status;
}

static enum mp_status fetch(struct mp_bare *bare, struct mp_bare_pass *pass,
                            struct mp_error *err) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();
    id encoder;

    mp_bare_reach(pass, MP_BARE_SYNC);
    encoder = current_encoder(bare, pass);

    if (encoder && bare->op_holds)
        mp_send_release(objc, encoder);
    objc->pool_pop(pool);
    return encoder ? MP_OK : no_encoder(bare, err);
}

static enum mp_status end(struct mp_bare *bare, struct mp_bare_pass *pass,
                          struct mp_error *err) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();

    (void)err;
    mp_bare_reach(pass, MP_BARE_SYNC);
    end_coalescing(bare, pass);
    objc->pool_pop(pool);
    return MP_OK;
}

/* The buffer that was committed and not waited for, if any. */
static enum mp_status settle_previous(struct mp_bare *bare, struct mp_error *err) {
    const struct mp_objc *objc = objc_of(bare);
    enum mp_status status = MP_OK;
    id previous = peek(&bare->previous);

    if (!previous)
        return MP_OK;
    mp_send_wait_until_completed(objc, previous);
    status = mp_metal_stream_verdict(bare->stream, previous, err);
    poke(&bare->previous, NULL);
    mp_send_release(objc, previous);
    return status;
}

static enum mp_status commit(struct mp_bare *bare, struct mp_bare_pass *pass,
                             struct mp_error *err) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();
    enum mp_status status = settle_previous(bare, err);

    pass->has_committed = peek(&bare->buffer) != NULL;
    if (pass->has_committed) {
        id now;

        mp_bare_reach(pass, MP_BARE_COMMIT);
        if ((now = peek(&bare->buffer)))
            mp_send_commit(objc, now);
        mp_bare_reach(pass, MP_BARE_COMMITTED);
    }
    objc->pool_pop(pool);
    return status;
}

/* The status is asked of the very object that was waited for, at once. PyTorch asks for
 * none; without it a refused call would show only in numbers. */
static enum mp_status wait_bare(struct mp_bare *bare, struct mp_bare_pass *pass,
                                struct mp_error *err) {
    const struct mp_objc *objc = objc_of(bare);
    enum mp_status status = MP_OK;
    void *pool;
    id now;

    if (!pass->has_committed)
        return MP_OK;
    pool = objc->pool_push();
    if ((now = peek(&bare->buffer))) {
        mp_send_wait_until_completed(objc, now);
        status = mp_metal_stream_verdict(bare->stream, now, err);
    }
    mp_bare_reach(pass, MP_BARE_DROP);
    if ((now = peek(&bare->buffer)))
        mp_send_release(objc, now);
    poke(&bare->buffer, NULL);
    objc->pool_pop(pool);
    return status;
}

static void *hand_out(struct mp_bare *bare) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();
    id buffer = current_buffer(bare);

    if (buffer)
        mp_send_retain(objc, buffer);
    objc->pool_pop(pool);
    return buffer;
}

static void wait_for(struct mp_bare *bare, void *handed) {
    const struct mp_objc *objc = objc_of(bare);
    void *pool = objc->pool_push();

    mp_send_wait_until_completed(objc, (id)handed);
    mp_send_release(objc, (id)handed);
    objc->pool_pop(pool);
}

const struct mp_bare_ops mp_metal_bare = {
    .create = create,
    .destroy = destroy,
    .encode = encode,
    .end = end,
    .commit = commit,
    .wait = wait_bare,
    .flush = flush,
    .fetch = fetch,
    .has_continue = has_continue,
    .hand_out = hand_out,
    .wait_for = wait_for,
};
