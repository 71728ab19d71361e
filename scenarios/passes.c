/* What the scenarios of op chains share. Takes no lock: each worker touches its own lane
 * only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/passes.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/footprint.h"
#include "scenarios/pattern.h"

/* Sets of inputs that a worker uses in turn. A slot that comes round again has another
 * one, so that what an older pass left there is not what is expected now. */
#define SETS 2

/* Elements between the starts of tensors in one buffer: 256 bytes, which satisfies the
 * offset rules of every Metal GPU. */
#define ALIGNMENT 64

/* Everything one worker owns, a buffer for each kind of tensor: its weights, its sets of
 * inputs, and its results, a slot for each pass in flight. */
struct lane {
    struct mp_passes *passes;
    uint64_t seed;
    struct mp_device_buffer *buffer[MP_TENSOR_KINDS];
    float *values[MP_TENSOR_KINDS]; /* contents of these */
    float *expected;                /* results of each set */
    pthread_t thread;               /* that computes them */
};

struct mp_passes {
    struct mp_device *device;
    struct mp_stream_pool *pool;
    struct mp_pattern *pattern;
    struct mp_chain chain;
    size_t at[MP_CHAIN_TENSORS_MAX]; /* start of a tensor in the block of its kind */
    size_t block[MP_TENSOR_KINDS];   /* elements of one set or slot */
    uint64_t iters, batch, depth, slots;
    unsigned threads;
    bool arm_chose_chain;     /* so that what this spared is the arm's doing */
    atomic_flag has_reported; /* the first failure has been written to the page */
    struct lane lane[];       /* of worker i at i - 1 */
};

/* Which blocks pass `number` uses: of weights, inputs and results. */
struct place {
    size_t block[MP_TENSOR_KINDS];
};

static struct place place_of(const struct mp_passes *passes, uint64_t number) {
    const uint64_t slot = number % passes->slots;

    return (struct place){
        .block = {
            [MP_TENSOR_WEIGHT] = 0,
            [MP_TENSOR_INPUT] = (size_t)((number / passes->slots + slot) % SETS),
            [MP_TENSOR_RESULT] = (size_t)slot,
        }};
}

/* Where a tensor of a pass begins in the buffer of its kind. */
static size_t start_of(const struct mp_passes *passes, const struct place *place,
                       unsigned tensor) {
    const enum mp_tensor_kind kind = passes->chain.tensor[tensor].kind;

    return place->block[kind] * passes->block[kind] + passes->at[tensor];
}

static struct lane *lane_of(struct mp_passes *passes, const struct mp_worker *worker) {
    assert(worker->index >= 1 && worker->index <= passes->threads);
    return &passes->lane[worker->index - 1];
}

static enum mp_status lay_out(struct mp_passes *passes, struct mp_error *err) {
    const struct mp_chain *chain = &passes->chain;
    double elements;

