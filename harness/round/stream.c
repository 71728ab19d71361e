/* The stream pool. Decides when and under which locks a thread may call the device;
 * contains nothing specific to one device.
 *
 * Order of locks, outermost first: the arm's over a whole op, a stream's `queue`, the
 * arm's over a single call; at most one of the arm's is taken. No thread ever holds locks
 * of two streams, and the gate waits before the first lock: so no arm can deadlock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/arm_lock.h"
#include "harness/round/gate.h"
#include "harness/round/gather.h"
#include "harness/round/perturb.h"
#include "harness/round/place.h"

struct stream {
    struct mp_device_stream *device_stream;
    struct mp_bare *bare;   /* on it, in PyTorch's style; else NULL */
    pthread_mutex_t queue;  /* the serial queue, as dispatch_sync has it */
    struct mp_arm_lock arm; /* for arms that lock per stream */
    struct mp_gate gate;
    struct mp_window window;
};

struct mp_stream_pool {
    struct mp_device *device;
    struct mp_stream_policy policy;
    struct mp_arm_lock arm; /* for arms that lock the round */
    struct mp_batch *batch; /* of an arm that gathers, to `gather`; else NULL */
    struct mp_gather gather;
    atomic_uint hostile; /* syncs that the gate decided to be hostile */
    struct mp_leases leases;
    struct stream stream[MP_LEASE_STREAMS_MAX]; /* leases.count of them exist */
};

/* Threads that the arm's lock lets in at once. */
static unsigned permits(const struct mp_stream_policy *policy) {
    return policy->arm->is_counted ? policy->arm_number : 1;
}

static enum mp_status create_stream(struct mp_worker *worker, struct mp_stream_pool *pool,
                                    unsigned index, struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    enum mp_status status =
        mp_device_stream_create(worker, pool->device, index, &stream->device_stream, err);

    if (status != MP_OK) {
        mp_error_prefix(err, "stream %u of %u", index, pool->policy.streams);
        return status;
    }
    if (pool->policy.style != MP_STYLE_SAFE)
        status = pool->device->ops->bare->create(
            stream->device_stream, pool->policy.op_holds, &stream->bare, err);
    if (status == MP_OK && index == 0 && pool->policy.window == MP_WINDOW_g &&
        !pool->device->ops->bare->has_continue(stream->bare)) {
        pool->device->ops->bare->destroy(stream->bare);
        status =
            mp_error_set(err, MP_UNSUPPORTED,
                         "window g is between two uses of an MPSCommandBuffer, which "
                         "the client makes with the device's setting buffers=mps");
    }
    if (status != MP_OK) {
        pool->device->ops->stream_destroy(pool->device, stream->device_stream);
        return status;
    }
    pthread_mutex_init(&stream->queue, NULL);
    mp_arm_lock_init(&stream->arm, permits(&pool->policy));
    return MP_OK;
}

enum mp_status mp_stream_pool_create(struct mp_worker *worker, struct mp_device *device,
                                     const struct mp_stream_policy *policy,
                                     struct mp_stream_pool **ret_pool,
                                     struct mp_error *err) {
    struct mp_stream_pool *pool;
    enum mp_status status = mp_stream_policy_check(device, policy, err);

    if (status != MP_OK)
        return status;
    pool = mp_memory_zeroed(1, sizeof(*pool));
    pool->device = device;
    pool->policy = *policy;
    mp_arm_lock_init(&pool->arm, permits(policy));
    atomic_store(&worker->page->arm_acts, mp_arm_acts(policy->arm));
    mp_leases_init(&pool->leases, policy->rule, 0,
                   policy->rule == MP_LEASE_WAIT ? policy->patience_ns : policy->wait_ns);
    while (pool->leases.count < policy->streams) {
        status = create_stream(worker, pool, pool->leases.count, err);
        if (status != MP_OK) {
            mp_stream_pool_destroy(pool);
            return status;
        }
        pool->leases.count++;
    }
    if (policy->arm->gathers) {
        pool->gather = (struct mp_gather){.device = device,
                                          .stream = pool->stream[0].device_stream,
                                          .queue = &pool->stream[0].queue,
                                          .wait_ns = policy->wait_ns};
        pool->batch = mp_gather_open(&pool->gather, policy->arm_number);
    }
    *ret_pool = pool;
    return MP_OK;
}

