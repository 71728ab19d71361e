/* blit_fence: the copy engine between compute encoders. An op writes to a scratch buffer,
 * a copy brings that to the output, a fill overwrites the scratch, and the next op writes
 * there again: what comes out is right only if all of them keep their order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/stream_order.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define OUTPUT 2 /* buffer of a product */
#define FILLED 0xA5

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("20", 1000000, "synchronizations per thread"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("batch", "4", 1, 16, "ops, each with a copy and a fill, between two"),
    {.name = "fence",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHETHER",
     .fallback = "on",
     .choices = "on|off",
     .meanings =
         "encoders are ordered by updateFence: and waitForFence:\nby the driver alone",
     .help = "what orders the encoders"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* Of one worker. */
struct lane {
    struct mp_lone_op op;            /* writes to the scratch */
    struct mp_device_buffer *result; /* one output for each op of a batch */
    size_t size;                     /* bytes of one output, a multiple of 4 */
};

static unsigned batch_of(const struct mp_scenario_run *run) {
    return (unsigned)mp_option_get(run->params, "batch")->integer;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct lane *lanes = run->state;
    (void)worker;
    for (unsigned i = 0; lanes && i < run->threads; i++) {
        mp_lone_op_destroy(&lanes[i].op);
        if (lanes[i].result)
            run->device->ops->buffer_destroy(run->device, lanes[i].result);
    }
    free(lanes);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_shape shape;
    if (!run->device->ops->blit)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no blits: use metal or metal@model",
                            run->device->ops->name);
    enum mp_status status = mp_stream_check_calls(run->pool, err);
    if (status != MP_OK)
        return status;
    mp_shape_mm(n, n, n, &shape);
    status = run->device->ops->kernel_load(run->device, shape.kernel, shape.group, err);
    struct lane *lanes = mp_memory_zeroed(run->threads, sizeof(*lanes));
    run->state = lanes;
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++) {
        lanes[i].size = shape.length[OUTPUT] * sizeof(float);
        status = mp_lone_op_create(worker, run->device, &shape,
                                   mp_rng_hash(run->seed, i + 1), &lanes[i].op, err);
        if (status == MP_OK)
            status = mp_device_buffer_create(worker, run->device,
                                             batch_of(run) * lanes[i].size,
                                             &lanes[i].result, err);
    }
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer *
           batch_of(run);
}

/* The op, a copy of what it wrote to place `number`, and a fill over that. */
static enum mp_status encode(const struct mp_scenario_run *run, struct mp_worker *worker,
                             struct lane *lane, unsigned number, struct mp_error *err) {
    const bool is_fenced = mp_option_get(run->params, "fence")->integer == 0;
    struct mp_device_buffer *scratch = lane->op.buffer[OUTPUT];
    const struct mp_blit copy = {.from = scratch,
                                 .to = lane->result,
                                 .to_offset = number * lane->size,
                                 .size = lane->size,
                                 .is_fenced = is_fenced};
    const struct mp_blit fill = {
        .to = scratch, .size = lane->size, .value = FILLED, .is_fenced = is_fenced};
    enum mp_status status = mp_stream_encode(worker, run->pool, &lane->op.op, err);
    if (status == MP_OK)
        status = mp_stream_blit(worker, run->pool, &copy, err);
    if (status == MP_OK)
        status = mp_stream_blit(worker, run->pool, &fill, err);
    return status;
}

/* Whether the fill came last. */
static bool is_filled(const struct mp_scenario_run *run, const struct lane *lane) {
    const unsigned char *bytes =
        run->device->ops->buffer_contents(lane->op.buffer[OUTPUT]);
    size_t at = 0;
    while (at < lane->size && bytes[at] == FILLED)
        at++;
    return at == lane->size;
}

static void check(const struct mp_scenario_run *run, struct mp_worker *worker,
                  const struct lane *lane, unsigned number, bool scratch_is_filled) {
    const struct mp_shape *shape = &lane->op.shape;
    const float *results = run->device->ops->buffer_contents(lane->result);
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    struct mp_check found = {0};
    mp_check_compare(results + number * shape->length[OUTPUT], lane->op.expected,
                     shape->length[OUTPUT], OUTPUT, &shape->tolerance, &found);
    if (found.wrong > 0)
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
    else if (!scratch_is_filled)
        counter = &worker->slot->ops_wrong;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct lane *lane = &((struct lane *)run->state)[worker->index - 1];
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const unsigned batch = batch_of(run);
    enum mp_status status = MP_OK;
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        mp_check_poison(run->device->ops->buffer_contents(lane->result),
                        batch * lane->op.shape.length[OUTPUT]);
        for (unsigned k = 0; status == MP_OK && k < batch; k++)
            status = encode(run, worker, lane, k, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        const bool scratch_is_filled = is_filled(run, lane);
        for (unsigned k = 0; status == MP_OK && k < batch; k++)
            check(run, worker, lane, k, scratch_is_filled);
    }
    return status;
}

const struct mp_scenario mp_scenario_blit_fence = {
    .name = "blit_fence",
    .summary = "copies and fills between compute encoders, ordered by fences",
    .hunts =
        "blit encoders treated like compute encoders, whose context stands "
        "elsewhere, as by a library that keeps one original method for both; copies, "
        "fills and ops that pass each other",
    .how = "each op writes to a scratch buffer, a blit copies that out and another fills "
           "it; with fence=on each encoder waits for the last one's fence",
    .hit =
        "a fault in a method of the one encoder called on the other, wrong numbers, or "
        "lost ops",
    .origin = "blits are what PyTorch and ggml send most beside compute; the wrong "
              "original is a known defect of a library that was to cure crashes",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
