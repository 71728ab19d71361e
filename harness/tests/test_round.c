/* Whole rounds in this process: on the null device, with scenarios made for the test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/round/barrier.h"
#include "harness/round/round.h"
#include "harness/tests/round_fixture.h"

static void add_one(void *const *buffer, const void *constants) {
    float *to = buffer[0];

    (void)constants;
    *to += 1.0f;
}

static const struct mp_kernel adder = {
    .name = "test_add", .buffer_count = 1, .run = add_one};
static const uint32_t one_thread[3] = {1, 1, 1};

/* What a scenario under test does beside its ops; the hooks find it in run->state. */
struct stage {
    struct mp_device_buffer *buffer[128];
    _Atomic unsigned arrived;
};

static enum mp_status adds_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct stage *stage = calloc(1, sizeof(*stage));
    enum mp_status status =
        run->device->ops->kernel_load(run->device, &adder, one_thread, err);

    for (unsigned i = 0; status == MP_OK && i < run->threads; i++)
        status = mp_device_buffer_create(worker, run->device, 4, &stage->buffer[i], err);
    run->state = stage;
    return status;
}

static uint64_t adds_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status adds_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                struct mp_error *err) {
    struct stage *stage = run->state;
    struct mp_op op = {.kernel = &adder, .grid = {1, 1, 1}, .group = {1, 1, 1}};
    int64_t iters = mp_option_get(run->params, "iters")->integer;
    float expected = 0;

    op.buffer[0] = stage->buffer[worker->index - 1];
    for (int64_t i = 0; i < iters; i++) {
        enum mp_status status = mp_stream_encode(worker, run->pool, &op, err);
        float sum;

        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status != MP_OK)
            return status;
        sum = *(float *)run->device->ops->buffer_contents(op.buffer[0]);
        if (sum == expected + 1.0f)
            atomic_fetch_add(&worker->slot->ops_done, 1);
        else if (sum == expected)
            atomic_fetch_add(&worker->slot->ops_dropped, 1);
        else
            atomic_fetch_add(&worker->slot->ops_wrong, 1);
        expected = sum;
    }
    return MP_OK;
}

static _Atomic unsigned tear_downs;

static void adds_tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct stage *stage = run->state;

    (void)worker;
    for (unsigned i = 0; i < run->threads; i++)
        run->device->ops->buffer_destroy(run->device, stage->buffer[i]);
    free(stage);
    atomic_fetch_add(&tear_downs, 1);
}

#define INT_ROW(word, preset, limit)                                                     \
    {                                                                                    \
        .name = (word), .type = MP_OPTION_INT, .metavar = "N", .fallback = (preset),     \
        .min = 1, .max = (limit), .help = "test"                                         \
    }

static const struct mp_option rows[] = {
    INT_ROW("threads", "4", 128),
    INT_ROW("iters", "10", 1000),
    INT_ROW("n", "1", 1),
    INT_ROW("streams", "32", 32),
    {.name = NULL},
};

static const struct mp_scenario adds = {
    .name = "adds",
    .summary = "test",
    .params = rows,
    .promises_overlap = true,
    .set_up = adds_set_up,
    .ops_planned = adds_planned,
    .thread_main = adds_main,
    .tear_down = adds_tear_down,
};

/* Runs `scenario` and hands over what the supervisor would read. */
static struct mp_page_summary run_spec(const struct mp_scenario *scenario,
                                       const struct mp_round_spec *spec) {
    struct mp_round_page *page = fixture_page(spec, 9);
    struct mp_page_summary sum;
    struct mp_round_plan plan;
    struct mp_error err;
    const char *key;

    assert_int_equal(mp_round_plan_make(spec, scenario, &plan, &key, &err), MP_OK);
    mp_round_run(&plan, page, NULL);
    mp_round_page_summarise(page, mp_round_page_size(9), &sum);
    assert_false(sum.is_torn);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    fixture_page_free(page);
    return sum;
}

static struct mp_round_spec spec_of(const char *device) {
    struct mp_round_spec spec;

    mp_round_spec_init(&spec);
    strcpy(spec.device, device);
    strcpy(spec.scenario, "adds");
    return spec;
}

static struct mp_page_summary run_on(const struct mp_scenario *scenario,
                                     const char *device) {
    const struct mp_round_spec spec = spec_of(device);

    return run_spec(scenario, &spec);
}

