/* Tests of inputs, slots and counts of a workload, on the null device with a kernel that
 * copies its input and tells what it was.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/registry.h"

#define THREADS  2
#define SLOTS    3
#define LENGTH   10
#define SEEN_MAX 64

/* Hashes of the inputs of all runs, in order. */
static uint64_t seen[SEEN_MAX];
static size_t seen_count;
static bool leaves_output, spoils_output;

static void copy(void *const *buffer, const void *constants) {
    (void)constants;
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count++] = mp_rng_hash_bytes(buffer[0], LENGTH * sizeof(float));
    if (leaves_output)
        return;
    memcpy(buffer[1], buffer[0], LENGTH * sizeof(float));
    if (spoils_output)
        ((float *)buffer[1])[LENGTH - 1] += 1;
}

static const struct mp_kernel copy_kernel = {
    .name = "copy",
    .buffer_count = 2,
    .constants_len = sizeof(struct mp_kernel_mm),
    .msl = "",
    .run = copy,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    (void)run;
    (void)thread;
    (void)kind;
    *ret_shape = (struct mp_shape){
        .kernel = &copy_kernel,
        .inputs = 1,
        .length = {LENGTH, LENGTH},
        .grid = {LENGTH, 1, 1},
        .group = {1, 1, 1},
    };
}

struct fixture {
    struct mp_scenario_run run;
    struct mp_round_page *page;
    struct mp_worker worker[THREADS + 1];
    struct mp_workload *workload;
};

static int set_up(void **state) {
    const struct mp_workload_layout layout = {.kinds = 1, .slots = SLOTS, .shape = shape};
    struct fixture *fixture = mp_memory_zeroed(1, sizeof(*fixture));
    const struct mp_stream_policy policy = {
        .streams = 3,
        .arm = mp_arm_list(),
        .wait_ns = UINT64_C(10000000000),
    };
    struct mp_error err = {""};

    seen_count = 0;
    leaves_output = spoils_output = false;
    fixture->page = aligned_alloc(64, (mp_round_page_size(THREADS + 1) + 63) / 64 * 64);
    memset(fixture->page, 0, mp_round_page_size(THREADS + 1));
    fixture->page->thread_slots = THREADS + 1;
    for (unsigned i = 0; i <= THREADS; i++)
        fixture->worker[i] = (struct mp_worker){
            .index = i, .page = fixture->page, .slot = &fixture->page->thread[i]};
    fixture->run.scenario = &mp_scenario_noop;
    fixture->run.threads = THREADS;
    fixture->run.seed = 7;
    assert_int_equal(mp_device_open("null", 7, &fixture->run.device, &err), MP_OK);
    assert_int_equal(mp_stream_pool_create(&fixture->worker[0], fixture->run.device,
                                           &policy, &fixture->run.pool, &err),
                     MP_OK);
    assert_int_equal(mp_workload_create(&fixture->run, &fixture->worker[0], &layout,
                                        &fixture->workload, &err),
                     MP_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;

    mp_workload_destroy(fixture->workload);
    mp_stream_pool_destroy(fixture->run.pool);
    mp_device_close(fixture->run.device);
    free(fixture->page);
    free(fixture);
    return 0;
}

/* Encodes op `number` of worker `index` and runs it; returns the hash of its inputs. */
static uint64_t play(struct fixture *fixture, unsigned index, uint64_t number) {
    struct mp_worker *worker = &fixture->worker[index];
    struct mp_error err = {""};

    assert_int_equal(mp_workload_encode(fixture->workload, worker, number, &err), MP_OK);
    assert_int_equal(mp_stream_synchronize(worker, fixture->run.pool, &err), MP_OK);
    return seen[seen_count - 1];
}

static void all_inputs_of_a_round_differ(void **state) {
    (void)state; /* the set-up ran each block of inputs once */
    assert_true(seen_count >= 2 * THREADS);
    for (size_t i = 0; i < seen_count; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
}

static void a_slot_that_comes_round_again_holds_another_op(void **state) {
    struct fixture *fixture = *state;
    uint64_t hash[4 * SLOTS];

    for (uint64_t i = 0; i < 4 * SLOTS; i++) {
        hash[i] = play(fixture, 1, i);
        if (i >= SLOTS)
            assert_true(hash[i] != hash[i - SLOTS]);
    }
}

static void right_output_counts_as_done(void **state) {
    struct fixture *fixture = *state;

    play(fixture, 1, 4);
    mp_workload_check(fixture->workload, &fixture->worker[1], 4, 3);
    assert_int_equal(fixture->page->thread[1].ops_done, 3);
    assert_int_equal(fixture->page->thread[2].ops_done, 0);
    assert_string_equal(fixture->page->message, "");
}

/* The output of an older op in the same slot is not what the newer op has to leave. */
static void stale_output_is_never_right(void **state) {
    struct fixture *fixture = *state;

    for (uint64_t i = 0; i < 2 * SLOTS; i++) {
        play(fixture, 2, i);
        mp_workload_check(fixture->workload, &fixture->worker[2], i + SLOTS, 1);
    }
    assert_int_equal(fixture->page->thread[2].ops_done, 0);
    assert_int_equal(fixture->page->thread[2].ops_wrong, 2 * SLOTS);
}

static void wrong_output_counts_as_wrong_and_the_first_is_told(void **state) {
    struct fixture *fixture = *state;

    spoils_output = true;
    play(fixture, 2, 0);
    mp_workload_check(fixture->workload, &fixture->worker[2], 0, 1);
    play(fixture, 1, 5);
    mp_workload_check(fixture->workload, &fixture->worker[1], 5, 2);
    assert_int_equal(fixture->page->thread[2].ops_wrong, 1);
    assert_int_equal(fixture->page->thread[1].ops_wrong, 2);
    assert_ptr_equal(
        strstr(fixture->page->message, "thread 2, op 0 (copy): buffer 1, element 9"),
        fixture->page->message);
}

static void output_that_nobody_wrote_counts_as_dropped(void **state) {
    struct fixture *fixture = *state;

    play(fixture, 1, 0);
    leaves_output = true;
    play(fixture, 1, SLOTS);
    mp_workload_check(fixture->workload, &fixture->worker[1], SLOTS, 1);
    assert_int_equal(fixture->page->thread[1].ops_dropped, 1);
    assert_int_equal(fixture->page->thread[1].ops_wrong, 0);
}

static void encoding_again_leaves_what_is_there(void **state) {
    struct fixture *fixture = *state;
    struct mp_error err = {""};

    play(fixture, 1, 0);
    leaves_output = true;
    assert_int_equal(
        mp_workload_encode_again(fixture->workload, &fixture->worker[1], 0, &err), MP_OK);
    assert_int_equal(mp_stream_synchronize(&fixture->worker[1], fixture->run.pool, &err),
                     MP_OK);
    mp_workload_check(fixture->workload, &fixture->worker[1], 0, 1);
    assert_int_equal(fixture->page->thread[1].ops_done, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(all_inputs_of_a_round_differ),
        TEST(a_slot_that_comes_round_again_holds_another_op),
        TEST(right_output_counts_as_done),
        TEST(stale_output_is_never_right),
        TEST(wrong_output_counts_as_wrong_and_the_first_is_told),
        TEST(output_that_nobody_wrote_counts_as_dropped),
        TEST(encoding_again_leaves_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
