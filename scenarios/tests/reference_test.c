/* Tests of the CPU reference against independent computations, written the slow way in
 * long double.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POISON (-12345.0f)

/* A fixed sequence of small numbers of both signs, exact in float. */
static float sample(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)((int)(*state >> 16) % 2001 - 1000) / 256.0f;
}

static float *sampled(size_t count, unsigned seed) {
    float *values = calloc(count, sizeof(*values));

    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = sample(&seed);
    return values;
}

static float *poisoned(size_t count) {
    float *values = calloc(count, sizeof(*values));

    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = POISON;
    return values;
}

static void assert_near(float got, long double want) {
    long double bound = 1e-6L * (1 + fabsl(want));

    if (fabsl((long double)got - want) > bound)
        fail_msg("got %.9g, want %.9Lg", (double)got, want);
}

static const struct mp_kernel_reference *reference(const char *name) {
    const struct mp_kernel_reference *found = mp_kernel_reference_find(name);

    assert_non_null(found);
    assert_string_equal(found->name, name);
    return found;
}

static void reference_of_unknown_name_is_null(void **state) {
    (void)state;
    assert_null(mp_kernel_reference_find("mp_nothing"));
    assert_null(mp_kernel_reference_find("mp_m"));
    assert_null(mp_kernel_reference_find(""));
}

static void check_mm(uint32_t m, uint32_t n, uint32_t k) {
    struct mp_kernel_mm shape = {.m = m, .n = n, .k = k};
    float *a = sampled((size_t)m * k, 1), *b = sampled((size_t)k * n, 2);
    float *c = poisoned((size_t)m * n + 1);
    void *buffer[] = {a, b, c};

    reference("mp_mm")->run(buffer, &shape);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            long double sum = 0;

            for (size_t x = 0; x < k; x++)
                sum += (long double)a[i * k + x] * b[x * n + j];
            assert_near(c[i * n + j], sum);
        }
    }
    assert_true(c[(size_t)m * n] == POISON);
    free(a);
    free(b);
    free(c);
}

static void mm_equals_the_definition_for_odd_and_large_shapes(void **state) {
    (void)state;
    check_mm(1, 1, 1);
    check_mm(3, 5, 7);
    check_mm(17, 64, 9);
    check_mm(13, 65, 33);
    check_mm(8, 129, 70);
}

static void linear_equals_the_definition(void **state) {
    struct mp_kernel_linear shape = {.rows = 5, .in = 11, .out = 7};
    float *x = sampled(5 * 11, 3), *w = sampled(7 * 11, 4), *bias = sampled(7, 5);
    float *y = poisoned(5 * 7 + 1);
    void *buffer[] = {x, w, bias, y};

    (void)state;
    reference("mp_linear")->run(buffer, &shape);
    for (size_t r = 0; r < 5; r++) {
        for (size_t o = 0; o < 7; o++) {
            long double sum = 0;

            for (size_t i = 0; i < 11; i++)
                sum += (long double)x[r * 11 + i] * w[o * 11 + i];
            assert_near(y[r * 7 + o], sum + bias[o]);
        }
    }
    assert_true(y[5 * 7] == POISON);
    free(x);
    free(w);
    free(bias);
    free(y);
}

static void layernorm_equals_the_definition(void **state) {
    struct mp_kernel_layernorm shape = {.rows = 4, .length = 37, .eps = 1e-5f};
    float *x = sampled(4 * 37, 6), *weight = sampled(37, 7), *bias = sampled(37, 8);
    float *y = poisoned(4 * 37), *mean = poisoned(4), *rstd = poisoned(4);
    void *buffer[] = {x, weight, bias, y, mean, rstd};

    (void)state;
    reference("mp_layernorm")->run(buffer, &shape);
    for (size_t r = 0; r < 4; r++) {
        long double sum = 0, squares = 0, m, scale;

        /* E[x^2] - E[x]^2, not the reference's two passes. */
        for (size_t i = 0; i < 37; i++) {
            sum += x[r * 37 + i];
            squares += (long double)x[r * 37 + i] * x[r * 37 + i];
        }
        m = sum / 37;
        scale = 1 / sqrtl(squares / 37 - m * m + (long double)shape.eps);
        assert_near(mean[r], m);
        assert_near(rstd[r], scale);
        for (size_t i = 0; i < 37; i++)
            assert_near(y[r * 37 + i], (x[r * 37 + i] - m) * scale * weight[i] + bias[i]);
    }
    for (size_t i = 0; i < 6; i++)
        free(buffer[i]);
}

