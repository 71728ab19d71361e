/* The stream pool, as PyTorch's MPSStream has it: stream 0 for the main thread, 1 to 31
 * handed out by round robin and bound to a thread; each with a serial queue
 * (dispatch_sync semantics: the caller runs while it holds the queue) and an encoder that
 * stays open over ops. The arms and the gate act here, so they are the same on every
 * device.
 *
 * Source of the semantics: PyTorch 2.9.1 MPSStream.mm as read in public patches (encoder
 * kept open, synchronize = end, commit, wait; off the queue up to 2.14), 2.14 for the
 * pool of 32.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_STREAM_H
#define MP_ROUND_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/round/arm.h"
#include "harness/round/device.h"
#include "harness/round/lease.h"
#include "harness/round/window.h"

#define MP_STREAMS_MAX 32 /* that a pool begins with */

enum mp_stream_share {
    MP_SHARE_THREAD, /* each worker has one of streams 1.., by `rule` */
    MP_SHARE_ALL     /* every thread uses stream 0, as PyTorch did up to 2.13 */
};

/* How a stream keeps its command buffer and encoder, and where it synchronizes. In the
 * order of the parameter's words (scenarios/params.h). */
enum mp_stream_style {
    MP_STYLE_SAFE,        /* opened, ended and committed under a small lock */
    MP_STYLE_PYTORCH_2_9, /* bare.h; every synchronization is beside the queue */
    MP_STYLE_PYTORCH_MAIN /* bare.h; on the queue */
};

struct mp_stream_policy {
    unsigned streams; /* 1..32; with 1, every thread uses stream 0 */
    enum mp_stream_share share;
    enum mp_lease_rule rule; /* other than round robin: with MP_SHARE_THREAD only */
    uint64_t patience_ns;    /* longest wait for a free stream (MP_LEASE_WAIT) */
    bool sync_all; /* a synchronization covers all streams: after the thread's own, as
                      below, the others in turn, each on its queue */
    enum mp_stream_style style;
    bool op_holds; /* not MP_STYLE_SAFE: an op keeps its encoder by a reference of its
                      own; else only the stream does, as in PyTorch */
    enum mp_window_kind window; /* that hostile synchronizations make; else any point */
    /* MP_STYLE_SAFE: synchronize runs beside the queue, as PyTorch did up to 2.14 */
    bool sync_off_queue;
    double
        hostile; /* q of the gate, 0..1; used where synchronize runs beside the queue */
    const struct mp_arm *arm;
    unsigned arm_number; /* of "semaphore=2"; else 1 */
    uint64_t seed;
    uint64_t wait_ns; /* longest time one wait may take */
};

struct mp_stream_pool;

/* Whether a pool on this device can work so. MP_UNSUPPORTED: the device cannot, or the
 * arm does not apply; the round is a skip. Others: the parameters contradict each
 * other. */
enum mp_status mp_stream_policy_check(const struct mp_device *device,
                                      const struct mp_stream_policy *policy,
                                      struct mp_error *err);
/* The same questions as mp_stream_check_calls and mp_stream_check_waits ask of a pool. */
enum mp_status mp_stream_policy_check_calls(const struct mp_stream_policy *policy,
                                            struct mp_error *err);
enum mp_status mp_stream_policy_check_waits(const struct mp_stream_policy *policy,
                                            unsigned threads, struct mp_error *err);

/* Makes all streams before any thread starts. The pool is owned by the caller. */
enum mp_status mp_stream_pool_create(struct mp_worker *worker, struct mp_device *device,
                                     const struct mp_stream_policy *policy,
                                     struct mp_stream_pool **ret_pool,
                                     struct mp_error *err);
void mp_stream_pool_destroy(struct mp_stream_pool *pool);

/* Takes a stream for `worker`, where the rule says that a thread has one from its start
 * (throw, grow) or from the moment on that all threads are let go (wait): called before
 * and after that. MP_LIMIT, MP_TIMEOUT: refused, as mp_lease_take says; the worker can do
 * nothing on the pool then. */
enum mp_status mp_stream_arrive(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_error *err);
enum mp_status mp_stream_begin(struct mp_worker *worker, struct mp_stream_pool *pool,
                               struct mp_error *err);
