/* The kernels as plain loops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps_kernels.h"

#include <math.h>
#include <string.h>

/* Bytes from the bound address to the end of a matrix; saturates. */
static uint64_t matrix_bytes(uint32_t rows, uint32_t columns, struct mp_strides strides) {
    if (rows == 0 || columns == 0)
        return 0;
    uint64_t row = (uint64_t)(rows - 1) * strides.row;
    uint64_t column = (uint64_t)(columns - 1) * strides.column;
    uint64_t last = row > UINT64_MAX - column ? UINT64_MAX : row + column;
    return last >= UINT64_MAX / sizeof(float) ? UINT64_MAX : (last + 1) * sizeof(float);
}

static float *at(void *matrix, struct mp_strides strides, size_t row, size_t column) {
    return (float *)matrix + row * strides.row + column * strides.column;
}

static void product_run(void *const *buffer, const void *constants) {
    struct mp_mps_product shape;
    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.rows; i++)
        for (size_t j = 0; j < shape.columns; j++) {
            double sum = 0;
            for (size_t k = 0; k < shape.inner; k++)
                sum += (double)*at(buffer[0], shape.left, i, k) *
                       *at(buffer[1], shape.right, k, j);
            sum *= (double)shape.alpha;
            if (shape.beta != 0)
                sum += (double)shape.beta * *at(buffer[2], shape.source, i, j);
            *at(buffer[3], shape.result, i, j) = (float)sum;
        }
}

static void product_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_mps_product shape;
    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.inner, shape.left);
    ret_bytes[1] = matrix_bytes(shape.inner, shape.columns, shape.right);
    ret_bytes[2] = matrix_bytes(shape.rows, shape.columns, shape.source);
    ret_bytes[3] = matrix_bytes(shape.rows, shape.columns, shape.result);
}

static double elementwise(uint32_t code, double left, double right) {
    switch (code) {
    case MP_ADD:
        return left + right;
    case MP_SUBTRACT:
        return left - right;
    case MP_MULTIPLY:
        return left * right;
    case MP_DIVIDE:
        return left / right;
    case MP_ROOT:
        return sqrt(left);
    default:
        return 1 / left;
    }
}

static void elementwise_run(void *const *buffer, const void *constants) {
    struct mp_mps_elementwise shape;
    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.rows; i++)
        for (size_t j = 0; j < shape.columns; j++)
            *at(buffer[2], shape.result, i, j) = (float)elementwise(
                shape.code, (double)*at(buffer[0], shape.left, i, j),
                shape.code < MP_ROOT ? (double)*at(buffer[1], shape.right, i, j) : 0);
}

static void elementwise_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_mps_elementwise shape;
    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.columns, shape.left);
    ret_bytes[1] = matrix_bytes(shape.rows, shape.columns, shape.right);
    ret_bytes[2] = matrix_bytes(shape.rows, shape.columns, shape.result);
}

static void reduce_run(void *const *buffer, const void *constants) {
    struct mp_mps_reduce shape;
    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.rows; i++) {
        double sum = 0, mean = 0;
        if (shape.code == MP_VARIANCE)
            mean = (double)*at(buffer[1], shape.mean, i, 0);
        for (size_t j = 0; j < shape.columns; j++) {
            double x = (double)*at(buffer[0], shape.x, i, j);
            sum += shape.code == MP_VARIANCE ? (x - mean) * (x - mean) : x;
        }
        *at(buffer[2], shape.result, i, 0) = (float)(sum / shape.columns);
    }
}

static void reduce_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_mps_reduce shape;
    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.columns, shape.x);
    ret_bytes[1] = matrix_bytes(shape.rows, 1, shape.mean);
    ret_bytes[2] = matrix_bytes(shape.rows, 1, shape.result);
}

static void normalise_run(void *const *buffer, const void *constants) {
    struct mp_mps_normalise shape;
    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.rows; i++)
        for (size_t j = 0; j < shape.columns; j++) {
            double x = (double)*at(buffer[0], shape.x, i, j);
            double mean = (double)*at(buffer[1], shape.mean, i, j);
            double variance = (double)*at(buffer[2], shape.variance, i, j);
            double scaled = (x - mean) / sqrt(variance + (double)shape.epsilon);
            *at(buffer[5], shape.result, i, j) =
                (float)(scaled * (double)*at(buffer[3], shape.gamma, i, j) +
                        (double)*at(buffer[4], shape.beta, i, j));
        }
}

static void normalise_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_mps_normalise shape;
    memcpy(&shape, constants, sizeof(shape));
    const struct mp_strides strides[] = {shape.x,     shape.mean, shape.variance,
                                         shape.gamma, shape.beta, shape.result};
    for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++)
        ret_bytes[i] = matrix_bytes(shape.rows, shape.columns, strides[i]);
}

static void softmax_run(void *const *buffer, const void *constants) {
    struct mp_mps_softmax shape;
    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.rows; i++) {
        double largest = -INFINITY, sum = 0;
        for (size_t j = 0; j < shape.columns; j++)
            largest = fmax(largest, (double)*at(buffer[0], shape.x, i, j));
        for (size_t j = 0; j < shape.columns; j++)
            sum += exp((double)*at(buffer[0], shape.x, i, j) - largest);
        for (size_t j = 0; j < shape.columns; j++)
            *at(buffer[1], shape.result, i, j) =
                (float)(exp((double)*at(buffer[0], shape.x, i, j) - largest) / sum);
    }
}

static void softmax_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_mps_softmax shape;
    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.columns, shape.x);
    ret_bytes[1] = matrix_bytes(shape.rows, shape.columns, shape.result);
}

const struct mp_kernel_reference mp_mps_product_reference = {
    "mps_product", 4, sizeof(struct mp_mps_product), product_run, product_extent};
const struct mp_kernel_reference mp_mps_elementwise_reference = {
    "mps_elementwise", 3, sizeof(struct mp_mps_elementwise), elementwise_run,
    elementwise_extent};
const struct mp_kernel_reference mp_mps_reduce_reference = {
    "mps_reduce", 3, sizeof(struct mp_mps_reduce), reduce_run, reduce_extent};
const struct mp_kernel_reference mp_mps_normalise_reference = {
    "mps_normalise", 6, sizeof(struct mp_mps_normalise), normalise_run, normalise_extent};
const struct mp_kernel_reference mp_mps_softmax_reference = {
    "mps_softmax", 2, sizeof(struct mp_mps_softmax), softmax_run, softmax_extent};
