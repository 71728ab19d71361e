/* Runs the .metal files, compiled as C++ over a stand-in for <metal_stdlib>, against the
 * reference: their arithmetic, indexing, bounds and op counter are tested without a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scenarios/check.h"
#include "scenarios/kernels/reference.h"
#include "scenarios/shape.h"

#define ELEMENTS_MAX 4200
#define GROUP_MAX    8
/* Threads beyond the grid, as a device without non-uniform groups would run them. */
#define BEYOND 2

struct index2 {
    uint32_t x, y;
};
struct index3 {
    uint32_t x, y, z;
};

/* The kernels, as C sees them. */
void mp_noop(uint32_t *ops, uint32_t index);
void mp_mm(const float *a, const float *b, float *c, const struct mp_kernel_mm *size,
           uint32_t *ops, struct index2 index);
void mp_linear(const float *x, const float *w, const float *bias, float *y,
               const struct mp_kernel_linear *size, uint32_t *ops, struct index2 index);
void mp_layernorm(const float *x, const float *weight, const float *bias, float *y,
                  float *mean, float *rstd, const struct mp_kernel_layernorm *size,
                  uint32_t *ops, uint32_t row, uint32_t thread_index, uint32_t threads);
void mp_contiguous(const float *source, float *destination,
                   const struct mp_kernel_contiguous *view, uint32_t *ops,
                   uint32_t index);

void mp_permute(const float *source, float *destination,
                const struct mp_kernel_permute *view, uint32_t *ops, uint32_t index);
void mp_bmm(const float *a, const float *b, float *c, const struct mp_kernel_bmm *size,
            uint32_t *ops, struct index3 index);
void mp_softmax(const float *x, float *y, const struct mp_kernel_softmax *size,
                uint32_t *ops, uint32_t row, uint32_t thread_index, uint32_t threads);
void mp_relu(const float *x, float *y, const struct mp_kernel_elements *size,
             uint32_t *ops, uint32_t index);
void mp_gelu(const float *x, float *y, const struct mp_kernel_elements *size,
             uint32_t *ops, uint32_t index);
void mp_add(const float *x1, const float *x2, float *y,
            const struct mp_kernel_elements *size, uint32_t *ops, uint32_t index);
void mp_conv1d(const float *x, const float *w, const float *bias, float *y,
               const struct mp_kernel_conv1d *size, uint32_t *ops, struct index3 index);
void mp_lstm(const float *gates_x, const float *gates_h, const float *cell,
             float *next_hidden, float *next_cell, const struct mp_kernel_lstm *size,
             uint32_t *ops, uint32_t index);
void mp_rank(const float *x, float *rank, const struct mp_kernel_rows *size,
             uint32_t *ops, uint32_t index);
void mp_scatter(const float *source, const float *place, float *destination,
                const struct mp_kernel_rows *size, uint32_t *ops, uint32_t index);

/* What the stand-in calls. */
float *mp_test_group_memory(void);
void mp_test_group_barrier(void);

static float arrays[MP_OP_BUFFERS_MAX][ELEMENTS_MAX];
static float expected[MP_OP_BUFFERS_MAX][ELEMENTS_MAX];
static uint32_t op_counter;

/* One threadgroup at a time. */
static struct {
    float memory[MP_KERNEL_ROW_GROUP_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    unsigned threads, waiting, turn;
} group = {.mutex = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER};

float *mp_test_group_memory(void) {
    return group.memory;
}

void mp_test_group_barrier(void) {
    unsigned turn;

    pthread_mutex_lock(&group.mutex);
    turn = group.turn;
    group.waiting++;
    if (group.waiting == group.threads) {
        group.waiting = 0;
        group.turn++;
        pthread_cond_broadcast(&group.turned);
    }
    while (turn == group.turn)
        pthread_cond_wait(&group.turned, &group.mutex);
    pthread_mutex_unlock(&group.mutex);
}

/* Inputs in [-1, 1), poisoned outputs, and what the reference makes of the inputs. */
static void prepare(const struct mp_shape *shape) {
    void *pointer[MP_OP_BUFFERS_MAX];

    op_counter = 0;
    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        assert_true(shape->length[i] < ELEMENTS_MAX);
        mp_check_poison(arrays[i], ELEMENTS_MAX);
        if (i < shape->inputs) {
            /* Behind the end too: what a read out of bounds makes of poison looks like
             * poison. */
            for (size_t k = 0; k < ELEMENTS_MAX; k++)
                arrays[i][k] = (float)sin((double)(k * (i + 2) + i));
        }
        pointer[i] = i < shape->inputs ? arrays[i] : expected[i];
    }
    shape->kernel->run(pointer, &shape->constants);
}