void mp_stream_pool_destroy(struct mp_stream_pool *pool) {
    for (unsigned i = 0; i < pool->leases.count; i++) {
        struct stream *stream = &pool->stream[i];

        if (stream->bare)
            pool->device->ops->bare->destroy(stream->bare);
        pool->device->ops->stream_destroy(pool->device, stream->device_stream);
        mp_arm_lock_destroy(&stream->arm);
        pthread_mutex_destroy(&stream->queue);
    }
    mp_leases_destroy(&pool->leases);
    mp_batch_destroy(pool->batch);
    if (pool->batch)
        mp_gather_close(&pool->gather);
    mp_arm_lock_destroy(&pool->arm);
    free(pool);
}

unsigned mp_stream_pool_count(struct mp_stream_pool *pool) {
    unsigned count;

    pthread_mutex_lock(&pool->leases.lock);
    count = pool->leases.count;
    pthread_mutex_unlock(&pool->leases.lock);
    return count;
}

static bool is_one_for_all(const struct mp_stream_policy *policy) {
    return policy->share == MP_SHARE_ALL || policy->streams == 1;
}

bool mp_stream_policy_is_shared(const struct mp_stream_policy *policy, unsigned threads) {
    return is_one_for_all(policy) ||
           (policy->rule == MP_LEASE_ROUND_ROBIN && policy->streams <= threads);
}

unsigned mp_stream_index(const struct mp_stream_pool *pool,
                         const struct mp_worker *worker) {
    if (is_one_for_all(&pool->policy))
        return 0;
    return pool->policy.rule == MP_LEASE_ROUND_ROBIN
               ? mp_lease_in_turn(worker->index, pool->policy.streams)
               : worker->stream;
}

struct growth {
    struct mp_stream_pool *pool;
    struct mp_worker *worker;
};

static enum mp_status make_another(void *data, unsigned index, struct mp_error *err) {
    struct growth *growth = data;

    return create_stream(growth->worker, growth->pool, index, err);
}

static enum mp_status take(struct mp_worker *worker, struct mp_stream_pool *pool,
                           struct mp_error *err) {
    struct growth growth = {.pool = pool, .worker = worker};
    struct mp_lease lease;
    enum mp_status status;

    if (worker->index == 0 || worker->stream != 0)
        return MP_OK;
    status =
        mp_lease_take(&pool->leases, worker->index, make_another, &growth, &lease, err);
    worker->stream = lease.stream;
    mp_lease_count(&lease, worker);
    return status;
}

enum mp_status mp_stream_arrive(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_error *err) {
    enum mp_lease_rule rule = pool->policy.rule;

    return rule == MP_LEASE_GROW || rule == MP_LEASE_THROW ? take(worker, pool, err)
                                                           : MP_OK;
}

enum mp_status mp_stream_begin(struct mp_worker *worker, struct mp_stream_pool *pool,
                               struct mp_error *err) {
    return pool->policy.rule == MP_LEASE_WAIT ? take(worker, pool, err) : MP_OK;
}

void mp_stream_leave(struct mp_worker *worker, struct mp_stream_pool *pool) {
    if (worker->stream != 0)
        mp_lease_give(&pool->leases, worker->stream);
    worker->stream = 0;
}

/* With a cap a thread has a stream only while it needs one. */
static enum mp_status borrow(struct mp_worker *worker, struct mp_stream_pool *pool,
                             struct mp_error *err) {
    return pool->policy.rule == MP_LEASE_CAP ? take(worker, pool, err) : MP_OK;
}

static void give_back(struct mp_worker *worker, struct mp_stream_pool *pool) {
    if (pool->policy.rule == MP_LEASE_CAP)
        mp_stream_leave(worker, pool);
}

/* The arm's lock, if it has one over `span` of `op` (NULL: of an end, a commit or a
 * sync); else NULL. */
