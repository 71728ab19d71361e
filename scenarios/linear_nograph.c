/* linear_nograph: torch.nn.Linear without a graph, which ends the open encoder before
 * each op.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("60", 10000000, "ops per thread"),
    MP_PARAM_INT("n", "4", 1, 4096, "rows of the input"),
    MP_PARAM_INT("features", "64", 1, 8192, "input features"),
    MP_PARAM_INT("out", "0", 0, 8192, "output features; 0: as the input"),
    MP_PARAM_BATCH("2"),
    MP_PARAM_DEPTH,
    MP_PARAM_WARM,
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    const uint32_t features = (uint32_t)mp_option_get(run->params, "features")->integer;

    const uint32_t out = (uint32_t)mp_option_get(run->params, "out")->integer;

    (void)thread;
    (void)kind;
    mp_shape_linear((uint32_t)mp_option_get(run->params, "n")->integer, features,
                    out > 0 ? out : features, ret_shape);
}

const struct mp_scenario mp_scenario_linear_nograph = {
    .name = "linear_nograph",
    .summary = "linear layers without a graph, each on a fresh encoder",
    .hunts =
        "faults in ending and coalescing encoders, with many encoders on one command "
        "buffer",
    .how = "threads apply their own layers; each op ends the open encoder and takes a "
           "new one",
    .hit = "a crash or an assertion when an encoder is made or ended, or a wrong or "
           "missing output",
    .origin = "test_thread_boundary and test_nnlinear_threads of the destroyImpl "
              "investigation (64 features, 4 rows; crashed from 3 threads on); PyTorch "
              "2.9.1 Linear.mm for the fresh encoder",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
