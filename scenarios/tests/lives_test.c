/* Tests of the scenarios about the lives of queues, buffers and threads, on drivers that
 * break what these hunt: the null device with a slot or two of its table replaced.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "scenarios/registry.h"

#define THREADS_MAX 4
#define TEXTS_MAX   64

/* What the driver of the running test does, and the table that it is in. */
static struct mp_device_ops broken;
static atomic_int queues_left, queues_held, queues_made, buffers_made, ops_encoded;
static pthread_mutex_t texts_lock = PTHREAD_MUTEX_INITIALIZER;
static char *text[TEXTS_MAX];
static size_t text_count;

struct player {
    struct mp_scenario_run *run;
    struct mp_worker worker;
    enum mp_status status;
    struct mp_error err;
    pthread_t thread;
};

/* One round of a scenario, without what a process has around it. */
struct round {
    struct mp_scenario_run run;
    struct mp_option_values params;
    struct mp_round_page *page;
    struct mp_worker main;
    struct player player[THREADS_MAX];
    struct mp_error err; /* of the first that failed */
};

static int set_up(void **state) {
    (void)state;
    broken = mp_null_device;
    atomic_store(&queues_left, 0);
    atomic_store(&queues_held, 0);
    atomic_store(&queues_made, 0);
    atomic_store(&buffers_made, 0);
    atomic_store(&ops_encoded, 0);
    return 0;
}

static void *play_thread(void *data) {
    struct player *player = data;
    player->status =
        player->run->scenario->thread_main(player->run, &player->worker, &player->err);
    return NULL;
}

static enum mp_status run_threads(struct round *round) {
    const struct mp_scenario *scenario = round->run.scenario;
    struct mp_leave leave = {.is_leaving = false};
    enum mp_status status = MP_OK;
    for (unsigned i = 0; i < round->run.threads; i++) {
        struct player *player = &round->player[i];
        *player = (struct player){.run = &round->run,
                                  .worker = {.index = i + 1,
                                             .seed = i + 1,
                                             .page = round->page,
                                             .slot = &round->page->thread[i + 1]}};
        assert_int_equal(pthread_create(&player->thread, NULL, play_thread, player), 0);
    }
    if (scenario->beside)
        status = scenario->beside(&round->run, &round->main, &leave, &round->err);
    for (unsigned i = 0; i < round->run.threads; i++) {
        struct player *player = &round->player[i];
        pthread_join(player->thread, NULL);
        if (status == MP_OK && player->status != MP_OK) {
            status = player->status;
            round->err = player->err;
        }
    }
    return status;
}

static uint64_t count_done(const struct round *round) {
    uint64_t count = 0;
    for (unsigned i = 0; i <= round->run.threads; i++)
        count += atomic_load(&round->page->thread[i].ops_done);
    return count;
}

/* Plays `scenario` on the broken driver; *ret_done is how many ops were right. */
static enum mp_status play(const struct mp_scenario *scenario, const char *params,
                           struct mp_error *ret_err, uint64_t *ret_done) {
    const struct mp_stream_policy policy = {
        .streams = 8, .arm = mp_arm_list(), .wait_ns = UINT64_C(10000000000)};
    struct round *round = mp_memory_zeroed(1, sizeof(*round));
    struct mp_error err = {""};
    round->page = aligned_alloc(64, (mp_round_page_size(THREADS_MAX + 1) + 63) / 64 * 64);
    memset(round->page, 0, mp_round_page_size(THREADS_MAX + 1));
    round->page->thread_slots = THREADS_MAX + 1;
    round->main =
        (struct mp_worker){.page = round->page, .slot = &round->page->thread[0]};
    mp_option_values_init(&round->params, scenario->params);
    assert_int_equal(mp_option_set_list(&round->params, params, &err), MP_OK);
    round->run = (struct mp_scenario_run){
        .scenario = scenario,
        .params = &round->params,
        .threads = (unsigned)mp_option_get(&round->params, "threads")->integer,
        .seed = 7};
    assert_int_equal(mp_device_open("null", 7, &round->run.device, &err), MP_OK);
    broken.op_check = round->run.device->ops->op_check; /* a default */
    round->run.device->ops = &broken;
    assert_int_equal(mp_stream_pool_create(&round->main, round->run.device, &policy,
                                           &round->run.pool, &err),
                     MP_OK);
    enum mp_status status = scenario->set_up(&round->run, &round->main, &round->err);
    const bool is_set_up = status == MP_OK;
    if (is_set_up)
        status = run_threads(round);
    if (status == MP_OK && scenario->verify)
        status = scenario->verify(&round->run, &round->main, &round->err);
    if (is_set_up)
        scenario->tear_down(&round->run, &round->main);
    *ret_err = round->err;
    *ret_done = count_done(round);
    mp_stream_pool_destroy(round->run.pool);
    mp_device_close(round->run.device);
    free(round->page);
    free(round);
    return status;
}

