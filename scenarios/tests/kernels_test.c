/* Tests of the kernel table and of the Metal texts in it, as far as text can tell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scenarios/kernels/reference.h"

static void every_kernel_agrees_with_its_reference(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const struct mp_kernel_reference *reference =
            mp_kernel_reference_find(list[i]->name);

        assert_non_null(reference);
        assert_int_equal(list[i]->buffer_count, reference->buffer_count);
        assert_int_equal(list[i]->constants_len, reference->constants_len);
        assert_true(list[i]->constants_len <= MP_OP_CONSTANTS_MAX);
        assert_non_null(list[i]->run);
    }
}

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void every_metal_text_declares_its_kernel_and_all_bindings(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();
    char part[64];

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const unsigned bindings = list[i]->buffer_count + (list[i]->constants_len > 0);

        snprintf(part, sizeof(part), "kernel void %s(", list[i]->name);
        assert_holds(list[i]->msl, part);
        for (unsigned binding = 0; binding < bindings; binding++) {
            snprintf(part, sizeof(part), "[[buffer(%u)]]", binding);
            assert_holds(list[i]->msl, part);
        }
        snprintf(part, sizeof(part), "[[buffer(%u)]]", bindings);
        assert_null(strstr(list[i]->msl, part));
        snprintf(part, sizeof(part), "device atomic_uint *ops [[buffer(%d)]]",
                 MP_KERNEL_COUNTER_INDEX);
        assert_holds(list[i]->msl, part);
        assert_holds(list[i]->msl, "#include <metal_stdlib>\n");
    }
}

static void brackets_of_every_metal_text_balance(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        char open[32] = "";
        size_t depth = 0;

        for (const char *c = list[i]->msl; *c; c++) {
            assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
            if (strchr("({[", *c)) {
                assert_true(depth < sizeof(open));
                open[depth++] = *c;
            } else if (strchr(")}]", *c)) {
                assert_true(depth > 0);
                depth--;
                assert_int_equal(open[depth], *c == ')' ? '(' : *c == '}' ? '{' : '[');
            }
        }
        assert_int_equal(depth, 0);
    }
}

static void row_texts_have_room_for_the_largest_group(void **state) {
    char part[64];

    (void)state;
    snprintf(part, sizeof(part), "threadgroup float partial[%d];",
             MP_KERNEL_ROW_GROUP_MAX);
    assert_holds(mp_kernel_layernorm.msl, part);
    assert_holds(mp_kernel_softmax.msl, part);
}

#define ROWS    3
#define COLUMNS 4
#define INNER   5
#define ROOM    64

/* Constants to try a kernel with; sizes differ, so that none can stand for another. */
static const struct {
    const char *kernel;
    union {
        struct mp_kernel_mm mm;
        struct mp_kernel_linear linear;
        struct mp_kernel_layernorm layernorm;
        struct mp_kernel_contiguous contiguous;
        struct mp_kernel_softmax softmax;
        struct mp_kernel_elements elements;
    } constants;
} samples[] = {
    {"mp_mm", {.mm = {.m = ROWS, .n = COLUMNS, .k = INNER}}},
    {"mp_linear", {.linear = {.rows = ROWS, .in = INNER, .out = COLUMNS}}},
    {"mp_layernorm", {.layernorm = {.rows = ROWS, .length = COLUMNS, .eps = 0.25f}}},
    {"mp_contiguous",
     {.contiguous = {.rows = ROWS,
                     .columns = COLUMNS,
                     .row_stride = 2,
                     .column_stride = 9,
                     .offset = 1}}},
    {"mp_softmax", {.softmax = {.rows = ROWS, .length = COLUMNS}}},
    {"mp_add", {.elements = {.count = ROWS * COLUMNS}}},
};

static double product_at(const struct mp_meaning *meaning, float *const *buffer, size_t i,
                         size_t j) {
    const bool is_linear = meaning->kind == MP_MEANING_LINEAR;
    double sum = is_linear ? buffer[2][j] : 0;

    for (size_t k = 0; k < meaning->inner; k++)
        sum += (double)buffer[0][i * meaning->inner + k] *
               buffer[1][is_linear ? j * meaning->inner + k : k * meaning->columns + j];
    return sum;
}

