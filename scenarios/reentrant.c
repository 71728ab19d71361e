/* reentrant: in the middle of encoding an op a thread does another one from beginning to
 * end, on another queue, and goes on with the first; also several deep. No rule forbids
 * that: a queue, a command buffer and an encoder are no property of a thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define LEVELS_MAX 4

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 64),
    MP_PARAM_ITERS("12", 1000000, "ops per thread, each with others inside"),
    MP_PARAM_INT("n", "12", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("levels", "2", 1, LEVELS_MAX, "ops inside each other, the first aside"),
    {.name = "where",
     .type = MP_OPTION_CHOICE,
     .metavar = "POINT",
     .fallback = "bound",
     .choices = "taken|pipeline|bound",
     .meanings = "the encoder is there, nothing was called on it\n"
                 "the pipeline is set\n"
                 "buffers and constants are bound, nothing is dispatched",
     .help = "how far an op is when the next one begins inside it"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct nest;

/* The op at one level. Level 0 is on the thread's stream of the pool. */
struct level {
    struct nest *nest;
    unsigned number;
    struct mp_device_stream *stream;
    struct mp_lone_op lone;
};

/* What one thread has. */
struct nest {
    const struct mp_scenario_run *run;
    struct mp_worker *worker;
    unsigned levels;
    enum mp_op_point where;
    struct level level[LEVELS_MAX + 1];
    enum mp_status status; /* of the ops inside */
    struct mp_error err;
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_shape shape;
    (void)worker;
    if (strcmp(mp_option_get(run->params, "sync")->text, "off_queue") == 0 &&
        mp_option_get(run->params, "q")->real > 0)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "the gate (q) needs the points at which the other ops begin");
    mp_shape_mm(n, n, n, &shape);
    return run->device->ops->kernel_load(run->device, shape.kernel, shape.group, err);
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer *
           ((uint64_t)mp_option_get(run->params, "levels")->integer + 1);
}

/* Called in the middle of encoding the op of a level: does that of the next. */
static void go_inside(void *data, enum mp_op_point point) {
    const struct level *outer = data;
    struct nest *nest = outer->nest;
    const unsigned number = outer->number + 1;
    if (point != nest->where || number > nest->levels || nest->status != MP_OK)
        return;
    struct level *inner = &nest->level[number];
    nest->status = mp_lone_op_run(nest->worker, &inner->lone, inner->stream,
                                  MP_STREAMS_MAX + number, &nest->err);
}

static enum mp_status create_ops(struct nest *nest, uint64_t salt, struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(nest->run->params, "n")->integer;
    enum mp_status status = MP_OK;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    for (unsigned i = 0; status == MP_OK && i <= nest->levels; i++) {
        struct level *level = &nest->level[i];
        status = mp_lone_op_create(nest->worker, nest->run->device, &shape,
                                   mp_rng_hash(salt, i), &level->lone, err);
        level->lone.op.at_point = go_inside;
        level->lone.op.point_data = level;
    }
    return status;
}

/* One op with all that are inside it. */
static enum mp_status do_ops(struct nest *nest, uint64_t salt, struct mp_error *err) {
    enum mp_status status = create_ops(nest, salt, err);
    if (status == MP_OK)
        status =
            mp_stream_encode(nest->worker, nest->run->pool, &nest->level[0].lone.op, err);
    if (status == MP_OK && nest->status != MP_OK) {
        status = nest->status;
        *err = nest->err;
    }
    if (status == MP_OK)
        status = mp_stream_synchronize(nest->worker, nest->run->pool, err);
    for (unsigned i = 0; status == MP_OK && i <= nest->levels; i++)
        mp_lone_op_check(nest->worker, &nest->level[i].lone);
    for (unsigned i = 0; status != MP_TIMEOUT && i <= nest->levels; i++)
        mp_lone_op_destroy(&nest->level[i].lone);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    struct nest *nest = mp_memory_zeroed(1, sizeof(*nest));
    enum mp_status status = MP_OK;
    nest->run = run;
    nest->worker = worker;
    nest->levels = (unsigned)mp_option_get(run->params, "levels")->integer;
    nest->where = (enum mp_op_point)mp_option_get(run->params, "where")->integer;
    for (unsigned i = 0; status == MP_OK && i <= nest->levels; i++) {
        nest->level[i].nest = nest;
        nest->level[i].number = i;
        if (i > 0)
            status = mp_device_stream_create(worker, run->device, MP_STREAMS_MAX + i,
                                             &nest->level[i].stream, err);
    }
    for (uint64_t i = 0; status == MP_OK && i < iters; i++)
        status = do_ops(nest, mp_rng_hash(worker->seed, i), err);
    if (status == MP_TIMEOUT)
        return status; /* streams and buffers are still in use */
    for (unsigned i = 1; i <= nest->levels; i++)
        mp_lone_stream_destroy(worker, run->device, nest->level[i].stream);
    free(nest);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)run;
    (void)worker;
}

const struct mp_scenario mp_scenario_reentrant = {
    .name = "reentrant",
    .summary = "an op within the encoding of another one, on the same thread",
    .hunts = "what a driver keeps for a thread and takes for what belongs to an encoder: "
             "its current encoder, its pool, its last pipeline",
    .how =
        "in the middle of an op's calls the thread encodes, commits and awaits another "
        "op on another queue, `levels` deep, then goes on; all are checked",
    .hit = "a wrong or missing result of an outer or an inner op, a crash, or a thread "
           "that waits for itself",
    .origin =
        "repro_dispatch_sync_with_rethrow_reentrancy of the destroyImpl "
        "investigation (a dispatch within a dispatch), and its work on thread-local "
        "state of streams",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
