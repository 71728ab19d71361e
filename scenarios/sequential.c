/* sequential: a stack of linear layers with ReLU between them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("40", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "4", 1, 1024, "samples of one pass"),
    MP_PARAM_INT("features", "32", 1, 8192, "input and output features"),
    MP_PARAM_INT("hidden", "64", 1, 8192, "features between the layers"),
    MP_PARAM_INT("layers", "3", 2, 16, "linear layers"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const uint32_t ends = (uint32_t)mp_option_get(run->params, "features")->integer;
    const uint32_t hidden = (uint32_t)mp_option_get(run->params, "hidden")->integer;
    const int64_t layers = mp_option_get(run->params, "layers")->integer;
    unsigned x = mp_chain_input(ret_chain, (size_t)n * ends);

    for (int64_t i = 0; i < layers; i++) {
        const uint32_t in = i == 0 ? ends : hidden;
        const bool is_last = i == layers - 1;

        x = mp_chain_linear(ret_chain, x, n, in, is_last ? ends : hidden);
        if (!is_last)
            x = mp_chain_relu(ret_chain, x);
    }
}

const struct mp_scenario mp_scenario_sequential = {
    .name = "sequential",
    .summary = "a stack of linear layers with ReLU between them, one model per thread",
    .hunts = "layers that see another thread's activations, and faults of encoders that "
             "each linear layer ends and takes anew",
    .how = "threads run their own MLP; every layer of every pass is checked",
    .hit =
        "a layer with a wrong or missing result, or a crash when an encoder is made or "
        "ended",
    .origin = "nn.Sequential and the MLP of test_real_models_parallel and "
              "comprehensive_final of the destroyImpl investigation: features=256,"
              "hidden=512,n=4, and features=512,hidden=1024,layers=3; its large workload "
              "was n=64,features=2048,hidden=2048",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
