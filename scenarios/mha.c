/* mha: multi-head attention, op by op as torch.nn.MultiheadAttention runs it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/attention.h"
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("20", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "2", 1, 256, "sequences of one pass"),
    MP_PARAM_ATTENTION("16", "4", "8"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const struct mp_attention attention = mp_attention_of(run->params);
    const unsigned x =
        mp_chain_input(ret_chain, (size_t)attention.samples * attention.length *
                                      attention.heads * attention.width);

    mp_attention_add(ret_chain, x, &attention);
}

const struct mp_scenario mp_scenario_mha = {
    .name = "mha",
    .summary = "multi-head attention, op by op, one model per thread",
    .hunts = "strided copies, products and softmax of one thread mixed with those of "
             "another",
    .how = "threads run projection, transposed copies, scaled products, softmax and "
           "projection on their own weights; every op of every pass is checked",
    .hit =
        "an op with a wrong or missing result, named with its place in the chain, or a "
        "crash",
    .origin = "nn.MultiheadAttention, isolate_mps_mha and minimal_mps_contiguous_race of "
              "the destroyImpl investigation (8 threads, 30 passes, n=4,length=128,"
              "heads=4,width=64; wrong numbers in 13 to 100 % of rounds); split=chunk is "
              "its patch 035",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
