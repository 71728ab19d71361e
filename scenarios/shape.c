/* The ops that scenarios are made of. Pure: allocates nothing, calls no device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/shape.h"

#include <float.h>

#include "scenarios/kernels/kernels.h"

/* Number of different strides and offsets of transposed views among threads. */
#define VIEW_ROW_STRIDES 2
#define VIEW_PADDINGS    13
#define VIEW_OFFSETS     5

#define LAYERNORM_EPS 1e-5f /* torch.nn.LayerNorm's default */

/* The constants must be set: the reference derives the length of each buffer from
 * them. */
static void set_kernel(struct mp_shape *shape, const struct mp_kernel *kernel,
                       unsigned inputs) {
    const struct mp_kernel_reference *reference = mp_kernel_reference_find(kernel->name);
    uint64_t bytes[MP_OP_BUFFERS_MAX] = {0};

    reference->extent(&shape->constants, bytes);
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        shape->length[i] = (size_t)(bytes[i] / sizeof(float));
    shape->kernel = kernel;
    shape->inputs = inputs;
}

static void set_grid(struct mp_shape *shape, uint32_t columns, uint32_t rows) {
    shape->grid[0] = columns;
    shape->grid[1] = rows;
    shape->grid[2] = 1;
    shape->group[0] = 8;
    shape->group[1] = 8;
    shape->group[2] = 1;
}

static void set_line(struct mp_shape *shape, uint32_t count) {
    shape->grid[0] = count;
    shape->grid[1] = shape->grid[2] = 1;
    shape->group[0] = 64;
    shape->group[1] = shape->group[2] = 1;
}

static void set_group_each_row(struct mp_shape *shape, uint32_t rows, uint32_t length) {
    const uint32_t threads = (length + 3) / 4;

    shape->by_group = true;
    shape->grid[0] = rows;
    shape->grid[1] = shape->grid[2] = 1;
    shape->group[0] =
        threads < MP_KERNEL_ROW_GROUP_MAX ? threads : MP_KERNEL_ROW_GROUP_MAX;
    shape->group[1] = shape->group[2] = 1;
}

/* A sum of `terms` products of numbers in [-1, 1] in single precision is off by at most
 * terms * FLT_EPSILON / 2 of the sum of their absolute values (at most `terms`), in
 * whatever order it is taken, with or without fused steps. Twice that leaves room for the
 * reference's own rounding; a wrong result of random inputs is off by about 1. */
static void set_sum_tolerance(struct mp_shape *shape, uint32_t terms) {
    shape->tolerance.absolute = (double)FLT_EPSILON * terms * terms;
    shape->tolerance.relative = (double)FLT_EPSILON;
}

void mp_shape_mm(uint32_t m, uint32_t n, uint32_t k, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.mm = {.m = m, .n = n, .k = k}};

    set_kernel(&shape, &mp_kernel_mm, 2);
    set_grid(&shape, n, m);
    set_sum_tolerance(&shape, k);
    *ret_shape = shape;
}

void mp_shape_linear(uint32_t rows, uint32_t in, uint32_t out,
                     struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.linear = {.rows = rows, .in = in, .out = out}};

    set_kernel(&shape, &mp_kernel_linear, 3);
    set_grid(&shape, out, rows);
    set_sum_tolerance(&shape, in + 1);
    shape.fresh_encoder = true;
    *ret_shape = shape;
}

void mp_shape_linear_graph(uint32_t rows, uint32_t in, uint32_t out,
                           struct mp_shape *ret_shape) {
    mp_shape_linear(rows, in, out, ret_shape);
    ret_shape->fresh_encoder = false;
    ret_shape->by_graph = true;
}

/* The mean of numbers in [-1, 1] is off by at most length * FLT_EPSILON / 2, the variance
 * by a few times that; dividing by the root of a variance of 1/3 (what random inputs
 * have) keeps the order. 1e-4 stands for short rows, whose variance may be small, and for
 * a fast square root: the Metal client compiles without fast math, but other devices need
 * not. A wrong row is off by about 1. */
void mp_shape_layernorm(uint32_t rows, uint32_t length, struct mp_shape *ret_shape) {
    struct mp_shape shape = {
        .constants.layernorm = {.rows = rows, .length = length, .eps = LAYERNORM_EPS}};

    set_kernel(&shape, &mp_kernel_layernorm, 3);
    set_group_each_row(&shape, rows, length);
    shape.tolerance.absolute = 1e-4 + 4 * (double)FLT_EPSILON * length;
    shape.tolerance.relative = shape.tolerance.absolute;
    *ret_shape = shape;
}

/* A copy has no rounding: the tolerance is zero. */
void mp_shape_contiguous(const struct mp_kernel_contiguous *view,
                         struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.contiguous = *view};

    set_kernel(&shape, &mp_kernel_contiguous, 1);
    set_line(&shape, view->rows * view->columns);
    *ret_shape = shape;
}

