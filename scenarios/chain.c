/* The ops of a model, each of which reads what earlier ones wrote.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/chain.h"

#include <assert.h>
#include <math.h>

static unsigned add_tensor(struct mp_chain *chain, enum mp_tensor_kind kind,
                           size_t length, double scale) {
    assert(chain->tensor_count < MP_CHAIN_TENSORS_MAX);
    chain->tensor[chain->tensor_count] =
        (struct mp_chain_tensor){.kind = kind, .length = length, .scale = (float)scale};
    return chain->tensor_count++;
}

/* A stage whose inputs are `inputs`, with new tensors for its results, whose usual
 * element is about `size`. */
static unsigned add_stage(struct mp_chain *chain, const struct mp_shape *shape,
                          const unsigned *inputs, double size, double work) {
    struct mp_chain_stage *stage = &chain->stage[chain->stage_count++];
    const unsigned first = chain->tensor_count;

    assert(chain->stage_count <= MP_CHAIN_STAGES_MAX);
    stage->shape = *shape;
    stage->shape.tolerance.absolute = MP_CHAIN_TOLERANCE * size;
    stage->shape.tolerance.relative = MP_CHAIN_TOLERANCE;
    for (unsigned i = 0; i < shape->kernel->buffer_count; i++)
        stage->tensor[i] = i < shape->inputs
                               ? inputs[i]
                               : add_tensor(chain, MP_TENSOR_RESULT, shape->length[i], 0);
    chain->work += work;
    return first;
}

static uint32_t length_of(const struct mp_chain *chain, unsigned tensor) {
    assert(tensor < chain->tensor_count);
    return (uint32_t)chain->tensor[tensor].length;
}

/* Weights that keep the spread of `terms` inputs, half of which a ReLU made zero. */
static unsigned add_weights(struct mp_chain *chain, size_t length, uint32_t terms) {
    return add_tensor(chain, MP_TENSOR_WEIGHT, length, sqrt(6.0 / terms));
}

static unsigned add_bias(struct mp_chain *chain, size_t length) {
    return add_tensor(chain, MP_TENSOR_WEIGHT, length, 0.1);
}

unsigned mp_chain_input(struct mp_chain *chain, size_t length) {
    return add_tensor(chain, MP_TENSOR_INPUT, length, 1);
}

unsigned mp_chain_linear(struct mp_chain *chain, unsigned x, uint32_t rows, uint32_t in,
                         uint32_t out) {
    struct mp_shape shape;
    unsigned inputs[3] = {x};

    mp_shape_linear(rows, in, out, &shape);
    inputs[1] = add_weights(chain, shape.length[1], in);
    inputs[2] = add_bias(chain, shape.length[2]);
    return add_stage(chain, &shape, inputs, 1, (double)rows * in * out);
}

unsigned mp_chain_relu(struct mp_chain *chain, unsigned x) {
    struct mp_shape shape;

    mp_shape_relu(length_of(chain, x), &shape);
    return add_stage(chain, &shape, &x, 1, length_of(chain, x));
}

unsigned mp_chain_gelu(struct mp_chain *chain, unsigned x) {
    struct mp_shape shape;

    mp_shape_gelu(length_of(chain, x), &shape);
    return add_stage(chain, &shape, &x, 1, 16.0 * length_of(chain, x));
}

unsigned mp_chain_add(struct mp_chain *chain, unsigned x1, unsigned x2) {
    const unsigned inputs[] = {x1, x2};
    struct mp_shape shape;

    mp_shape_add(length_of(chain, x1), &shape);
    return add_stage(chain, &shape, inputs, 1, length_of(chain, x1));
}

/* A weight of a layer norm may be anything; so may its bias. */
unsigned mp_chain_layernorm(struct mp_chain *chain, unsigned x, uint32_t rows,
                            uint32_t length) {
    struct mp_shape shape;
    unsigned inputs[3] = {x};

    mp_shape_layernorm(rows, length, &shape);
    inputs[1] = add_tensor(chain, MP_TENSOR_WEIGHT, length, sqrt(3));
    inputs[2] = add_bias(chain, length);
    return add_stage(chain, &shape, inputs, 1, 8.0 * rows * length);
}

