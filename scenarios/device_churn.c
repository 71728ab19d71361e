/* device_churn: every thread opens a device of its own, does an op on it and closes it,
 * over and over, while the round's own device stays open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

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
    struct mp_lone_op lone;
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
                            const struct mp_shape *shape, uint64_t salt,
                            struct visit *visit, struct mp_error *err) {
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
    if (status == MP_OK)
        status = mp_lone_op_create(worker, visit->device, shape, salt, &visit->lone, err);
    return status;
}

static void leave(struct mp_worker *worker, struct visit *visit) {
    struct mp_device *device = visit->device;
    if (!device)
        return;
    mp_lone_stream_destroy(worker, device, visit->stream);
    mp_lone_op_destroy(&visit->lone);
    device->ops->thread_leave(device);
    mp_device_close(device);
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
        status = enter(run, worker, &shape, mp_rng_hash(worker->seed, (uint64_t)i),
                       &visit, err);
        if (status == MP_OK)
            status = mp_lone_op_run(worker, &visit.lone, visit.stream, 0, err);
        if (status == MP_OK)
            mp_lone_op_check(worker, &visit.lone);
        if (status != MP_TIMEOUT) /* else it is still in use */
            leave(worker, &visit);
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
           "the round's own device stays open; the software model is a driver that a "
           "process has once, so that metal@model and mps@model are a skip",
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