void mp_shape_transposed(uint32_t n, unsigned thread, struct mp_shape *ret_shape) {
    const struct mp_kernel_contiguous view = {
        .rows = n,
        .columns = n,
        .row_stride = 1 + thread % VIEW_ROW_STRIDES,
        .column_stride = VIEW_ROW_STRIDES * n + thread % VIEW_PADDINGS,
        .offset = thread % VIEW_OFFSETS,
    };
    const size_t longest_column = VIEW_ROW_STRIDES * (size_t)n + VIEW_PADDINGS;

    mp_shape_contiguous(&view, ret_shape);
    ret_shape->length[0] = VIEW_OFFSETS + (size_t)n * longest_column;
}

void mp_shape_permute(const struct mp_kernel_permute *view, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.permute = *view};

    set_kernel(&shape, &mp_kernel_permute, 1);
    set_line(&shape, (uint32_t)shape.length[1]);
    *ret_shape = shape;
}

void mp_shape_bmm(const struct mp_kernel_bmm *size, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.bmm = *size};

    set_kernel(&shape, &mp_kernel_bmm, 2);
    set_grid(&shape, size->n, size->m);
    shape.grid[2] = size->batch;
    set_sum_tolerance(&shape, size->k);
    *ret_shape = shape;
}

/* Each exponential of a number in [-2, 0] is right to a few parts in a million even with
 * fast math, and so is their sum; the sum of `length` terms of one sign adds at most
 * length * FLT_EPSILON / 2. A wrong element of random inputs is off by about half. */
void mp_shape_softmax(uint32_t rows, uint32_t length, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.softmax = {.rows = rows, .length = length}};

    set_kernel(&shape, &mp_kernel_softmax, 1);
    set_group_each_row(&shape, rows, length);
    shape.tolerance.relative = 1e-4 + (double)FLT_EPSILON * length;
    *ret_shape = shape;
}

static void set_elements(struct mp_shape *shape, const struct mp_kernel *kernel,
                         uint32_t count) {
    *shape = (struct mp_shape){.constants.elements = {.count = count}};
    set_kernel(shape, kernel, kernel->buffer_count - 1);
    set_line(shape, count);
}

/* No rounding: the tolerance is zero. */
void mp_shape_relu(uint32_t count, struct mp_shape *ret_shape) {
    set_elements(ret_shape, &mp_kernel_relu, count);
}

/* Room for a fast tanh; a wrong element of random inputs is off by about half. */
void mp_shape_gelu(uint32_t count, struct mp_shape *ret_shape) {
    set_elements(ret_shape, &mp_kernel_gelu, count);
    ret_shape->tolerance.absolute = 1e-4;
}

/* One rounding, the same as the reference's. */
void mp_shape_add(uint32_t count, struct mp_shape *ret_shape) {
    set_elements(ret_shape, &mp_kernel_add, count);
    ret_shape->tolerance.absolute = (double)FLT_EPSILON;
}

void mp_shape_conv1d(const struct mp_kernel_conv1d *size, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.conv1d = *size};

    set_kernel(&shape, &mp_kernel_conv1d, 3);
    set_grid(&shape, mp_kernel_conv1d_positions(size), size->out);
    shape.grid[2] = size->samples;
    set_sum_tolerance(&shape, size->in * size->width + 1);
    *ret_shape = shape;
}

/* Room for fast versions of exp and tanh; a wrong element is off by about half. */
void mp_shape_lstm(uint32_t rows, uint32_t hidden, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.lstm = {.rows = rows, .hidden = hidden}};

    set_kernel(&shape, &mp_kernel_lstm, 3);
    set_line(&shape, rows * hidden);
    shape.tolerance.absolute = 1e-4;
    *ret_shape = shape;
}

/* Whole numbers: the tolerance is zero. */
void mp_shape_rank(uint32_t rows, uint32_t columns, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.rows = {.rows = rows, .columns = columns}};

    set_kernel(&shape, &mp_kernel_rank, 1);
    set_line(&shape, rows * columns);
    *ret_shape = shape;
}

/* A copy has no rounding: the tolerance is zero. */
void mp_shape_scatter(uint32_t rows, uint32_t columns, struct mp_shape *ret_shape) {
    struct mp_shape shape = {.constants.rows = {.rows = rows, .columns = columns}};

    set_kernel(&shape, &mp_kernel_scatter, 2);
    set_line(&shape, rows * columns);
    *ret_shape = shape;
}

void mp_shape_mixed(unsigned kind, uint32_t n, unsigned thread,
                    struct mp_shape *ret_shape) {
    switch (kind % MP_SHAPE_MIX_KINDS) {
    case 0:
        mp_shape_mm(n, n, n, ret_shape);
        break;
    case 1:
        mp_shape_linear(4, n, n, ret_shape);
        break;
    case 2:
        mp_shape_layernorm(4, n, ret_shape);
        break;
    default:
        mp_shape_transposed(n, thread, ret_shape);
        break;
    }
}
