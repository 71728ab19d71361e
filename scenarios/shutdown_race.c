/* shutdown_race: streams that go while their work is in flight. Each thread makes a
 * stream, commits an op on it and drops the stream at once, as a thread does that ends
 * without a synchronization; other threads make and use theirs meanwhile. Nothing is left
 * that could wait for the stream, so the op's end is an event's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define LIMIT_MS 30000

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("16", 1000000, "streams that each thread makes and drops"),
    MP_PARAM_INT("n", "24", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct lane {
    struct mp_lone_op op;
    struct mp_device_event *done; /* streams whose work has ended */
};

struct shutdown_run {
    struct lane *lane;
};

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct shutdown_run *state = run->state;
    (void)worker;
    if (!state)
        return;
    for (unsigned i = 0; i < run->threads; i++) {
        mp_lone_op_destroy(&state->lane[i].op);
        if (state->lane[i].done)
            run->device->ops->event->destroy(state->lane[i].done);
    }
    free(state->lane);
    free(state);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_shape shape;
    if (!run->device->ops->event)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no events, which alone say when a stream that "
                            "is gone has done its work: use metal or metal@model",
                            run->device->ops->name);
    enum mp_status status = mp_lone_op_set_up(run, sizeof(struct shutdown_run), err);
    if (status != MP_OK)
        return status;
    struct shutdown_run *state = run->state;
    state->lane = mp_memory_zeroed(run->threads, sizeof(*state->lane));
    mp_shape_mm(n, n, n, &shape);
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++) {
        status =
            run->device->ops->event->create(run->device, true, &state->lane[i].done, err);
        if (status == MP_OK)
            status =
                mp_lone_op_create(worker, run->device, &shape,
                                  mp_rng_hash(run->seed, i + 1), &state->lane[i].op, err);
    }
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* The op in flight on a stream that is there no more. */
static enum mp_status launch(const struct mp_scenario_run *run, struct mp_worker *worker,
                             struct lane *lane, uint64_t number, struct mp_error *err) {
    const unsigned index = MP_STREAMS_MAX + worker->index;
    struct mp_device_stream *stream = NULL;
    enum mp_status status =
        mp_device_stream_create(worker, run->device, index, &stream, err);
    if (status != MP_OK)
        return status;
    status = mp_device_encode(worker, run->device, stream, index, &lane->op.op, err);
    if (status == MP_OK)
        status =
            mp_device_signal(worker, run->device, stream, index, lane->done, number, err);
    if (status == MP_OK)
        status = mp_device_commit(worker, run->device, stream, index, err);
    run->device->ops->stream_destroy(run->device, stream);
    return status;
}

/* The device's count goes with the stream: what it says of the op is its signal. */
static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct shutdown_run *state = run->state;
    struct lane *lane = &state->lane[worker->index - 1];
    const struct mp_shape *shape = &lane->op.shape;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 1; status == MP_OK && i <= iters; i++) {
        mp_check_poison(run->device->ops->buffer_contents(lane->op.buffer[shape->inputs]),
                        shape->length[shape->inputs]);
        status = launch(run, worker, lane, i, err);
        if (status == MP_OK)
            status = mp_device_await(worker, run->device, lane->done, i, LIMIT_MS, err);
        if (status != MP_OK)
            break;
        atomic_fetch_add(&worker->page->ops_device, 1);
        mp_lone_op_check(worker, &lane->op);
    }
    return status;
}

const struct mp_scenario mp_scenario_shutdown_race = {
    .name = "shutdown_race",
    .summary = "streams are dropped while their work is in flight",
    .hunts = "queues, command buffers and encoders that are taken apart while the device "
             "still works for them",
    .how = "each thread makes a stream, commits an op with an event behind it, drops the "
           "stream without a wait, waits for the event and checks the op",
    .hit = "a crash in a completion or in the release of a queue, an event that never "
           "comes, wrong or missing numbers",
    .origin = "test_shutdown_crash of the destroyImpl investigation: threads that end "
              "while their streams are at work; exit_while_active ends the whole process",
    .params = params,
    .has_outputs = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
