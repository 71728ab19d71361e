/* transformer_mix: encoder layers of a transformer, op by op.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/attention.h"
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("12", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "1", 1, 256, "sequences of one pass"),
    MP_PARAM_ATTENTION("12", "2", "8"),
    MP_PARAM_INT("hidden", "32", 1, 8192, "width of the feed-forward layer"),
    MP_PARAM_INT("layers", "1", 1, 4, "encoder layers, one after the other"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* As torch.nn.TransformerEncoderLayer with norm_first=False and GELU. */
static unsigned add_layer(struct mp_chain *chain, unsigned x,
                          const struct mp_attention *attention, uint32_t hidden) {
    const uint32_t features = attention->heads * attention->width;
    const uint32_t rows = attention->samples * attention->length;
    unsigned y = mp_attention_add(chain, x, attention);

    y = mp_chain_add(chain, x, y);
    x = mp_chain_layernorm(chain, y, rows, features);
    y = mp_chain_linear(chain, x, rows, features, hidden);
    y = mp_chain_gelu(chain, y);
    y = mp_chain_linear(chain, y, rows, hidden, features);
    y = mp_chain_add(chain, x, y);
    return mp_chain_layernorm(chain, y, rows, features);
}

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const struct mp_attention attention = mp_attention_of(run->params);
    const uint32_t hidden = (uint32_t)mp_option_get(run->params, "hidden")->integer;
    const int64_t layers = mp_option_get(run->params, "layers")->integer;
    unsigned x = mp_chain_input(ret_chain, (size_t)attention.samples * attention.length *
                                               attention.heads * attention.width);

    for (int64_t i = 0; i < layers; i++)
        x = add_layer(ret_chain, x, &attention, hidden);
}

const struct mp_scenario mp_scenario_transformer_mix = {
    .name = "transformer_mix",
    .summary = "encoder layers of a transformer, op by op, one model per thread",
    .hunts = "state that one kind of op leaves in the driver and another thread's op of "
             "another kind finds",
    .how = "threads run attention, additions, layer norms and feed-forward layers, all "
           "checked; share=all puts them on one queue",
    .hit = "a crash in encode, end or commit, or an op with a wrong or missing result",
    .origin =
        "complete_story_test_suite and repro_transformer_block_race of the "
        "destroyImpl investigation (TransformerEncoderLayer, 8 threads, 20 passes, "
        "n=4,length=32,heads=4,width=64,hidden=1024,layers=2; 24 of 40 runs crashed "
        "without its lock)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