static void contiguous_copies_a_transposed_view_with_offset(void **state) {
    /* A 6 x 4 row-major source read as the transpose of its rows 1 to 5. */
    struct mp_kernel_contiguous view = {
        .rows = 4, .columns = 5, .row_stride = 1, .column_stride = 4, .offset = 4};
    float *source = sampled(6 * 4, 9), *destination = poisoned(4 * 5 + 1);
    void *buffer[] = {source, destination};

    (void)state;
    reference("mp_contiguous")->run(buffer, &view);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 5; j++)
            assert_true(destination[i * 5 + j] == source[(j + 1) * 4 + i]);
    assert_true(destination[20] == POISON);
    free(source);
    free(destination);
}

static void permute_makes_a_transposed_view_of_four_dimensions_dense(void **state) {
    /* (batch 2, sequence 3, heads 4, width 5), read as (batch, heads, sequence, width). */
    struct mp_kernel_permute view = {
        .size = {2, 4, 3, 5}, .stride = {60, 5, 20, 1}, .offset = 2};
    float *source = sampled(122, 10), *destination = poisoned(121);
    void *buffer[] = {source, destination};
    uint64_t bytes[MP_KERNEL_BUFFERS_MAX];

    (void)state;
    reference("mp_permute")->run(buffer, &view);
    for (size_t i = 0; i < 120; i++) {
        const size_t w = i % 5, s = i / 5 % 3, h = i / 15 % 4, b = i / 60;

        assert_true(destination[i] == source[2 + ((b * 3 + s) * 4 + h) * 5 + w]);
    }
    assert_true(destination[120] == POISON);
    reference("mp_permute")->extent(&view, bytes);
    assert_int_equal(bytes[0], 122 * 4);
    assert_int_equal(bytes[1], 120 * 4);
    view.size[2] = 0;
    reference("mp_permute")->extent(&view, bytes);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[1], 0);
    view.size[2] = view.size[0] = view.stride[0] = view.size[1] = view.stride[1] =
        UINT32_MAX;
    reference("mp_permute")->extent(&view, bytes);
    assert_true(bytes[0] == UINT64_MAX);
    assert_true(bytes[1] == UINT64_MAX);
    free(source);
    free(destination);
}

static void check_bmm(uint32_t is_transposed) {
    struct mp_kernel_bmm shape = {.batch = 3,
                                  .m = 4,
                                  .n = 5,
                                  .k = 7,
                                  .is_transposed = is_transposed,
                                  .scale = 0.25f};
    float *a = sampled(3 * 4 * 7, 11), *b = sampled(3 * 7 * 5, 12);
    float *c = poisoned(3 * 4 * 5 + 1);
    void *buffer[] = {a, b, c};

    reference("mp_bmm")->run(buffer, &shape);
    for (size_t i = 0; i < 60; i++) {
        const size_t column = i % 5, row = i / 5 % 4, batch = i / 20;
        long double sum = 0;

        for (size_t x = 0; x < 7; x++)
            sum += (long double)a[(batch * 4 + row) * 7 + x] *
                   b[batch * 35 + (is_transposed ? column * 7 + x : x * 5 + column)];
        assert_near(c[i], sum / 4);
    }
    assert_true(c[60] == POISON);
    free(a);
    free(b);
    free(c);
}

static void bmm_equals_the_definition_with_and_without_a_transpose(void **state) {
    (void)state;
    check_bmm(0);
    check_bmm(1);
}

