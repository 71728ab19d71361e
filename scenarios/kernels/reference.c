/* The CPU reference of every kernel. Sums are kept in double and rounded once, so that a
 * tolerance stands for the device's own rounding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/reference.h"

#include <math.h>
#include <string.h>

#define COLUMN_CHUNK 64

static uint64_t matrix_bytes(uint64_t rows, uint64_t columns) {
    /* Saturates: two 32-bit factors and the element size may exceed 64 bits. */
    if (columns != 0 && rows > UINT64_MAX / sizeof(float) / columns)
        return UINT64_MAX;
    return rows * columns * sizeof(float);
}

static void noop_run(void *const *buffer, const void *constants) {
    (void)buffer;
    (void)constants;
}

static void noop_extent(const void *constants, uint64_t *ret_bytes) {
    (void)constants;
    (void)ret_bytes;
}

static void mm_run(void *const *buffer, const void *constants) {
    const float *a = buffer[0];
    const float *b = buffer[1];
    float *c = buffer[2];
    struct mp_kernel_mm shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.m; i++) {
        for (size_t first = 0; first < shape.n; first += COLUMN_CHUNK) {
            size_t columns =
                shape.n - first < COLUMN_CHUNK ? shape.n - first : COLUMN_CHUNK;
            double sum[COLUMN_CHUNK] = {0};

            for (size_t k = 0; k < shape.k; k++) {
                const float *row = b + k * shape.n + first;
                double factor = a[i * shape.k + k];

                for (size_t j = 0; j < columns; j++)
                    sum[j] += factor * row[j];
            }
            for (size_t j = 0; j < columns; j++)
                c[i * shape.n + first + j] = (float)sum[j];
        }
    }
}

static void mm_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_mm shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.m, shape.k);
    ret_bytes[1] = matrix_bytes(shape.k, shape.n);
    ret_bytes[2] = matrix_bytes(shape.m, shape.n);
}

static void linear_run(void *const *buffer, const void *constants) {
    const float *x = buffer[0];
    const float *w = buffer[1];
    const float *bias = buffer[2];
    float *y = buffer[3];
    struct mp_kernel_linear shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        for (size_t out = 0; out < shape.out; out++) {
            double sum = bias[out];

            for (size_t in = 0; in < shape.in; in++)
                sum += (double)x[row * shape.in + in] * w[out * shape.in + in];
            y[row * shape.out + out] = (float)sum;
        }
    }
}

static void linear_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_linear shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.in);
    ret_bytes[1] = matrix_bytes(shape.out, shape.in);
    ret_bytes[2] = matrix_bytes(1, shape.out);
    ret_bytes[3] = matrix_bytes(shape.rows, shape.out);
}

static void layernorm_run(void *const *buffer, const void *constants) {
    const float *weight = buffer[1];
    const float *bias = buffer[2];
    float *ret_mean = buffer[4];
    float *ret_rstd = buffer[5];
    struct mp_kernel_layernorm shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        const float *x = (const float *)buffer[0] + row * shape.length;
        float *y = (float *)buffer[3] + row * shape.length;
        double mean = 0, variance = 0, rstd;

        for (size_t i = 0; i < shape.length; i++)
            mean += x[i];
        mean /= shape.length;
        for (size_t i = 0; i < shape.length; i++)
            variance += (x[i] - mean) * (x[i] - mean);
        variance /= shape.length;
        rstd = 1 / sqrt(variance + shape.eps);
        for (size_t i = 0; i < shape.length; i++)
            y[i] = (float)((x[i] - mean) * rstd * weight[i] + bias[i]);
        ret_mean[row] = (float)mean;
        ret_rstd[row] = (float)rstd;
    }
}

static void layernorm_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_layernorm shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.rows, shape.length);
    ret_bytes[1] = matrix_bytes(1, shape.length);
    ret_bytes[2] = matrix_bytes(1, shape.length);
    ret_bytes[3] = matrix_bytes(shape.rows, shape.length);
    ret_bytes[4] = matrix_bytes(shape.rows, 1);
    ret_bytes[5] = matrix_bytes(shape.rows, 1);
}

static void contiguous_run(void *const *buffer, const void *constants) {
    const float *source = buffer[0];
    float *destination = buffer[1];
    struct mp_kernel_contiguous view;

    memcpy(&view, constants, sizeof(view));
    for (size_t i = 0; i < view.rows; i++) {
        const float *row = source + view.offset + i * view.row_stride;

        for (size_t j = 0; j < view.columns; j++)
            destination[i * view.columns + j] = row[j * view.column_stride];
    }
}

static void contiguous_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_contiguous view;
    uint64_t row, column, last;

    memcpy(&view, constants, sizeof(view));
    ret_bytes[0] = 0;
    ret_bytes[1] = matrix_bytes(view.rows, view.columns);
    if (view.rows == 0 || view.columns == 0)
        return;
    row = (uint64_t)(view.rows - 1) * view.row_stride;
    column = (uint64_t)(view.columns - 1) * view.column_stride;
    last = row > UINT64_MAX - column ? UINT64_MAX : row + column;
    last = last > UINT64_MAX - view.offset ? UINT64_MAX : last + view.offset;
    ret_bytes[0] =
        last >= UINT64_MAX / sizeof(float) ? UINT64_MAX : (last + 1) * sizeof(float);
}

static const struct mp_kernel_reference references[] = {
    {"mp_noop", 0, 0, noop_run, noop_extent},
    {"mp_mm", 3, sizeof(struct mp_kernel_mm), mm_run, mm_extent},
    {"mp_linear", 4, sizeof(struct mp_kernel_linear), linear_run, linear_extent},
    {"mp_layernorm", 6, sizeof(struct mp_kernel_layernorm), layernorm_run,
     layernorm_extent},
    {"mp_contiguous", 2, sizeof(struct mp_kernel_contiguous), contiguous_run,
     contiguous_extent},
};

const struct mp_kernel_reference *mp_kernel_reference_find(const char *name) {
    const struct mp_kernel_reference *found = NULL;

    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        if (strcmp(references[i].name, name) == 0)
            found = &references[i];
    return found;
}
