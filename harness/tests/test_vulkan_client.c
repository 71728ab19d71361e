/* The Vulkan client on lavapipe, a real driver: kernels against their references, the
 * rules of waiting, and what becomes of a device that is lost (its calls are replaced:
 * lavapipe loses none). Without lavapipe the program says so and is skipped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/round/scenario.h"
#include "harness/round/vulkan/client.h"
#include "harness/tests/round_fixture.h"
#include "scenarios/check.h"
#include "scenarios/kernels/kernels.h"
#include "scenarios/shape.h"

#define PATIENCE_NS (30 * MP_CLOCK_NS_PER_S)
#define SKIPPED     77

static struct mp_vulkan_device *open_with(const char *settings) {
    char text[128];
    struct mp_device *device = NULL;
    struct mp_error err = {""};
    snprintf(text, sizeof(text), "vulkan@lavapipe:%s", settings);
    if (mp_device_open(text, 0, &device, &err) != MP_OK)
        fail_msg("%s: %s", text, err.text);
    return (struct mp_vulkan_device *)(void *)device;
}

static struct mp_device_stream *stream_of(struct mp_vulkan_device *vulkan,
                                          unsigned index) {
    struct mp_device_stream *stream = NULL;
    struct mp_error err = {""};
    if (mp_vulkan_stream_create(&vulkan->base, index, &stream, &err) != MP_OK)
        fail_msg("%s", err.text);
    return stream;
}

static void expect_ok(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK)
        fail_msg("%s", err->text);
}

/* An op of a shape with buffers of its own, whose inputs are small numbers. */
struct job {
    struct mp_shape shape;
    struct mp_op op;
    float *expected[MP_OP_BUFFERS_MAX];
};

static void prepare(struct mp_vulkan_device *vulkan, struct job *job) {
    const struct mp_shape *shape = &job->shape;
    struct mp_error err = {""};
    job->op = (struct mp_op){.kernel = shape->kernel,
                             .constants = &shape->constants,
                             .by_group = shape->by_group};
    memcpy(job->op.grid, shape->grid, sizeof(job->op.grid));
    memcpy(job->op.group, shape->group, sizeof(job->op.group));
    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        size_t size = shape->length[i] * sizeof(float);
        expect_ok(mp_vulkan_buffer_create(&vulkan->base, size, &job->op.buffer[i], &err),
                  &err);
        float *values = mp_vulkan_buffer_contents(job->op.buffer[i]);
        for (size_t k = 0; k < shape->length[i]; k++)
            values[k] = i < shape->inputs ? (float)((k * 7 + i) % 13) / 13 - 0.5f : -99;
        job->expected[i] = mp_memory_zeroed(1, size);
        memcpy(job->expected[i], values, size);
    }
    expect_ok(mp_vulkan_kernel_load(&vulkan->base, shape->kernel, shape->group, &err),
              &err);
}

/* Compares with the reference and frees everything. */
static void finish(struct mp_vulkan_device *vulkan, struct job *job) {
    const struct mp_shape *shape = &job->shape;
    struct mp_check check = {0};
    char text[256] = "";
    shape->kernel->run((void *const *)job->expected, &shape->constants);
    for (unsigned i = 0; i < shape->kernel->buffer_count; i++) {
        if (i >= shape->inputs)
            mp_check_compare(mp_vulkan_buffer_contents(job->op.buffer[i]),
                             job->expected[i], shape->length[i], i, &shape->tolerance,
                             &check);
        free(job->expected[i]);
        mp_vulkan_buffer_destroy(&vulkan->base, job->op.buffer[i]);
    }
    if (check.wrong > 0) {
        mp_check_describe(&check, text, sizeof(text));
        fail_msg("%s: %s", shape->kernel->name, text);
    }
}