static void softmax_equals_the_definition_and_does_not_overflow(void **state) {
    struct mp_kernel_softmax shape = {.rows = 3, .length = 9};
    float *x = sampled(27, 13), *y = poisoned(28);
    void *buffer[] = {x, y};

    (void)state;
    for (size_t i = 18; i < 27; i++)
        x[i] += 5000; /* exp of it is no number */
    reference("mp_softmax")->run(buffer, &shape);
    for (size_t row = 0; row < 3; row++) {
        long double sum = 0;

        for (size_t i = 0; i < 9; i++)
            sum += expl((long double)x[row * 9 + i] - x[row * 9]);
        for (size_t i = 0; i < 9; i++)
            assert_near(y[row * 9 + i],
                        expl((long double)x[row * 9 + i] - x[row * 9]) / sum);
    }
    assert_true(y[27] == POISON);
    free(x);
    free(y);
}

static void functions_of_single_elements_equal_their_definitions(void **state) {
    struct mp_kernel_elements shape = {.count = 20};
    float *a = sampled(20, 14), *b = sampled(20, 15), *y = poisoned(21);
    void *one[] = {a, y}, *two[] = {a, b, y};

    (void)state;
    reference("mp_relu")->run(one, &shape);
    for (size_t i = 0; i < 20; i++)
        assert_true(y[i] == fmaxf(a[i], 0));
    reference("mp_gelu")->run(one, &shape);
    for (size_t i = 0; i < 20; i++) {
        /* x / (1 + exp(-2 u)), the same function in another form */
        const long double x = a[i],
                          u = sqrtl(2 / acosl(-1)) * (x + 0.044715L * x * x * x);

        assert_near(y[i], x / (1 + expl(-2 * u)));
    }
    reference("mp_add")->run(two, &shape);
    for (size_t i = 0; i < 20; i++)
        assert_near(y[i], (long double)a[i] + b[i]);
    assert_true(y[20] == POISON);
    free(a);
    free(b);
    free(y);
}

static void conv1d_equals_the_definition_with_padding_and_stride(void **state) {
    struct mp_kernel_conv1d shape = {.samples = 2,
                                     .in = 3,
                                     .length = 10,
                                     .out = 4,
                                     .width = 4,
                                     .stride = 3,
                                     .padding = 2};
    const size_t positions = mp_kernel_conv1d_positions(&shape);
    float *x = sampled(60, 16), *w = sampled(48, 17), *bias = sampled(4, 18);
    float *y = poisoned(2 * 4 * 4 + 1), padded[14];
    void *buffer[] = {x, w, bias, y};

    (void)state;
    assert_int_equal(positions, 4);
    reference("mp_conv1d")->run(buffer, &shape);
    for (size_t i = 0; i < 2 * 4 * positions; i++) {
        const size_t at = i % positions, out = i / positions % 4,
                     sample = i / positions / 4;
        long double sum = bias[out];

        for (size_t in = 0; in < 3; in++) {
            memset(padded, 0, sizeof(padded));
            memcpy(padded + 2, x + (sample * 3 + in) * 10, 10 * sizeof(float));
            for (size_t k = 0; k < 4; k++)
                sum += (long double)padded[at * 3 + k] * w[(out * 3 + in) * 4 + k];
        }
        assert_near(y[i], sum);
    }
    assert_true(y[2 * 4 * positions] == POISON);
    shape.width = 15;
    assert_int_equal(mp_kernel_conv1d_positions(&shape), 0);
    shape.stride = 0;
    assert_int_equal(mp_kernel_conv1d_positions(&shape), 0);
    free(x);
    free(w);
    free(bias);
    free(y);
}

static void lstm_step_equals_the_definition(void **state) {
    const struct mp_kernel_lstm shape = {.rows = 2, .hidden = 3};
    float *gates_x = sampled(24, 19), *gates_h = sampled(24, 20), *cell = sampled(6, 21);
    float *hidden = poisoned(7), *next = poisoned(7);
    void *buffer[] = {gates_x, gates_h, cell, hidden, next};

    (void)state;
    reference("mp_lstm")->run(buffer, &shape);
    for (size_t i = 0; i < 6; i++) {
        const size_t first = i / 3 * 12 + i % 3;
        long double gate[4], want;

        for (size_t k = 0; k < 4; k++)
            gate[k] = (long double)gates_x[first + 3 * k] + gates_h[first + 3 * k];
        /* tanh(x) = 2 / (1 + exp(-2 x)) - 1, the other form of each function */
        want = cell[i] * (1 + tanhl(gate[1] / 2)) / 2 +
               (1 + tanhl(gate[0] / 2)) / 2 * (2 / (1 + expl(-2 * gate[2])) - 1);
        assert_near(next[i], want);
        assert_near(hidden[i],
                    (1 + tanhl(gate[3] / 2)) / 2 * (2 / (1 + expl(-2 * want)) - 1));
    }
    assert_true(hidden[6] == POISON && next[6] == POISON);
    free(gates_x);
    free(gates_h);
    free(cell);
    free(hidden);
    free(next);
}

