/* The client of Metal Performance Shaders on the model: each kind of op gives the numbers
 * of the CPU reference by each of its calls, who shares kernels and graphs, what has no
 * call there, what is refused, and that nothing is left behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/round/mps/client.h"
#include "scenarios/kernels/kernels.h"
#include "scenarios/kernels/reference.h"

#define ROOM    256 /* elements of each buffer */
#define LEAD    64  /* elements before the op's part of it */
#define AWAY_MS 20000

static struct mp_mps_device *open_with(const char *settings) {
    const struct mp_device_ops *ops = &mp_mps_model_device;
    struct mp_option_values values;
    struct mp_error err = {""};
    setenv("MPSTRESS_MODEL", MP_TEST_MODEL, 0);
    mp_option_values_init(&values, ops->settings);
    assert_int_equal(mp_option_set_list(&values, settings, &err), MP_OK);
    struct mp_mps_device *mps = mp_memory_zeroed(1, ops->device_size);
    mps->metal.base.ops = ops;
    if (ops->open(&mps->metal.base, &values, &err) != MP_OK)
        fail_msg("cannot open mps@model: %s", err.text);
    return mps;
}

static void close_it(struct mp_mps_device *mps) {
    mp_mps_close(&mps->metal.base);
    free(mps);
}

static uint64_t counted(struct mp_mps_device *mps, const char *name) {
    return mp_mps_driver_count(&mps->metal.base, name);
}

/* Objects that nobody keeps and that are not freed. */
static uint64_t loose(struct mp_mps_device *mps) {
    return counted(mps, "inits") - counted(mps, "deallocs") - counted(mps, "held");
}

static void expect_ok(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK)
        fail_msg("%s: %s", mp_status_text(status), err->text);
}

/* One op with buffers of its own. */
struct job {
    struct mp_op op;
    float expected[MP_OP_BUFFERS_MAX][ROOM];
};

static void job_make(struct mp_mps_device *mps, const struct mp_kernel *kernel,
                     const void *constants, struct job *job) {
    void *array[MP_OP_BUFFERS_MAX];
    struct mp_error err = {""};
    memset(job, 0, sizeof(*job));
    job->op.kernel = kernel;
    job->op.constants = constants;
    for (unsigned i = 0; i < kernel->buffer_count; i++) {
        expect_ok(mp_metal_buffer_create(&mps->metal.base, (LEAD + ROOM) * sizeof(float),
                                         &job->op.buffer[i], &err),
                  &err);
        job->op.offset[i] = LEAD * sizeof(float);
        float *value = mp_metal_buffer_contents(job->op.buffer[i]);
        for (unsigned k = 0; k < LEAD + ROOM; k++)
            value[k] = (float)((k * 7 + i * 5) % 13) / 4 - 1.5f;
        memcpy(job->expected[i], value + LEAD, sizeof(job->expected[i]));
        array[i] = job->expected[i];
    }
    kernel->run(array, constants);
}

/* All of each buffer, so that nothing beyond the outputs may have changed. */
static void job_check(const struct job *job) {
    for (unsigned i = 0; i < job->op.kernel->buffer_count; i++) {
        const float *value = mp_metal_buffer_contents(job->op.buffer[i]);
        for (unsigned k = 0; k < ROOM; k++)
            if (!(fabsf(value[LEAD + k] - job->expected[i][k]) <= 1e-4f))
                fail_msg("%s: buffer %u, element %u: %g instead of %g",
                         job->op.kernel->name, i, k, (double)value[LEAD + k],
                         (double)job->expected[i][k]);
    }
}

static void job_release(struct mp_mps_device *mps, struct job *job) {
    for (unsigned i = 0; i < job->op.kernel->buffer_count; i++)
        mp_metal_buffer_destroy(&mps->metal.base, job->op.buffer[i]);
}

static struct mp_device_stream *make_stream(struct mp_mps_device *mps, unsigned index) {
    struct mp_device_stream *stream = NULL;
    struct mp_error err = {""};
    expect_ok(mp_mps_stream_create(&mps->metal.base, index, &stream, &err), &err);
    return stream;
}

static void finish(struct mp_device_stream *stream) {
    struct mp_error err = {""};
    expect_ok(mp_mps_commit(stream, &err), &err);
    expect_ok(mp_mps_wait(stream, UINT64_MAX, &err), &err);
}

static const struct mp_kernel_mm mm = {.m = 5, .n = 7, .k = 6};
static const struct mp_kernel_linear linear = {.rows = 4, .in = 6, .out = 9};
static const struct mp_kernel_layernorm norm = {.rows = 5, .length = 8, .eps = 1e-3f};
static const struct mp_kernel_softmax softmax = {.rows = 5, .length = 8};
static const struct mp_kernel_elements add = {.count = 48};
static const struct mp_kernel_contiguous turned = {
    .rows = 6, .columns = 5, .row_stride = 2, .column_stride = 14, .offset = 3};