    for (unsigned i = 0; i < chain->tensor_count; i++) {
        const struct mp_chain_tensor *tensor = &chain->tensor[i];
        size_t *end = &passes->block[tensor->kind];

        if (tensor->length > UINT32_MAX)
            return mp_error_set(err, MP_UNSUPPORTED,
                                "a tensor of %zu elements is more than the 32 bits of an "
                                "index reach; choose smaller sizes",
                                tensor->length);
        passes->at[i] = *end;
        *end += (tensor->length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    elements = (double)passes->block[MP_TENSOR_WEIGHT] +
               SETS * (double)passes->block[MP_TENSOR_INPUT] +
               (double)(passes->slots + SETS) * (double)passes->block[MP_TENSOR_RESULT];
    return mp_footprint_check_bytes(passes->threads * elements * sizeof(float), err);
}

/* The first lane has the weights of the one model. */
static bool has_weights_of_another(const struct lane *lane, unsigned kind) {
    return kind == MP_TENSOR_WEIGHT && lane->passes->chain.is_one_model &&
           lane != &lane->passes->lane[0];
}

static void fill(const struct mp_passes *passes, struct lane *lane) {
    struct mp_rng rng;

    mp_rng_seed(&rng, lane->seed);
    for (size_t set = 0; set < SETS; set++) {
        const struct place place = {.block = {[MP_TENSOR_INPUT] = set}};

        for (unsigned i = 0; i < passes->chain.tensor_count; i++) {
            const struct mp_chain_tensor *tensor = &passes->chain.tensor[i];
            float *values = lane->values[tensor->kind] + start_of(passes, &place, i);

            if (tensor->kind == MP_TENSOR_RESULT ||
                has_weights_of_another(lane, tensor->kind) ||
                (tensor->kind == MP_TENSOR_WEIGHT && set > 0))
                continue;
            for (size_t k = 0; k < tensor->length; k++)
                values[k] =
                    tensor->scale * ((float)(mp_rng_next(&rng) >> 40) * 0x1p-23f - 1.0f);
        }
    }
}

/* Runs the chain on the CPU for each set of inputs. */
static void *compute_expected(void *data) {
    struct lane *lane = data;
    const struct mp_passes *passes = lane->passes;

    for (size_t set = 0; set < SETS; set++) {
        const struct place place = {
            .block = {[MP_TENSOR_INPUT] = set, [MP_TENSOR_RESULT] = set}};

        for (unsigned s = 0; s < passes->chain.stage_count; s++) {
            const struct mp_chain_stage *stage = &passes->chain.stage[s];
            void *array[MP_OP_BUFFERS_MAX];

            for (unsigned i = 0; i < stage->shape.kernel->buffer_count; i++) {
                const unsigned tensor = stage->tensor[i];
                const enum mp_tensor_kind kind = passes->chain.tensor[tensor].kind;

                array[i] =
                    start_of(passes, &place, tensor) +
                    (kind == MP_TENSOR_RESULT ? lane->expected : lane->values[kind]);
            }
            stage->shape.kernel->run(array, &stage->shape.constants);
        }
    }
    return NULL;
}

static enum mp_status create_lane(const struct mp_scenario_run *run,
                                  struct mp_worker *worker, struct mp_passes *passes,
                                  struct lane *lane, struct mp_error *err) {
    const size_t blocks[MP_TENSOR_KINDS] = {
        [MP_TENSOR_WEIGHT] = 1,
        [MP_TENSOR_INPUT] = SETS,
        [MP_TENSOR_RESULT] = (size_t)passes->slots,
    };

    lane->passes = passes;
    lane->seed = mp_rng_hash(run->seed, (uint64_t)(lane - passes->lane) + 1);
    for (unsigned kind = 0; kind < MP_TENSOR_KINDS; kind++) {
        const bool is_anothers = has_weights_of_another(lane, kind);
        const enum mp_status status =
            is_anothers ? MP_OK
                        : mp_device_buffer_create(worker, run->device,
                                                  blocks[kind] * passes->block[kind] *
                                                      sizeof(float),
                                                  &lane->buffer[kind], err);

        if (is_anothers)
            lane->buffer[kind] = passes->lane[0].buffer[kind];

        if (status != MP_OK)
            return status;
        lane->values[kind] = run->device->ops->buffer_contents(lane->buffer[kind]);
    }
    lane->expected =
        mp_memory_zeroed(SETS * passes->block[MP_TENSOR_RESULT], sizeof(float));
    fill(passes, lane);
    return MP_OK;
}

/* The references of all lanes, each on a thread of its own. */
static enum mp_status compute_references(struct mp_passes *passes, struct mp_error *err) {
    enum mp_status status = MP_OK;
    unsigned started = 0;

    for (; status == MP_OK && started < passes->threads; started++) {
        struct lane *lane = &passes->lane[started];
        const int error = pthread_create(&lane->thread, NULL, compute_expected, lane);

        if (error != 0)
            status = mp_error_set_errno(err, MP_SYSTEM, error,
                                        "cannot start a thread for the references");
        if (error != 0)
            break;
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(passes->lane[i].thread, NULL);
    return status;
}

static enum mp_status load_kernels(const struct mp_passes *passes, struct mp_error *err) {
    struct mp_device *device = passes->device;
    enum mp_status status = MP_OK;

    for (unsigned i = 0; status == MP_OK && i < passes->chain.stage_count; i++)
        status = device->ops->kernel_load(device, passes->chain.stage[i].shape.kernel,
                                          passes->chain.stage[i].shape.group, err);
    return status;
}

static void destroy(struct mp_passes *passes) {
    for (unsigned i = 0; i < passes->threads; i++) {
        struct lane *lane = &passes->lane[i];

        for (unsigned kind = 0; kind < MP_TENSOR_KINDS; kind++)
            if (lane->buffer[kind] && !has_weights_of_another(lane, kind))
                passes->device->ops->buffer_destroy(passes->device, lane->buffer[kind]);
        free(lane->expected);
    }
    mp_pattern_destroy(passes->pattern);
    free(passes);
}

static uint64_t parameter(const struct mp_scenario_run *run, const char *name) {
    return (uint64_t)mp_option_get(run->params, name)->integer;
}

enum mp_status mp_passes_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                struct mp_error *err) {
    struct mp_passes *passes =
        mp_memory_zeroed(1, sizeof(*passes) + run->threads * sizeof(passes->lane[0]));
    enum mp_status status;

    passes->device = run->device;
    passes->pool = run->pool;
    passes->threads = run->threads;
    passes->arm_chose_chain = run->arm_set_param;
    passes->iters = parameter(run, "iters");
    passes->batch = parameter(run, "batch");
    passes->depth = parameter(run, "depth");
    passes->slots = passes->batch * passes->depth;
    if (passes->slots > passes->iters)
        passes->slots = passes->iters;
    atomic_flag_clear(&passes->has_reported);
    run->scenario->chain(run, &passes->chain);
    status = lay_out(passes, err);
    if (status == MP_OK)
        status = mp_pattern_create(run, &passes->pattern, err);
    if (status == MP_OK)
        status =
            mp_footprint_check_work(passes->chain.work * SETS * passes->threads, err);
    if (status == MP_OK)
        status = load_kernels(passes, err);
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++)
        status = create_lane(run, worker, passes, &passes->lane[i], err);
    if (status == MP_OK)
        status = compute_references(passes, err);
    if (status == MP_OK)
        run->state = passes;
    else
        destroy(passes);
    return status;
}

uint64_t mp_passes_ops_planned(const struct mp_scenario_run *run) {
    const struct mp_passes *passes = run->state;

    return passes->threads * passes->iters * passes->chain.stage_count;
}

void mp_passes_tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    destroy(run->state);
    run->state = NULL;
}