static void rank_and_scatter_equal_their_definitions(void **state) {
    const struct mp_kernel_rows shape = {.rows = 2, .columns = 4};
    float x[] = {3, -1, 3, 0, 5, 6, 7, 8}, rank[8];
    const float want[] = {2, 0, 3, 1, 0, 1, 2, 3};
    float place[] = {2, 0, 3, 1, -1, 4, NAN, 3}, *y = poisoned(9);
    const float written[] = {-1, 0, 3, 3, POISON, POISON, POISON, 8};
    void *ranking[] = {x, rank}, *scattering[] = {x, place, y};

    (void)state;
    reference("mp_rank")->run(ranking, &shape);
    reference("mp_scatter")->run(scattering, &shape);
    for (size_t i = 0; i < 8; i++) {
        assert_true(rank[i] == want[i]);
        assert_true(y[i] == written[i]); /* places outside of the row write nothing */
    }
    assert_true(y[8] == POISON);
    free(y);
}

static void extents_are_exact_and_saturate(void **state) {
    struct mp_kernel_contiguous view = {
        .rows = 4, .columns = 5, .row_stride = 1, .column_stride = 4, .offset = 4};
    struct mp_kernel_mm shape = {.m = 3, .n = 5, .k = 7};
    uint64_t bytes[MP_KERNEL_BUFFERS_MAX];

    (void)state;
    reference("mp_mm")->extent(&shape, bytes);
    assert_int_equal(bytes[0], 3 * 7 * 4);
    assert_int_equal(bytes[1], 7 * 5 * 4);
    assert_int_equal(bytes[2], 3 * 5 * 4);
    reference("mp_contiguous")->extent(&view, bytes);
    assert_int_equal(bytes[0], (4 + 3 + 16 + 1) * 4);
    assert_int_equal(bytes[1], 20 * 4);
    view.rows = 0;
    reference("mp_contiguous")->extent(&view, bytes);
    assert_int_equal(bytes[0], 0);
    shape = (struct mp_kernel_mm){.m = UINT32_MAX, .n = UINT32_MAX, .k = UINT32_MAX};
    reference("mp_mm")->extent(&shape, bytes);
    assert_true(bytes[0] == UINT64_MAX);
    view =
        (struct mp_kernel_contiguous){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 9};
    reference("mp_contiguous")->extent(&view, bytes);
    assert_true(bytes[0] == UINT64_MAX);
}

static void noop_needs_nothing(void **state) {
    (void)state;
    assert_int_equal(reference("mp_noop")->buffer_count, 0);
    assert_int_equal(reference("mp_noop")->constants_len, 0);
    reference("mp_noop")->run(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_of_unknown_name_is_null),
        cmocka_unit_test(mm_equals_the_definition_for_odd_and_large_shapes),
        cmocka_unit_test(linear_equals_the_definition),
        cmocka_unit_test(layernorm_equals_the_definition),
        cmocka_unit_test(contiguous_copies_a_transposed_view_with_offset),
        cmocka_unit_test(permute_makes_a_transposed_view_of_four_dimensions_dense),
        cmocka_unit_test(bmm_equals_the_definition_with_and_without_a_transpose),
        cmocka_unit_test(softmax_equals_the_definition_and_does_not_overflow),
        cmocka_unit_test(functions_of_single_elements_equal_their_definitions),
        cmocka_unit_test(conv1d_equals_the_definition_with_padding_and_stride),
        cmocka_unit_test(lstm_step_equals_the_definition),
        cmocka_unit_test(rank_and_scatter_equal_their_definitions),
        cmocka_unit_test(extents_are_exact_and_saturate),
        cmocka_unit_test(noop_needs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