static void clean_round_is_ok_and_its_counts_balance(void **state) {
    struct mp_page_summary sum;

    (void)state;
    atomic_store(&tear_downs, 0);
    sum = run_on(&adds, "null");
    assert_int_equal(sum.result, MP_RESULT_OK);
    assert_string_equal(sum.message, "");
    assert_int_equal(sum.ops_planned, 40);
    assert_int_equal(sum.ops_started, 40);
    assert_int_equal(sum.ops_done, 40);
    assert_int_equal(sum.ops_device, 40);
    assert_int_equal(sum.threads_unfinished, 0);
    assert_true(sum.promised_overlap);
    assert_false(sum.arm_serialises);
    assert_in_range(sum.overlap_max, 1, 4);
    assert_string_equal(sum.driver.name, "null");
    assert_string_equal(sum.driver.gpu, "none (ops run on the CPU)");
    assert_int_equal(atomic_load(&tear_downs), 1);
}

static void wrong_number_is_a_mismatch(void **state) {
    struct mp_page_summary sum = run_on(&adds, "null:fault=wrong,at=7");

    (void)state;
    assert_int_equal(sum.result, MP_RESULT_MISMATCH);
    assert_int_equal(sum.ops_wrong, 1);
    assert_non_null(strstr(sum.message, "1 of 40"));
    assert_non_null(strstr(sum.driver.facts, "fault=wrong"));
}

static void missing_output_is_dropped(void **state) {
    struct mp_page_summary sum = run_on(&adds, "null:fault=drop,at=7");

    (void)state;
    assert_int_equal(sum.result, MP_RESULT_DROPPED);
    assert_int_equal(sum.ops_dropped, 1);
    assert_int_equal(sum.ops_device, 39);
}

/* Believes that each op ran, as a scenario without outputs must. */
static enum mp_status trusting_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                    struct mp_error *err) {
    enum mp_status status = adds_main(run, worker, err);

    atomic_fetch_add(&worker->slot->ops_done,
                     atomic_exchange(&worker->slot->ops_dropped, 0));
    return status;
}

static void drop_is_found_by_the_devices_own_count(void **state) {
    struct mp_scenario trusting = adds;
    struct mp_page_summary sum;

    (void)state;
    trusting.thread_main = trusting_main;
    sum = run_on(&trusting, "null:fault=drop,at=7");
    assert_int_equal(sum.ops_done, 40);
    assert_int_equal(sum.result, MP_RESULT_DROPPED);
    assert_non_null(strstr(sum.message, "the device executed 39 of 40"));
}

static void
failed_command_buffer_is_a_gpu_error_and_the_round_ends_orderly(void **state) {
    struct mp_page_summary sum;

    (void)state;
    atomic_store(&tear_downs, 0);
    sum = run_on(&adds, "null:fault=gpu_error,at=7");
    assert_int_equal(sum.result, MP_RESULT_GPU_ERROR);
    assert_int_equal(sum.buffers_failed, 1);
    assert_int_equal(sum.threads_unfinished, 0);
    assert_int_equal(atomic_load(&tear_downs), 1);
}

/* ASan cannot follow pthread_exit up the stack. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN true
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN false
#endif

static void vanished_thread_is_dropped_work_and_leaves_no_overlap(void **state) {
    const struct mp_round_spec spec = spec_of("null:fault=thread_exit,at=7");
    struct mp_round_page *page = fixture_page(&spec, 9);
    struct mp_page_summary sum;
    pid_t child;
    int status;

    (void)state;
    if (HAS_ASAN)
        skip();
    /* In a process of its own: what the thread held is never freed. */
    child = fork();
    if (child == 0) {
        struct mp_round_plan plan;
        struct mp_error err;
        const char *key;

        if (mp_round_plan_make(&spec, &adds, &plan, &key, &err) == MP_OK)
            mp_round_run(&plan, page, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    mp_round_page_summarise(page, mp_round_page_size(9), &sum);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_int_equal(sum.result, MP_RESULT_DROPPED);
    assert_non_null(strstr(sum.message, "vanished inside encode"));
    assert_int_equal(sum.threads_unfinished, 1);
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    fixture_page_free(page);
}

static enum mp_status refuse(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)run;
    (void)worker;
    return mp_error_set(err, MP_UNSUPPORTED, "too old a system");
}

static void what_cannot_run_here_is_a_skip(void **state) {
    struct mp_scenario picky = adds;
    struct mp_page_summary sum;

    (void)state;
    picky.set_up = refuse;
    atomic_store(&tear_downs, 0);
    sum = run_on(&picky, "null");
    assert_int_equal(sum.result, MP_RESULT_SKIP);
    assert_non_null(strstr(sum.message, "too old a system"));
    assert_int_equal(atomic_load(&tear_downs), 0);
#ifndef __APPLE__
    sum = run_on(&adds, "metal");
    assert_int_equal(sum.result, MP_RESULT_SKIP);
    assert_non_null(strstr(sum.message, "metal"));
#endif
}

