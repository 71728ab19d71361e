/* Inputs, outputs and checks of the op scenarios. Takes no lock: each worker touches its
 * own lane only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/workload.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/footprint.h"
#include "scenarios/pattern.h"
#include "scenarios/projection.h"

#define SETS 3

/* Multiplications of references beyond which products are checked by projection. */
#define FULL_WORK_MAX (MP_FOOTPRINT_WORK_MAX / 10)

/* Elements between the starts of arrays in one buffer: 256 bytes, which satisfies the
 * offset rules of every Metal GPU. */
#define ALIGNMENT 64

/* Everything one worker owns. Inputs and expected outputs are blocks, one for each
 * kind and set, of equal size; an output slot is laid out as a block of expected
 * outputs. */
struct lane {
    struct mp_shape shape[MP_WORKLOAD_KINDS_MAX];
    size_t at[MP_WORKLOAD_KINDS_MAX]
             [MP_OP_BUFFERS_MAX];     /* start of an array in its block */
    size_t input_block, output_block; /* elements */
    struct mp_device_buffer *input, *output;
    float *input_values, *output_values; /* contents of these */
    float *expected;
    double *projected; /* for products, if the workload projects them */
    size_t projected_block;
    uint64_t seed;
};

struct mp_workload {
    struct mp_device *device;
    struct mp_stream_pool *pool;
    struct mp_pattern *pattern;
    unsigned kinds, slots, lanes;
    bool projects; /* products are checked by projection, since they are large */
    atomic_flag has_reported; /* the first failure has been written to the page */
    struct lane lane[];       /* of worker i at i - 1, the main thread's last */
};

/* Where op `number` finds its data. The set moves on by one whenever a slot comes
 * round again, so that what an older op left in the slot, or writes there late, is not
 * what is expected now. */
struct place {
    unsigned kind;
    size_t block; /* number of the input and of the expected block */
    size_t slot;
};

static struct place place_of(const struct mp_workload *workload, uint64_t number) {
    const uint64_t slot = number % workload->slots;
    const uint64_t set = (number / workload->slots + slot) % SETS;
    const unsigned kind = (unsigned)(number % workload->kinds);

    return (struct place){
        .kind = kind, .block = kind * (size_t)SETS + (size_t)set, .slot = (size_t)slot};
}

static struct lane *lane_of(struct mp_workload *workload,
                            const struct mp_worker *worker) {
    const unsigned lane = worker->index > 0 ? worker->index - 1 : workload->lanes - 1;

    assert(lane < workload->lanes);
    return &workload->lane[lane];
}

static void lay_out(struct lane *lane, unsigned kinds) {
    for (unsigned kind = 0; kind < kinds; kind++) {
        const struct mp_shape *shape = &lane->shape[kind];
        size_t end[2] = {0, 0}; /* of inputs, of outputs */

        for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
            size_t *place = &end[i >= shape->inputs];

            lane->at[kind][i] = *place;
            *place += (shape->length[i] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        if (lane->input_block < end[0])
            lane->input_block = end[0];
        if (lane->output_block < end[1])
            lane->output_block = end[1];
    }
}

/* Whether outputs of this kind are checked by projection, and of what product. */
static bool is_projected(const struct mp_workload *workload, const struct mp_shape *shape,
                         struct mp_meaning *ret_product) {
    return workload->projects && mp_projection_applies(shape, ret_product);
}

static void compute_block(const struct mp_workload *workload, struct lane *lane,
                          size_t block) {
    const unsigned kind = (unsigned)(block / SETS);
    const struct mp_shape *shape = &lane->shape[kind];
    struct mp_meaning product;
    void *array[MP_OP_BUFFERS_MAX];

    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        float *start =
            lane->expected ? lane->expected + block * lane->output_block : NULL;

        if (i < shape->inputs)
            start = lane->input_values + block * lane->input_block;
        array[i] = start ? start + lane->at[kind][i] : NULL;
    }
    if (is_projected(workload, shape, &product))
        mp_projection_expect(&product, array, lane->seed + block,
                             lane->projected + block * lane->projected_block);
    else
        shape->kernel->run(array, &shape->constants);
}

/* Fills the inputs of each block with numbers in [-1, 1) and runs the reference over
 * them. */