static const struct mp_kernel_contiguous straight = {
    .rows = 6, .columns = 5, .row_stride = 17, .column_stride = 3, .offset = 1};
static const struct mp_kernel_contiguous one_row = {
    .rows = 1, .columns = 5, .row_stride = 1, .column_stride = 4, .offset = 0};

static const struct {
    const struct mp_kernel *kernel;
    const void *constants;
    bool by_graph, fresh_encoder;
} kinds[] = {
    {&mp_kernel_mm, &mm, false, false},
    {&mp_kernel_mm, &mm, true, false},
    {&mp_kernel_linear, &linear, false, false},
    {&mp_kernel_linear, &linear, false, true},
    {&mp_kernel_linear, &linear, true, false},
    {&mp_kernel_layernorm, &norm, false, false},
    {&mp_kernel_softmax, &softmax, false, false},
    {&mp_kernel_add, &add, false, false},
    {&mp_kernel_contiguous, &turned, false, false},
    {&mp_kernel_contiguous, &straight, false, false},
    {&mp_kernel_contiguous, &one_row, false, false},
};

/* All in one command buffer, one after the other. */
static void every_kind_gives_the_numbers_of_the_reference(void **state) {
    static const char *const settings[] = {"", "cache=shared", "cache=none",
                                           "graphs=compile",
                                           "graphs=compile,cache=shared"};
    struct mp_error err = {""};
    (void)state;
    for (size_t k = 0; k < MP_COUNT(settings); k++) {
        struct mp_mps_device *mps = open_with(settings[k]);
        const uint64_t before = loose(mps);
        struct mp_device_stream *stream = make_stream(mps, 1);
        static struct job job[MP_COUNT(kinds)];
        for (size_t i = 0; i < MP_COUNT(kinds); i++) {
            job_make(mps, kinds[i].kernel, kinds[i].constants, &job[i]);
            job[i].op.by_graph = kinds[i].by_graph;
            job[i].op.fresh_encoder = kinds[i].fresh_encoder;
            expect_ok(mp_mps_op_check(&mps->metal.base, &job[i].op, &err), &err);
            expect_ok(mp_mps_encode(stream, &job[i].op, &err), &err);
        }
        assert_int_equal(mp_mps_ops_executed(stream), 0);
        finish(stream);
        assert_int_equal(mp_mps_ops_executed(stream), MP_COUNT(kinds));
        for (size_t i = 0; i < MP_COUNT(kinds); i++) {
            job_check(&job[i]);
            job_release(mps, &job[i]);
        }
        mp_mps_stream_destroy(&mps->metal.base, stream);
        for (int ms = 0; loose(mps) != before && ms < AWAY_MS; ms++)
            mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
        if (loose(mps) != before)
            fail_msg("%s: %lld objects are neither freed nor kept", settings[k],
                     (long long)(loose(mps) - before));
        close_it(mps);
    }
}

/* How many graphs two streams with two equal ops each compile. */
static void graphs_are_kept_by_those_whose_they_are(void **state) {
    static const struct {
        const char *settings;
        unsigned graphs;
    } rows[] = {{"cache=stream", 2},
                {"cache=shared", 1},
                {"cache=none", 4},
                {"graphs=compile", 2},
                {"graphs=compile,cache=shared", 1},
                {"graphs=compile,cache=none", 4}};
    struct mp_error err = {""};
    (void)state;
    for (size_t k = 0; k < MP_COUNT(rows); k++) {
        struct mp_mps_device *mps = open_with(rows[k].settings);
        struct mp_device_stream *stream[2] = {make_stream(mps, 1), make_stream(mps, 2)};
        uint64_t before = counted(mps, "graphs_compiled");
        struct job job;
        job_make(mps, &mp_kernel_linear, &linear, &job);
        job.op.by_graph = true;
        for (unsigned i = 0; i < 4; i++) {
            expect_ok(mp_mps_encode(stream[i % 2], &job.op, &err), &err);
            finish(stream[i % 2]);
        }
        assert_int_equal(counted(mps, "graphs_compiled") - before, rows[k].graphs);
        job_check(&job);
        job_release(mps, &job);
        mp_mps_stream_destroy(&mps->metal.base, stream[0]);
        mp_mps_stream_destroy(&mps->metal.base, stream[1]);
        close_it(mps);
    }
}

/* Equal sizes are one graph, others are another. */
static void another_shape_is_another_graph(void **state) {
    static const struct mp_kernel_mm shapes[] = {
        {2, 3, 4}, {2, 4, 4}, {2, 3, 5}, {3, 3, 4}, {2, 3, 4}};
    struct mp_mps_device *mps = open_with("");
    struct mp_device_stream *stream = make_stream(mps, 1);
    struct mp_error err = {""};
    uint64_t before = counted(mps, "graphs_compiled");
    (void)state;
    for (size_t i = 0; i < MP_COUNT(shapes); i++) {
        struct job job;
        job_make(mps, &mp_kernel_mm, &shapes[i], &job);
        job.op.by_graph = true;
        expect_ok(mp_mps_encode(stream, &job.op, &err), &err);
        finish(stream);
        job_check(&job);
        job_release(mps, &job);
    }
    assert_int_equal(counted(mps, "graphs_compiled") - before, 4);
    mp_mps_stream_destroy(&mps->metal.base, stream);
    close_it(mps);
}