static struct mp_arm_lock *arm_lock(struct mp_stream_pool *pool, struct stream *stream,
                                    enum mp_arm_span span, const struct mp_op *op) {
    const struct mp_arm *arm = pool->policy.arm;
    enum mp_meaning_kind kind =
        op ? mp_kernel_meaning(op->kernel, op->constants).kind : MP_MEANING_OWN;

    if (arm->lock == MP_ARM_LOCK_NONE || arm->span != span || !mp_arm_governs(arm, kind))
        return NULL;
    return arm->lock == MP_ARM_LOCK_ROUND ? &pool->arm : &stream->arm;
}

static struct mp_place place_of(const struct mp_stream_pool *pool, unsigned index) {
    const struct stream *stream = &pool->stream[index];

    return (struct mp_place){.device = pool->device,
                             .stream = stream->device_stream,
                             .bare = stream->bare,
                             .index = index};
}

/* Whether a synchronization can be beside its queue at all. */
static bool is_off_queue(const struct mp_stream_policy *policy) {
    return policy->style == MP_STYLE_PYTORCH_2_9 ||
           (policy->style == MP_STYLE_SAFE && policy->sync_off_queue);
}

/* One op being encoded, a possible victim of the gate or one side of a window. */
struct passage {
    struct mp_worker *worker; /* perturbed at its points; NULL: not */
    struct mp_gate *gate;     /* NULL: it is not exposed to it */
    enum mp_op_point point;   /* where it may be held */
    struct mp_window_visit visit;
    struct mp_bare_pass pass;
};

static void reach_point(void *data, enum mp_op_point point) {
    struct passage *passage = data;
    if (passage->worker)
        mp_perturb_reach(passage->worker, MP_PAGE_OP_ENCODE,
                         MP_PERTURB_INSIDE + (unsigned)point);
    if (passage->visit.kind != MP_WINDOW_NONE)
        mp_window_reach(&passage->visit,
                        (enum mp_bare_point)(MP_BARE_TAKEN + (int)point));
    else if (passage->gate && point == passage->point)
        mp_gate_hold(passage->gate);
}

static struct mp_window_visit visit_of(struct mp_stream_pool *pool,
                                       struct stream *stream) {
    return (struct mp_window_visit){
        .window = &stream->window, .kind = pool->policy.window, .point = MP_BARE_TAKEN};
}

/* Makes `op` a copy of the op that can be held. Called on the queue. */
static void expose(struct mp_worker *worker, struct mp_stream_pool *pool,
                   struct stream *stream, struct mp_op *op, struct passage *passage) {
    uint64_t number =
        atomic_load_explicit(&worker->slot->ops_started, memory_order_relaxed);
    enum mp_window_kind window = pool->policy.window;

    passage->gate = &stream->gate;
    passage->point = (enum mp_op_point)(mp_rng_hash(worker->seed, number) % MP_OP_POINTS);
    passage->visit = visit_of(pool, stream);
    passage->visit.point = (enum mp_bare_point)(MP_BARE_TAKEN + (int)passage->point);
    op->at_point = reach_point;
    op->point_data = passage;
    if (window == MP_WINDOW_NONE)
        return;
    passage->pass.at = mp_window_reach;
    passage->pass.data = &passage->visit;
    if (mp_window_act_on_queue(window) != MP_ACT_SYNC)
        mp_window_meet(&passage->visit);
    if (passage->visit.is_met && mp_window_needs_fresh_encoder(window))
        op->fresh_encoder = true;
}