static void assert_as_expected(const struct mp_shape *shape) {
    struct mp_check check = {0};
    char text[200];
    uint32_t bits;

    for (unsigned i = shape->inputs; i < shape->kernel->buffer_count; i++) {
        mp_check_compare(arrays[i], expected[i], shape->length[i], i, &shape->tolerance,
                         &check);
        memcpy(&bits, &arrays[i][shape->length[i]], sizeof(bits));
        assert_int_equal(bits, MP_CHECK_POISON); /* nothing is written behind the end */
    }
    if (check.wrong > 0) {
        mp_check_describe(&check, text, sizeof(text));
        fail_msg("%s: %s", shape->kernel->name, text);
    }
    assert_int_equal(op_counter, 1);
}

static void noop_counts_once_for_its_grid(void **state) {
    (void)state;
    op_counter = 0;
    for (uint32_t i = 0; i < 5; i++)
        mp_noop(&op_counter, i);
    assert_int_equal(op_counter, 1);
}

static void mm_text_computes_the_reference(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_mm(7, 5, 11, &shape);
    prepare(&shape);
    for (uint32_t y = 0; y < shape.grid[1] + BEYOND; y++) {
        for (uint32_t x = 0; x < shape.grid[0] + BEYOND; x++)
            mp_mm(arrays[0], arrays[1], arrays[2], &shape.constants.mm, &op_counter,
                  (struct index2){x, y});
    }
    assert_as_expected(&shape);
}

static void linear_text_computes_the_reference(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_linear(3, 13, 6, &shape);
    prepare(&shape);
    for (uint32_t y = 0; y < shape.grid[1] + BEYOND; y++) {
        for (uint32_t x = 0; x < shape.grid[0] + BEYOND; x++)
            mp_linear(arrays[0], arrays[1], arrays[2], arrays[3], &shape.constants.linear,
                      &op_counter, (struct index2){x, y});
    }
    assert_as_expected(&shape);
}

static void contiguous_text_computes_the_reference(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_transposed(9, 3, &shape);
    prepare(&shape);
    for (uint32_t i = 0; i < shape.grid[0] + BEYOND; i++)
        mp_contiguous(arrays[0], arrays[1], &shape.constants.contiguous, &op_counter, i);
    assert_as_expected(&shape);
}

/* The tolerance has to admit single precision at the lengths that the parameters
 * allow. */
static void longest_sums_stay_within_the_tolerance(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_mm(2, 7, 512, &shape);
    prepare(&shape);
    for (uint32_t y = 0; y < 2; y++) {
        for (uint32_t x = 0; x < 7; x++)
            mp_mm(arrays[0], arrays[1], arrays[2], &shape.constants.mm, &op_counter,
                  (struct index2){x, y});
    }
    assert_as_expected(&shape);
    mp_shape_linear(7, 512, 1, &shape);
    prepare(&shape);
    for (uint32_t y = 0; y < 7; y++)
        mp_linear(arrays[0], arrays[1], arrays[2], arrays[3], &shape.constants.linear,
                  &op_counter, (struct index2){0, y});
    assert_as_expected(&shape);
}

static void permute_text_computes_the_reference(void **state) {
    /* Heads of a packed projection: (2 x 3 x 4 x 5) out of rows of 60, from column 7. */
    const struct mp_kernel_permute view = {
        .size = {2, 4, 3, 5}, .stride = {180, 5, 60, 1}, .offset = 7};
    struct mp_shape shape;

    (void)state;
    mp_shape_permute(&view, &shape);
    assert_int_equal(shape.grid[0], 120);
    prepare(&shape);
    for (uint32_t i = 0; i < shape.grid[0] + BEYOND; i++)
        mp_permute(arrays[0], arrays[1], &shape.constants.permute, &op_counter, i);
    assert_as_expected(&shape);
}

static void bmm_text_computes_the_reference(void **state) {
    struct mp_kernel_bmm size = {.batch = 3, .m = 4, .n = 5, .k = 7, .scale = 0.25f};
    struct mp_shape shape;

    (void)state;
    for (size.is_transposed = 0; size.is_transposed < 2; size.is_transposed++) {
        mp_shape_bmm(&size, &shape);
        prepare(&shape);
        for (uint32_t z = 0; z < shape.grid[2] + BEYOND; z++)
            for (uint32_t y = 0; y < shape.grid[1] + BEYOND; y++)
                for (uint32_t x = 0; x < shape.grid[0] + BEYOND; x++)
                    mp_bmm(arrays[0], arrays[1], arrays[2], &shape.constants.bmm,
                           &op_counter, (struct index3){x, y, z});
        assert_as_expected(&shape);
    }
}

