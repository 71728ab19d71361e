/* abandon_encoder: threads that go away from an open encoder, as they do at a shutdown,
 * and its twin that ends and commits. A control: with nothing between client and driver
 * the first such encoder stops the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/misuse.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_RULE("the twin: each encoder is ended, its buffer committed"),
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("32", 1000000,
                   "encoders per thread; all threads together pass the 64 command "
                   "buffers that a queue gives out"),
    MP_PARAM_INT("n", "4", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    return mp_misuse_set_up(run, worker, "abandon_encoder",
                            "no encoder to abandon: use metal or metal@model", err);
}

const struct mp_scenario mp_scenario_abandon_encoder = {
    .name = "abandon_encoder",
    .summary = "encoders are released while they are open, their buffers never committed",
    .hunts = "no defect of a driver: what a library that keeps encoders alive makes of a "
             "client that leaves them open",
    .how = "all threads take command buffers of one queue, encode an op and let buffer "
           "and encoder go, without endEncoding and without commit; the twin "
           "(rule=kept) ends and commits, and must pass",
    .hit = "an abort, \"Command encoder released without endEncoding\"; behind a library "
           "that retains encoders a hang: the 65th command buffer of the queue is never "
           "to be had",
    .origin = "the shutdown of programs whose threads exit while they encode; public "
              "reports in wgpu and OpenJDK; seen on the model, not on a Mac",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    MP_MISUSE_HOOKS,
};
