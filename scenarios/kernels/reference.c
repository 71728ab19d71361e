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

/* Four sums, so that one addition need not wait for the other. */
static double dot(const float *a, const float *b, size_t count) {
    double sum[4] = {0};
    size_t i = 0;

    for (; i + 4 <= count; i += 4)
        for (size_t j = 0; j < 4; j++)
            sum[j] += (double)a[i + j] * b[i + j];
    for (; i < count; i++)
        sum[0] += (double)a[i] * b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

static void noop_run(void *const *buffer, const void *constants) {
    (void)buffer;
    (void)constants;
}

static void noop_extent(const void *constants, uint64_t *ret_bytes) {
    (void)constants;
    (void)ret_bytes;
}

/* c (m x n) = scale a (m x k) b (k x n). */
static void multiply(const float *a, const float *b, float *c, size_t m, size_t n,
                     size_t k, double scale) {
    for (size_t i = 0; i < m; i++) {
        for (size_t first = 0; first < n; first += COLUMN_CHUNK) {
            size_t columns = n - first < COLUMN_CHUNK ? n - first : COLUMN_CHUNK;
            double sum[COLUMN_CHUNK] = {0};

            for (size_t step = 0; step < k; step++) {
                const float *row = b + step * n + first;
                double factor = a[i * k + step];

                for (size_t j = 0; j < columns; j++)
                    sum[j] += factor * row[j];
            }
            for (size_t j = 0; j < columns; j++)
                c[i * n + first + j] = (float)(scale * sum[j]);
        }
    }
}

static void mm_run(void *const *buffer, const void *constants) {
    struct mp_kernel_mm shape;

    memcpy(&shape, constants, sizeof(shape));
    multiply(buffer[0], buffer[1], buffer[2], shape.m, shape.n, shape.k, 1);
}

static void mm_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_mm shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = matrix_bytes(shape.m, shape.k);
    ret_bytes[1] = matrix_bytes(shape.k, shape.n);
    ret_bytes[2] = matrix_bytes(shape.m, shape.n);
}

static void linear_run(void *const *buffer, const void *constants) {
    const float *bias = buffer[2];
    struct mp_kernel_linear shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        const float *x = (const float *)buffer[0] + row * shape.in;
        float *y = (float *)buffer[3] + row * shape.out;

        for (size_t out = 0; out < shape.out; out++)
            y[out] = (float)(bias[out] +
                             dot((const float *)buffer[1] + out * shape.in, x, shape.in));
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

static void permute_run(void *const *buffer, const void *constants) {
    const float *source = buffer[0];
    float *destination = buffer[1];
    struct mp_kernel_permute view;

    memcpy(&view, constants, sizeof(view));
    for (size_t i = 0; i < view.size[0]; i++) {
        for (size_t j = 0; j < view.size[1]; j++) {
            for (size_t k = 0; k < view.size[2]; k++) {
                const float *row = source + view.offset + i * view.stride[0] +
                                   j * view.stride[1] + k * view.stride[2];

                for (size_t l = 0; l < view.size[3]; l++)
                    *destination++ = row[l * view.stride[3]];
            }
        }
    }
}

/* What `count` times `each` adds to `sum`; all saturate. */
static uint64_t plus_product(uint64_t sum, uint64_t count, uint64_t each) {
    if (each != 0 && count > (UINT64_MAX - sum) / each)
        return UINT64_MAX;
    return sum + count * each;
}

static void permute_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_permute view;
    uint64_t elements = 1, last;

    memcpy(&view, constants, sizeof(view));
    last = view.offset;
    for (size_t i = 0; i < 4; i++) {
        elements = plus_product(0, elements, view.size[i]);
        last =
            plus_product(last, view.size[i] > 0 ? view.size[i] - 1 : 0, view.stride[i]);
    }
    for (size_t i = 0; i < 4; i++)
        if (view.size[i] == 0)
            elements = 0;
    ret_bytes[0] = elements == 0 ? 0 : plus_product(sizeof(float), last, sizeof(float));
    ret_bytes[1] = plus_product(0, elements, sizeof(float));
}

static void bmm_run(void *const *buffer, const void *constants) {
    struct mp_kernel_bmm shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t batch = 0; batch < shape.batch; batch++) {
        const float *a = (const float *)buffer[0] + batch * shape.m * shape.k;
        const float *b = (const float *)buffer[1] + batch * shape.k * shape.n;
        float *c = (float *)buffer[2] + batch * shape.m * shape.n;

        if (!shape.is_transposed) {
            multiply(a, b, c, shape.m, shape.n, shape.k, (double)shape.scale);
            continue;
        }
        for (size_t i = 0; i < shape.m; i++)
            for (size_t j = 0; j < shape.n; j++)
                c[i * shape.n + j] =
                    (float)((double)shape.scale *
                            dot(a + i * shape.k, b + j * shape.k, shape.k));
    }
}

