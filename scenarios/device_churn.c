/* device_churn: every thread opens a device of its own, does an op on it and closes it,
 * over and over, while the round's own device stays open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/shape.h"

#define BUFFERS 3 /* of a product */

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("4", 1000000, "devices per thread, one after the other"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* What one thread opened. */
struct visit {
    struct mp_device *device;
    struct mp_device_stream *stream;
    struct mp_device_buffer *buffer[BUFFERS];
    float *expected;
};

/* The model, for one, is a driver that a process has once. */
static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    struct mp_device *second = NULL;
    (void)worker;
    if (mp_device_open(run->device_text, run->seed, &second, err) != MP_OK) {
        mp_error_prefix(err, "a process has this device only once");
        return MP_UNSUPPORTED;
    }
    mp_device_close(second);
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status enter(const struct mp_scenario_run *run, struct mp_worker *worker,
                            const struct mp_shape *shape, struct visit *visit,
                            struct mp_error *err) {
    void *array[BUFFERS];
    enum mp_status status =
        mp_device_open(run->device_text, worker->seed, &visit->device, err);
    if (status != MP_OK)
        return status;
    visit->device->gpu_error = worker->page->gpu_error;
    visit->device->ops->thread_enter(visit->device);
    status =
        visit->device->ops->kernel_load(visit->device, shape->kernel, shape->group, err);
    if (status == MP_OK)
        status = mp_device_stream_create(worker, visit->device, 0, &visit->stream, err);
    for (unsigned i = 0; status == MP_OK && i < BUFFERS; i++) {
        status = mp_device_buffer_create(worker, visit->device,
                                         shape->length[i] * sizeof(float),
                                         &visit->buffer[i], err);
        if (status == MP_OK) {
            float *values = visit->device->ops->buffer_contents(visit->buffer[i]);
            for (size_t k = 0; i < shape->inputs && k < shape->length[i]; k++)
                values[k] = (float)((k + worker->index) % 7) / 7;
            array[i] = values;
        }
    }
    if (status != MP_OK)
        return status;
    visit->expected = mp_memory_zeroed(shape->length[BUFFERS - 1], sizeof(float));
    mp_check_poison(array[BUFFERS - 1], shape->length[BUFFERS - 1]);
    array[BUFFERS - 1] = visit->expected;
    shape->kernel->run(array, &shape->constants);
    return MP_OK;
}

static enum mp_status do_op(struct mp_worker *worker, const struct mp_shape *shape,
                            const struct visit *visit, struct mp_error *err) {
    struct mp_device *device = visit->device;
    const uint64_t deadline_ns = mp_clock_now_ns() + 30 * MP_CLOCK_NS_PER_S;
    struct mp_op op = {.kernel = shape->kernel,
                       .constants = &shape->constants,
                       .by_group = shape->by_group};
    memcpy(op.grid, shape->grid, sizeof(op.grid));
    memcpy(op.group, shape->group, sizeof(op.group));
    memcpy(op.buffer, visit->buffer, sizeof(visit->buffer));
    enum mp_status status = mp_device_encode(worker, device, visit->stream, 0, &op, err);
    if (status == MP_OK)
        status = mp_device_commit(worker, device, visit->stream, 0, err);
    if (status == MP_OK)
        status = mp_device_wait(worker, device, visit->stream, 0, deadline_ns, err);
    return status;
}

static void check(struct mp_worker *worker, const struct mp_shape *shape,
                  const struct visit *visit) {
    struct mp_check found = {0};
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    mp_check_compare(visit->device->ops->buffer_contents(visit->buffer[BUFFERS - 1]),
                     visit->expected, shape->length[BUFFERS - 1], BUFFERS - 1,
                     &shape->tolerance, &found);
    if (found.wrong > 0)
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    atomic_fetch_add(&worker->page->ops_device,
                     visit->device->ops->ops_executed(visit->stream));
}

static void leave(struct visit *visit) {
    struct mp_device *device = visit->device;
    if (!device)
        return;
    if (visit->stream)
        device->ops->stream_destroy(device, visit->stream);
    for (unsigned i = 0; i < BUFFERS; i++)
        if (visit->buffer[i])
            device->ops->buffer_destroy(device, visit->buffer[i]);
    device->ops->thread_leave(device);
    mp_device_close(device);
    free(visit->expected);
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    enum mp_status status = MP_OK;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        struct visit visit = {0};
        status = enter(run, worker, &shape, &visit, err);
        if (status == MP_OK)
            status = do_op(worker, &shape, &visit, err);
        if (status == MP_OK)
            check(worker, &shape, &visit);
        if (status != MP_TIMEOUT) /* else it is still in use */
            leave(&visit);
    }
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)run;
    (void)worker;
}

const struct mp_scenario mp_scenario_device_churn = {
    .name = "device_churn",
    .summary = "every thread opens devices of its own and closes them",
    .hunts = "state of a driver that all devices of a process share: its registration, "
             "caches, threads that outlive their device",
    .how = "each thread opens the device anew, does one checked op on it and closes it; "
           "the round's own device stays open",
    .hit = "a crash or hang in opening or closing, a wrong result, or a refusal to open "
           "(NVIDIA 580.159.04 refuses the 31st opening in a process)",
    .origin =
        "programs and test runners that make a device for each job, as the tests of "
        "wgpu do; no public report is known here that it reproduces",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