/* As many queues as `queues_left` says, beside those of the pool. */
static enum mp_status create_few(struct mp_device *device, unsigned index,
                                 struct mp_device_stream **ret_stream,
                                 struct mp_error *err) {
    if (index >= MP_STREAMS_MAX && atomic_fetch_sub(&queues_left, 1) <= 0) {
        atomic_fetch_add(&queues_left, 1);
        return mp_error_set(err, MP_DEVICE, "no more queues");
    }
    if (index >= MP_STREAMS_MAX)
        atomic_fetch_add(&queues_held, 1);
    return mp_null_device.stream_create(device, index, ret_stream, err);
}

static void destroy_and_return(struct mp_device *device,
                               struct mp_device_stream *stream) {
    mp_clock_sleep_ns(3 * MP_CLOCK_NS_PER_MS); /* meanwhile others are refused */
    if (atomic_load(&queues_held) > 0) {
        atomic_fetch_sub(&queues_held, 1);
        atomic_fetch_add(&queues_left, 1);
    }
    mp_null_device.stream_destroy(device, stream);
}

static void queue_churn_bears_a_limit_and_finds_queues_that_do_not_return(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    broken.stream_create = create_few;
    broken.stream_destroy = destroy_and_return;
    atomic_store(&queues_left, 1);
    assert_int_equal(
        play(&mp_scenario_queue_churn, "threads=4,iters=9,queues=8", &err, &done), MP_OK);
    assert_int_equal(done, 36);
    broken.stream_destroy = mp_null_device.stream_destroy;
    atomic_store(&queues_left, 21);
    assert_int_equal(
        play(&mp_scenario_queue_churn, "threads=2,iters=9,queues=4", &err, &done),
        MP_DEVICE);
    assert_non_null(strstr(err.text, "after 21 that were made and released, although "
                                     "none is held: no more queues"));
}

/* The null device's buffers, but every 40th is memory that another one has. */
static void *contents_of_another(struct mp_device_buffer *buffer) {
    static _Alignas(64) unsigned char shared[65536];
    return atomic_fetch_add(&buffers_made, 1) % 40 >= 38
               ? shared
               : mp_null_device.buffer_contents(buffer);
}

static void allocator_contention_finds_memory_that_two_buffers_have(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    assert_int_equal(
        play(&mp_scenario_allocator_contention, "threads=4,iters=8", &err, &done), MP_OK);
    assert_int_equal(done, 32);
    broken.buffer_contents = contents_of_another;
    assert_int_equal(play(&mp_scenario_allocator_contention,
                          "threads=1,iters=40,buffers=30", &err, &done),
                     MP_DEVICE);
    assert_non_null(strstr(err.text, "its memory was given to somebody else"));
}

/* Two objects of every three that a queue needs are freed. */
static uint64_t count_leaking(struct mp_device *device, const char *name) {
    const uint64_t queues = (uint64_t)atomic_load(&queues_made);
    (void)device;
    if (strcmp(name, "inits") == 0)
        return 100 + 3 * queues;
    return strcmp(name, "deallocs") == 0 ? 2 * queues : 0;
}

static uint64_t count_exactly(struct mp_device *device, const char *name) {
    return strcmp(name, "deallocs") == 0 ? 3 * (uint64_t)atomic_load(&queues_made)
                                         : count_leaking(device, name);
}

static enum mp_status create_counted(struct mp_device *device, unsigned index,
                                     struct mp_device_stream **ret_stream,
                                     struct mp_error *err) {
    atomic_fetch_add(&queues_made, 1);
    return mp_null_device.stream_create(device, index, ret_stream, err);
}

