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

/* What the stand-in calls. */
float *mp_test_group_memory(void);
void mp_test_group_barrier(void);

static float arrays[MP_OP_BUFFERS_MAX][ELEMENTS_MAX];
static float expected[MP_OP_BUFFERS_MAX][ELEMENTS_MAX];
static uint32_t op_counter;

/* One threadgroup at a time. */
static struct {
    float memory[MP_KERNEL_LAYERNORM_GROUP_MAX];
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

struct layernorm_thread {
    const struct mp_shape *shape;
    uint32_t row, index;
    pthread_t thread;
};

static void *run_layernorm_thread(void *argument) {
    const struct layernorm_thread *thread = argument;

    mp_layernorm(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5],
                 &thread->shape->constants.layernorm, &op_counter, thread->row,
                 thread->index, group.threads);
    return NULL;
}

static void run_layernorm(const struct mp_shape *shape, unsigned threads) {
    struct layernorm_thread thread[GROUP_MAX];

    assert_true(threads <= GROUP_MAX);
    group.threads = threads;
    for (uint32_t row = 0; row < shape->grid[0] + BEYOND; row++) {
        for (unsigned i = 0; i < threads; i++) {
            thread[i] = (struct layernorm_thread){.shape = shape, .row = row, .index = i};
            assert_int_equal(
                pthread_create(&thread[i].thread, NULL, run_layernorm_thread, &thread[i]),
                0);
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
        run_layernorm(&shape, threads);
        assert_as_expected(&shape);
    }
}

static void longest_row_stays_within_the_tolerance(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_layernorm(1, 4096, &shape);
    prepare(&shape);
    run_layernorm(&shape, 3);
    assert_as_expected(&shape);
}

static void layernorm_text_takes_rows_shorter_than_the_group(void **state) {
    struct mp_shape shape;

    (void)state;
    mp_shape_layernorm(2, 3, &shape);
    prepare(&shape);
    run_layernorm(&shape, GROUP_MAX);
    assert_as_expected(&shape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noop_counts_once_for_its_grid),
        cmocka_unit_test(mm_text_computes_the_reference),
        cmocka_unit_test(linear_text_computes_the_reference),
        cmocka_unit_test(contiguous_text_computes_the_reference),
        cmocka_unit_test(longest_sums_stay_within_the_tolerance),
        cmocka_unit_test(longest_row_stays_within_the_tolerance),
        cmocka_unit_test(layernorm_text_computes_the_reference_in_groups_of_any_size),
        cmocka_unit_test(layernorm_text_takes_rows_shorter_than_the_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