static void bmm_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_bmm shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = plus_product(0, shape.batch, matrix_bytes(shape.m, shape.k));
    ret_bytes[1] = plus_product(0, shape.batch, matrix_bytes(shape.k, shape.n));
    ret_bytes[2] = plus_product(0, shape.batch, matrix_bytes(shape.m, shape.n));
}

static void softmax_run(void *const *buffer, const void *constants) {
    struct mp_kernel_softmax shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        const float *x = (const float *)buffer[0] + row * shape.length;
        float *y = (float *)buffer[1] + row * shape.length;
        double most = -HUGE_VAL, sum = 0;

        for (size_t i = 0; i < shape.length; i++)
            most = x[i] > most ? x[i] : most;
        for (size_t i = 0; i < shape.length; i++)
            sum += exp(x[i] - most);
        for (size_t i = 0; i < shape.length; i++)
            y[i] = (float)(exp(x[i] - most) / sum);
    }
}

static void softmax_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_softmax shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = ret_bytes[1] = matrix_bytes(shape.rows, shape.length);
}

static void relu_run(void *const *buffer, const void *constants) {
    const float *x = buffer[0];
    float *y = buffer[1];
    struct mp_kernel_elements shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.count; i++)
        y[i] = x[i] > 0 ? x[i] : 0;
}

static void gelu_run(void *const *buffer, const void *constants) {
    const double root = 0.79788456080286536; /* of 2 / pi */
    const float *x = buffer[0];
    float *y = buffer[1];
    struct mp_kernel_elements shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.count; i++) {
        const double value = x[i];

        y[i] = (float)(0.5 * value *
                       (1 + tanh(root * (value + 0.044715 * value * value * value))));
    }
}

static void add_run(void *const *buffer, const void *constants) {
    const float *a = buffer[0];
    const float *b = buffer[1];
    float *sum = buffer[2];
    struct mp_kernel_elements shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t i = 0; i < shape.count; i++)
        sum[i] = (float)((double)a[i] + b[i]);
}

static void elements_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_elements shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = ret_bytes[1] = matrix_bytes(1, shape.count);
}

static void add_extent(const void *constants, uint64_t *ret_bytes) {
    elements_extent(constants, ret_bytes);
    ret_bytes[2] = ret_bytes[0];
}

uint32_t mp_kernel_conv1d_positions(const struct mp_kernel_conv1d *shape) {
    const uint64_t padded = shape->length + 2 * (uint64_t)shape->padding;

    if (padded < shape->width || shape->stride == 0)
        return 0;
    return (uint32_t)((padded - shape->width) / shape->stride + 1);
}

/* One output element; `x` is the first channel of its sample, `w` of its output. */
static double convolve(const struct mp_kernel_conv1d *shape, const float *x,
                       const float *w, size_t position) {
    double sum = 0;

    for (size_t in = 0; in < shape->in; in++) {
        for (size_t i = 0; i < shape->width; i++) {
            const size_t at = position * shape->stride + i;

            if (at >= shape->padding && at - shape->padding < shape->length)
                sum += (double)x[in * shape->length + at - shape->padding] *
                       w[in * shape->width + i];
        }
    }
    return sum;
}

static void conv1d_run(void *const *buffer, const void *constants) {
    const float *bias = buffer[2];
    float *y = buffer[3];
    struct mp_kernel_conv1d shape;
    size_t positions;

    memcpy(&shape, constants, sizeof(shape));
    positions = mp_kernel_conv1d_positions(&shape);
    for (size_t sample = 0; sample < shape.samples; sample++) {
        const float *x = (const float *)buffer[0] + sample * shape.in * shape.length;

        for (size_t out = 0; out < shape.out; out++) {
            const float *w = (const float *)buffer[1] + out * shape.in * shape.width;

            for (size_t position = 0; position < positions; position++)
                *y++ = (float)(bias[out] + convolve(&shape, x, w, position));
        }
    }
}

static void conv1d_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_conv1d shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = plus_product(0, shape.samples, matrix_bytes(shape.in, shape.length));
    ret_bytes[1] = plus_product(0, shape.out, matrix_bytes(shape.in, shape.width));
    ret_bytes[2] = matrix_bytes(1, shape.out);
    ret_bytes[3] = plus_product(
        0, shape.samples, matrix_bytes(shape.out, mp_kernel_conv1d_positions(&shape)));
}