static enum mp_status encode_stage(const struct mp_passes *passes, struct lane *lane,
                                   struct mp_worker *worker, const struct place *place,
                                   unsigned number, struct mp_error *err) {
    const struct mp_chain_stage *stage = &passes->chain.stage[number];
    const struct mp_shape *shape = &stage->shape;
    struct mp_op op = {
        .kernel = shape->kernel,
        .constants = &shape->constants,
        .grid = {shape->grid[0], shape->grid[1], shape->grid[2]},
        .group = {shape->group[0], shape->group[1], shape->group[2]},
        .by_group = shape->by_group,
        .fresh_encoder = shape->fresh_encoder,
    };

    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        const unsigned tensor = stage->tensor[i];

        op.buffer[i] = lane->buffer[passes->chain.tensor[tensor].kind];
        op.offset[i] = start_of(passes, place, tensor) * sizeof(float);
    }
    return mp_stream_encode(worker, passes->pool, &op, err);
}

static enum mp_status encode_pass(struct mp_passes *passes, struct mp_worker *worker,
                                  uint64_t number, struct mp_error *err) {
    const struct place place = place_of(passes, number);
    struct lane *lane = lane_of(passes, worker);
    const size_t block = passes->block[MP_TENSOR_RESULT];
    enum mp_status status = MP_OK;

    mp_check_poison(
        lane->values[MP_TENSOR_RESULT] + place.block[MP_TENSOR_RESULT] * block, block);
    for (unsigned i = 0; status == MP_OK && i < passes->chain.stage_count; i++)
        status = encode_stage(passes, lane, worker, &place, i, err);
    if (status == MP_OK && passes->arm_chose_chain) {
        mp_recorder_count(worker, MP_FIGURE_ARM_PASSES, passes->chain.view_count);
        mp_recorder_count(worker, MP_FIGURE_ARM_SPARED, passes->chain.copies_spared);
    }
    return status;
}

enum mp_status mp_passes_warm_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                 uint64_t *ret_ops, struct mp_error *err) {
    struct mp_passes *passes = run->state;
    enum mp_status status;

    *ret_ops = 0;
    if (strcmp(mp_option_get(run->params, "warm")->text, "on") != 0)
        return MP_OK;
    status = encode_pass(passes, worker, 0, err);
    if (status != MP_OK)
        return status;
    *ret_ops = passes->chain.stage_count;
    return mp_stream_synchronize(worker, run->pool, err);
}

/* Compares what a stage left with `expected`: one array for each of its results. */
static struct mp_check compare(const struct mp_passes *passes, const struct lane *lane,
                               const struct place *place,
                               const struct mp_chain_stage *stage,
                               const float *const *expected) {
    struct mp_check check = {0};

    for (unsigned i = stage->shape.inputs; i < stage->shape.kernel->buffer_count; i++)
        mp_check_compare(
            lane->values[MP_TENSOR_RESULT] + start_of(passes, place, stage->tensor[i]),
            expected[i], stage->shape.length[i], i, &stage->shape.tolerance, &check);
    return check;
}

static struct mp_check check_stage(const struct mp_passes *passes,
                                   const struct lane *lane, const struct place *place,
                                   const struct mp_chain_stage *stage) {
    const struct place wanted = {
        .block = {[MP_TENSOR_RESULT] = place->block[MP_TENSOR_INPUT]}};
    const float *expected[MP_OP_BUFFERS_MAX];

    for (unsigned i = stage->shape.inputs; i < stage->shape.kernel->buffer_count; i++)
        expected[i] = lane->expected + start_of(passes, &wanted, stage->tensor[i]);
    return compare(passes, lane, place, stage, expected);
}

/* Whether a stage is right for what it was given, after an earlier one was wrong: its
 * results are compared with the reference run on the device's own inputs. What is no
 * number in both is right, such as what neither wrote. */