static enum mp_status encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                             const struct mp_op *asked, struct mp_error *err) {
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct passage passage = {.visit = {.kind = MP_WINDOW_NONE}};
    struct mp_op op = *asked;
    enum mp_window_kind window = pool->policy.window;
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, asked);
    struct mp_arm_lock *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL, asked);
    enum mp_status status;
    op.by_graph = mp_arm_goes_by_graph(pool->policy.arm, asked);
    if (op.by_graph && !asked->by_graph)
        mp_recorder_count(worker, MP_FIGURE_ARM_PASSES, 1);
    if (worker->perturb && !op.at_point) {
        passage.worker = worker;
        op.at_point = reach_point;
        op.point_data = &passage;
    }
    mp_arm_lock_take(over_op, worker);
    pthread_mutex_lock(&stream->queue);
    if (is_off_queue(&pool->policy) && pool->policy.hostile > 0)
        expose(worker, pool, stream, &op, &passage);
    passage.pass.adds_handler = mp_window_act_on_queue(window) == MP_ACT_HANDLER;
    mp_arm_lock_take(over_call, worker);
    status = mp_place_encode(worker, place_of(pool, index), &op, &passage.pass, err);
    if (status == MP_OK && window == MP_WINDOW_g)
        status = mp_place_flush(worker, place_of(pool, index), &passage.pass, err);
    mp_arm_lock_give(over_call, worker);
    mp_window_leave(&passage.visit);
    pthread_mutex_unlock(&stream->queue);
    mp_arm_lock_give(over_op, worker);
    return status;
}

enum mp_status mp_stream_check(struct mp_stream_pool *pool, const struct mp_op *op,
                               struct mp_error *err) {
    struct mp_op sent = *op;
    sent.by_graph = mp_arm_goes_by_graph(pool->policy.arm, op);
    return pool->device->ops->op_check(pool->device, &sent, err);
}

enum mp_status mp_stream_encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                                const struct mp_op *op, struct mp_error *err) {
    enum mp_status status;

    if (pool->batch) {
        mp_batch_add(pool->batch, worker, op);
        return MP_OK;
    }
    status = borrow(worker, pool, err);
    return status == MP_OK ? encode(worker, pool, op, err) : status;
}

enum mp_status mp_stream_check_calls(const struct mp_stream_pool *pool,
                                     struct mp_error *err) {
    return mp_stream_policy_check_calls(&pool->policy, err);
}

enum mp_status mp_stream_check_waits(const struct mp_stream_pool *pool, unsigned threads,
                                     struct mp_error *err) {
    return mp_stream_policy_check_waits(&pool->policy, threads, err);
}

enum mp_status mp_stream_do(struct mp_worker *worker, struct mp_stream_pool *pool,
                            mp_stream_call *call, void *data, struct mp_error *err) {
    enum mp_status status = mp_stream_check_calls(pool, err);
    if (status == MP_OK)
        status = borrow(worker, pool, err);
    if (status != MP_OK)
        return status;
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, NULL);
    struct mp_arm_lock *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL, NULL);

    mp_arm_lock_take(over_op, worker);
    pthread_mutex_lock(&stream->queue);
    mp_arm_lock_take(over_call, worker);
    status = call(data, worker, pool->device, stream->device_stream, index, err);
    mp_arm_lock_give(over_call, worker);
    pthread_mutex_unlock(&stream->queue);
    mp_arm_lock_give(over_op, worker);
    return status;
}

/* Ends without a commit. A hostile end counts only if it lands inside an encoding with
 * every lock taken. */
static enum mp_status end_encoder(struct mp_worker *worker, struct mp_stream_pool *pool,
                                  unsigned index, bool is_hostile,
                                  struct mp_bare_pass *pass, struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL, NULL);
    enum mp_status status;

    mp_arm_lock_take(over_call, worker);
    if (is_hostile && mp_recorder_other_encodes(worker))
        atomic_fetch_add_explicit(&worker->page->hostile_syncs, 1, memory_order_relaxed);
    status = mp_place_end(worker, place_of(pool, index), pass, err);
    mp_arm_lock_give(over_call, worker);
    return status;
}

static enum mp_status commit(struct mp_worker *worker, struct mp_stream_pool *pool,
                             unsigned index, struct mp_bare_pass *pass,
                             struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL, NULL);
    enum mp_status status;

    mp_arm_lock_take(over_call, worker);
    status = mp_place_commit(worker, place_of(pool, index), pass, err);
    mp_arm_lock_give(over_call, worker);
    return status;
}

