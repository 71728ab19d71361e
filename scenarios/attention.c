/* Multi-head attention as the op chain that torch.nn.MultiheadAttention runs. Source of
 * the order: torch.nn.functional.multi_head_attention_forward and _in_projection_packed
 * of PyTorch 2.9.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/attention.h"

#include <math.h>
#include <string.h>

/* Where query (0), key or value (2) begins in the tensor that it is cut out of, and how
 * far apart the rows are there. */
struct part {
    uint32_t offset, row;
};

/* (samples, length, heads, width) as (samples, heads, length, width), out of rows that
 * are `part->row` apart. */
static unsigned add_heads(struct mp_chain *chain, unsigned x,
                          const struct mp_attention *attention, const struct part *part) {
    const struct mp_kernel_permute view = {
        .size = {attention->samples, attention->heads, attention->length,
                 attention->width},
        .stride = {attention->length * part->row, attention->width, part->row, 1},
        .offset = part->offset,
    };

    return mp_chain_permute(chain, x, &view);
}

/* The projection (rows x 3 x features) as (3 x rows x features). */
static unsigned add_unpacked(struct mp_chain *chain, unsigned packed, uint32_t rows,
                             uint32_t features) {
    const struct mp_kernel_permute view = {
        .size = {3, rows, features, 1},
        .stride = {features, 3 * features, 1, 1},
    };

    return mp_chain_permute(chain, packed, &view);
}

static unsigned add_scores(struct mp_chain *chain, unsigned query, unsigned key,
                           const struct mp_attention *attention) {
    const struct mp_kernel_bmm size = {
        .batch = attention->samples * attention->heads,
        .m = attention->length,
        .n = attention->length,
        .k = attention->width,
        .is_transposed = 1,
        .scale = (float)(1 / sqrt(attention->width)),
    };
    const unsigned scores = mp_chain_bmm(chain, query, key, &size);

    return mp_chain_softmax(chain, scores, size.batch * size.m, size.n);
}

static unsigned add_weighted(struct mp_chain *chain, unsigned scores, unsigned value,
                             const struct mp_attention *attention) {
    const struct mp_kernel_bmm size = {
        .batch = attention->samples * attention->heads,
        .m = attention->length,
        .n = attention->width,
        .k = attention->length,
        .scale = 1,
    };

    return mp_chain_bmm(chain, scores, value, &size);
}

unsigned mp_attention_add(struct mp_chain *chain, unsigned x,
                          const struct mp_attention *attention) {
    const uint32_t features = attention->heads * attention->width;
    const uint32_t rows = attention->samples * attention->length;
    const struct mp_kernel_permute joined = {
        .size = {attention->samples, attention->length, attention->heads,
                 attention->width},
        .stride = {attention->length * features, attention->width,
                   attention->length * attention->width, 1},
    };
    unsigned packed = mp_chain_linear(chain, x, rows, features, 3 * features);
    unsigned head[3], weighted;

    if (!attention->by_chunk)
        packed = add_unpacked(chain, packed, rows, features);
    for (uint32_t i = 0; i < 3; i++) {
        const struct part part = {
            .offset = i * features * (attention->by_chunk ? 1 : rows),
            .row = attention->by_chunk ? 3 * features : features,
        };

        head[i] = add_heads(chain, packed, attention, &part);
    }
    chain->view_count += attention->by_chunk ? 3 : 0;
    chain->copies_spared += attention->by_chunk ? 1 : 0;
    weighted = add_scores(chain, head[0], head[1], attention);
    weighted = add_weighted(chain, weighted, head[2], attention);
    weighted = mp_chain_permute(chain, weighted, &joined);
    return mp_chain_linear(chain, weighted, rows, features, features);
}

static uint32_t whole(const struct mp_option_values *params, const char *name) {
    return (uint32_t)mp_option_get(params, name)->integer;
}

struct mp_attention mp_attention_of(const struct mp_option_values *params) {
    return (struct mp_attention){
        .samples = whole(params, "n"),
        .length = whole(params, "length"),
        .heads = whole(params, "heads"),
        .width = whole(params, "width"),
        .by_chunk = strcmp(mp_option_get(params, "split")->text, "chunk") == 0,
    };
}
