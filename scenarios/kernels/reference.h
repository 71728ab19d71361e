/* The CPU reference of every kernel. Used by the numeric checks, by the null device and
 * by the model driver (which executes it on its own threads). Knows nothing of the
 * harness.
 *
 * Calling convention of all kernels, here, in MSL and in SPIR-V: buffers at index 0, 1,
 * ... in the order given; the constants (one struct of 32-bit words) at the next index;
 * the device's op counter (one atomic 32-bit word that the first thread of the grid
 * raises by 1) at index MP_KERNEL_COUNTER_INDEX. All matrices are row major and dense,
 * 32-bit floats.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_KERNELS_REFERENCE_H
#define MP_KERNELS_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#define MP_KERNEL_BUFFERS_MAX   8
#define MP_KERNEL_CONSTANTS_MAX 256
#define MP_KERNEL_COUNTER_INDEX 30

/* mp_noop: no buffers, no constants. */

/* mp_mm: buffers a (m x k), b (k x n), c (m x n, written): c = a b. */
struct mp_kernel_mm {
    uint32_t m, n, k;
};
/* mp_linear: buffers x (rows x in), w (out x in), bias (out), y (rows x out, written):
 * y = x w^T + bias, as torch.nn.Linear. */
struct mp_kernel_linear {
    uint32_t rows, in, out;
};
/* mp_layernorm: buffers x (rows x length), weight (length), bias (length), y (rows x
 * length, written), mean (rows, written), rstd (rows, written): as torch.nn.LayerNorm
 * over the last dimension. One threadgroup a row. */
struct mp_kernel_layernorm {
    uint32_t rows, length;
    float eps;
};
/* mp_contiguous: buffers source, destination (written): destination[i * columns + j] =
 * source[offset + i * row_stride + j * column_stride], strides in elements. */
struct mp_kernel_contiguous {
    uint32_t rows, columns, row_stride, column_stride, offset;
};

/* mp_permute: buffers source, destination (size[0] x ... x size[3], dense, written):
 * destination[i, j, k, l] = source[offset + i * stride[0] + ... + l * stride[3]], strides
 * in elements: a reshaped and transposed view made contiguous, or a chunk of one. */
struct mp_kernel_permute {
    uint32_t size[4], stride[4], offset;
};
/* mp_bmm: buffers a (batch x m x k), b (batch x k x n, or batch x n x k if
 * `is_transposed`), c (batch x m x n, written): c = scale a b, as torch.bmm and the two
 * products of scaled dot product attention. */
struct mp_kernel_bmm {
    uint32_t batch, m, n, k, is_transposed;
    float scale;
};
/* mp_softmax: buffers x, y (rows x length; y written): as torch.softmax over the last
 * dimension. One threadgroup a row. */
struct mp_kernel_softmax {
    uint32_t rows, length;
};
/* mp_relu, mp_gelu (the tanh form), mp_add: buffers x, y or x1, x2, y (count; y written),
 * element by element. */
struct mp_kernel_elements {
    uint32_t count;
};
/* mp_conv1d: buffers x (samples x in x length), w (out x in x width), bias (out), y
 * (samples x out x mp_kernel_conv1d_positions, written): as torch.nn.Conv1d with zero
 * padding. Stride at least 1. */
struct mp_kernel_conv1d {
    uint32_t samples, in, length, out, width, stride, padding;
};
/* Length of its output rows; 0 if the window does not fit. */
uint32_t mp_kernel_conv1d_positions(const struct mp_kernel_conv1d *shape);
/* mp_lstm: buffers gates_x, gates_h (rows x 4 hidden: i, f, g, o), cell (rows x hidden),
 * next hidden state, next cell (rows x hidden, written): c' = sigmoid(f) c + sigmoid(i)
 * tanh(g), h' = sigmoid(o) tanh(c'), with the sums of both gates. */
struct mp_kernel_lstm {
    uint32_t rows, hidden;
};
/* mp_rank: buffers x, rank (rows x columns, written): how many elements of its row are
 * smaller, or equal and before it. mp_scatter: buffers source, place, destination (rows x
 * columns, written): destination[i][place[i][j]] = source[i][j]; a place outside the row
 * is passed over. */
struct mp_kernel_rows {
    uint32_t rows, columns;
};

/* Runs a kernel on the CPU over its whole grid. `buffer` holds host addresses. Does not
 * touch the counter: whoever executes counts. */
typedef void mp_kernel_run(void *const *buffer, const void *constants);

/* Writes for each buffer the bytes, counted from its bound address, that a run with
 * `constants` touches; UINT64_MAX if that exceeds 64 bits. Whoever runs a kernel for a
 * stranger checks them. */
typedef void mp_kernel_extent(const void *constants, uint64_t *ret_bytes);

struct mp_kernel_reference {
    const char *name; /* as in the MSL: "mp_mm" */
    unsigned buffer_count;
    size_t constants_len;
    mp_kernel_run *run;
    mp_kernel_extent *extent;
};

/* The reference called `name`, or NULL. */
const struct mp_kernel_reference *mp_kernel_reference_find(const char *name);

#endif
