/* A stream as PyTorch's MPSStream keeps it: command buffer and encoder are members that
 * no lock guards, made when they are nil, kept open over ops, ended by a synchronization.
 * Which calls are made, and in which order, is that of the public code; what stands
 * between the threads is the pool's serial queue, or nothing.
 *
 * A backend that has such a stream gives this table (device.h, slot `bare`). Each call
 * passes points at which the pool may hold it, so that a window between two threads can
 * be opened on purpose (window.h).
 *
 * Source: PyTorch 2.9.1, MPSStream.mm, as read in public patches (endKernelCoalescing,
 * commit, commitAndWait, flush); main of September 2026 moved synchronize onto the serial
 * queue (PR 197836).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_BARE_H
#define MP_ROUND_BARE_H

#include <stdbool.h>

#include "harness/base/status.h"

struct mp_op;
struct mp_device_stream;
struct mp_bare; /* backend's own: the members of one stream */

/* Points of a call, in the order in which it passes them. */
enum mp_bare_point {
    /* an op */
    MP_BARE_BEGIN,    /* nothing was read */
    MP_BARE_NIL,      /* the encoder was read, and is nil */
    MP_BARE_BUFFER,   /* the command buffer was read, or made */
    MP_BARE_MAKE,     /* it is about to be asked for an encoder */
    MP_BARE_OPENED,   /* the new encoder is in the member */
    MP_BARE_REUSED,   /* instead of the last four: the encoder was read, and is open */
    MP_BARE_TAKEN,    /* nothing was called on the encoder */
    MP_BARE_PIPELINE, /* the pipeline is set */
    MP_BARE_BOUND,    /* buffers and constants are bound */
    MP_BARE_HANDLER,  /* the op is encoded; for its handler the command buffer was read */
    MP_BARE_ADD,      /* the handler is about to be added */
    MP_BARE_ADDED,
    MP_BARE_CONTINUED, /* what it encoded was committed, and nobody waits */
    /* a synchronization */
    MP_BARE_SYNC,      /* nothing was read */
    MP_BARE_CHECKED,   /* the encoder was read, and is open */
    MP_BARE_END,       /* endEncoding is about to be sent */
    MP_BARE_ENDED,     /* endEncoding was sent to what the member held then */
    MP_BARE_RELEASE,   /* release is about to be sent to what it holds now */
    MP_BARE_RELEASED,  /* no encoder is open any more, or none was */
    MP_BARE_COMMIT,    /* the command buffer was read, and commit is about to be sent */
    MP_BARE_COMMITTED, /* to what the member held then */
    MP_BARE_DROP,      /* it was waited for and is about to be released */
    /* a wait for the buffer that a hook handed out */
    MP_BARE_HANDED, /* it was read */
    MP_BARE_WAIT,   /* the queue is about to be entered, to wait for it */
    MP_BARE_POINTS
};

/* One call's way through them. */
struct mp_bare_pass {
    void (*at)(void *data, enum mp_bare_point point); /* NULL: none is watched */
    void *data;
    bool adds_handler;  /* the op adds a completed handler to its command buffer */
    bool has_committed; /* between commit and wait of one synchronization */
};

static inline void mp_bare_reach(const struct mp_bare_pass *pass,
                                 enum mp_bare_point point) {
    if (pass->at)
        pass->at(pass->data, point);
}

struct mp_worker;

struct mp_bare_ops {
    /* On a stream of the same backend, whose queue and counter it uses; destroyed before
     * it. With `op_holds` an op keeps a reference of its own to the encoder while it
     * uses it; else only the stream does, as in PyTorch. */
    enum mp_status (*create)(struct mp_device_stream *stream, bool op_holds,
                             struct mp_bare **ret_bare, struct mp_error *err);
    void (*destroy)(struct mp_bare *bare);
    /* As the slots of the same names in device.h. */
    enum mp_status (*encode)(struct mp_bare *bare, const struct mp_op *op,
                             struct mp_bare_pass *pass, struct mp_error *err);
    enum mp_status (*end)(struct mp_bare *bare, struct mp_bare_pass *pass,
                          struct mp_error *err);
    enum mp_status (*commit)(struct mp_bare *bare, struct mp_bare_pass *pass,
                             struct mp_error *err);
    enum mp_status (*wait)(struct mp_bare *bare, struct mp_bare_pass *pass,
                           struct mp_error *err);
    /* Commits, with no encoder open, and nobody waits (SyncType COMMIT). On stream 0 by
     * commitAndContinue if the client's command buffers have that; else the buffer is
     * kept as the previous one, which the next synchronization waits for first. */
    void (*flush)(struct mp_bare *bare);
    /* Whether flush commits by commitAndContinue. */
    bool (*has_continue)(const struct mp_bare *bare);
    /* As the hook for users of the command buffer: the one that is being filled, made if
     * there is none, with a reference for the caller, who gives it to wait_for. */
    void *(*hand_out)(struct mp_bare *bare);
    void (*wait_for)(struct mp_bare *bare, void *handed);
    /* Opens an encoder if there is none, as ops do that fetch it before they enter the
     * serial queue. */
    enum mp_status (*fetch)(struct mp_bare *bare, struct mp_bare_pass *pass,
                            struct mp_error *err);
};

/* The checked layer: the same calls, counted, recorded and measured for overlap, as
 * device.h has it for the others. `index` names the stream in the recorder. */
enum mp_status mp_bare_encode(struct mp_worker *worker, const struct mp_bare_ops *ops,
                              struct mp_bare *bare, unsigned index,
                              const struct mp_op *op, struct mp_bare_pass *pass,
                              struct mp_error *err);
enum mp_status mp_bare_end(struct mp_worker *worker, const struct mp_bare_ops *ops,
                           struct mp_bare *bare, unsigned index,
                           struct mp_bare_pass *pass, struct mp_error *err);
enum mp_status mp_bare_commit(struct mp_worker *worker, const struct mp_bare_ops *ops,
                              struct mp_bare *bare, unsigned index,
                              struct mp_bare_pass *pass, struct mp_error *err);
enum mp_status mp_bare_wait(struct mp_worker *worker, const struct mp_bare_ops *ops,
                            struct mp_bare *bare, unsigned index,
                            struct mp_bare_pass *pass, struct mp_error *err);
enum mp_status mp_bare_flush(struct mp_worker *worker, const struct mp_bare_ops *ops,
                             struct mp_bare *bare, unsigned index);
/* Not counted as an op. */
enum mp_status mp_bare_fetch(struct mp_worker *worker, const struct mp_bare_ops *ops,
                             struct mp_bare *bare, unsigned index,
                             struct mp_bare_pass *pass, struct mp_error *err);

#endif
