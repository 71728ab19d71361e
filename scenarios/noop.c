/* noop: an op that only counts itself, synchronized each time. Kept minimal on purpose:
 * the benchmark measures the harness with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("1", 1, 128),
    MP_PARAM_ITERS("1", 100000000, "ops per thread"),
    MP_PARAM_INT("n", "1", 1, 1048576, "GPU threads of one op"),
    MP_PARAM_STREAMS("1"),
    MP_PARAM_SHARE("thread"),
    MP_PARAM_SYNC("on_queue"),
    MP_PARAM_Q("0"),
    MP_PARAM_END,
};

static const uint32_t group[3] = {1, 1, 1};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)worker;
    return run->device->ops->kernel_load(run->device, &mp_kernel_noop, group, err);
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* An op without output is right once its wait returned; the device's own counter shows
 * whether it ran. */
static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const struct mp_op op = {
        .kernel = &mp_kernel_noop,
        .grid = {(uint32_t)mp_option_get(run->params, "n")->integer, 1, 1},
        .group = {group[0], group[1], group[2]},
    };
    enum mp_status status = MP_OK;

    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        status = mp_stream_encode(worker, run->pool, &op, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            atomic_fetch_add_explicit(&worker->slot->ops_done, 1, memory_order_relaxed);
    }
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)run;
    (void)worker;
}

const struct mp_scenario mp_scenario_noop = {
    .name = "noop",
    .summary = "an op that does nothing but count itself",
    .hunts = "failures that need no work at all, and the cost of the harness itself",
    .how = "each thread encodes one empty dispatch and synchronizes, over and over",
    .hit = "any failure: the scenario itself does nothing that could go wrong",
    .origin = "this harness: baseline of the benchmark and known-good round of the "
              "health check",
    .params = params,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