static void conv1d_text_computes_the_reference(void **state) {
    static const struct mp_kernel_conv1d sizes[] = {
        {.samples = 2,
         .in = 3,
         .length = 11,
         .out = 4,
         .width = 3,
         .stride = 1,
         .padding = 1},
        {.samples = 1,
         .in = 2,
         .length = 10,
         .out = 3,
         .width = 4,
         .stride = 3,
         .padding = 2},
        {.samples = 1, .in = 1, .length = 5, .out = 1, .width = 5, .stride = 1},
    };
    struct mp_shape shape;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        mp_shape_conv1d(&sizes[i], &shape);
        prepare(&shape);
        for (uint32_t z = 0; z < shape.grid[2] + BEYOND; z++)
            for (uint32_t y = 0; y < shape.grid[1] + BEYOND; y++)
                for (uint32_t x = 0; x < shape.grid[0] + BEYOND; x++)
                    mp_conv1d(arrays[0], arrays[1], arrays[2], arrays[3],
                              &shape.constants.conv1d, &op_counter,
                              (struct index3){x, y, z});
        assert_as_expected(&shape);
    }
}

static void texts_of_single_elements_compute_the_reference(void **state) {
    struct mp_shape relu, gelu, add;

    (void)state;
    mp_shape_relu(70, &relu);
    mp_shape_gelu(70, &gelu);
    mp_shape_add(70, &add);
    prepare(&relu);
    for (uint32_t i = 0; i < relu.grid[0] + BEYOND; i++)
        mp_relu(arrays[0], arrays[1], &relu.constants.elements, &op_counter, i);
    assert_as_expected(&relu);
    prepare(&gelu);
    for (uint32_t i = 0; i < gelu.grid[0] + BEYOND; i++)
        mp_gelu(arrays[0], arrays[1], &gelu.constants.elements, &op_counter, i);
    assert_as_expected(&gelu);
    prepare(&add);
    for (uint32_t i = 0; i < add.grid[0] + BEYOND; i++)
        mp_add(arrays[0], arrays[1], arrays[2], &add.constants.elements, &op_counter, i);
    assert_as_expected(&add);
}

static void lstm_text_computes_the_reference(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_lstm(3, 11, &shape);
    prepare(&shape);
    for (uint32_t i = 0; i < shape.grid[0] + BEYOND; i++)
        mp_lstm(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4],
                &shape.constants.lstm, &op_counter, i);
    assert_as_expected(&shape);
}

static void rank_and_scatter_texts_compute_the_reference(void **state) {
    struct mp_shape rank, scatter;
    float place[3 * 11];
    void *pointer[] = {arrays[0], arrays[1], expected[2]};

    (void)state;
    mp_shape_rank(3, 11, &rank);
    mp_shape_scatter(3, 11, &scatter);
    prepare(&rank);
    arrays[0][4] = arrays[0][7]; /* equal ones keep their order */
    rank.kernel->run((void *[]){arrays[0], expected[1]}, &rank.constants);
    for (uint32_t i = 0; i < rank.grid[0] + BEYOND; i++)
        mp_rank(arrays[0], arrays[1], &rank.constants.rows, &op_counter, i);
    assert_as_expected(&rank);
    memcpy(place, arrays[1], sizeof(place));
    prepare(&scatter);
    memcpy(arrays[1], place, sizeof(place));
    scatter.kernel->run(pointer, &scatter.constants);
    for (uint32_t i = 0; i < scatter.grid[0] + BEYOND; i++)
        mp_scatter(arrays[0], arrays[1], arrays[2], &scatter.constants.rows, &op_counter,
                   i);
    assert_as_expected(&scatter);
    arrays[1][0] = -1;
    arrays[1][1] = 11;
    mp_check_poison(arrays[2], ELEMENTS_MAX);
    for (uint32_t i = 0; i < 2; i++)
        mp_scatter(arrays[0], arrays[1], arrays[2], &scatter.constants.rows, &op_counter,
                   i);
    assert_true(arrays[2][10] != arrays[0][0] && arrays[2][11] != arrays[0][1]);
}

/* Where single precision is at its end: no NaN, and the line or zero. */
static void gelu_text_takes_any_number(void **state) {
    static const float far[] = {-3e38f, -1e6f, -20, -6, 0, 6, 20, 1e6f, 3e38f};
    const struct mp_kernel_elements size = {.count = 9};
    float y[9];

    (void)state;
    for (uint32_t i = 0; i < 9; i++) {
        mp_gelu(far, y, &size, &op_counter, i);
        assert_true(fabsf(y[i] - (far[i] > 0 ? far[i] : 0)) <= 1e-6f * fabsf(far[i]));
    }
}

