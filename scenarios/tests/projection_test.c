/* Tests of the check by projection: right products pass, and one wrong element, wherever it
 * is, does not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/projection.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"

/* A product of 130 columns: its inputs, its result and what is expected of that. */
struct sample {
    struct mp_shape shape;
    struct mp_meaning product;
    float *array[MP_OP_BUFFERS_MAX];
    unsigned output;
    double *expected;
};

static void open_sample(struct sample *sample, bool is_linear) {
    void *buffer[MP_OP_BUFFERS_MAX];
    struct mp_rng rng;

    *sample = (struct sample){.output = is_linear ? 3 : 2};
    if (is_linear)
        mp_shape_linear(9, 200, 130, &sample->shape);
    else
        mp_shape_mm(9, 130, 200, &sample->shape);
    assert_true(mp_projection_applies(&sample->shape, &sample->product));
    mp_rng_seed(&rng, 3);
    for (unsigned i = 0; i <= sample->output; i++) {
        sample->array[i] = mp_memory_zeroed(sample->shape.length[i], sizeof(float));
        for (size_t k = 0; k < sample->shape.length[i]; k++)
            sample->array[i][k] = (float)(mp_rng_next(&rng) >> 40) * 0x1p-23f - 1.0f;
        buffer[i] = sample->array[i];
    }
    sample->shape.kernel->run(buffer, &sample->shape.constants);
    sample->expected =
        mp_memory_zeroed((size_t)9 * MP_PROJECTION_VECTORS, sizeof(double));
    mp_projection_expect(&sample->product, buffer, 11, sample->expected);
}

static void close_sample(struct sample *sample) {
    for (unsigned i = 0; i <= sample->output; i++)
        free(sample->array[i]);
    free(sample->expected);
}

static struct mp_check check(const struct sample *sample) {
    struct mp_check found = {0};

    mp_projection_compare(&sample->product, sample->array[sample->output], sample->output,
                          11, sample->expected, &found);
    return found;
}

static void right_products_pass(void **state) {
    struct sample sample;

    (void)state;
    for (int is_linear = 0; is_linear < 2; is_linear++) {
        open_sample(&sample, is_linear != 0);
        assert_int_equal(check(&sample).wrong, 0);
        assert_int_equal(check(&sample).compared, 9 * 130);
        close_sample(&sample);
    }
}

static void one_wrong_element_is_found_wherever_it_is(void **state) {
    struct sample sample;

    (void)state;
    for (int is_linear = 0; is_linear < 2; is_linear++) {
        open_sample(&sample, is_linear != 0);
        for (size_t i = 0; i < (size_t)9 * 130; i++) {
            float *element = &sample.array[sample.output][i];
            const float right = *element;
            struct mp_check found;

            *element += 0.5f;
            found = check(&sample);
            assert_true(found.by_row);
            assert_int_equal(found.wrong, 130);
            assert_int_equal(found.element, i / 130);
            *element = right;
        }
        close_sample(&sample);
    }
}

/* Two elements that change places leave the sum of the row as it was. */
static void elements_that_changed_places_are_found(void **state) {
    struct sample sample;
    float *row, first;

    (void)state;
    open_sample(&sample, false);
    row = sample.array[2] + (size_t)4 * 130;
    first = row[17];
    row[17] = row[90];
    row[90] = first;
    assert_true(fabsf(row[17] - row[90]) > 0.1f);
    assert_int_equal(check(&sample).wrong, 130);
    assert_int_equal(check(&sample).element, 4);
    close_sample(&sample);
}

static void what_was_never_written_is_counted(void **state) {
    struct sample sample;
    struct mp_check found;
    char text[256];

    (void)state;
    open_sample(&sample, false);
    mp_check_poison(sample.array[2] + (size_t)3 * 130 + 5, 1);
    found = check(&sample);
    assert_int_equal(found.wrong, 130);
    assert_int_equal(found.unwritten, 1);
    mp_check_describe(&found, text, sizeof(text));
    assert_ptr_equal(
        strstr(text, "buffer 2, row 3: its product with a random vector is "), text);
    assert_non_null(strstr(text, "; 130 of 1170 elements are in wrong rows, 1 of them "));
    mp_check_poison(sample.array[2], (size_t)9 * 130);
    found = check(&sample);
    assert_int_equal(found.unwritten, found.compared);
    close_sample(&sample);
}

/* Of sums in single precision, one term after the other. */
static void rounding_of_single_precision_passes_with_room(void **state) {
    struct sample sample;
    double squares = 0;

    (void)state;
    open_sample(&sample, false);
    for (size_t i = 0; i < 9; i++) {
        for (size_t j = 0; j < 130; j++) {
            float sum = 0;

            for (size_t k = 0; k < 200; k++)
                sum += sample.array[0][i * 200 + k] * sample.array[1][k * 130 + j];
            squares += pow((double)sum - sample.array[2][i * 130 + j], 2);
            sample.array[2][i * 130 + j] = sum;
        }
    }
    assert_true(squares > 0);
    assert_int_equal(check(&sample).wrong, 0);
    /* Even if all errors of a row had one sign; r is 1/2 on average. */
    assert_true(mp_projection_tolerance(&sample.product) < 1e-3);
    assert_true(sqrt(squares / (9 * 130)) * 130 / 2 <
                mp_projection_tolerance(&sample.product));
    close_sample(&sample);
}

static void other_ops_are_no_products(void **state) {
    struct mp_meaning product;
    struct mp_shape shape;

    (void)state;
    mp_shape_add(4, &shape);
    assert_false(mp_projection_applies(&shape, &product));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_products_pass),
        cmocka_unit_test(one_wrong_element_is_found_wherever_it_is),
        cmocka_unit_test(elements_that_changed_places_are_found),
        cmocka_unit_test(what_was_never_written_is_counted),
        cmocka_unit_test(rounding_of_single_precision_passes_with_room),
        cmocka_unit_test(other_ops_are_no_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