static void compute_expected(const struct mp_workload *workload, struct lane *lane) {
    const size_t blocks = workload->kinds * (size_t)SETS;
    struct mp_meaning product;
    bool has_full = false;
    struct mp_rng rng;

    for (unsigned kind = 0; kind < workload->kinds; kind++)
        if (!is_projected(workload, &lane->shape[kind], &product))
            has_full = true;
        else if (lane->projected_block < (size_t)product.rows * MP_PROJECTION_VECTORS)
            lane->projected_block = (size_t)product.rows * MP_PROJECTION_VECTORS;
    if (has_full)
        lane->expected = mp_memory_zeroed(blocks * lane->output_block, sizeof(float));
    if (workload->projects)
        lane->projected =
            mp_memory_zeroed(blocks * lane->projected_block + 1, sizeof(double));
    mp_rng_seed(&rng, lane->seed);
    for (size_t i = 0; i < blocks * lane->input_block; i++)
        lane->input_values[i] = (float)(mp_rng_next(&rng) >> 40) * 0x1p-23f - 1.0f;
    for (size_t block = 0; block < blocks; block++)
        compute_block(workload, lane, block);
}

/* Decides how products are checked, and refuses what would take too much. */
static enum mp_status weigh(struct mp_workload *workload, const struct lane *lane,
                            struct mp_error *err) {
    const double blocks = (double)workload->kinds * SETS;
    double work = 0;
    struct mp_meaning product;

    for (unsigned kind = 0; kind < workload->kinds; kind++)
        if (mp_projection_applies(&lane->shape[kind], &product))
            work += (double)product.rows * product.columns * product.inner;
    workload->projects = work * SETS * workload->lanes > FULL_WORK_MAX;
    return mp_footprint_check_bytes(
        workload->lanes * sizeof(float) *
            (blocks * (double)lane->input_block +
             (workload->slots + (workload->projects ? 0 : blocks)) *
                 (double)lane->output_block),
        err);
}

/* The op, but for its buffers. */
static struct mp_op op_of(const struct mp_shape *shape) {
    return (struct mp_op){
        .kernel = shape->kernel,
        .constants = &shape->constants,
        .grid = {shape->grid[0], shape->grid[1], shape->grid[2]},
        .group = {shape->group[0], shape->group[1], shape->group[2]},
        .by_group = shape->by_group,
        .fresh_encoder = shape->fresh_encoder,
        .by_graph = shape->by_graph,
    };
}

static enum mp_status prepare_lane(const struct mp_scenario_run *run,
                                   const struct mp_workload_layout *layout,
                                   unsigned thread, struct lane *lane,
                                   struct mp_error *err) {
    enum mp_status status = MP_OK;

    lane->seed = mp_rng_hash(run->seed, thread);
    for (unsigned kind = 0; status == MP_OK && kind < layout->kinds; kind++) {
        struct mp_op op;

        layout->shape(run, thread, kind, &lane->shape[kind]);
        op = op_of(&lane->shape[kind]);
        status = run->device->ops->kernel_load(run->device, op.kernel, op.group, err);
        if (status == MP_OK)
            status = mp_stream_check(run->pool, &op, err);
    }
    if (status == MP_OK)
        lay_out(lane, layout->kinds);
    return status;
}

static enum mp_status fill_lane(struct mp_workload *workload, struct mp_worker *worker,
                                struct lane *lane, struct mp_error *err) {
    struct mp_device *device = workload->device;
    const size_t blocks = workload->kinds * (size_t)SETS;
    enum mp_status status = mp_device_buffer_create(
        worker, device, blocks * lane->input_block * sizeof(float), &lane->input, err);

    if (status == MP_OK)
        status = mp_device_buffer_create(
            worker, device, workload->slots * lane->output_block * sizeof(float),
            &lane->output, err);
    if (status != MP_OK)
        return status;
    lane->input_values = device->ops->buffer_contents(lane->input);
    lane->output_values = device->ops->buffer_contents(lane->output);
    compute_expected(workload, lane);
    return MP_OK;
}

