/* The ops that scenarios are made of: kernel, constants, buffers, grid, and how close
 * its result must be to the CPU reference.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_SHAPE_H
#define MP_SCENARIOS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/round/device.h"
#include "scenarios/check.h"
#include "scenarios/kernels/reference.h"

/* One op, without its memory. Inputs must be in [-1, 1): the tolerances assume it. */
struct mp_shape {
    const struct mp_kernel *kernel;
    unsigned inputs; /* the first buffers, this many, are read; the others are written */
    size_t length[MP_OP_BUFFERS_MAX]; /* elements of each buffer */
    union {
        struct mp_kernel_mm mm;
        struct mp_kernel_linear linear;
        struct mp_kernel_layernorm layernorm;
        struct mp_kernel_contiguous contiguous;
        struct mp_kernel_permute permute;
        struct mp_kernel_bmm bmm;
        struct mp_kernel_softmax softmax;
        struct mp_kernel_elements elements;
        struct mp_kernel_conv1d conv1d;
        struct mp_kernel_lstm lstm;
        struct mp_kernel_rows rows;
    } constants;
    uint32_t grid[3], group[3];
    bool by_group, fresh_encoder, by_graph;
    struct mp_check_tolerance tolerance;
};

/* c (m x n) = a (m x k) b (k x n). */
void mp_shape_mm(uint32_t m, uint32_t n, uint32_t k, struct mp_shape *ret_shape);
/* torch.nn.Linear without a graph: on a fresh encoder, as MPS does it (PyTorch 2.9.1:
 * ends kernel coalescing first, then takes a new encoder). */
void mp_shape_linear(uint32_t rows, uint32_t in, uint32_t out,
                     struct mp_shape *ret_shape);
/* The same by a graph: the open encoder is ended, and none is left open. */
void mp_shape_linear_graph(uint32_t rows, uint32_t in, uint32_t out,
                           struct mp_shape *ret_shape);
/* torch.nn.LayerNorm: one threadgroup a row, min(ceil(length / 4), 256) threads, on the
 * open encoder (PyTorch 2.9.1 has the same with 1024 threads). */
void mp_shape_layernorm(uint32_t rows, uint32_t length, struct mp_shape *ret_shape);
/* .contiguous() of a strided view: a gather on the open encoder, one-dimensional grid. */
void mp_shape_contiguous(const struct mp_kernel_contiguous *view,
                         struct mp_shape *ret_shape);
/* The same for the transpose of an n x n matrix, stored with strides and an offset that
 * differ from thread to thread, so that a view that leaks from one thread to another
 * gives other numbers, from the same source (it is long enough for the views of all
 * threads). */
void mp_shape_transposed(uint32_t n, unsigned thread, struct mp_shape *ret_shape);

/* A view of up to four dimensions made contiguous: reshape, transpose, chunk. */
void mp_shape_permute(const struct mp_kernel_permute *view, struct mp_shape *ret_shape);
/* torch.bmm; `size->scale` at most 1. */
void mp_shape_bmm(const struct mp_kernel_bmm *size, struct mp_shape *ret_shape);
/* torch.softmax over the last dimension: one threadgroup a row, as layernorm. */
void mp_shape_softmax(uint32_t rows, uint32_t length, struct mp_shape *ret_shape);
void mp_shape_relu(uint32_t count, struct mp_shape *ret_shape);
void mp_shape_gelu(uint32_t count, struct mp_shape *ret_shape);
void mp_shape_add(uint32_t count, struct mp_shape *ret_shape);
/* torch.nn.Conv1d; the window must fit. */
void mp_shape_conv1d(const struct mp_kernel_conv1d *size, struct mp_shape *ret_shape);
/* One step of torch.nn.LSTM, from the gates of input and hidden state. */
void mp_shape_lstm(uint32_t rows, uint32_t hidden, struct mp_shape *ret_shape);
/* Where each element of a row stands by its size, as torch.argsort twice. */
void mp_shape_rank(uint32_t rows, uint32_t columns, struct mp_shape *ret_shape);
/* torch.scatter along rows; the second input must be a permutation of 0 to columns - 1 in
 * each row, as a rank is. */
void mp_shape_scatter(uint32_t rows, uint32_t columns, struct mp_shape *ret_shape);

#define MP_SHAPE_MIX_KINDS 4
/* Kind 0 to 3 of a mix of small ops: mm, linear, layernorm, contiguous. */
void mp_shape_mixed(unsigned kind, uint32_t n, unsigned thread,
                    struct mp_shape *ret_shape);

#endif