static double normed_at(const struct mp_meaning *meaning, float *const *buffer, size_t i,
                        size_t j) {
    const float *row = buffer[0] + i * meaning->columns;
    double mean = 0, variance = 0;

    for (size_t c = 0; c < meaning->columns; c++)
        mean += row[c] / (double)meaning->columns;
    for (size_t c = 0; c < meaning->columns; c++)
        variance += (row[c] - mean) * (row[c] - mean) / meaning->columns;
    return (row[j] - mean) / sqrt(variance + (double)meaning->eps) * buffer[1][j] +
           buffer[2][j];
}

static double softmax_at(const struct mp_meaning *meaning, float *const *buffer, size_t i,
                         size_t j) {
    const float *row = buffer[0] + i * meaning->columns;
    double sum = 0;

    for (size_t c = 0; c < meaning->columns; c++)
        sum += exp((double)row[c] - row[j]);
    return 1 / sum;
}

/* What the words of meaning.h say about one element of the first output. */
static double meant(const struct mp_meaning *meaning, float *const *buffer, size_t i,
                    size_t j) {
    switch (meaning->kind) {
    case MP_MEANING_PRODUCT:
    case MP_MEANING_LINEAR:
        return product_at(meaning, buffer, i, j);
    case MP_MEANING_LAYER_NORM:
        return normed_at(meaning, buffer, i, j);
    case MP_MEANING_COPY:
        return buffer[0][meaning->offset + i * meaning->row_stride +
                         j * meaning->column_stride];
    case MP_MEANING_SOFTMAX:
        return softmax_at(meaning, buffer, i, j);
    case MP_MEANING_ADD:
        return buffer[0][i * meaning->columns + j] + buffer[1][i * meaning->columns + j];
    default:
        fail_msg("no words for kind %d", (int)meaning->kind);
        return 0;
    }
}

/* Which buffer the first output is. */
static unsigned output_of(enum mp_meaning_kind kind) {
    switch (kind) {
    case MP_MEANING_COPY:
    case MP_MEANING_SOFTMAX:
        return 1;
    case MP_MEANING_PRODUCT:
    case MP_MEANING_ADD:
        return 2;
    default:
        return 3;
    }
}

static void check_meaning(const struct mp_kernel *kernel, const void *constants) {
    const struct mp_meaning meaning = mp_kernel_meaning(kernel, constants);
    float values[MP_OP_BUFFERS_MAX][ROOM], *buffer[MP_OP_BUFFERS_MAX];
    void *address[MP_OP_BUFFERS_MAX];

    for (unsigned i = 0; i < MP_OP_BUFFERS_MAX; i++) {
        address[i] = buffer[i] = values[i];
        for (unsigned k = 0; k < ROOM; k++)
            values[i][k] = (float)((k * 7 + i * 3) % 11) - 5;
    }
    kernel->run(address, constants);
    assert_int_equal(meaning.rows, meaning.kind == MP_MEANING_ADD ? 1 : ROWS);
    assert_int_equal(meaning.rows * meaning.columns, ROWS * COLUMNS);
    for (size_t i = 0; i < meaning.rows; i++)
        for (size_t j = 0; j < meaning.columns; j++) {
            const double has = values[output_of(meaning.kind)][i * meaning.columns + j];
            const double wants = meant(&meaning, buffer, i, j);

            if (fabs(has - wants) > 1e-5)
                fail_msg("%s at %zu, %zu: %g, but it means %g", kernel->name, i, j, has,
                         wants);
        }
}

/* A kernel without a sample has no meaning but its own, as a device takes it. */
static void every_kernel_computes_what_it_means(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        bool has_sample = false;

        for (size_t k = 0; k < sizeof(samples) / sizeof(samples[0]); k++)
            if (!strcmp(samples[k].kernel, list[i]->name)) {
                has_sample = true;
                check_meaning(list[i], &samples[k].constants);
            }
        if (has_sample != (list[i]->meaning != NULL))
            fail_msg("%s: has %s meaning, but the test has %s constants to try it with",
                     list[i]->name, list[i]->meaning ? "a" : "no",
                     has_sample ? "some" : "no");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_agrees_with_its_reference),
        cmocka_unit_test(every_metal_text_declares_its_kernel_and_all_bindings),
        cmocka_unit_test(brackets_of_every_metal_text_balance),
        cmocka_unit_test(every_kernel_computes_what_it_means),
        cmocka_unit_test(row_texts_have_room_for_the_largest_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