static enum mp_status stumbling_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err) {
    if (worker->index == 2)
        return mp_error_set(err, MP_SYSTEM, "no file");
    return adds_main(run, worker, err);
}

static void error_of_the_harness_is_broken_and_outweighs_the_rest(void **state) {
    struct mp_scenario stumbling = adds;
    struct mp_page_summary sum;

    (void)state;
    stumbling.thread_main = stumbling_main;
    sum = run_on(&stumbling, "null:fault=wrong,at=7");
    assert_int_equal(sum.result, MP_RESULT_BROKEN);
    assert_non_null(strstr(sum.message, "worker 2: no file"));
    assert_int_equal(sum.threads_unfinished, 0);
    assert_int_equal(sum.ops_done + sum.ops_wrong, 30);
}

static enum mp_status bad_verify(struct mp_scenario_run *run, struct mp_worker *worker,
                                 struct mp_error *err) {
    (void)run;
    atomic_fetch_add(&worker->slot->ops_wrong, 1);
    return mp_error_set(err, MP_OK, "nothing to say");
}

/* One turn of a process that runs three, on the device in `kept`. */
static enum mp_page_result run_turn(const char *device, uint32_t turn, uint64_t seed,
                                    struct mp_device **kept) {
    struct mp_round_spec spec = spec_of(device);
    struct mp_round_page *page;
    struct mp_round_plan plan;
    struct mp_page_summary sum;
    struct mp_error err;
    const char *key;

    spec.seed = seed;
    page = fixture_page(&spec, 9);
    page->turn = turn;
    page->turns = 3;
    assert_int_equal(mp_round_plan_make(&spec, &adds, &plan, &key, &err), MP_OK);
    mp_round_run(&plan, page, kept);
    mp_round_page_summarise(page, mp_round_page_size(9), &sum);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_string_equal(sum.driver.name, "null");
    fixture_page_free(page);
    return sum.result;
}

/* An open null device, as if it were of those that stay open. */
static struct mp_device *open_to_stay(const char *text) {
    struct mp_device *device = NULL;
    struct mp_device_ops *table;
    struct mp_error err;

    assert_int_equal(mp_device_open(text, 1, &device, &err), MP_OK);
    table = (struct mp_device_ops *)device->ops; /* its own copy */
    table->stays_open = true;
    return device;
}

static void device_stays_open_for_the_next_round_after_a_pass_only(void **state) {
    struct mp_device *kept = open_to_stay("null"), *first = kept;

    (void)state;
    assert_int_equal(run_turn("null", 2, 77, &kept), MP_RESULT_OK);
    assert_ptr_equal(kept, first);
    assert_int_equal(first->seed, 77); /* of the round that used it */
    assert_null(first->gpu_error);     /* the page may be another one by then */
    assert_int_equal(run_turn("null", 3, 78, &kept), MP_RESULT_OK);
    assert_null(kept); /* the last turn closed it */

    kept = open_to_stay("null:fault=wrong");
    assert_int_equal(run_turn("null:fault=wrong", 2, 1, &kept), MP_RESULT_MISMATCH);
    assert_null(kept);

    assert_int_equal(run_turn("null", 1, 1, &kept), MP_RESULT_OK);
    assert_null(kept); /* null does not stay open by itself */
}

static void verdict_comes_after_verify(void **state) {
    struct mp_scenario late = adds;

    (void)state;
    late.verify = bad_verify;
    assert_int_equal(run_on(&late, "null").result, MP_RESULT_MISMATCH);
}

static uint64_t one_more_planned(const struct mp_scenario_run *run) {
    return adds_planned(run) + 1;
}

static void op_that_nobody_did_is_dropped(void **state) {
    struct mp_scenario lazy = adds;
    struct mp_page_summary sum;

    (void)state;
    lazy.ops_planned = one_more_planned;
    sum = run_on(&lazy, "null");
    assert_int_equal(sum.result, MP_RESULT_DROPPED);
    assert_non_null(strstr(sum.message, "40 of 41 planned"));
}

/* Comes to an end only if all threads are past the barrier at the same time. */
static enum mp_status gathering_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err) {
    struct stage *stage = run->state;

    atomic_fetch_add(&stage->arrived, 1);
    if (!fixture_wait_for(&stage->arrived, run->threads, FIXTURE_LONG_NS))
        return mp_error_set(err, MP_TIMEOUT, "alone");
    if (atomic_load(&worker->slot->state) != 3 || atomic_load(&worker->slot->tid) == 0)
        return mp_error_set(err, MP_SYSTEM,
                            "the slot does not say that this thread runs");
    return adds_main(run, worker, err);
}