/* The worker is done: its stream may go to another. */
void mp_stream_leave(struct mp_worker *worker, struct mp_stream_pool *pool);

/* Whether two of `threads` workers can be on one stream at a time. */
bool mp_stream_policy_is_shared(const struct mp_stream_policy *policy, unsigned threads);

/* Index of the stream that `worker` is bound to under the policy at this moment. */
unsigned mp_stream_index(const struct mp_stream_pool *pool,
                         const struct mp_worker *worker);
/* Streams that the pool has by now. */
unsigned mp_stream_pool_count(struct mp_stream_pool *pool);

/* Whether the device can do such an op, as the arm lets it go; buffers are not looked at.
 * MP_UNSUPPORTED: the round is a skip. */
enum mp_status mp_stream_check(struct mp_stream_pool *pool, const struct mp_op *op,
                               struct mp_error *err);
/* Encodes one op on the worker's stream, on its serial queue. */
enum mp_status mp_stream_encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                                const struct mp_op *op, struct mp_error *err);
/* Makes another call on the worker's stream, in the same place as an op's: on its serial
 * queue, behind the arm's locks. The pool must take such calls:
 * mp_stream_check_calls. */
typedef enum mp_status mp_stream_call(void *data, struct mp_worker *worker,
                                      struct mp_device *device,
                                      struct mp_device_stream *stream, unsigned index,
                                      struct mp_error *err);
enum mp_status mp_stream_do(struct mp_worker *worker, struct mp_stream_pool *pool,
                            mp_stream_call *call, void *data, struct mp_error *err);
/* MP_UNSUPPORTED: streams of this style, or under this arm, take ops only. */
enum mp_status mp_stream_check_calls(const struct mp_stream_pool *pool,
                                     struct mp_error *err);
/* Whether `threads` may synchronize while the device waits for what others of them
 * submit. MP_UNSUPPORTED: the arm would keep those others out. */
enum mp_status mp_stream_check_waits(const struct mp_stream_pool *pool, unsigned threads,
                                     struct mp_error *err);
/* On the queue, ends the open encoder without a commit (SyncType NONE). */
enum mp_status mp_stream_end(struct mp_worker *worker, struct mp_stream_pool *pool,
                             struct mp_error *err);
/* On the queue, ends and commits and does not wait (SyncType COMMIT): later ops go to
 * another command buffer, and this one is in flight until a synchronize. */
enum mp_status mp_stream_commit(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_error *err);
/* Ends, commits and waits (SyncType COMMIT_AND_WAIT).
 *
 * On the queue: end, commit and wait happen while this thread holds the serial queue, as
 * in the upstream fix (PyTorch PR 197836 moved the whole of synchronize under
 * dispatch_sync). Off the queue (policy): the seeded gate decides by hash(seed, thread,
 * sync number) with probability q whether this sync is hostile: it waits up to 500 us
 * until another thread is held in the middle of an op's driver calls (at a point chosen
 * by the seed), ends and commits without the queue, and releases that thread. Otherwise
 * it is polite and goes by the queue. q = 0 is clean on a sound driver. With an arm that
 * admits no hostile sync the victim is released before the arm's lock is taken, since
 * nothing can land. With a window, sync and victim pass the points of its script instead.
 * In PyTorch 2.9's style every sync is off the queue, hostile or not, unless the arm puts
 * it there. */
enum mp_status mp_stream_synchronize(struct mp_worker *worker,
                                     struct mp_stream_pool *pool, struct mp_error *err);

/* Ends, commits and waits for every stream that the pool has, one after the other, each
 * on its queue: work that other threads have encoded so far is complete then. */
enum mp_status mp_stream_synchronize_all(struct mp_worker *worker,
                                         struct mp_stream_pool *pool,
                                         struct mp_error *err);

/* Whether threads that share one stream need not have met: the gate was on, but its seed
 * chose no hostile sync so far, or every sync is on the queue. Such a round cannot show
 * overlap and still counts: to leave it out of n would inflate every rate with q below
 * 1. */
bool mp_stream_pool_was_polite(const struct mp_stream_pool *pool);

/* Ops executed according to the device, over all streams. */
uint64_t mp_stream_pool_ops_executed(const struct mp_stream_pool *pool);

#endif
