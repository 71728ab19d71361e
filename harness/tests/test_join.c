/* Joined ops: one call for all requests, each with its own answer, and what is not joined.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/round/join.h"
#include "harness/tests/round_fixture.h"

#define REQUESTS 3
#define ROWS     2 /* of one request */
#define COLUMNS  4

struct mp_device_buffer {
    float value[256];
};

/* y = x + w, row by row; then z = 2 y: constants are rows. */
static void run_add(void *const *buffer, const void *constants) {
    const float *x = buffer[0], *w = buffer[1];
    float *y = buffer[2];
    uint32_t rows;

    memcpy(&rows, constants, sizeof(rows));
    for (uint32_t i = 0; i < rows * COLUMNS; i++)
        y[i] = x[i] + w[i % COLUMNS];
}

static void run_twice(void *const *buffer, const void *constants) {
    const float *y = buffer[0];
    float *z = buffer[1];
    uint32_t rows;

    memcpy(&rows, constants, sizeof(rows));
    for (uint32_t i = 0; i < rows * COLUMNS; i++)
        z[i] = 2 * y[i];
}

static bool widen(const void *constants, uint32_t times, bool has_weights,
                  struct mp_kernel_join *ret_join) {
    const size_t bytes = ROWS * COLUMNS * sizeof(float);
    uint32_t rows;

    memcpy(&rows, constants, sizeof(rows));
    rows *= times;
    *ret_join = (struct mp_kernel_join){.axis = 1, .inputs = has_weights ? 2 : 1};
    memcpy(ret_join->constants, &rows, sizeof(rows));
    ret_join->bytes[0] = bytes;
    ret_join->bytes[has_weights ? 2 : 1] = bytes;
    return true;
}

static bool join_add(const void *constants, uint32_t times,
                     struct mp_kernel_join *ret_join) {
    return widen(constants, times, true, ret_join);
}

static bool join_twice(const void *constants, uint32_t times,
                       struct mp_kernel_join *ret_join) {
    return widen(constants, times, false, ret_join);
}

static const struct mp_kernel add = {.name = "add",
                                     .buffer_count = 3,
                                     .constants_len = sizeof(uint32_t),
                                     .run = run_add,
                                     .join = join_add};
static const struct mp_kernel twice = {.name = "twice",
                                       .buffer_count = 2,
                                       .constants_len = sizeof(uint32_t),
                                       .run = run_twice,
                                       .join = join_twice};
static const struct mp_kernel lonely = {.name = "lonely",
                                        .buffer_count = 2,
                                        .constants_len = sizeof(uint32_t),
                                        .run = run_twice};

struct scene {
    struct mp_device device;
    struct mp_device_ops ops;
    struct mp_round_page *page;
    struct mp_worker worker;
    struct mp_device_buffer weights, own[REQUESTS][3];
    struct mp_batch_item item[REQUESTS][2];
    struct mp_batch_part part[REQUESTS];
    struct mp_batch_calls calls;
    struct mp_join join;
    unsigned calls_made, fails_at; /* the call that fails, from 1; 0: none */
    uint32_t rows;                 /* of the grid of the last call */
    int buffers;                   /* that are there */
};

static struct scene *of(struct mp_device *device) {
    return (struct scene *)(void *)device;
}

static enum mp_status create(struct mp_device *device, size_t size,
                             struct mp_device_buffer **ret_buffer, struct mp_error *err) {
    (void)err;
    assert_true(size <= sizeof((*ret_buffer)->value));
    *ret_buffer = mp_memory_zeroed(1, sizeof(**ret_buffer));
    of(device)->buffers++;
    return MP_OK;
}

static void destroy(struct mp_device *device, struct mp_device_buffer *buffer) {
    of(device)->buffers--;
    free(buffer);
}

static void *contents(struct mp_device_buffer *buffer) {
    return buffer->value;
}

static enum mp_status encode(void *data, struct mp_worker *worker, const struct mp_op *op,
                             struct mp_error *err) {
    struct scene *scene = data;
    void *array[MP_OP_BUFFERS_MAX];

    (void)worker;
    if (++scene->calls_made == scene->fails_at)
        return mp_error_set(err, MP_DEVICE, "planted");
    for (unsigned i = 0; i < op->kernel->buffer_count; i++)
        array[i] = (char *)op->buffer[i]->value + op->offset[i];
    op->kernel->run(array, op->constants);
    scene->rows = op->grid[1];
    return MP_OK;
}

/* Each request adds the weights to its own numbers, and doubles that. */
static void open_scene(struct scene *scene) {
    static const uint32_t rows = ROWS;

    memset(scene, 0, sizeof(*scene));
    scene->ops = (struct mp_device_ops){
        .buffer_create = create, .buffer_destroy = destroy, .buffer_contents = contents};
    scene->device.ops = &scene->ops;
    scene->page = fixture_page(NULL, 1);
    scene->worker = fixture_worker(scene->page, 0);
    scene->calls = (struct mp_batch_calls){.encode = encode, .data = scene};
    for (unsigned k = 0; k < COLUMNS; k++)
        scene->weights.value[k] = (float)(10 * k);
    for (unsigned r = 0; r < REQUESTS; r++) {
        struct mp_device_buffer *own = scene->own[r];

        for (unsigned k = 0; k < ROWS * COLUMNS; k++)
            own[0].value[k] = (float)(100 * r + k);
        scene->item[r][0].op =
            (struct mp_op){.kernel = &add,
                           .buffer = {&own[0], &scene->weights, &own[1]},
                           .grid = {1, ROWS, 1}};
        scene->item[r][1].op = (struct mp_op){
            .kernel = &twice, .buffer = {&own[1], &own[2]}, .grid = {1, ROWS, 1}};
        for (unsigned i = 0; i < 2; i++)
            memcpy(scene->item[r][i].constants, &rows, sizeof(rows));
        scene->part[r] = (struct mp_batch_part){scene->item[r], 2};
    }
    mp_join_init(&scene->join, &scene->device);
}

