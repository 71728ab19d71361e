/* The kernels that the model's MetalPerformanceShaders dispatch, on the CPU, in the form
 * of scenarios/kernels: matrices with strides, sums in double that are rounded once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_MPS_KERNELS_H
#define MP_MODEL_MPS_KERNELS_H

#include <stdint.h>

#include "scenarios/kernels/reference.h"

/* Strides in elements. */
struct mp_strides {
    uint32_t row, column;
};

/* Buffers left, right, source, result (rows x columns): result = alpha * left * right +
 * beta * source. With beta 0 the source is not read. */
struct mp_mps_product {
    uint32_t rows, columns, inner;
    struct mp_strides left, right, source, result;
    float alpha, beta;
};

enum mp_elementwise {
    MP_ADD,
    MP_SUBTRACT,
    MP_MULTIPLY,
    MP_DIVIDE,
    MP_ROOT,
    MP_RECIPROCAL
};

/* Buffers left, right, result. MP_ROOT and MP_RECIPROCAL read left only. */
struct mp_mps_elementwise {
    uint32_t rows, columns, code;
    struct mp_strides left, right, result;
};

enum mp_reduction { MP_MEAN, MP_VARIANCE };

/* Buffers x (rows x columns), mean, result: over the columns of each row. MP_MEAN does
 * not read the mean. */
struct mp_mps_reduce {
    uint32_t rows, columns, code;
    struct mp_strides x, mean, result;
};

/* Buffers x, mean, variance, gamma, beta, result: (x - mean) / sqrt(variance + epsilon) *
 * gamma + beta. */
struct mp_mps_normalise {
    uint32_t rows, columns;
    float epsilon;
    struct mp_strides x, mean, variance, gamma, beta, result;
};

/* Buffers x, result: over the columns of each row. */
struct mp_mps_softmax {
    uint32_t rows, columns;
    struct mp_strides x, result;
};

extern const struct mp_kernel_reference mp_mps_product_reference,
    mp_mps_elementwise_reference, mp_mps_reduce_reference, mp_mps_normalise_reference,
    mp_mps_softmax_reference;

#endif