static void every_kernel_computes_what_its_reference_says(void **state) {
    struct mp_vulkan_device *vulkan = open_with("");
    struct mp_device_stream *stream = stream_of(vulkan, 0);
    struct mp_error err = {""};
    struct job job[6];
    (void)state;
    memset(job, 0, sizeof(job));
    mp_shape_mm(9, 17, 33, &job[0].shape);
    mp_shape_linear(5, 33, 19, &job[1].shape);
    mp_shape_layernorm(7, 100, &job[2].shape);
    mp_shape_layernorm(3, 1500, &job[3].shape); /* the same kernel, larger groups */
    mp_shape_transposed(37, 5, &job[4].shape);
    mp_shape_mm(1, 1, 1, &job[5].shape);
    for (size_t i = 0; i < MP_COUNT(job); i++)
        prepare(vulkan, &job[i]);
    for (size_t i = 0; i < MP_COUNT(job); i++) {
        job[i].op.fresh_encoder = i % 2 == 1;
        expect_ok(mp_vulkan_encode(stream, &job[i].op, &err), &err);
    }
    assert_int_equal(MP_STREAM_BUSY, mp_vulkan_state(stream));
    expect_ok(mp_vulkan_end(stream, &err), &err);
    expect_ok(mp_vulkan_commit(stream, &err), &err);
    expect_ok(mp_vulkan_wait(stream, mp_clock_now_ns() + PATIENCE_NS, &err), &err);
    assert_int_equal(MP_STREAM_IDLE, mp_vulkan_state(stream));
    assert_int_equal(MP_COUNT(job), mp_vulkan_ops_executed(stream));
    for (size_t i = 0; i < MP_COUNT(job); i++)
        finish(vulkan, &job[i]);
    mp_vulkan_stream_destroy(&vulkan->base, stream);
    mp_device_close(&vulkan->base);
}

static void a_kernel_is_loaded_for_one_size_of_group(void **state) {
    static const uint32_t eight[3] = {8, 1, 1}, huge[3] = {1u << 20, 1, 1};
    struct mp_vulkan_device *vulkan = open_with("");
    struct mp_device_stream *stream = stream_of(vulkan, 0);
    struct mp_op op = {.kernel = &mp_kernel_noop, .grid = {20, 1, 1}, .group = {8, 1, 1}};
    struct mp_error err = {""};
    (void)state;
    assert_int_equal(MP_USAGE, mp_vulkan_encode(stream, &op, &err));
    assert_non_null(strstr(err.text, "mp_noop is encoded but was never loaded"));
    expect_ok(mp_vulkan_kernel_load(&vulkan->base, op.kernel, eight, &err), &err);
    expect_ok(mp_vulkan_kernel_load(&vulkan->base, op.kernel, eight, &err), &err);
    assert_int_equal(1, vulkan->pipeline_count);
    expect_ok(mp_vulkan_encode(stream, &op, &err), &err);
    op.group[0] = 4;
    assert_int_equal(MP_USAGE, mp_vulkan_encode(stream, &op, &err));
    assert_int_equal(MP_LIMIT,
                     mp_vulkan_kernel_load(&vulkan->base, op.kernel, huge, &err));
    assert_non_null(strstr(err.text, "this device takes at most"));
    op.group[0] = 8;
    op.by_group = true;
    op.grid[0] = UINT32_MAX;
    assert_int_equal(MP_LIMIT, mp_vulkan_encode(stream, &op, &err));
    assert_non_null(strstr(err.text, "it asks for 4294967295 groups"));
    mp_vulkan_stream_destroy(&vulkan->base, stream);
    mp_device_close(&vulkan->base);
}

static void a_wait_ends_at_its_deadline_and_may_be_repeated(void **state) {
    struct mp_vulkan_device *vulkan = open_with("");
    struct mp_device_stream *stream = stream_of(vulkan, 3);
    struct mp_error err = {""};
    struct job job;
    (void)state;
    memset(&job, 0, sizeof(job));
    mp_shape_mm(256, 256, 256, &job.shape);
    prepare(vulkan, &job);
    for (unsigned i = 0; i < 8; i++)
        expect_ok(mp_vulkan_encode(stream, &job.op, &err), &err);
    expect_ok(mp_vulkan_commit(stream, &err), &err);
    /* Its first dispatch also compiles the kernel. */
    assert_int_equal(MP_TIMEOUT, mp_vulkan_wait(stream, 0, &err));
    assert_non_null(strstr(err.text, "submission 1 of stream 3 was not done"));
    assert_int_equal(MP_STREAM_BUSY, mp_vulkan_state(stream));
    expect_ok(mp_vulkan_wait(stream, mp_clock_now_ns() + PATIENCE_NS, &err), &err);
    assert_int_equal(8, mp_vulkan_ops_executed(stream));
    finish(vulkan, &job);
    mp_vulkan_stream_destroy(&vulkan->base, stream);
    mp_device_close(&vulkan->base);
}

