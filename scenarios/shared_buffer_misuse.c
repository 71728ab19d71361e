/* shared_buffer_misuse: a control that must abort. A second encoder is taken from a
 * command buffer whose first one is open; its twin ends the first one before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "scenarios/kernels/kernels.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define KIND "second_encoder"

static const struct mp_option params[] = {
    {.name = "rule",
     .type = MP_OPTION_CHOICE,
     .metavar = "HOW",
     .fallback = "broken",
     .choices = "broken|kept",
     .meanings = "both encoders are open: a control that must fail\n"
                 "the twin: the first one is ended before the second is taken",
     .help = "whether the rule is broken"},
    MP_PARAM_THREADS("2", 1, 64),
    MP_PARAM_ITERS("4", 1000000, "command buffers per thread"),
    MP_PARAM_INT("n", "1", 1, 128, "has no effect: nothing is dispatched"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_misuse_ops *misuse = run->device->ops->misuse;
    const bool is_kept = strcmp(mp_option_get(run->params, "rule")->text, "kept") == 0;
    const struct mp_misuse_kind *kind = misuse ? misuse->kinds : NULL;
    const struct mp_op op = {.kernel = &mp_kernel_noop};
    struct mp_misuse *state = NULL;
    (void)worker;
    while (kind && kind->name && strcmp(kind->name, KIND) != 0)
        kind++;
    if (!kind || !kind->name)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no command buffers that forbid a second "
                            "encoder: use metal or metal@model",
                            run->device->ops->name);
    enum mp_status status =
        misuse->create(run->device, kind, is_kept, run->threads, &op, &state, err);
    if (status == MP_OK)
        run->state = state;
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const struct mp_op op = {.kernel = &mp_kernel_noop};
    enum mp_status status = MP_OK;
    bool has_output;
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        status = mp_device_misuse(worker, run->device, run->state, &op, &has_output, err);
        if (status == MP_OK)
            atomic_fetch_add_explicit(&worker->slot->ops_done, 1, memory_order_relaxed);
    }
    return status;
}

static enum mp_status verify(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)err;
    atomic_fetch_add(&worker->page->ops_device,
                     run->device->ops->misuse->executed(run->state));
    return MP_OK;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    run->device->ops->misuse->destroy(run->state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_shared_buffer_misuse = {
    .name = "shared_buffer_misuse",
    .summary = "two open encoders on one command buffer: a control that must abort",
    .hunts = "no defect: whether the driver's own assertion is seen and named; a driver "
             "that accepts this has changed",
    .how = "each thread takes two encoders from one command buffer, over and over; with "
           "rule=kept it ends the first one before, which must pass",
    .hit = "an abort that says: A command encoder is already encoding to this command "
           "buffer",
    .origin = "metal_bare_thread_race T2 of the destroyImpl investigation: SIGABRT in "
              "tryCoalescingPreviousComputeCommandEncoder, a misuse and not the race",
    .params = params,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .verify = verify,
    .tear_down = tear_down,
};
