/* batch: inference requests of `n` samples each, to be compared with the same samples
 * as more requests of fewer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("40", 10000000, "requests per thread"),
    MP_PARAM_INT("n", "1", 1, 1024, "samples of one request"),
    MP_PARAM_INT("features", "32", 1, 8192, "input and output features of the model"),
    MP_PARAM_INT("hidden", "64", 1, 8192, "features of its two hidden layers"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const uint32_t ends = (uint32_t)mp_option_get(run->params, "features")->integer;
    const uint32_t hidden = (uint32_t)mp_option_get(run->params, "hidden")->integer;
    unsigned x = mp_chain_input(ret_chain, (size_t)n * ends);

    ret_chain->is_one_model = true;

    x = mp_chain_relu(ret_chain, mp_chain_linear(ret_chain, x, n, ends, hidden));
    x = mp_chain_relu(ret_chain, mp_chain_linear(ret_chain, x, n, hidden, hidden));
    x = mp_chain_linear(ret_chain, x, n, hidden, ends);
    mp_chain_softmax(ret_chain, x, n, ends);
}

const struct mp_scenario mp_scenario_batch = {
    .name = "batch",
    .summary = "inference of a classifier: few large requests against many small ones",
    .hunts =
        "what threads cost and what batching saves, and answers that go to the wrong "
        "request",
    .how =
        "each thread sends requests of `n` samples through the one model and waits "
        "for the answer; arm batch=K makes one dispatch of an op of several requests; threads=8,n=1 and threads=1,n=8 do the same samples",
    .hit = "an answer that is missing, wrong or another request's",
    .origin = "BatchQueue, test_batch_inference and chapter 3 of "
              "complete_story_test_suite of the destroyImpl investigation: 8 requests of "
              "1 sample, 2 of 4 and 1 of 8; the model of comprehensive_final is "
              "features=512,hidden=1024",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