static VKAPI_ATTR VkResult VKAPI_CALL lose(VkQueue queue, uint32_t count,
                                           const VkSubmitInfo *info, VkFence fence) {
    (void)queue, (void)count, (void)info, (void)fence;
    return VK_ERROR_DEVICE_LOST;
}

static void a_lost_device_fails_all_streams_and_is_told_in_the_page(void **state) {
    static const uint32_t one[3] = {1, 1, 1};
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_vulkan_device *vulkan = open_with("");
    struct mp_device_stream *stream = stream_of(vulkan, 0), *other = stream_of(vulkan, 1);
    const struct mp_op op = {
        .kernel = &mp_kernel_noop, .grid = {1, 1, 1}, .group = {1, 1, 1}};
    struct mp_page_summary sum;
    struct mp_error err = {""};
    (void)state;
    vulkan->base.gpu_error = page->gpu_error;
    expect_ok(mp_vulkan_kernel_load(&vulkan->base, op.kernel, one, &err), &err);
    expect_ok(mp_vulkan_encode(stream, &op, &err), &err);
    vulkan->vk.QueueSubmit = lose;
    assert_int_equal(MP_DEVICE, mp_vulkan_commit(stream, &err));
    assert_string_equal("vkQueueSubmit returned VK_ERROR_DEVICE_LOST", err.text);
    assert_int_equal(MP_STREAM_FAILED, mp_vulkan_state(stream));
    assert_int_equal(MP_STREAM_FAILED, mp_vulkan_state(other));
    assert_int_equal(MP_DEVICE, mp_vulkan_wait(stream, 0, &err));
    mp_round_page_summarise(page, page->size, &sum);
    assert_string_equal("VkResult", sum.gpu_error.domain);
    assert_int_equal(VK_ERROR_DEVICE_LOST, sum.gpu_error.code);
    assert_string_equal("VK_ERROR_DEVICE_LOST", sum.gpu_error.text);
    mp_vulkan_stream_destroy(&vulkan->base, other);
    mp_vulkan_stream_destroy(&vulkan->base, stream);
    mp_device_close(&vulkan->base);
    fixture_page_free(page);
}

static void memory_that_runs_out_is_a_limit(void **state) {
    struct mp_vulkan_device *vulkan = open_with("");
    struct mp_device_buffer *buffer = NULL;
    struct mp_error err = {""};
    (void)state;
    assert_int_equal(
        MP_LIMIT, mp_vulkan_buffer_create(&vulkan->base, (size_t)1 << 46, &buffer, &err));
    assert_non_null(strstr(err.text, "VK_ERROR_OUT_OF_DEVICE_MEMORY"));
    mp_device_close(&vulkan->base);
}

static void the_facts_say_what_decides_a_round(void **state) {
    struct mp_vulkan_device *vulkan = open_with("queues=9");
    struct mp_driver driver = {.name = ""};
    (void)state;
    vulkan->base.ops->info(&vulkan->base, &driver);
    assert_non_null(strstr(driver.gpu, "llvmpipe"));
    assert_non_null(strstr(driver.path, "vulkan_lvp"));
    assert_int_equal(0, strncmp(driver.facts, "via=direct driver=llvmpipe Mesa ", 32));
    assert_non_null(strstr(driver.facts, " api=1."));
    assert_non_null(strstr(driver.facts, " family=0/1 queues=1/1 layers=none cache=off"));
    mp_device_close(&vulkan->base);
}

static void torn_buffers_reach_no_gpu_that_nobody_named(void **state) {
    struct mp_vulkan_device *vulkan = open_with("queues=1");
    (void)state;
    assert_false(vulkan->base.ops->refuses_misuse(&vulkan->base));
    vulkan->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    assert_true(vulkan->base.ops->refuses_misuse(&vulkan->base));
    mp_device_close(&vulkan->base);
    vulkan = open_with("gpu=llvmpipe");
    vulkan->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    assert_false(vulkan->base.ops->refuses_misuse(&vulkan->base));
    mp_device_close(&vulkan->base);
}

