/* Ops that need nothing of the workload or the pool. Takes no lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/lone_op.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"

#define WAIT_NS (30 * MP_CLOCK_NS_PER_S)

enum mp_status mp_lone_op_set_up(struct mp_scenario_run *run, size_t state_size,
                                 struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    enum mp_status status =
        run->device->ops->kernel_load(run->device, shape.kernel, shape.group, err);
    if (status == MP_OK)
        run->state = mp_memory_zeroed(1, state_size);
    return status;
}

static void fill(float *values, size_t count, uint64_t salt) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(mp_rng_hash(salt, i) % 15) / 8 - 0.875f;
}

/* Computes what is expected with the inputs as they are. */
static void expect(struct mp_lone_op *lone, float *const *contents) {
    const struct mp_shape *shape = &lone->shape;
    void *array[MP_OP_BUFFERS_MAX];
    size_t length = 0;
    for (unsigned i = shape->inputs; i < shape->kernel->buffer_count; i++)
        length += shape->length[i];
    lone->expected = mp_memory_zeroed(length, sizeof(float));
    float *output = lone->expected;
    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        array[i] = i < shape->inputs ? contents[i] : output;
        if (i >= shape->inputs)
            output += shape->length[i];
    }
    shape->kernel->run(array, &shape->constants);
}

enum mp_status mp_lone_op_create(struct mp_worker *worker, struct mp_device *device,
                                 const struct mp_shape *shape, uint64_t salt,
                                 struct mp_lone_op *lone, struct mp_error *err) {
    float *contents[MP_OP_BUFFERS_MAX] = {NULL};
    enum mp_status status = MP_OK;
    lone->device = device;
    lone->shape = *shape;
    for (unsigned i = 0; status == MP_OK && i < shape->kernel->buffer_count; i++) {
        status = mp_device_buffer_create(worker, device, shape->length[i] * sizeof(float),
                                         &lone->buffer[i], err);
        if (status != MP_OK)
            break;
        contents[i] = device->ops->buffer_contents(lone->buffer[i]);
        if (i < shape->inputs)
            fill(contents[i], shape->length[i], mp_rng_hash(salt, i));
        else
            mp_check_poison(contents[i], shape->length[i]);
    }
    if (status != MP_OK)
        return status;
    expect(lone, contents);
    lone->op = (struct mp_op){.kernel = shape->kernel,
                              .constants = &lone->shape.constants,
                              .by_group = shape->by_group,
                              .fresh_encoder = shape->fresh_encoder};
    memcpy(lone->op.grid, shape->grid, sizeof(lone->op.grid));
    memcpy(lone->op.group, shape->group, sizeof(lone->op.group));
    memcpy(lone->op.buffer, lone->buffer, sizeof(lone->op.buffer));
    return MP_OK;
}

void mp_lone_op_destroy(struct mp_lone_op *lone) {
    for (unsigned i = 0; i < MP_OP_BUFFERS_MAX; i++)
        if (lone->buffer[i])
            lone->device->ops->buffer_destroy(lone->device, lone->buffer[i]);
    free(lone->expected);
    *lone = (struct mp_lone_op){.device = NULL};
}

enum mp_status mp_lone_op_run(struct mp_worker *worker, struct mp_lone_op *lone,
                              struct mp_device_stream *stream, unsigned index,
                              struct mp_error *err) {
    struct mp_device *device = lone->device;
    enum mp_status status =
        mp_device_encode(worker, device, stream, index, &lone->op, err);
    if (status == MP_OK)
        status = mp_device_commit(worker, device, stream, index, err);
    if (status == MP_OK)
        status = mp_device_wait(worker, device, stream, index,
                                mp_clock_now_ns() + WAIT_NS, err);
    return status;
}

void mp_lone_op_check(struct mp_worker *worker, const struct mp_lone_op *lone) {
    const struct mp_shape *shape = &lone->shape;
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    const float *expected = lone->expected;
    struct mp_check found = {0};
    for (unsigned i = shape->inputs; i < shape->kernel->buffer_count; i++) {
        mp_check_compare(lone->device->ops->buffer_contents(lone->buffer[i]), expected,
                         shape->length[i], i, &shape->tolerance, &found);
        expected += shape->length[i];
    }
    if (found.wrong > 0)
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void mp_lone_stream_destroy(struct mp_worker *worker, struct mp_device *device,
                            struct mp_device_stream *stream) {
    if (!stream)
        return;
    atomic_fetch_add(&worker->page->ops_device, device->ops->ops_executed(stream));
    device->ops->stream_destroy(device, stream);
}