static bool follows_from_inputs(const struct mp_passes *passes, const struct lane *lane,
                                const struct place *place,
                                const struct mp_chain_stage *stage) {
    const struct mp_shape *shape = &stage->shape;
    float *scratch[MP_OP_BUFFERS_MAX] = {NULL};
    const float *expected[MP_OP_BUFFERS_MAX] = {NULL};
    void *array[MP_OP_BUFFERS_MAX];
    size_t wrong = 0;

    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        const unsigned tensor = stage->tensor[i];

        array[i] = lane->values[passes->chain.tensor[tensor].kind] +
                   start_of(passes, place, tensor);
        if (i < shape->inputs)
            continue;
        expected[i] = array[i];
        array[i] = scratch[i] = mp_memory_zeroed(shape->length[i], sizeof(float));
        mp_check_poison(scratch[i], shape->length[i]); /* as before the op */
    }
    shape->kernel->run(array, &shape->constants);
    for (unsigned i = shape->inputs; i < shape->kernel->buffer_count; i++) {
        for (size_t k = 0; k < shape->length[i]; k++) {
            const double want = scratch[i][k], got = expected[i][k];
            const double limit =
                shape->tolerance.absolute + shape->tolerance.relative * fabs(want);

            wrong += !(fabs(got - want) <= limit) && !(isnan(got) && isnan(want));
        }
        free(scratch[i]);
    }
    return wrong == 0;
}

static void report_first(struct mp_passes *passes, const struct mp_worker *worker,
                         uint64_t number, unsigned stage, const struct mp_check *check) {
    char text[256];

    if (atomic_flag_test_and_set(&passes->has_reported))
        return;
    mp_check_describe(check, text, sizeof(text));
    snprintf(worker->page->message, sizeof(worker->page->message),
             "thread %u, op %llu (%s, stage %u of %u of pass %llu): %s", worker->index,
             (unsigned long long)number * passes->chain.stage_count + stage,
             passes->chain.stage[stage].shape.kernel->name, stage + 1,
             passes->chain.stage_count, (unsigned long long)number, text);
}

static void check_pass(struct mp_passes *passes, struct mp_worker *worker,
                       uint64_t number) {
    const struct place place = place_of(passes, number);
    const struct lane *lane = lane_of(passes, worker);
    bool has_failed = false;

    for (unsigned i = 0; i < passes->chain.stage_count; i++) {
        const struct mp_chain_stage *stage = &passes->chain.stage[i];
        const struct mp_check check = check_stage(passes, lane, &place, stage);
        _Atomic uint64_t *counter = &worker->slot->ops_done;
        const bool is_right =
            check.wrong == 0 ||
            (has_failed && follows_from_inputs(passes, lane, &place, stage));

        if (!is_right) {
            counter = check.unwritten == check.compared ? &worker->slot->ops_dropped
                                                        : &worker->slot->ops_wrong;
            report_first(passes, worker, number, i, &check);
        }
        has_failed = has_failed || check.wrong > 0;
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    }
}

/* The passes of one turn, which ends with a synchronization. */
struct turn {
    uint64_t first, end;
};

static struct turn turn_of(const struct mp_passes *passes, uint64_t number) {
    const uint64_t size = passes->batch * passes->depth;
    const uint64_t first = number * size;

    return (struct turn){.first = first,
                         .end =
                             passes->iters - first < size ? passes->iters : first + size};
}

static enum mp_status begin_turn(const struct mp_scenario_run *run,
                                 struct mp_worker *worker, uint64_t number,
                                 struct mp_error *err) {
    struct mp_passes *passes = run->state;
    const struct turn turn = turn_of(passes, number);
    enum mp_status status = MP_OK;

    for (uint64_t i = turn.first; status == MP_OK && i < turn.end; i++) {
        if (i > turn.first && (i - turn.first) % passes->batch == 0)
            status = mp_stream_commit(worker, run->pool, err);
        if (status == MP_OK)
            status = encode_pass(passes, worker, i, err);
    }
    return status;
}

static enum mp_status finish_turn(const struct mp_scenario_run *run,
                                  struct mp_worker *worker, uint64_t number,
                                  struct mp_error *err) {
    struct mp_passes *passes = run->state;
    const struct turn turn = turn_of(passes, number);
    const enum mp_status status = mp_stream_synchronize(worker, run->pool, err);

    for (uint64_t i = turn.first; status == MP_OK && i < turn.end; i++)
        check_pass(passes, worker, i);
    return status;
}

enum mp_status mp_passes_thread_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err) {
    const struct mp_passes *passes = run->state;
    const uint64_t size = passes->batch * passes->depth;

    return mp_pattern_run(passes->pattern, run, worker, (passes->iters + size - 1) / size,
                          begin_turn, finish_turn, err);
}