static void all_workers_run_at_the_same_time(void **state) {
    struct mp_scenario gathering = adds;
    struct mp_round_spec spec = spec_of("null");
    struct mp_error err;

    (void)state;
    gathering.thread_main = gathering_main;
    assert_int_equal(mp_round_spec_set_param(&spec, "threads", "8", &err), MP_OK);
    assert_int_equal(run_spec(&gathering, &spec).result, MP_RESULT_OK);
}

static void overlap_is_promised_only_where_it_is_measured_and_possible(void **state) {
    struct mp_round_spec spec = spec_of("null");
    struct mp_page_summary sum;
    struct mp_error err;

    (void)state;
    spec.recorder = false;
    sum = run_spec(&adds, &spec);
    assert_int_equal(sum.result, MP_RESULT_OK);
    assert_int_equal(sum.ops_started, 40);
    assert_false(sum.promised_overlap);

    spec.recorder = true;
    strcpy(spec.arm, "serial");
    sum = run_spec(&adds, &spec);
    assert_true(sum.promised_overlap);
    assert_true(sum.arm_serialises);
    assert_int_equal(sum.overlap_max, 1);

    assert_int_equal(mp_round_spec_set_param(&spec, "threads", "1", &err), MP_OK);
    assert_false(run_spec(&adds, &spec).promised_overlap);
}

static void more_threads_than_the_page_has_slots_is_broken(void **state) {
    struct mp_round_spec spec = spec_of("null");
    struct mp_page_summary sum;
    struct mp_error err;

    (void)state;
    assert_int_equal(mp_round_spec_set_param(&spec, "threads", "9", &err), MP_OK);
    sum = run_spec(&adds, &spec);
    assert_int_equal(sum.result, MP_RESULT_BROKEN);
    assert_non_null(strstr(sum.message, "9 threads"));
}

static void plan_names_the_key_that_is_to_blame(void **state) {
    static const struct {
        const char *device, *arm, *param, *value, *key, *words;
    } cases[] = {
        {"nul", "none", "iters", "1", "device", "null"},
        {"null:x=1", "none", "iters", "1", "device", "x"},
        {"null", "non", "iters", "1", "arm", "did you mean 'none'"},
        {"null", "none", "itres", "1", "itres", "iters"},
        {"null", "none", "iters", "0", "iters", "1000"},
    };

    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_round_spec spec = spec_of(cases[i].device);
        struct mp_round_plan plan;
        struct mp_error err;
        const char *key;
        enum mp_status status;

        strcpy(spec.arm, cases[i].arm);
        mp_round_spec_set_param(&spec, cases[i].param, cases[i].value, &err);
        status = mp_round_plan_make(&spec, &adds, &plan, &key, &err);
        assert_true(status == MP_USAGE || status == MP_NOT_FOUND);
        assert_string_equal(key, cases[i].key);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

static void broken_barrier_lets_everybody_go(void **state) {
    struct mp_barrier barrier;

    (void)state;
    mp_barrier_init(&barrier, 3);
    mp_barrier_break(&barrier);
    assert_false(mp_barrier_wait(&barrier));
    mp_barrier_destroy(&barrier);
    mp_barrier_init(&barrier, 1);
    assert_true(mp_barrier_wait(&barrier));
    mp_barrier_destroy(&barrier);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_round_is_ok_and_its_counts_balance),
        cmocka_unit_test(wrong_number_is_a_mismatch),
        cmocka_unit_test(missing_output_is_dropped),
        cmocka_unit_test(drop_is_found_by_the_devices_own_count),
        cmocka_unit_test(failed_command_buffer_is_a_gpu_error_and_the_round_ends_orderly),
        cmocka_unit_test(vanished_thread_is_dropped_work_and_leaves_no_overlap),
        cmocka_unit_test(what_cannot_run_here_is_a_skip),
        cmocka_unit_test(error_of_the_harness_is_broken_and_outweighs_the_rest),
        cmocka_unit_test(device_stays_open_for_the_next_round_after_a_pass_only),
        cmocka_unit_test(verdict_comes_after_verify),
        cmocka_unit_test(op_that_nobody_did_is_dropped),
        cmocka_unit_test(all_workers_run_at_the_same_time),
        cmocka_unit_test(overlap_is_promised_only_where_it_is_measured_and_possible),
        cmocka_unit_test(more_threads_than_the_page_has_slots_is_broken),
        cmocka_unit_test(plan_names_the_key_that_is_to_blame),
        cmocka_unit_test(broken_barrier_lets_everybody_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
