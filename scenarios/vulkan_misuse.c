/* vulkan_misuse: a client that breaks one rule of Vulkan, and its twin that does the same
 * work within it. The rules are those of the device (struct mp_misuse_kind); where an op
 * ran, its output is checked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/shape.h"

#define BUFFERS 3 /* of a product */

static const struct mp_option params[] = {
    {.name = "kind",
     .type = MP_OPTION_CHOICE,
     .metavar = "KIND",
     .fallback = "pipeline_in_flight",
     .choices = "reset_recorded|free_recorded|pool_reset_recorded|submit_recorded|"
                "two_recorders|free_in_flight|buffer_in_flight|pipeline_in_flight|"
                "set_in_flight|fence_in_flight|descriptor_pool_unlocked|"
                "command_pool_unlocked|queue_unlocked|device_under_threads",
     .meanings = "a command buffer is reset while another thread records it\n"
                 "a command buffer is freed while another thread records it\n"
                 "a pool is reset while another thread records a buffer of it\n"
                 "a command buffer is ended and submitted while another thread records "
                 "it\n"
                 "two threads record one command buffer\n"
                 "a command buffer is freed before the device has executed it\n"
                 "a buffer and its memory are freed before the device has read them\n"
                 "a pipeline is destroyed before the device has executed it\n"
                 "a descriptor set is updated before the device has used it\n"
                 "a fence is destroyed before the device has signalled it\n"
                 "threads take sets from one pool without a lock\n"
                 "threads record buffers of one pool without a lock\n"
                 "threads submit to one queue without a lock\n"
                 "the device is destroyed while threads use it",
     .help = "the rule that is broken or kept"},
    {.name = "rule",
     .type = MP_OPTION_CHOICE,
     .metavar = "HOW",
     .fallback = "broken",
     .choices = "broken|kept",
     .meanings = "the rule is broken: a control that must fail\n"
                 "the twin: the same calls under a lock, or once the device is done",
     .help = "whether the rule is broken"},
    MP_PARAM_THREADS("4", 2, 64),
    MP_PARAM_ITERS("12", 1000000, "steps per thread"),
    MP_PARAM_INT("n", "4", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* One thread's op. */
struct lane {
    struct mp_op op;
    float *expected;
};

struct misuse_run {
    struct mp_misuse *misuse;
    struct mp_shape shape;
    struct lane *lane;
    atomic_flag has_reported;
};

static float *contents(const struct mp_scenario_run *run, const struct lane *lane,
                       unsigned buffer) {
    return run->device->ops->buffer_contents(lane->op.buffer[buffer]);
}

static enum mp_status create_lane(const struct mp_scenario_run *run,
                                  struct mp_worker *worker, const struct mp_shape *shape,
                                  unsigned thread, struct lane *lane,
                                  struct mp_error *err) {
    enum mp_status status = MP_OK;
    void *array[BUFFERS];
    struct mp_rng rng;
    lane->op = (struct mp_op){.kernel = shape->kernel, .constants = &shape->constants};
    memcpy(lane->op.grid, shape->grid, sizeof(lane->op.grid));
    memcpy(lane->op.group, shape->group, sizeof(lane->op.group));
    mp_rng_seed(&rng, mp_rng_hash(run->seed, thread));
    for (unsigned i = 0; status == MP_OK && i < BUFFERS; i++) {
        status =
            mp_device_buffer_create(worker, run->device, shape->length[i] * sizeof(float),
                                    &lane->op.buffer[i], err);
        if (status != MP_OK)
            return status;
        array[i] = contents(run, lane, i);
        for (size_t k = 0; i < shape->inputs && k < shape->length[i]; k++)
            contents(run, lane, i)[k] =
                (float)(mp_rng_next(&rng) >> 40) * 0x1p-23f - 1.0f;
    }
    lane->expected = mp_memory_zeroed(shape->length[BUFFERS - 1], sizeof(float));
    array[BUFFERS - 1] = lane->expected;
    shape->kernel->run(array, &shape->constants);
    return MP_OK;
}

/* The kind on this device; MP_UNSUPPORTED where it has none, or is protected from it. */
static enum mp_status find_kind(const struct mp_scenario_run *run,
                                const struct mp_misuse_kind **ret_kind,
                                struct mp_error *err) {
    const struct mp_device_ops *ops = run->device->ops;
    const char *name = mp_option_get(run->params, "kind")->text;
    bool is_broken = strcmp(mp_option_get(run->params, "rule")->text, "broken") == 0;
    const struct mp_misuse_kind *kind = ops->misuse ? ops->misuse->kinds : NULL;
    while (kind && kind->name && strcmp(kind->name, name) != 0)
        kind++;
    if (!kind || !kind->name)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no Vulkan rule to break: use vulkan or "
                            "vulkan@lavapipe",
                            ops->name);
    if (is_broken && kind->executes && ops->refuses_misuse &&
        ops->refuses_misuse(run->device))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "%s: %s, and this is not a software driver: name the GPU to "
                            "allow that (--device %s:gpu=NAME)",
                            name, kind->summary, ops->name);
    *ret_kind = kind;
    return MP_OK;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct misuse_run *state = run->state;
    const struct mp_device_ops *ops = run->device->ops;
    (void)worker;
    if (!state)
        return;
    if (state->misuse)
        ops->misuse->destroy(state->misuse);
    for (unsigned i = 0; i < run->threads; i++) {
        for (unsigned k = 0; k < BUFFERS; k++)
            if (state->lane[i].op.buffer[k])
                ops->buffer_destroy(run->device, state->lane[i].op.buffer[k]);
        free(state->lane[i].expected);
    }
    free(state->lane);
    free(state);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    bool is_kept = strcmp(mp_option_get(run->params, "rule")->text, "kept") == 0;
    const struct mp_misuse_kind *kind = NULL;
    enum mp_status status = find_kind(run, &kind, err);
    if (status != MP_OK)
        return status;
    struct misuse_run *state = mp_memory_zeroed(1, sizeof(*state));
    run->state = state;
    atomic_flag_clear(&state->has_reported);
    mp_shape_mm(n, n, n, &state->shape);
    state->lane = mp_memory_zeroed(run->threads, sizeof(*state->lane));
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++)
        status = create_lane(run, worker, &state->shape, i + 1, &state->lane[i], err);
    if (status == MP_OK)
        status =
            run->device->ops->misuse->create(run->device, kind, is_kept, run->threads,
                                             &state->lane[0].op, &state->misuse, err);
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* Counts the step as right, wrong, or without a trace. */
static void check(const struct mp_scenario_run *run, struct mp_worker *worker,
                  bool has_output) {
    struct misuse_run *state = run->state;
    const struct lane *lane = &state->lane[worker->index - 1];
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    struct mp_check found = {0};
    if (has_output)
        mp_check_compare(contents(run, lane, BUFFERS - 1), lane->expected,
                         state->shape.length[BUFFERS - 1], BUFFERS - 1,
                         &state->shape.tolerance, &found);
    if (found.wrong > 0) {
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
        if (!atomic_flag_test_and_set(&state->has_reported))
            mp_check_describe(&found, worker->page->message,
                              sizeof(worker->page->message));
    }
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct misuse_run *state = run->state;
    const struct lane *lane = &state->lane[worker->index - 1];
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        bool has_output = false;
        mp_check_poison(contents(run, lane, BUFFERS - 1),
                        state->shape.length[BUFFERS - 1]);
        status = mp_device_misuse(worker, run->device, state->misuse, &lane->op,
                                  &has_output, err);
        if (status == MP_OK)
            check(run, worker, has_output);
    }
    return status;
}

static enum mp_status verify(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    struct misuse_run *state = run->state;
    (void)err;
    atomic_fetch_add(&worker->page->ops_device,
                     run->device->ops->misuse->executed(state->misuse));
    return MP_OK;
}

const struct mp_scenario mp_scenario_vulkan_misuse = {
    .name = "vulkan_misuse",
    .summary = "a client that breaks one rule of Vulkan, or keeps it",
    .hunts = "no defect of a driver: what a rule of Vulkan is worth when a client breaks "
             "it, and whether this instrument sees that; the twin (rule=kept) must pass",
    .how = "threads do one thing against the rules, over and over; kinds that the device "
           "would execute run on a software driver only, or on a GPU that gpu= names",
    .hit =
        "a crash, mostly on the driver's own thread, wrong numbers, lost ops, an error "
        "code, a hang; which one depends on kind and driver",
    .origin = "the valid usage of the Vulkan specification; public reports of each kind "
              "on real drivers are many (WiVRn 1021, llama.cpp 14127 for queues)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .verify = verify,
    .tear_down = tear_down,
};
