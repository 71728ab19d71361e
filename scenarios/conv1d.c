/* conv1d: a small convolutional network over sequences.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

#define WIDTH   3 /* of the windows */
#define CLASSES 10

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("24", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "4", 1, 256, "samples of one pass"),
    MP_PARAM_INT("channels", "4", 1, 256,
                 "channels of the input; the layers have twice "
                 "and four times as many"),
    MP_PARAM_INT("length", "16", 4, 4096, "positions of a sample"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* A convolution with twice as many channels and a ReLU; `size` becomes that of the
 * result. */
static unsigned add_layer(struct mp_chain *chain, unsigned x,
                          struct mp_kernel_conv1d *size) {
    size->out = 2 * size->in;
    x = mp_chain_relu(chain, mp_chain_conv1d(chain, x, size));
    size->length = mp_kernel_conv1d_positions(size);
    size->in = size->out;
    return x;
}

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    struct mp_kernel_conv1d size = {
        .samples = (uint32_t)mp_option_get(run->params, "n")->integer,
        .in = (uint32_t)mp_option_get(run->params, "channels")->integer,
        .length = (uint32_t)mp_option_get(run->params, "length")->integer,
        .width = WIDTH,
        .stride = 1,
        .padding = 1,
    };
    unsigned x = mp_chain_input(ret_chain, (size_t)size.samples * size.in * size.length);

    x = add_layer(ret_chain, x, &size);
    size.stride = 2;
    x = add_layer(ret_chain, x, &size);
    mp_chain_linear(ret_chain, x, size.samples, size.in * size.length, CLASSES);
}

const struct mp_scenario mp_scenario_conv1d = {
    .name = "conv1d",
    .summary = "two convolutions and a classifier, one model per thread",
    .hunts = "kernels of three dimensions that see another thread's sizes or data",
    .how = "threads run Conv1d, ReLU, Conv1d with stride 2, ReLU and Linear on their own "
           "weights; every op of every pass is checked",
    .hit = "an op with a wrong or missing result, or a crash",
    .origin = "the Conv1d model of test_real_models_parallel of the destroyImpl "
              "investigation (n=4; 2 threads, since 3 crashed)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