static void leak_is_found_in_the_driver_s_counts(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    broken.stream_create = create_counted;
    broken.driver_count = count_exactly;
    assert_int_equal(play(&mp_scenario_leak, "threads=2,iters=5", &err, &done), MP_OK);
    assert_int_equal(done, 11);
    broken.driver_count = count_leaking;
    assert_int_equal(play(&mp_scenario_leak, "threads=2,iters=5", &err, &done),
                     MP_DEVICE);
    assert_non_null(strstr(err.text, "10 of the driver's objects are left after 10 "
                                     "turns"));
    broken.driver_count = mp_null_device.driver_count;
    assert_int_equal(play(&mp_scenario_leak, "", &err, &done), MP_UNSUPPORTED);
}

/* Slow from the 200th op on. */
static enum mp_status encode_slower(struct mp_device_stream *stream,
                                    const struct mp_op *op, struct mp_error *err) {
    if (atomic_fetch_add(&ops_encoded, 1) > 200)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    return mp_null_device.encode(stream, op, err);
}

static void soak_finds_a_device_that_becomes_slower(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    assert_int_equal(
        play(&mp_scenario_soak, "threads=2,seconds=1,n=4,slower=1000", &err, &done),
        MP_OK);
    assert_true(done >= 40);
    broken.encode = encode_slower;
    assert_int_equal(
        play(&mp_scenario_soak, "threads=4,seconds=4,n=4,slower=2", &err, &done),
        MP_DEVICE);
    assert_non_null(strstr(err.text, "the device became slower"));
}

/* Once it has refused memory it never gives any again. */
static enum mp_status refuse_for_ever(struct mp_device *device, size_t size,
                                      struct mp_device_buffer **ret_buffer,
                                      struct mp_error *err) {
    if (atomic_fetch_add(&buffers_made, 1) >= 100)
        return mp_error_set(err, MP_LIMIT, "no more memory");
    return mp_null_device.buffer_create(device, size, ret_buffer, err);
}

static void memory_pressure_finds_a_device_that_does_not_recover(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    broken.buffer_create = refuse_for_ever;
    enum mp_status status = play(&mp_scenario_memory_pressure,
                                 "threads=2,iters=200,room=65536,size=1", &err, &done);
    if (status == MP_UNSUPPORTED)
        skip(); /* no /proc */
    assert_int_equal(status, MP_DEVICE);
    assert_non_null(strstr(err.text, "the memory is free again, and"));
}

/* Notes the texts that it is to compile. */
static enum mp_status note_text(struct mp_device *device, const struct mp_kernel *kernel,
                                const uint32_t unused[3], struct mp_error *err) {
    size_t i = 0;
    (void)device, (void)unused, (void)err;
    pthread_mutex_lock(&texts_lock);
    while (i < text_count && strcmp(text[i], kernel->msl) != 0)
        i++;
    assert_true(i < TEXTS_MAX);
    if (i == text_count)
        text[text_count++] = strdup(kernel->msl);
    pthread_mutex_unlock(&texts_lock);
    return MP_OK;
}

static size_t forget_texts(void) {
    const size_t count = text_count;
    while (text_count > 0)
        free(text[--text_count]);
    return count;
}

static void library_race_compiles_what_nobody_has_seen(void **state) {
    struct mp_error err;
    uint64_t done;
    (void)state;
    broken.kernel_churn = note_text;
    assert_int_equal(play(&mp_scenario_library_race, "threads=4,iters=5", &err, &done),
                     MP_OK);
    assert_int_equal(done, 20);
    assert_int_equal(forget_texts(), 5);
    assert_int_equal(
        play(&mp_scenario_library_race, "threads=4,iters=5,texts=own", &err, &done),
        MP_OK);
    assert_int_equal(forget_texts(), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            queue_churn_bears_a_limit_and_finds_queues_that_do_not_return, set_up),
        cmocka_unit_test_setup(allocator_contention_finds_memory_that_two_buffers_have,
                               set_up),
        cmocka_unit_test_setup(leak_is_found_in_the_driver_s_counts, set_up),
        cmocka_unit_test_setup(soak_finds_a_device_that_becomes_slower, set_up),
        cmocka_unit_test_setup(memory_pressure_finds_a_device_that_does_not_recover,
                               set_up),
        cmocka_unit_test_setup(library_race_compiles_what_nobody_has_seen, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