/* A set-up scenario breaks the rule `kind`; its status, with everything torn down. */
static enum mp_status set_up_misuse(struct mp_vulkan_device *vulkan, const char *kind,
                                    const char *rule, struct mp_error *err) {
    const struct mp_scenario *scenario = mp_scenario_find("vulkan_misuse", err);
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = {.page = page, .slot = &page->thread[0]};
    struct mp_option_values params;
    assert_non_null(scenario);
    mp_option_values_init(&params, scenario->params);
    expect_ok(mp_option_set(&params, "kind", kind, err), err);
    expect_ok(mp_option_set(&params, "rule", rule, err), err);
    struct mp_scenario_run run = {
        .scenario = scenario, .params = &params, .device = &vulkan->base, .threads = 2};
    enum mp_status status = scenario->set_up(&run, &worker, err);
    scenario->tear_down(&run, &worker);
    fixture_page_free(page);
    return status;
}

static void
a_broken_rule_reaches_a_gpu_only_by_name_or_if_nothing_is_executed(void **state) {
    struct mp_vulkan_device *vulkan = open_with("queues=1");
    const struct mp_misuse_kind *kind = mp_vulkan_misuse.kinds;
    size_t refused = 0;
    (void)state;
    vulkan->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    for (; kind->name; kind++) {
        struct mp_error err = {""};
        enum mp_status status = set_up_misuse(vulkan, kind->name, "broken", &err);
        assert_int_equal(kind->executes ? MP_UNSUPPORTED : MP_OK, status);
        refused += kind->executes;
        if (kind->executes)
            assert_non_null(strstr(err.text, "name the GPU to allow that"));
        expect_ok(set_up_misuse(vulkan, kind->name, "kept", &err), &err);
    }
    assert_int_equal(14, kind - mp_vulkan_misuse.kinds);
    assert_int_equal(9, refused);
    mp_device_close(&vulkan->base);
    vulkan = open_with("gpu=llvmpipe");
    vulkan->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    struct mp_error err = {""};
    expect_ok(set_up_misuse(vulkan, "two_recorders", "broken", &err), &err);
    mp_device_close(&vulkan->base);
}

static void a_gpu_that_is_not_there_lists_those_that_are(void **state) {
    struct mp_device *device = NULL;
    struct mp_error err = {""};
    (void)state;
    assert_int_equal(MP_UNSUPPORTED,
                     mp_device_open("vulkan@lavapipe:gpu=Radeon_X", 0, &device, &err));
    assert_non_null(
        strstr(err.text, "gpu=Radeon X names no GPU of this machine: 0 llvm"));
    mp_device_close(&open_with("gpu=llvmpipe")->base);
    mp_device_close(&open_with("gpu=0")->base);
}

static void a_driver_that_is_missing_or_none_is_unsupported(void **state) {
    struct mp_device *device = NULL;
    struct mp_error err = {""};
    (void)state;
    setenv("MPSTRESS_LAVAPIPE", "/no/such/driver.so", 1);
    assert_int_equal(MP_UNSUPPORTED, mp_device_open("vulkan@lavapipe", 0, &device, &err));
    assert_non_null(strstr(err.text, "MPSTRESS_LAVAPIPE names cannot be loaded"));
    assert_non_null(strstr(err.text, "mesa-vulkan-drivers"));
    setenv("MPSTRESS_LAVAPIPE", MP_TEST_NO_DRIVER, 1);
    assert_int_equal(MP_UNSUPPORTED, mp_device_open("vulkan@lavapipe", 0, &device, &err));
    assert_non_null(strstr(err.text, "is not a Vulkan driver that opens without"));
    unsetenv("MPSTRESS_LAVAPIPE");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_computes_what_its_reference_says),
        cmocka_unit_test(a_kernel_is_loaded_for_one_size_of_group),
        cmocka_unit_test(a_wait_ends_at_its_deadline_and_may_be_repeated),
        cmocka_unit_test(a_lost_device_fails_all_streams_and_is_told_in_the_page),
        cmocka_unit_test(memory_that_runs_out_is_a_limit),
        cmocka_unit_test(the_facts_say_what_decides_a_round),
        cmocka_unit_test(torn_buffers_reach_no_gpu_that_nobody_named),
        cmocka_unit_test(
            a_broken_rule_reaches_a_gpu_only_by_name_or_if_nothing_is_executed),
        cmocka_unit_test(a_gpu_that_is_not_there_lists_those_that_are),
        cmocka_unit_test(a_driver_that_is_missing_or_none_is_unsupported),
    };
    struct mp_error err = {""};
    if (mp_vulkan_lavapipe_device.probe(&err) != MP_OK) {
        printf("skipped: %s\n", err.text);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
