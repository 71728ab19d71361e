/* What an op computes, in words that need no kernel: for devices that are called for
 * whole operations instead of dispatching kernels (MPS), and for whoever treats ops of
 * one kind alike (an arm). All matrices are row major and dense, 32-bit floats; buffers
 * are those of the op, in its kernel's order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_MEANING_H
#define MP_ROUND_MEANING_H

#include <stdint.h>

enum mp_meaning_kind {
    MP_MEANING_OWN, /* only its kernel says */
    /* buffer 2 (rows x columns) = buffer 0 (rows x inner) times buffer 1 (inner x
     * columns) */
    MP_MEANING_PRODUCT,
    /* buffer 3 (rows x columns) = buffer 0 (rows x inner) times the transpose of buffer
     * 1 (columns x inner), plus buffer 2 (columns) to each row */
    MP_MEANING_LINEAR,
    /* each row of buffer 0 (rows x columns) brought to mean 0 and variance 1, times
     * buffer 1 (columns), plus buffer 2 (columns), to buffer 3; the mean of each row to
     * buffer 4, 1 / sqrt(variance + eps) to buffer 5 */
    MP_MEANING_LAYER_NORM,
    /* buffer 1 (rows x columns, dense) = elements of buffer 0 from `offset` on, with
     * these strides in elements */
    MP_MEANING_COPY,
    /* buffer 1 = softmax over each row of buffer 0 (rows x columns) */
    MP_MEANING_SOFTMAX,
    /* buffer 2 = buffer 0 + buffer 1, all rows x columns */
    MP_MEANING_ADD
};

struct mp_meaning {
    enum mp_meaning_kind kind;
    uint32_t rows, columns, inner;
    uint32_t row_stride, column_stride, offset; /* of a copy's source */
    float eps;                                  /* of a layer norm */
};

#endif