enum mp_status mp_stream_end(struct mp_worker *worker, struct mp_stream_pool *pool,
                             struct mp_error *err) {
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, NULL);
    struct mp_bare_pass pass = {.at = NULL};
    enum mp_status status;
    if (pool->batch) /* nothing is encoded yet */
        return MP_OK;
    mp_arm_lock_take(over_op, worker);
    pthread_mutex_lock(&stream->queue);
    status = end_encoder(worker, pool, index, false, &pass, err);
    pthread_mutex_unlock(&stream->queue);
    mp_arm_lock_give(over_op, worker);
    return status;
}

enum mp_status mp_stream_commit(struct mp_worker *worker, struct mp_stream_pool *pool,
                                struct mp_error *err) {
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, NULL);
    struct mp_bare_pass pass = {.at = NULL};
    enum mp_status status;

    if (pool->batch)
        return mp_batch_flush(pool->batch, worker, err);
    mp_arm_lock_take(over_op, worker);
    pthread_mutex_lock(&stream->queue);
    status = end_encoder(worker, pool, index, false, &pass, err);
    if (status == MP_OK)
        status = stream->bare
                     ? mp_bare_flush(worker, pool->device->ops->bare, stream->bare, index)
                     : commit(worker, pool, index, &pass, err);
    pthread_mutex_unlock(&stream->queue);
    mp_arm_lock_give(over_op, worker);
    return status;
}

/* How one synchronization goes through. */
struct landing {
    bool is_hostile, can_land;
    bool is_alone; /* nobody came while it waited beside the queue */
    struct mp_window_visit visit;
    struct mp_bare_pass pass;
};

/* A hostile sync waits for its victim, which is let go at once if the arm keeps the sync
 * from landing, or for the other side of its window, which is not even asked for then. */
static void meet_victim(struct stream *stream, struct mp_worker *worker, unsigned index,
                        uint64_t number, struct landing *landing) {
    bool has_window = landing->visit.kind != MP_WINDOW_NONE;
    bool has_victim = false;

    if (has_window && landing->can_land) {
        mp_window_wait(&landing->visit, worker, index, number);
        has_victim = landing->visit.is_met;
    } else if (!has_window) {
        has_victim = mp_gate_wait(&stream->gate, worker, index, number);
    }
    mp_recorder_count(worker, MP_FIGURE_GATE_ASKED, 1);
    if (!landing->can_land)
        mp_recorder_count(worker, MP_FIGURE_GATE_KEPT, 1);
    landing->is_alone = landing->can_land && !has_victim;
    if (!has_window && !landing->can_land)
        mp_gate_pass(&stream->gate);
}

/* Takes the queue, which counts as the arm's doing if it was the arm that moved the
 * synchronize there. */
static void take_queue(struct stream *stream, bool is_moved, struct mp_worker *worker) {
    bool has_waited = pthread_mutex_trylock(&stream->queue) != 0;

    if (has_waited)
        pthread_mutex_lock(&stream->queue);
    if (is_moved)
        mp_arm_enter(worker, has_waited);
}

static void give_queue(struct stream *stream, bool is_moved, struct mp_worker *worker) {
    if (is_moved)
        mp_arm_leave(worker);
    pthread_mutex_unlock(&stream->queue);
}

/* Decides by the seed, and waits for a victim. Before any lock is taken. */
static void approach(struct mp_worker *worker, struct mp_stream_pool *pool,
                     unsigned index, struct landing *landing) {
    const struct mp_stream_policy *policy = &pool->policy;
    struct stream *stream = &pool->stream[index];
    uint64_t number = worker->sync_count++;

    landing->visit = visit_of(pool, stream);
    landing->is_hostile =
        is_off_queue(policy) &&
        mp_gate_is_hostile(policy->seed, worker->index, number, policy->hostile);
    /* A victim is not held for a sync that the arm keeps from landing. */
    landing->can_land =
        landing->is_hostile && mp_arm_admits_hostile(policy->arm, policy->arm_number);
    landing->pass = (struct mp_bare_pass){.at = mp_window_reach, .data = &landing->visit};
    if (!landing->is_hostile)
        return;
    atomic_fetch_add_explicit(&pool->hostile, 1, memory_order_relaxed);
    meet_victim(stream, worker, index, number, landing);
}

