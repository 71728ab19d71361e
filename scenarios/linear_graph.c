/* linear_graph: torch.nn.Linear by a graph, which makes and ends encoders of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("60", 10000000, "ops per thread"),
    MP_PARAM_INT("n", "4", 1, 512, "rows of the input"),
    MP_PARAM_INT("features", "64", 1, 2048, "input and output features"),
    MP_PARAM_BATCH("2"),
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    const uint32_t features = (uint32_t)mp_option_get(run->params, "features")->integer;

    (void)thread;
    (void)kind;
    mp_shape_linear_graph((uint32_t)mp_option_get(run->params, "n")->integer, features,
                          features, ret_shape);
}

const struct mp_scenario mp_scenario_linear_graph = {
    .name = "linear_graph",
    .summary = "linear layers by a graph, each with encoders of its own",
    .hunts = "faults of graphs that several threads run at once, and of many encoders on "
             "one command buffer",
    .how =
        "threads apply their own layers; on MPS each op is a graph of a product and an "
        "addition with feeds and results, elsewhere one kernel on an encoder that is "
        "ended after it",
    .hit = "a crash or an assertion in a graph or when an encoder is made or ended, or a "
           "wrong or missing output",
    .origin = "test_graph_path_benchmark and MPS_FORCE_GRAPH_PATH of the destroyImpl "
              "investigation (3 threads passed, 4 and more crashed at first, 8 passed "
              "later); PyTorch 2.9.1 executeMPSGraph",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