static void close_scene(struct scene *scene) {
    mp_join_release(&scene->join);
    fixture_page_free(scene->page);
}

static bool try_join(struct scene *scene, enum mp_status *ret_status) {
    struct mp_error err;

    return mp_join_encode(&scene->join, &scene->worker, scene->part, REQUESTS,
                          &scene->calls, ret_status, &err);
}

static void each_request_gets_its_own_answer_of_one_dispatch(void **state) {
    struct scene scene;
    enum mp_status status;

    (void)state;
    open_scene(&scene);
    for (unsigned again = 1; again <= 2; again++) {
        assert_true(try_join(&scene, &status));
        assert_int_equal(status, MP_OK);
        assert_int_equal(scene.calls_made, 2 * again);
        assert_int_equal(scene.rows, REQUESTS * ROWS);
        assert_int_equal(scene.buffers, 1); /* kept for the next group */
        mp_join_end(&scene.join, &scene.worker, scene.part, REQUESTS, MP_OK);
        for (unsigned r = 0; r < REQUESTS; r++)
            for (unsigned k = 0; k < ROWS * COLUMNS; k++)
                assert_true(scene.own[r][2].value[k] ==
                            2 * (float)(100 * r + k + 10 * (k % COLUMNS)));
        assert_int_equal(atomic_load(&scene.page->figure[MP_FIGURE_ARM_SPARED]),
                         again * 2 * (REQUESTS - 1));
        assert_int_equal(atomic_load(&scene.page->ops_device),
                         again * 2 * (REQUESTS - 1));
    }
    close_scene(&scene);
    assert_int_equal(scene.buffers, 0);
}

/* One change each that makes the requests no longer the same op on other data. */
static void break_kernel(struct scene *scene) {
    scene->item[1][1].op.kernel = &lonely;
}
static void break_all_kernels(struct scene *scene) {
    for (unsigned r = 0; r < REQUESTS; r++)
        scene->item[r][1].op.kernel = &lonely; /* which cannot be joined */
}
static void break_weights(struct scene *scene) {
    scene->item[2][0].op.buffer[1] = &scene->own[0][0];
}
static void break_constants(struct scene *scene) {
    scene->item[1][0].constants[0]++;
}
static void break_count(struct scene *scene) {
    scene->part[2].count = 1;
}
static void break_grid(struct scene *scene) {
    scene->item[1][0].op.grid[0]++;
}
static void break_output(struct scene *scene) { /* two write the same */
    scene->item[1][1].op.buffer[1] = &scene->own[0][2];
}
static void break_input(struct scene *scene) { /* one reads what another writes */
    scene->item[1][1].op.buffer[0] = &scene->own[0][1];
}
static void break_overlap(struct scene *scene) { /* half of what was written before */
    for (unsigned r = 0; r < REQUESTS; r++)
        scene->item[r][1].op.offset[0] = sizeof(float);
}
static void break_shared(struct scene *scene) { /* weights that an op writes */
    for (unsigned r = 0; r < REQUESTS; r++) {
        scene->item[r][1].op.kernel = &add;
        scene->item[r][1].op.buffer[1] = &scene->own[0][1];
        scene->item[r][1].op.buffer[2] = &scene->own[r][2];
    }
}

static void what_is_not_one_op_on_other_data_is_left_alone(void **state) {
    static void (*const breaks[])(struct scene * scene) = {
        break_kernel, break_all_kernels, break_weights, break_constants, break_count,
        break_grid,   break_output,      break_input,   break_overlap,   break_shared};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(breaks); i++) {
        enum mp_status status;
        struct scene scene;

        open_scene(&scene);
        breaks[i](&scene);
        if (try_join(&scene, &status))
            fail_msg("change %zu was joined", i);
        assert_int_equal(scene.calls_made, 0);
        close_scene(&scene);
    }
}

static void failed_call_is_of_all_and_a_lost_submission_ends_joining(void **state) {
    enum mp_status status;
    struct scene scene;

    (void)state;
    open_scene(&scene);
    scene.fails_at = 2;
    assert_true(try_join(&scene, &status));
    assert_int_equal(status, MP_DEVICE);
    mp_join_end(&scene.join, &scene.worker, scene.part, REQUESTS, status);
    assert_true(scene.own[1][2].value[1] == 0);
    assert_false(try_join(&scene, &status)); /* the device may still be at work there */
    close_scene(&scene);
    assert_int_equal(scene.buffers, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_gets_its_own_answer_of_one_dispatch),
        cmocka_unit_test(what_is_not_one_op_on_other_data_is_left_alone),
        cmocka_unit_test(failed_call_is_of_all_and_a_lost_submission_ends_joining),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
