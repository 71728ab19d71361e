/* Tests of passes: what an older pass left is never taken for the result of a newer one. On
 * the null device, with a kernel that copies what it was given before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/passes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenarios/params.h"

#define LENGTH 10
#define ITERS  6

static float before[LENGTH];
static bool is_late;

static void copy(void *const *buffer, const void *constants) {
    (void)constants;
    memcpy(buffer[1], is_late ? before : buffer[0], sizeof(before));
    memcpy(before, buffer[0], sizeof(before));
}

static const struct mp_kernel copy_kernel = {
    .name = "copy",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_elements),
    .msl = "",
    .run = copy,
};

static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    (void)run;
    ret_chain->tensor[0] = (struct mp_chain_tensor){MP_TENSOR_INPUT, LENGTH, 1};
    ret_chain->tensor[1] = (struct mp_chain_tensor){MP_TENSOR_RESULT, LENGTH, 0};
    ret_chain->stage[0] = (struct mp_chain_stage){
        .shape = {.kernel = &copy_kernel,
                  .inputs = 1,
                  .length = {LENGTH, LENGTH},
                  .grid = {LENGTH, 1, 1},
                  .group = {1, 1, 1}},
        .tensor = {0, 1},
    };
    ret_chain->tensor_count = 2;
    ret_chain->stage_count = 1;
}

static const struct mp_option params[] = {
    MP_PARAM_ITERS("6", 10, "passes"),
    MP_PARAM_PASSES("1"),
    MP_PARAM_END,
};

/* Runs ITERS passes on one thread; counts are in the worker's slot. */
static void play(bool late, struct mp_page_thread *slot) {
    static const struct mp_scenario scenario = {
        .name = "copies", .params = params, .chain = chain};
    const struct mp_stream_policy policy = {
        .streams = 2, .arm = mp_arm_list(), .wait_ns = UINT64_C(10000000000)};
    struct mp_option_values values;
    struct mp_round_page *page;
    struct mp_worker worker[2];
    struct mp_scenario_run run = {
        .scenario = &scenario, .params = &values, .threads = 1, .seed = 7};
    struct mp_error err = {""};

    page = aligned_alloc(64, (mp_round_page_size(2) + 63) / 64 * 64);
    assert_non_null(page);
    memset(page, 0, mp_round_page_size(2));
    for (unsigned i = 0; i < 2; i++)
        worker[i] =
            (struct mp_worker){.index = i, .page = page, .slot = &page->thread[i]};
    mp_option_values_init(&values, params);
    assert_int_equal(mp_device_open("null", 7, &run.device, &err), MP_OK);
    assert_int_equal(
        mp_stream_pool_create(&worker[0], run.device, &policy, &run.pool, &err), MP_OK);
    is_late = false;
    assert_int_equal(mp_passes_set_up(&run, &worker[0], &err), MP_OK);
    assert_int_equal(mp_passes_ops_planned(&run), ITERS);
    is_late = late;
    assert_int_equal(mp_passes_thread_main(&run, &worker[1], &err), MP_OK);
    memcpy(slot, &page->thread[1], sizeof(*slot));
    mp_passes_tear_down(&run, &worker[0]);
    mp_stream_pool_destroy(run.pool);
    mp_device_close(run.device);
    free(page);
}

static void right_passes_count_as_done(void **state) {
    static struct mp_page_thread slot;

    (void)state;
    play(false, &slot);
    assert_int_equal(slot.ops_done, ITERS);
    assert_int_equal(slot.ops_wrong, 0);
}

/* The result of the pass before would be right if both had the same inputs. */
static void result_of_the_pass_before_is_never_right(void **state) {
    static struct mp_page_thread slot;

    (void)state;
    play(true, &slot);
    assert_int_equal(slot.ops_done, 0);
    assert_int_equal(slot.ops_wrong, ITERS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_passes_count_as_done),
        cmocka_unit_test(result_of_the_pass_before_is_never_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