/* Between a product and a sum of MPS, on one stream and in one command buffer. */
static void what_mps_has_no_call_for_is_a_kernel_of_our_own(void **state) {
    static const uint32_t group[3] = {1, 1, 1};
    static const struct mp_kernel_elements relu = {.count = 35};
    struct mp_mps_device *mps = open_with("");
    struct mp_device_stream *stream = make_stream(mps, 1);
    struct mp_error err = {""};
    static struct job job[3];
    (void)state;
    job_make(mps, &mp_kernel_mm, &mm, &job[0]);
    job_make(mps, &mp_kernel_relu, &relu, &job[1]);
    job_make(mps, &mp_kernel_add, &add, &job[2]);
    for (unsigned axis = 0; axis < 3; axis++)
        job[1].op.grid[axis] = axis == 0 ? relu.count : 1;
    memcpy(job[1].op.group, group, sizeof(group));
    assert_int_equal(mp_mps_encode(stream, &job[1].op, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "never loaded"));
    expect_ok(mp_mps_kernel_load(&mps->metal.base, &mp_kernel_relu, group, &err), &err);
    for (unsigned i = 0; i < 3; i++) {
        expect_ok(mp_mps_op_check(&mps->metal.base, &job[i].op, &err), &err);
        expect_ok(mp_mps_encode(stream, &job[i].op, &err), &err);
    }
    assert_int_equal(mp_mps_ops_executed(stream), 0);
    finish(stream);
    assert_int_equal(mp_mps_ops_executed(stream), 3);
    for (unsigned i = 0; i < 3; i++) {
        job_check(&job[i]);
        job_release(mps, &job[i]);
    }
    mp_mps_stream_destroy(&mps->metal.base, stream);
    close_it(mps);
}

/* As on macOS 14, whose MPS lacks the calls. */
static void calls_that_the_system_lacks_are_named(void **state) {
    struct mp_mps_device *mps = open_with("");
    struct mp_error err = {""};
    struct mp_op op = {.kernel = &mp_kernel_linear, .constants = &linear};
    (void)state;
    assert_true(mps->has_arrays && mps->has_nograph && mps->has_views);
    mps->has_nograph = false;
    assert_int_equal(mp_mps_op_check(&mps->metal.base, &op, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "encodeToCommandEncoder:commandBuffer:"));
    op.by_graph = true;
    assert_int_equal(mp_mps_op_check(&mps->metal.base, &op, &err), MP_OK);
    mps->has_views = false;
    op = (struct mp_op){.kernel = &mp_kernel_contiguous, .constants = &turned};
    assert_int_equal(mp_mps_op_check(&mps->metal.base, &op, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "MPSNDArrayIdentity"));
    mps->has_arrays = false;
    op = (struct mp_op){.kernel = &mp_kernel_softmax, .constants = &softmax};
    assert_int_equal(mp_mps_op_check(&mps->metal.base, &op, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "initWithBuffer:offset:descriptor:"));
    op = (struct mp_op){.kernel = &mp_kernel_mm, .constants = &mm};
    assert_int_equal(mp_mps_op_check(&mps->metal.base, &op, &err), MP_OK);
    close_it(mps);
}

/* Executors drop the last references; opening again waits for that. */
static void nothing_is_left_behind(void **state) {
    struct mp_error err = {""};
    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        struct mp_mps_device *mps = open_with(turn == 2 ? "cache=none" : "");
        struct mp_device_stream *stream = make_stream(mps, 1);
        if (turn > 0) /* the new device and its stream: queue and counter */
            assert_int_equal(counted(mps, "inits") - counted(mps, "deallocs"), 3);
        struct job job;
        job_make(mps, &mp_kernel_layernorm, &norm, &job);
        for (int i = 0; i < 20; i++) {
            expect_ok(mp_mps_encode(stream, &job.op, &err), &err);
            if (i % 3 == 2)
                finish(stream);
        }
        finish(stream);
        job_release(mps, &job);
        mp_mps_stream_destroy(&mps->metal.base, stream);
        close_it(mps);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_the_numbers_of_the_reference),
        cmocka_unit_test(graphs_are_kept_by_those_whose_they_are),
        cmocka_unit_test(another_shape_is_another_graph),
        cmocka_unit_test(what_mps_has_no_call_for_is_a_kernel_of_our_own),
        cmocka_unit_test(calls_that_the_system_lacks_are_named),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
