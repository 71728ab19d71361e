/* pipeline_churn: pipelines are made and released on all threads at once, beside ops that
 * use others. All languages of the device's kernels go through its compiler each time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("8", 1000000, "ops per thread"),
    MP_PARAM_INT("n", "8", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("pipelines", "4", 1, 1000,
                 "pipelines that a thread makes and releases before each op"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1, .slots = 1, .shape = mp_workload_square};
    struct mp_workload *workload;
    enum mp_status status = MP_OK;
    if (!run->device->ops->kernel_churn)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s compiles nothing, so there is nothing to make and "
                            "release",
                            run->device->ops->name);
    status = mp_workload_create(run, worker, &layout, &workload, err);
    if (status == MP_OK)
        run->state = workload;
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    static const struct mp_kernel *const kernels[] = {&mp_kernel_mm, &mp_kernel_noop};
    static const uint32_t group[3] = {8, 8, 1};
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const int64_t pipelines = mp_option_get(run->params, "pipelines")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < iters; i++) {
        for (int64_t k = 0; status == MP_OK && k < pipelines; k++)
            status =
                mp_device_kernel_churn(worker, run->device, kernels[k % 2], group, err);
        if (status == MP_OK)
            status = mp_workload_encode(run->state, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_workload_check(run->state, worker, i, 1);
    }
    return status;
}

const struct mp_scenario mp_scenario_pipeline_churn = {
    .name = "pipeline_churn",
    .summary = "pipelines made and released on all threads, beside ops",
    .hunts =
        "races of a driver's compiler and of its caches: a pipeline that is released "
        "while another one is made, libraries of equal text shared by mistake",
    .how =
        "each thread makes and releases pipelines of two kernels between its ops; what "
        "the ops compute is checked",
    .hit = "a crash in the compiler or in a cache of functions, or a wrong result",
    .origin = "MoltenVK 1269: Metal races when pipelines are destroyed while others are "
              "made, and hands one function to several libraries of equal text; MoltenVK "
              "2824; wgpu 3250 (llvmpipe). None was reproduced so far: lavapipe 22.3.6 "
              "passes, Metal and MoltenVK were not tried",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = mp_workload_tear_down,
};