static double sigmoid(double value) {
    return 1 / (1 + exp(-value));
}

static void lstm_run(void *const *buffer, const void *constants) {
    const float *gates_x = buffer[0], *gates_h = buffer[1], *cell = buffer[2];
    float *next_hidden = buffer[3], *next_cell = buffer[4];
    struct mp_kernel_lstm shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        for (size_t at = 0; at < shape.hidden; at++) {
            const size_t i = row * shape.hidden + at;
            double gate[4], state;

            for (size_t k = 0; k < 4; k++) {
                const size_t from = (row * 4 + k) * shape.hidden + at;

                gate[k] = (double)gates_x[from] + gates_h[from];
            }
            state = sigmoid(gate[1]) * cell[i] + sigmoid(gate[0]) * tanh(gate[2]);
            next_hidden[i] = (float)(sigmoid(gate[3]) * tanh(state));
            next_cell[i] = (float)state;
        }
    }
}

static void lstm_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_lstm shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[2] = ret_bytes[3] = ret_bytes[4] = matrix_bytes(shape.rows, shape.hidden);
    ret_bytes[0] = ret_bytes[1] = plus_product(0, 4, ret_bytes[2]);
}

static void rank_run(void *const *buffer, const void *constants) {
    struct mp_kernel_rows shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        const float *x = (const float *)buffer[0] + row * shape.columns;
        float *rank = (float *)buffer[1] + row * shape.columns;

        for (size_t i = 0; i < shape.columns; i++) {
            size_t smaller = 0;

            for (size_t k = 0; k < shape.columns; k++)
                smaller += x[k] < x[i] || (!(x[k] > x[i]) && k < i);
            rank[i] = (float)smaller;
        }
    }
}

static void scatter_run(void *const *buffer, const void *constants) {
    struct mp_kernel_rows shape;

    memcpy(&shape, constants, sizeof(shape));
    for (size_t row = 0; row < shape.rows; row++) {
        const float *source = (const float *)buffer[0] + row * shape.columns;
        const float *place = (const float *)buffer[1] + row * shape.columns;
        float *destination = (float *)buffer[2] + row * shape.columns;

        for (size_t i = 0; i < shape.columns; i++)
            if (place[i] >= 0 && place[i] < (float)shape.columns)
                destination[(size_t)place[i]] = source[i];
    }
}

static void rank_extent(const void *constants, uint64_t *ret_bytes) {
    struct mp_kernel_rows shape;

    memcpy(&shape, constants, sizeof(shape));
    ret_bytes[0] = ret_bytes[1] = matrix_bytes(shape.rows, shape.columns);
}

static void scatter_extent(const void *constants, uint64_t *ret_bytes) {
    rank_extent(constants, ret_bytes);
    ret_bytes[2] = ret_bytes[0];
}

static const struct mp_kernel_reference references[] = {
    {"mp_noop", 0, 0, noop_run, noop_extent},
    {"mp_mm", 3, sizeof(struct mp_kernel_mm), mm_run, mm_extent},
    {"mp_linear", 4, sizeof(struct mp_kernel_linear), linear_run, linear_extent},
    {"mp_layernorm", 6, sizeof(struct mp_kernel_layernorm), layernorm_run,
     layernorm_extent},
    {"mp_contiguous", 2, sizeof(struct mp_kernel_contiguous), contiguous_run,
     contiguous_extent},
    {"mp_permute", 2, sizeof(struct mp_kernel_permute), permute_run, permute_extent},
    {"mp_bmm", 3, sizeof(struct mp_kernel_bmm), bmm_run, bmm_extent},
    {"mp_softmax", 2, sizeof(struct mp_kernel_softmax), softmax_run, softmax_extent},
    {"mp_relu", 2, sizeof(struct mp_kernel_elements), relu_run, elements_extent},
    {"mp_gelu", 2, sizeof(struct mp_kernel_elements), gelu_run, elements_extent},
    {"mp_add", 3, sizeof(struct mp_kernel_elements), add_run, add_extent},
    {"mp_conv1d", 4, sizeof(struct mp_kernel_conv1d), conv1d_run, conv1d_extent},
    {"mp_lstm", 5, sizeof(struct mp_kernel_lstm), lstm_run, lstm_extent},
    {"mp_rank", 2, sizeof(struct mp_kernel_rows), rank_run, rank_extent},
    {"mp_scatter", 3, sizeof(struct mp_kernel_rows), scatter_run, scatter_extent},
};

const struct mp_kernel_reference *mp_kernel_reference_find(const char *name) {
    const struct mp_kernel_reference *found = NULL;

    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        if (strcmp(references[i].name, name) == 0)
            found = &references[i];
    return found;
}
