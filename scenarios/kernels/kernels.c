/* The table of kernels. Computes nothing itself: the reference is in reference.c, the GPU
 * code in the .metal and .comp files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"

#include <string.h>

#include "scenarios/kernels/msl.h"
#include "scenarios/kernels/reference.h"
#include "scenarios/kernels/spirv.h"

static void run_noop(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_noop")->run(buffer, constants);
}

static void run_mm(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_mm")->run(buffer, constants);
}

static void run_linear(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_linear")->run(buffer, constants);
}

static void run_layernorm(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_layernorm")->run(buffer, constants);
}

static void run_contiguous(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_contiguous")->run(buffer, constants);
}

static void run_permute(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_permute")->run(buffer, constants);
}

static void run_bmm(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_bmm")->run(buffer, constants);
}

static void run_softmax(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_softmax")->run(buffer, constants);
}

static void run_relu(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_relu")->run(buffer, constants);
}

static void run_gelu(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_gelu")->run(buffer, constants);
}

static void run_add(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_add")->run(buffer, constants);
}

static void run_conv1d(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_conv1d")->run(buffer, constants);
}

static void run_lstm(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_lstm")->run(buffer, constants);
}

static void run_rank(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_rank")->run(buffer, constants);
}

static void run_scatter(void *const *buffer, const void *constants) {
    mp_kernel_reference_find("mp_scatter")->run(buffer, constants);
}

static void mean_mm(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_mm shape;

    memcpy(&shape, constants, sizeof(shape));
    *ret_meaning = (struct mp_meaning){.kind = MP_MEANING_PRODUCT,
                                       .rows = shape.m,
                                       .columns = shape.n,
                                       .inner = shape.k};
}

static void mean_linear(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_linear shape;

    memcpy(&shape, constants, sizeof(shape));
    *ret_meaning = (struct mp_meaning){.kind = MP_MEANING_LINEAR,
                                       .rows = shape.rows,
                                       .columns = shape.out,
                                       .inner = shape.in};
}

static void mean_layernorm(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_layernorm shape;

    memcpy(&shape, constants, sizeof(shape));
    *ret_meaning = (struct mp_meaning){.kind = MP_MEANING_LAYER_NORM,
                                       .rows = shape.rows,
                                       .columns = shape.length,
                                       .eps = shape.eps};
}

static void mean_contiguous(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_contiguous view;

    memcpy(&view, constants, sizeof(view));
    *ret_meaning = (struct mp_meaning){.kind = MP_MEANING_COPY,
                                       .rows = view.rows,
                                       .columns = view.columns,
                                       .row_stride = view.row_stride,
                                       .column_stride = view.column_stride,
                                       .offset = view.offset};
}

static void mean_softmax(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_softmax shape;

    memcpy(&shape, constants, sizeof(shape));
    *ret_meaning = (struct mp_meaning){
        .kind = MP_MEANING_SOFTMAX, .rows = shape.rows, .columns = shape.length};
}

static void mean_add(const void *constants, struct mp_meaning *ret_meaning) {
    struct mp_kernel_elements shape;

    memcpy(&shape, constants, sizeof(shape));
    *ret_meaning =
        (struct mp_meaning){.kind = MP_MEANING_ADD, .rows = 1, .columns = shape.count};
}

/* Of a kernel whose constants begin with what grows: rows, samples or elements. `shared`
 * has a bit for each buffer that is the same for all. */
static bool join(const struct mp_kernel *kernel, unsigned shared, unsigned inputs,
                 unsigned axis, const void *constants, uint32_t times,
                 struct mp_kernel_join *ret_join) {
    uint64_t bytes[MP_OP_BUFFERS_MAX] = {0};
    uint32_t rows;

    memcpy(&rows, constants, sizeof(rows));
    if (rows == 0 || times > UINT32_MAX / rows)
        return false;
    *ret_join = (struct mp_kernel_join){.axis = axis, .inputs = inputs};
    mp_kernel_reference_find(kernel->name)->extent(constants, bytes);
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        if (!(shared & (1u << i)))
            ret_join->bytes[i] = (size_t)bytes[i];
    rows *= times;
    memcpy(ret_join->constants, constants, kernel->constants_len);
    memcpy(ret_join->constants, &rows, sizeof(rows));
    return true;
}

/* mp_kernel_NAME: which buffers are shared, how many are only read, which axis grows. */
#define JOIN(name, shared, inputs, axis)                                                 \
    static bool join_##name(const void *constants, uint32_t times,                       \
                            struct mp_kernel_join *ret_join) {                           \
        return join(&mp_kernel_##name, (shared), (inputs), (axis), constants, times,     \
                    ret_join);                                                           \
    }
JOIN(mm, 1u << 1, 2, 1)
JOIN(linear, 1u << 1 | 1u << 2, 3, 1)
JOIN(layernorm, 1u << 1 | 1u << 2, 3, 0)
JOIN(softmax, 0, 1, 0)
JOIN(relu, 0, 1, 0)
JOIN(gelu, 0, 1, 0)
JOIN(add, 0, 2, 0)
JOIN(conv1d, 1u << 1 | 1u << 2, 3, 2)
JOIN(lstm, 0, 3, 0)
JOIN(rank, 0, 1, 0)
JOIN(scatter, 0, 2, 0)
#undef JOIN

const struct mp_kernel mp_kernel_noop = {
    .name = "mp_noop",
    .msl = mp_msl_noop,
    .spirv = mp_spirv_noop,
    .spirv_len = sizeof(mp_spirv_noop),
    .run = run_noop,
};