/* Whether it runs beside the queue. With a window and a gate only those that met another
 * thread do, so that no other interleaving is mixed with the one that is asked for. */
static bool is_beside(const struct mp_stream_policy *policy,
                      const struct landing *landing) {
    if (policy->arm->sync_on_queue || !is_off_queue(policy))
        return false;
    if (policy->window != MP_WINDOW_NONE && policy->hostile > 0)
        return landing->visit.is_met;
    return landing->is_hostile || policy->style == MP_STYLE_PYTORCH_2_9;
}

/* On the queue, the other side of a window between two synchronizations. */
static void meet_on_queue(const struct mp_stream_policy *policy,
                          struct landing *landing) {
    if (is_off_queue(policy) && mp_arm_admits_hostile(policy->arm, policy->arm_number) &&
        policy->hostile > 0 && mp_window_act_on_queue(policy->window) == MP_ACT_SYNC)
        mp_window_meet(&landing->visit);
}

/* One that found nobody beside the queue may have met the other on it. */
static void count_alone(const struct landing *landing, struct mp_worker *worker) {
    if (landing->is_alone && !landing->visit.is_met)
        mp_recorder_count(worker, MP_FIGURE_GATE_ALONE, 1);
}

/* Beside the queue in a window of which a synchronization is no part. */
static enum mp_status fetch_beside(struct mp_worker *worker, struct mp_stream_pool *pool,
                                   unsigned index, struct landing *landing,
                                   struct mp_error *err) {
    enum mp_status status;

    if (!landing->visit.is_met ||
        mp_window_act_beside(landing->visit.kind) != MP_ACT_FETCH)
        return MP_OK;
    if (mp_recorder_other_encodes(worker))
        atomic_fetch_add_explicit(&worker->page->hostile_syncs, 1, memory_order_relaxed);
    status = mp_bare_fetch(worker, pool->device->ops->bare, pool->stream[index].bare,
                           index, &landing->pass, err);
    mp_window_leave(&landing->visit);
    landing->is_hostile = false;
    return status;
}

/* Takes the buffer beside the queue, and waits for it on the queue once another thread
 * has committed it. It is no synchronization of its own: that follows. */
static void wait_for_handed(struct mp_worker *worker, struct mp_stream_pool *pool,
                            unsigned index, struct landing *landing) {
    const struct mp_bare_ops *ops = pool->device->ops->bare;
    struct stream *stream = &pool->stream[index];
    void *handed;

    if (!landing->visit.is_met ||
        mp_window_act_beside(landing->visit.kind) != MP_ACT_HOOK)
        return;
    handed = ops->hand_out(stream->bare);
    mp_bare_reach(&landing->pass, MP_BARE_HANDED);
    mp_bare_reach(&landing->pass, MP_BARE_WAIT);
    mp_window_leave(&landing->visit);
    landing->is_hostile = false;
    if (!handed)
        return;
    pthread_mutex_lock(&stream->queue);
    mp_recorder_enter(worker, MP_PAGE_OP_WAIT, index, 0);
    ops->wait_for(stream->bare, handed);
    mp_recorder_leave(worker, MP_PAGE_OP_WAIT, index, 0);
    pthread_mutex_unlock(&stream->queue);
}

static enum mp_status synchronize_own(struct mp_worker *worker,
                                      struct mp_stream_pool *pool, struct mp_error *err) {
    const struct mp_stream_policy *policy = &pool->policy;
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct landing landing = {.is_hostile = false};
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, NULL);
    /* The arm moves it there only where the policy lets it run beside the queue. */
    bool is_moved = is_off_queue(policy) && policy->arm->sync_on_queue;
    enum mp_status status;
    bool on_queue;

    approach(worker, pool, index, &landing);
    status = fetch_beside(worker, pool, index, &landing, err);
    wait_for_handed(worker, pool, index, &landing);
    on_queue = !is_beside(policy, &landing);
    mp_arm_lock_take(over_op, worker);
    if (on_queue)
        take_queue(stream, is_moved, worker);
    if (on_queue)
        meet_on_queue(policy, &landing);
    count_alone(&landing, worker);
    if (status == MP_OK)
        status = end_encoder(worker, pool, index, landing.is_hostile, &landing.pass, err);
    if (status == MP_OK)
        status = commit(worker, pool, index, &landing.pass, err);
    if (landing.can_land && policy->window == MP_WINDOW_NONE)
        mp_gate_pass(&stream->gate);
    if (status == MP_OK)
        status = mp_place_wait(worker, place_of(pool, index), &landing.pass,
                               mp_clock_now_ns() + pool->policy.wait_ns, err);
    mp_window_leave(&landing.visit);
    if (on_queue)
        give_queue(stream, is_moved, worker);
    mp_arm_lock_give(over_op, worker);
    return status;
}