/* The elements of a row add up to 1. */
unsigned mp_chain_softmax(struct mp_chain *chain, unsigned x, uint32_t rows,
                          uint32_t length) {
    struct mp_shape shape;

    mp_shape_softmax(rows, length, &shape);
    return add_stage(chain, &shape, &x, 1.0 / length, 16.0 * rows * length);
}

unsigned mp_chain_permute(struct mp_chain *chain, unsigned x,
                          const struct mp_kernel_permute *view) {
    struct mp_shape shape;

    mp_shape_permute(view, &shape);
    return add_stage(chain, &shape, &x, 1, (double)shape.length[1]);
}

unsigned mp_chain_bmm(struct mp_chain *chain, unsigned a, unsigned b,
                      const struct mp_kernel_bmm *size) {
    const unsigned inputs[] = {a, b};
    struct mp_shape shape;

    mp_shape_bmm(size, &shape);
    return add_stage(chain, &shape, inputs, 1,
                     (double)size->batch * size->m * size->n * size->k);
}

unsigned mp_chain_conv1d(struct mp_chain *chain, unsigned x,
                         const struct mp_kernel_conv1d *size) {
    struct mp_shape shape;
    unsigned inputs[3] = {x};

    mp_shape_conv1d(size, &shape);
    inputs[1] = add_weights(chain, shape.length[1], size->in * size->width);
    inputs[2] = add_bias(chain, shape.length[2]);
    return add_stage(chain, &shape, inputs, 1,
                     (double)shape.length[3] * size->in * size->width);
}

unsigned mp_chain_linear_again(struct mp_chain *chain, unsigned x, unsigned made) {
    struct mp_kernel_linear size;
    struct mp_shape shape;
    unsigned inputs[MP_OP_BUFFERS_MAX] = {x};
    unsigned i = 0;

    while (i < chain->stage_count && chain->stage[i].tensor[3] != made)
        i++;
    assert(i < chain->stage_count && chain->stage[i].shape.inputs == 3);
    size = chain->stage[i].shape.constants.linear;
    inputs[1] = chain->stage[i].tensor[1];
    inputs[2] = chain->stage[i].tensor[2];
    mp_shape_linear(size.rows, size.in, size.out, &shape);
    return add_stage(chain, &shape, inputs, 1, (double)size.rows * size.in * size.out);
}

/* States are sums of parts in (-1, 1), about half as large as the gates. */
unsigned mp_chain_lstm(struct mp_chain *chain, unsigned gates_x, unsigned gates_h,
                       unsigned cell, uint32_t rows, uint32_t hidden) {
    const unsigned inputs[MP_OP_BUFFERS_MAX] = {gates_x, gates_h, cell};
    struct mp_shape shape;

    mp_shape_lstm(rows, hidden, &shape);
    return add_stage(chain, &shape, inputs, 0.5, 64.0 * rows * hidden);
}

/* Whole numbers from 0 on: what is admitted stays far below 1. */
unsigned mp_chain_rank(struct mp_chain *chain, unsigned x, uint32_t rows,
                       uint32_t columns) {
    struct mp_shape shape;

    mp_shape_rank(rows, columns, &shape);
    return add_stage(chain, &shape, &x, columns, (double)rows * columns * columns);
}

unsigned mp_chain_scatter(struct mp_chain *chain, unsigned x, unsigned place,
                          uint32_t rows, uint32_t columns) {
    const unsigned inputs[MP_OP_BUFFERS_MAX] = {x, place};
    struct mp_shape shape;

    mp_shape_scatter(rows, columns, &shape);
    return add_stage(chain, &shape, inputs, 1, (double)rows * columns);
}