const struct mp_kernel mp_kernel_mm = {
    .name = "mp_mm",
    .buffer_count = 3,
    .constants_len = sizeof(struct mp_kernel_mm),
    .msl = mp_msl_mm,
    .spirv = mp_spirv_mm,
    .spirv_len = sizeof(mp_spirv_mm),
    .run = run_mm,
    .join = join_mm,
    .meaning = mean_mm,
};

const struct mp_kernel mp_kernel_linear = {
    .name = "mp_linear",
    .buffer_count = 4,
    .constants_len = sizeof(struct mp_kernel_linear),
    .msl = mp_msl_linear,
    .spirv = mp_spirv_linear,
    .spirv_len = sizeof(mp_spirv_linear),
    .run = run_linear,
    .join = join_linear,
    .meaning = mean_linear,
};

const struct mp_kernel mp_kernel_layernorm = {
    .name = "mp_layernorm",
    .buffer_count = 6,
    .constants_len = sizeof(struct mp_kernel_layernorm),
    .msl = mp_msl_layernorm,
    .spirv = mp_spirv_layernorm,
    .spirv_len = sizeof(mp_spirv_layernorm),
    .run = run_layernorm,
    .join = join_layernorm,
    .meaning = mean_layernorm,
};

const struct mp_kernel mp_kernel_contiguous = {
    .name = "mp_contiguous",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_contiguous),
    .msl = mp_msl_contiguous,
    .spirv = mp_spirv_contiguous,
    .spirv_len = sizeof(mp_spirv_contiguous),
    .run = run_contiguous,
    .meaning = mean_contiguous,
};

const struct mp_kernel mp_kernel_permute = {
    .name = "mp_permute",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_permute),
    .msl = mp_msl_permute,
    .spirv = mp_spirv_permute,
    .spirv_len = sizeof(mp_spirv_permute),
    .run = run_permute,
};

const struct mp_kernel mp_kernel_bmm = {
    .name = "mp_bmm",
    .buffer_count = 3,
    .constants_len = sizeof(struct mp_kernel_bmm),
    .msl = mp_msl_bmm,
    .spirv = mp_spirv_bmm,
    .spirv_len = sizeof(mp_spirv_bmm),
    .run = run_bmm,
};

const struct mp_kernel mp_kernel_softmax = {
    .name = "mp_softmax",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_softmax),
    .msl = mp_msl_softmax,
    .spirv = mp_spirv_softmax,
    .spirv_len = sizeof(mp_spirv_softmax),
    .run = run_softmax,
    .join = join_softmax,
    .meaning = mean_softmax,
};

const struct mp_kernel mp_kernel_relu = {
    .name = "mp_relu",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_elements),
    .msl = mp_msl_relu,
    .spirv = mp_spirv_relu,
    .spirv_len = sizeof(mp_spirv_relu),
    .run = run_relu,
    .join = join_relu,
};

const struct mp_kernel mp_kernel_gelu = {
    .name = "mp_gelu",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_elements),
    .msl = mp_msl_gelu,
    .spirv = mp_spirv_gelu,
    .spirv_len = sizeof(mp_spirv_gelu),
    .run = run_gelu,
    .join = join_gelu,
};

const struct mp_kernel mp_kernel_add = {
    .name = "mp_add",
    .buffer_count = 3,
    .constants_len = sizeof(struct mp_kernel_elements),
    .msl = mp_msl_add,
    .spirv = mp_spirv_add,
    .spirv_len = sizeof(mp_spirv_add),
    .run = run_add,
    .join = join_add,
    .meaning = mean_add,
};

const struct mp_kernel mp_kernel_conv1d = {
    .name = "mp_conv1d",
    .buffer_count = 4,
    .constants_len = sizeof(struct mp_kernel_conv1d),
    .msl = mp_msl_conv1d,
    .spirv = mp_spirv_conv1d,
    .spirv_len = sizeof(mp_spirv_conv1d),
    .run = run_conv1d,
    .join = join_conv1d,
};

const struct mp_kernel mp_kernel_lstm = {
    .name = "mp_lstm",
    .buffer_count = 5,
    .constants_len = sizeof(struct mp_kernel_lstm),
    .msl = mp_msl_lstm,
    .spirv = mp_spirv_lstm,
    .spirv_len = sizeof(mp_spirv_lstm),
    .run = run_lstm,
    .join = join_lstm,
};

const struct mp_kernel mp_kernel_rank = {
    .name = "mp_rank",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_rows),
    .msl = mp_msl_rank,
    .spirv = mp_spirv_rank,
    .spirv_len = sizeof(mp_spirv_rank),
    .run = run_rank,
    .join = join_rank,
};

const struct mp_kernel mp_kernel_scatter = {
    .name = "mp_scatter",
    .buffer_count = 3,
    .constants_len = sizeof(struct mp_kernel_rows),
    .msl = mp_msl_scatter,
    .spirv = mp_spirv_scatter,
    .spirv_len = sizeof(mp_spirv_scatter),
    .run = run_scatter,
    .join = join_scatter,
};

const struct mp_kernel *const *mp_kernel_list(void) {
    static const struct mp_kernel *const list[] = {
        &mp_kernel_noop,       &mp_kernel_mm,
        &mp_kernel_linear,     &mp_kernel_layernorm,
        &mp_kernel_contiguous, &mp_kernel_permute,
        &mp_kernel_bmm,        &mp_kernel_softmax,
        &mp_kernel_relu,       &mp_kernel_gelu,
        &mp_kernel_add,        &mp_kernel_conv1d,
        &mp_kernel_lstm,       &mp_kernel_rank,
        &mp_kernel_scatter,    NULL,
    };
    return list;
}
