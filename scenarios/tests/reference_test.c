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
        cmocka_unit_test(extents_are_exact_and_saturate),
        cmocka_unit_test(noop_needs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