/* On the queue of a stream that is another thread's, or nobody's. */
static enum mp_status synchronize_one(struct mp_worker *worker,
                                      struct mp_stream_pool *pool, unsigned index,
                                      struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    struct mp_arm_lock *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP, NULL);
    struct mp_bare_pass pass = {.at = NULL};
    enum mp_status status;
    mp_arm_lock_take(over_op, worker);
    pthread_mutex_lock(&stream->queue);
    status = end_encoder(worker, pool, index, false, &pass, err);
    if (status == MP_OK)
        status = commit(worker, pool, index, &pass, err);
    if (status == MP_OK)
        status = mp_place_wait(worker, place_of(pool, index), &pass,
                               mp_clock_now_ns() + pool->policy.wait_ns, err);
    pthread_mutex_unlock(&stream->queue);
    mp_arm_lock_give(over_op, worker);
    return status;
}

/* Nobody else is encoding while a group is submitted, so nothing lands. */
static enum mp_status flush(struct mp_worker *worker, struct mp_stream_pool *pool,
                            struct mp_error *err) {
    const struct mp_stream_policy *policy = &pool->policy;
    uint64_t number = worker->sync_count++;
    if (is_off_queue(policy) &&
        mp_gate_is_hostile(policy->seed, worker->index, number, policy->hostile)) {
        atomic_fetch_add_explicit(&pool->hostile, 1, memory_order_relaxed);
        mp_recorder_count(worker, MP_FIGURE_GATE_ASKED, 1);
        mp_recorder_count(worker, MP_FIGURE_GATE_KEPT, 1);
    }
    return mp_batch_flush(pool->batch, worker, err);
}

enum mp_status mp_stream_synchronize_all(struct mp_worker *worker,
                                         struct mp_stream_pool *pool,
                                         struct mp_error *err) {
    unsigned count = mp_stream_pool_count(pool);
    enum mp_status status = pool->batch ? flush(worker, pool, err) : MP_OK;

    for (unsigned i = 0; status == MP_OK && i < count; i++)
        status = synchronize_one(worker, pool, i, err);
    return status;
}

enum mp_status mp_stream_synchronize(struct mp_worker *worker,
                                     struct mp_stream_pool *pool, struct mp_error *err) {
    enum mp_status status;

    if (pool->batch)
        return flush(worker, pool, err);
    status = borrow(worker, pool, err);
    if (status == MP_OK)
        status = synchronize_own(worker, pool, err);
    if (status == MP_OK && pool->policy.sync_all)
        status = mp_stream_synchronize_all(worker, pool, err);
    give_back(worker, pool);
    return status;
}

bool mp_stream_pool_was_polite(const struct mp_stream_pool *pool) {
    bool is_shared =
        is_one_for_all(&pool->policy) ||
        (pool->policy.rule == MP_LEASE_ROUND_ROBIN && pool->policy.streams == 2);

    return is_shared &&
           (pool->policy.style != MP_STYLE_SAFE || pool->policy.sync_off_queue) &&
           atomic_load_explicit(&pool->hostile, memory_order_relaxed) == 0;
}

uint64_t mp_stream_pool_ops_executed(const struct mp_stream_pool *pool) {
    uint64_t total = 0;

    for (unsigned i = 0; i < pool->leases.count; i++)
        total += pool->device->ops->ops_executed(pool->stream[i].device_stream);
    return total;
}
