/* encoder_churn: encoders are made, used once and ended as fast as can be, several to a
 * command buffer, and command buffers are committed without a wait.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("96", 10000000, "encoders per thread, an op in each"),
    MP_PARAM_INT("n", "8", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("batch", "3", 1, 64, "encoders that go into one command buffer"),
    MP_PARAM_INT("depth", "8", 1, 32,
                 "command buffers that a thread has in flight before it synchronizes"),
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    mp_workload_square(run, thread, kind, ret_shape);
    ret_shape->fresh_encoder = true;
}

const struct mp_scenario mp_scenario_encoder_churn = {
    .name = "encoder_churn",
    .summary = "encoders made, used once and ended, buffers committed without a wait",
    .hunts = "races in the life of an encoder: its context taken, given back and reused, "
             "the mark of the previous encoder, buffers in flight while the next is made",
    .how = "each thread takes an encoder for every op, sets pipeline and buffers, "
           "dispatches and ends it; after `batch` encoders it commits, after `depth` "
           "command buffers it waits",
    .hit = "a crash or assertion where an encoder is made or ended, a missing or wrong "
           "output",
    .origin = "metal_race_repro of the destroyImpl investigation (8 threads, wait every "
              "10 ops) and its async_pipeline_test (1 to 32 buffers in flight)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
