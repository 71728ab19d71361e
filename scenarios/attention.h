/* Multi-head attention as the op chain that torch.nn.MultiheadAttention runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_ATTENTION_H
#define MP_SCENARIOS_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/option.h"
#include "scenarios/chain.h"

struct mp_attention {
    uint32_t samples, length; /* sequences, and positions of each */
    uint32_t heads, width;    /* features = heads * width */
    /* Query, key and value are cut out of the packed projection as views (chunk), instead
     * of a reshaped and transposed copy of all of it (unflatten, transpose,
     * contiguous). */
    bool by_chunk;
};

/* Self-attention of `x` (samples x length x features): packed projection, query, key and
 * value of each head, scaled products, softmax, weighted values, projection. Returns a
 * tensor of the same shape. */
unsigned mp_attention_add(struct mp_chain *chain, unsigned x,
                          const struct mp_attention *attention);

/* The rows of a scenario with attention, beside n: the number of samples. */
#define MP_PARAM_ATTENTION(length_preset, heads_preset, width_preset)                    \
    MP_PARAM_INT("length", length_preset, 1, 1024, "positions of a sequence"),           \
        MP_PARAM_INT("heads", heads_preset, 1, 32, "heads of the attention"),            \
        MP_PARAM_INT("width", width_preset, 1, 128,                                      \
                     "features of a head; heads times width is the model's"),            \
    {                                                                                    \
        .name = "split", .type = MP_OPTION_CHOICE, .metavar = "HOW",                     \
        .fallback = "contiguous", .choices = "contiguous|chunk",                         \
        .meanings = "by a reshaped and transposed copy of all three\n"                   \
                    "by chunk(): each is cut out of it as a view",                       \
        .help = "how query, key and value come out of their common projection"           \
    }
struct mp_attention mp_attention_of(const struct mp_option_values *params);

#endif
