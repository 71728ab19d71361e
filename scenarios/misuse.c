/* See misuse.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/misuse.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/shape.h"

#define BUFFERS 3 /* of a product */

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
static enum mp_status find_kind(const struct mp_scenario_run *run, const char *name,
                                const char *lack, const struct mp_misuse_kind **ret_kind,
                                struct mp_error *err) {
    const struct mp_device_ops *ops = run->device->ops;
    bool is_broken = strcmp(mp_option_get(run->params, "rule")->text, "broken") == 0;
    const struct mp_misuse_kind *kind = ops->misuse ? ops->misuse->kinds : NULL;
    while (kind && kind->name && strcmp(kind->name, name) != 0)
        kind++;
    if (!kind || !kind->name)
        return mp_error_set(err, MP_UNSUPPORTED, "device %s has %s", ops->name, lack);
    if (is_broken && kind->executes && ops->refuses_misuse &&
        ops->refuses_misuse(run->device))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "%s: %s, and this is not a software driver: name the GPU to "
                            "allow that (--device %s:gpu=NAME)",
                            name, kind->summary, ops->name);
    *ret_kind = kind;
    return MP_OK;
}

void mp_misuse_tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
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

enum mp_status mp_misuse_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                const char *kind_name, const char *lack,
                                struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    bool is_kept = strcmp(mp_option_get(run->params, "rule")->text, "kept") == 0;
    const struct mp_misuse_kind *kind = NULL;
    enum mp_status status = find_kind(run, kind_name, lack, &kind, err);
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
        mp_misuse_tear_down(run, worker);
    return status;
}

uint64_t mp_misuse_ops_planned(const struct mp_scenario_run *run) {
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

enum mp_status mp_misuse_thread_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err) {
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

enum mp_status mp_misuse_verify(struct mp_scenario_run *run, struct mp_worker *worker,
                                struct mp_error *err) {
    struct misuse_run *state = run->state;
    (void)err;
    atomic_fetch_add(&worker->page->ops_device,
                     run->device->ops->misuse->executed(state->misuse));
    return MP_OK;
}