struct row_thread {
    const struct mp_shape *shape;
    uint32_t row, index;
    pthread_t thread;
};

static void *run_row_thread(void *argument) {
    const struct row_thread *thread = argument;

    if (thread->shape->kernel == &mp_kernel_softmax)
        mp_softmax(arrays[0], arrays[1], &thread->shape->constants.softmax, &op_counter,
                   thread->row, thread->index, group.threads);
    else
        mp_layernorm(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5],
                     &thread->shape->constants.layernorm, &op_counter, thread->row,
                     thread->index, group.threads);
    return NULL;
}

static void run_rows(const struct mp_shape *shape, unsigned threads) {
    struct row_thread thread[GROUP_MAX];

    assert_true(threads <= GROUP_MAX);
    group.threads = threads;
    for (uint32_t row = 0; row < shape->grid[0] + BEYOND; row++) {
        for (unsigned i = 0; i < threads; i++) {
            thread[i] = (struct row_thread){.shape = shape, .row = row, .index = i};
            assert_int_equal(
                pthread_create(&thread[i].thread, NULL, run_row_thread, &thread[i]), 0);
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(thread[i].thread, NULL);
    }
}

static void layernorm_text_computes_the_reference_in_groups_of_any_size(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_layernorm(3, 37, &shape);
    for (unsigned threads = 1; threads <= GROUP_MAX; threads++) {
        prepare(&shape);
        run_rows(&shape, threads);
        assert_as_expected(&shape);
    }
}

static void longest_row_stays_within_the_tolerance(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_layernorm(1, 4096, &shape);
    prepare(&shape);
    run_rows(&shape, 3);
    assert_as_expected(&shape);
}

static void layernorm_text_takes_rows_shorter_than_the_group(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_layernorm(2, 3, &shape);
    prepare(&shape);
    run_rows(&shape, GROUP_MAX);
    assert_as_expected(&shape);
}

static void softmax_text_computes_the_reference_in_groups_of_any_size(void **state) {
    struct mp_shape shape;

    (void)state;
    for (unsigned threads = 1; threads <= GROUP_MAX; threads++) {
        mp_shape_softmax(3, threads == 5 ? 3 : 37, &shape);
        prepare(&shape);
        run_rows(&shape, threads);
        assert_as_expected(&shape);
    }
    mp_shape_softmax(1, 4096, &shape);
    prepare(&shape);
    run_rows(&shape, 3);
    assert_as_expected(&shape);
}

/* exp of 200 is no number: the greatest of the row has to be found, by whichever thread. */
static void softmax_text_takes_large_numbers(void **state) {
    struct mp_shape shape;
    void *pointer[] = {arrays[0], expected[1]};

    (void)state;
    mp_shape_softmax(3, 37, &shape);
    shape.tolerance.absolute = 1e-6;
    for (unsigned threads = 1; threads <= GROUP_MAX; threads++) {
        prepare(&shape);
        for (size_t i = 0; i < shape.length[0]; i++)
            arrays[0][i] *= 200;
        shape.kernel->run(pointer, &shape.constants);
        run_rows(&shape, threads);
        assert_as_expected(&shape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noop_counts_once_for_its_grid),
        cmocka_unit_test(mm_text_computes_the_reference),
        cmocka_unit_test(linear_text_computes_the_reference),
        cmocka_unit_test(contiguous_text_computes_the_reference),
        cmocka_unit_test(permute_text_computes_the_reference),
        cmocka_unit_test(bmm_text_computes_the_reference),
        cmocka_unit_test(conv1d_text_computes_the_reference),
        cmocka_unit_test(texts_of_single_elements_compute_the_reference),
        cmocka_unit_test(lstm_text_computes_the_reference),
        cmocka_unit_test(rank_and_scatter_texts_compute_the_reference),
        cmocka_unit_test(gelu_text_takes_any_number),
        cmocka_unit_test(softmax_text_computes_the_reference_in_groups_of_any_size),
        cmocka_unit_test(softmax_text_takes_large_numbers),
        cmocka_unit_test(longest_sums_stay_within_the_tolerance),
        cmocka_unit_test(longest_row_stays_within_the_tolerance),
        cmocka_unit_test(layernorm_text_computes_the_reference_in_groups_of_any_size),
        cmocka_unit_test(layernorm_text_takes_rows_shorter_than_the_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
