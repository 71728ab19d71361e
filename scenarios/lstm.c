/* lstm: a recurrent network over a sequence, step by step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

#define LENGTH_MAX 16
#define LAYERS_MAX 2
#define STEP       3 /* stages of one layer at one step */

_Static_assert(LENGTH_MAX *LAYERS_MAX *STEP <= MP_CHAIN_STAGES_MAX,
               "the longest sequence is a chain");

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("12", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "2", 1, 256, "samples of one pass"),
    MP_PARAM_INT("length", "4", 1, LENGTH_MAX, "steps of the sequence"),
    MP_PARAM_INT("features", "16", 1, 2048, "features of the input"),
    MP_PARAM_INT("hidden", "16", 1, 2048, "elements of the hidden state"),
    MP_PARAM_INT("layers", "1", 1, LAYERS_MAX, "layers, one on the other"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* One layer of the network: `x` has the tensor of each step, and becomes the hidden
 * states. */
static void add_layer(struct mp_chain *chain, uint32_t rows, uint32_t in, uint32_t hidden,
                      unsigned *x, unsigned length) {
    unsigned state = mp_chain_input(chain, (size_t)rows * hidden);
    unsigned cell = mp_chain_input(chain, (size_t)rows * hidden);
    unsigned gates_x = 0, gates_h = 0;

    for (unsigned i = 0; i < length; i++) {
        const unsigned of_x = i == 0 ? mp_chain_linear(chain, x[i], rows, in, 4 * hidden)
                                     : mp_chain_linear_again(chain, x[i], gates_x);
        const unsigned of_h =
            i == 0 ? mp_chain_linear(chain, state, rows, hidden, 4 * hidden)
                   : mp_chain_linear_again(chain, state, gates_h);

        gates_x = of_x;
        gates_h = of_h;
        x[i] = state = mp_chain_lstm(chain, gates_x, gates_h, cell, rows, hidden);
        cell = state + 1;
    }
}

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const uint32_t features = (uint32_t)mp_option_get(run->params, "features")->integer;
    const uint32_t hidden = (uint32_t)mp_option_get(run->params, "hidden")->integer;
    const unsigned length = (unsigned)mp_option_get(run->params, "length")->integer;
    const int64_t layers = mp_option_get(run->params, "layers")->integer;
    unsigned x[LENGTH_MAX];

    for (unsigned i = 0; i < length; i++)
        x[i] = mp_chain_input(ret_chain, (size_t)n * features);
    for (int64_t i = 0; i < layers; i++)
        add_layer(ret_chain, n, i == 0 ? features : hidden, hidden, x, length);
}

const struct mp_scenario mp_scenario_lstm = {
    .name = "lstm",
    .summary = "a recurrent network (LSTM), step by step, one model per thread",
    .hunts =
        "long chains of small ops on one encoder, each of which needs the one before: "
        "a step that sees another thread's state, or runs too early",
    .how =
        "threads run their own LSTM over a sequence: two linear layers and the gates at "
        "each step, with the same weights; every op of every pass is checked",
    .hit = "a step with a wrong or missing result, or a crash",
    .origin = "torch.nn.LSTM, one of the operations (RnnOps) that the destroyImpl "
              "investigation guarded in PyTorch; its fused step is "
              "_thnn_fused_lstm_cell, and not the graph that MPS has for it",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