enum mp_status mp_workload_create(const struct mp_scenario_run *run,
                                  struct mp_worker *worker,
                                  const struct mp_workload_layout *layout,
                                  struct mp_workload **ret_workload,
                                  struct mp_error *err) {
    const unsigned lanes = run->threads + layout->has_main;
    struct mp_workload *workload;
    enum mp_status status = MP_OK;

    assert(layout->kinds >= 1 && layout->kinds <= MP_WORKLOAD_KINDS_MAX);
    assert(layout->slots >= 1 && layout->slots <= MP_WORKLOAD_SLOTS_MAX);
    workload = mp_memory_zeroed(1, sizeof(*workload) + lanes * sizeof(workload->lane[0]));
    workload->device = run->device;
    workload->pool = run->pool;
    workload->kinds = layout->kinds;
    workload->slots = layout->slots;
    workload->lanes = lanes;
    atomic_flag_clear(&workload->has_reported);
    status = mp_pattern_create(run, &workload->pattern, err);
    for (unsigned i = 0; status == MP_OK && i < lanes; i++)
        status = prepare_lane(run, layout, i + 1, &workload->lane[i], err);
    if (status == MP_OK)
        status = weigh(workload, &workload->lane[0], err);
    for (unsigned i = 0; status == MP_OK && i < lanes; i++)
        status = fill_lane(workload, worker, &workload->lane[i], err);
    if (status == MP_OK)
        *ret_workload = workload;
    else
        mp_workload_destroy(workload);
    return status;
}

void mp_workload_destroy(struct mp_workload *workload) {
    if (!workload)
        return;
    for (unsigned i = 0; i < workload->lanes; i++) {
        struct lane *lane = &workload->lane[i];

        if (lane->input)
            workload->device->ops->buffer_destroy(workload->device, lane->input);
        if (lane->output)
            workload->device->ops->buffer_destroy(workload->device, lane->output);
        free(lane->expected);
        free(lane->projected);
    }
    mp_pattern_destroy(workload->pattern);
    free(workload);
}

enum mp_status mp_workload_encode_again(struct mp_workload *workload,
                                        struct mp_worker *worker, uint64_t number,
                                        struct mp_error *err) {
    const struct place place = place_of(workload, number);
    const struct lane *lane = lane_of(workload, worker);
    const struct mp_shape *shape = &lane->shape[place.kind];
    struct mp_op op = op_of(shape);

    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        const bool is_input = i < shape->inputs;
        const size_t start =
            is_input ? place.block * lane->input_block : place.slot * lane->output_block;

        op.buffer[i] = is_input ? lane->input : lane->output;
        op.offset[i] = (start + lane->at[place.kind][i]) * sizeof(float);
    }
    return mp_stream_encode(worker, workload->pool, &op, err);
}

enum mp_status mp_workload_encode(struct mp_workload *workload, struct mp_worker *worker,
                                  uint64_t number, struct mp_error *err) {
    const struct place place = place_of(workload, number);
    const struct lane *lane = lane_of(workload, worker);

    mp_check_poison(lane->output_values + place.slot * lane->output_block,
                    lane->output_block);
    return mp_workload_encode_again(workload, worker, number, err);
}

static void report_first(struct mp_workload *workload, const struct mp_worker *worker,
                         uint64_t number, const struct mp_shape *shape,
                         const struct mp_check *check) {
    char text[256];

    if (atomic_flag_test_and_set(&workload->has_reported))
        return;
    mp_check_describe(check, text, sizeof(text));
    snprintf(worker->page->message, sizeof(worker->page->message),
             "thread %u, op %llu (%s): %s", worker->index, (unsigned long long)number,
             shape->kernel->name, text);
}

void mp_workload_check(struct mp_workload *workload, struct mp_worker *worker,
                       uint64_t number, uint64_t times) {
    const struct place place = place_of(workload, number);
    const struct lane *lane = lane_of(workload, worker);
    const struct mp_shape *shape = &lane->shape[place.kind];
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    struct mp_check check = {0};
    struct mp_meaning product;
    const bool projects = is_projected(workload, shape, &product);

    for (unsigned i = shape->inputs; i < shape->kernel->buffer_count; i++) {
        const size_t at = lane->at[place.kind][i];

        const float *got = lane->output_values + place.slot * lane->output_block + at;

        if (projects)
            mp_projection_compare(&product, got, i, lane->seed + place.block,
                                  lane->projected + place.block * lane->projected_block,
                                  &check);
        else
            mp_check_compare(got, lane->expected + place.block * lane->output_block + at,
                             shape->length[i], i, &shape->tolerance, &check);
    }
    if (check.wrong > 0) {
        counter = check.unwritten == check.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
        report_first(workload, worker, number, shape, &check);
    }
    atomic_fetch_add_explicit(counter, times, memory_order_relaxed);
}

