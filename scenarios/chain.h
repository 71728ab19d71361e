/* The ops of a model, each of which reads what earlier ones wrote: tensors, and stages
 * that lead from one to the next. Pure: allocates nothing, calls no device.
 *
 * Inputs and weights are random, and scaled so that every tensor keeps a spread of about
 * 1: a wrong element is then off by about 1, however long the chain is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_CHAIN_H
#define MP_SCENARIOS_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "scenarios/shape.h"

#define MP_CHAIN_STAGES_MAX  96
#define MP_CHAIN_TENSORS_MAX 320

/* How far a result may be from the reference: absolutely, times the size of the tensor's
 * usual element, and relatively. The reference starts from the inputs of the whole chain,
 * so a stage has the rounding of all stages before it: up to 4e-6 on lavapipe in chains
 * of 34 ops. */
#define MP_CHAIN_TOLERANCE 1e-4

enum mp_tensor_kind {
    MP_TENSOR_WEIGHT, /* the same in each pass */
    MP_TENSOR_INPUT,
    MP_TENSOR_RESULT,
    MP_TENSOR_KINDS
};

struct mp_chain_tensor {
    enum mp_tensor_kind kind;
    size_t length; /* elements */
    float scale;   /* weights and inputs are in [-scale, scale) */
};

struct mp_chain_stage {
    struct mp_shape shape;
    unsigned tensor[MP_OP_BUFFERS_MAX]; /* of each buffer */
};

struct mp_chain {
    unsigned stage_count, tensor_count;
    /* Stages that read a view where a copy would have come first, and those copies. */
    unsigned view_count, copies_spared;
    bool is_one_model; /* all workers have the same weights */
    double work;       /* multiplications and additions of one pass, about */
    struct mp_chain_stage stage[MP_CHAIN_STAGES_MAX];
    struct mp_chain_tensor tensor[MP_CHAIN_TENSORS_MAX];
};

/* Each adds to a chain that began zeroed, and returns the number of the new tensor: of
 * an input in [-1, 1), or of the (first) result of a new stage. */
unsigned mp_chain_input(struct mp_chain *chain, size_t length);
unsigned mp_chain_linear(struct mp_chain *chain, unsigned x, uint32_t rows, uint32_t in,
                         uint32_t out);
unsigned mp_chain_relu(struct mp_chain *chain, unsigned x);
unsigned mp_chain_gelu(struct mp_chain *chain, unsigned x);
unsigned mp_chain_add(struct mp_chain *chain, unsigned x1, unsigned x2);
unsigned mp_chain_layernorm(struct mp_chain *chain, unsigned x, uint32_t rows,
                            uint32_t length);
unsigned mp_chain_softmax(struct mp_chain *chain, unsigned x, uint32_t rows,
                          uint32_t length);
unsigned mp_chain_permute(struct mp_chain *chain, unsigned x,
                          const struct mp_kernel_permute *view);
unsigned mp_chain_bmm(struct mp_chain *chain, unsigned a, unsigned b,
                      const struct mp_kernel_bmm *size);
unsigned mp_chain_conv1d(struct mp_chain *chain, unsigned x,
                         const struct mp_kernel_conv1d *size);
/* The linear layer that made tensor `made`, with its weights, of another input. */
unsigned mp_chain_linear_again(struct mp_chain *chain, unsigned x, unsigned made);
/* The next hidden state; the next cell is the tensor after it. */
unsigned mp_chain_lstm(struct mp_chain *chain, unsigned gates_x, unsigned gates_h,
                       unsigned cell, uint32_t rows, uint32_t hidden);
unsigned mp_chain_rank(struct mp_chain *chain, unsigned x, uint32_t rows,
                       uint32_t columns);
unsigned mp_chain_scatter(struct mp_chain *chain, unsigned x, unsigned place,
                          uint32_t rows, uint32_t columns);

#endif