/* The value of a parameter that not every scenario has, or NULL. */
static const struct mp_option_value *find_param(const struct mp_scenario_run *run,
                                                const char *name) {
    for (size_t i = 0; i < run->params->count; i++)
        if (strcmp(run->params->rows[i].name, name) == 0)
            return &run->params->value[i];
    return NULL;
}

static uint64_t batch_of(const struct mp_scenario_run *run) {
    return (uint64_t)mp_option_get(run->params, "batch")->integer;
}

/* Ops between two synchronizations: a batch for each command buffer in flight. */
static uint64_t turn_size(const struct mp_scenario_run *run) {
    const struct mp_option_value *depth = find_param(run, "depth");

    return batch_of(run) * (depth ? (uint64_t)depth->integer : 1);
}

enum mp_status mp_workload_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = run->scenario->kinds,
        .slots = (unsigned)turn_size(run),
        .shape = run->scenario->shape,
    };
    struct mp_workload *workload;
    const enum mp_status status =
        mp_workload_create(run, worker, &layout, &workload, err);

    if (status == MP_OK)
        run->state = workload;
    return status;
}

/* The ops of one turn are numbers first .. end - 1. */
struct turn {
    uint64_t first, end;
};

static struct turn turn_of(const struct mp_scenario_run *run, uint64_t number) {
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const uint64_t size = turn_size(run);
    const uint64_t first = number * size;

    return (struct turn){.first = first,
                         .end = iters - first < size ? iters : first + size};
}

static enum mp_status begin_turn(const struct mp_scenario_run *run,
                                 struct mp_worker *worker, uint64_t number,
                                 struct mp_error *err) {
    const struct turn turn = turn_of(run, number);
    enum mp_status status = MP_OK;

    for (uint64_t i = turn.first; status == MP_OK && i < turn.end; i++) {
        if (i > turn.first && (i - turn.first) % batch_of(run) == 0)
            status = mp_stream_commit(worker, run->pool, err);
        if (status == MP_OK)
            status = mp_workload_encode(run->state, worker, i, err);
    }
    return status;
}

static enum mp_status finish_turn(const struct mp_scenario_run *run,
                                  struct mp_worker *worker, uint64_t number,
                                  struct mp_error *err) {
    const struct turn turn = turn_of(run, number);
    const enum mp_status status = mp_stream_synchronize(worker, run->pool, err);

    for (uint64_t i = turn.first; status == MP_OK && i < turn.end; i++)
        mp_workload_check(run->state, worker, i, 1);
    return status;
}

enum mp_status mp_workload_thread_main(struct mp_scenario_run *run,
                                       struct mp_worker *worker, struct mp_error *err) {
    const struct mp_workload *workload = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const uint64_t size = turn_size(run);

    return mp_pattern_run(workload->pattern, run, worker, (iters + size - 1) / size,
                          begin_turn, finish_turn, err);
}

enum mp_status mp_workload_warm_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                   uint64_t *ret_ops, struct mp_error *err) {
    struct mp_workload *workload = run->state;
    const struct mp_option_value *warm = find_param(run, "warm");
    enum mp_status status = MP_OK;

    *ret_ops = 0;
    if (!warm || strcmp(warm->text, "on") != 0)
        return MP_OK;
    for (; status == MP_OK && *ret_ops < workload->kinds; ++*ret_ops)
        status = mp_workload_encode_again(workload, worker, *ret_ops, err);
    if (status == MP_OK)
        status = mp_stream_synchronize(worker, run->pool, err);
    return status;
}

uint64_t mp_workload_ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

void mp_workload_tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    mp_workload_destroy(run->state);
    run->state = NULL;
}

void mp_workload_tear_down_state(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct mp_workload **first = run->state;

    (void)worker;
    mp_workload_destroy(*first);
    free(first);
    run->state = NULL;
}

void mp_workload_square(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                        struct mp_shape *ret_shape) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;

    (void)thread;
    (void)kind;
    mp_shape_mm(n, n, n, ret_shape);
}

void mp_workload_mixed(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                       struct mp_shape *ret_shape) {
    mp_shape_mixed(kind, (uint32_t)mp_option_get(run->params, "n")->integer, thread,
                   ret_shape);
}
