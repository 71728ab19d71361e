/* Tests of the patterns of threads: who is at which turn when, and on which thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/pattern.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "scenarios/registry.h"

#define THREADS 4
#define TURNS   5

/* What the steps saw. */
static atomic_int begun[TURNS + 1], finished_first, begins, finishes;
static atomic_int ahead;                /* turns begun before all had begun the last */
static atomic_int out_of_order;         /* threads begun before the one before them */
static atomic_int used_again, own_turn; /* threads */
static int fails_at, vanishes_at;       /* turn of worker 1; -1: none */
static _Thread_local bool is_used;
static _Thread_local uint64_t begun_here;

struct player {
    struct mp_pattern *pattern;
    struct mp_scenario_run *run;
    struct mp_worker worker;
    enum mp_status status;
    bool has_returned;
    pthread_t thread;
};

static enum mp_status begin(const struct mp_scenario_run *run, struct mp_worker *worker,
                            uint64_t turn, struct mp_error *err) {
    (void)run;
    if (turn > 0 && atomic_load(&begun[turn - 1]) < THREADS)
        atomic_fetch_add(&ahead, 1);
    if (turn == 0 && atomic_load(&finished_first) + 1 < (int)worker->index)
        atomic_fetch_add(&out_of_order, 1);
    if (worker->index == 1 && (int)turn == vanishes_at)
        pthread_exit(NULL);
    if (worker->index == 1 && (int)turn == fails_at)
        return mp_error_set(err, MP_DEVICE, "as planned");
    used_again += is_used;
    is_used = true;
    begun_here = turn + 1;
    atomic_fetch_add(&begun[turn], 1);
    atomic_fetch_add(&begins, 1);
    return MP_OK;
}

static enum mp_status finish(const struct mp_scenario_run *run, struct mp_worker *worker,
                             uint64_t turn, struct mp_error *err) {
    (void)run;
    (void)worker;
    (void)err;
    own_turn += begun_here == turn + 1;
    finished_first += turn == 0;
    atomic_fetch_add(&finishes, 1);
    return MP_OK;
}

static void *play(void *data) {
    struct player *player = data;
    struct mp_error err = {""};
    player->status = mp_pattern_run(player->pattern, player->run, &player->worker, TURNS,
                                    begin, finish, &err);
    player->has_returned = true;
    return NULL;
}

/* Plays all turns of all threads in the pattern called `name`; returns how many workers
 * returned MP_OK. */
static unsigned play_all(const char *name, int failing, int vanishing) {
    struct mp_option_values params;
    struct mp_scenario_run run = {
        .scenario = &mp_scenario_mm, .params = &params, .threads = THREADS};
    struct mp_round_page *page =
        aligned_alloc(64, (mp_round_page_size(THREADS + 1) + 63) / 64 * 64);
    struct player player[THREADS];
    struct mp_error err = {""};
    unsigned count = 0;
    memset(page, 0, mp_round_page_size(THREADS + 1));
    for (size_t i = 0; i < MP_COUNT(begun); i++)
        begun[i] = 0;
    finished_first = begins = finishes = used_again = own_turn = 0;
    ahead = out_of_order = 0;
    fails_at = failing;
    vanishes_at = vanishing;
    mp_option_values_init(&params, mp_scenario_mm.params);
    assert_int_equal(mp_option_set(&params, "pattern", name, &err), MP_OK);
    assert_int_equal(mp_device_open("null", 7, &run.device, &err), MP_OK);
    const struct mp_stream_policy policy = {
        .streams = 3,
        .arm = mp_arm_list(),
        .wait_ns = UINT64_C(10000000000),
    };
    struct mp_worker main = {.page = page, .slot = &page->thread[0]};
    assert_int_equal(mp_stream_pool_create(&main, run.device, &policy, &run.pool, &err),
                     MP_OK);
    struct mp_pattern *pattern = NULL;
    assert_int_equal(mp_pattern_create(&run, &pattern, &err), MP_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        player[i] = (struct player){
            .pattern = pattern,
            .run = &run,
            .worker = {.index = i + 1, .page = page, .slot = &page->thread[i + 1]}};
        assert_int_equal(pthread_create(&player[i].thread, NULL, play, &player[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(player[i].thread, NULL);
        count += player[i].has_returned && player[i].status == MP_OK;
    }
    mp_pattern_destroy(pattern);
    mp_stream_pool_destroy(run.pool);
    mp_device_close(run.device);
    free(page);
    return count;
}

static void free_threads_do_all_their_turns(void **state) {
    (void)state;
    assert_int_equal(play_all("free", -1, -1), THREADS);
    assert_int_equal(begins, THREADS * TURNS);
    assert_int_equal(finishes, THREADS * TURNS);
    assert_int_equal(own_turn, THREADS * TURNS);
}

static void at_a_barrier_all_begin_each_turn_together(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(play_all("barrier", -1, -1), THREADS);
        assert_int_equal(finishes, THREADS * TURNS);
        assert_int_equal(ahead, 0);
    }
}

static void staggered_threads_begin_one_after_the_other(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(play_all("staggered", -1, -1), THREADS);
        assert_int_equal(finishes, THREADS * TURNS);
        assert_int_equal(out_of_order, 0);
    }
}

static void churn_has_a_new_thread_for_each_turn(void **state) {
    (void)state;
    assert_int_equal(play_all("churn", -1, -1), THREADS);
    assert_int_equal(ahead, 0);
    assert_int_equal(begins, THREADS * TURNS);
    assert_int_equal(used_again, 0);
    assert_int_equal(own_turn, THREADS * TURNS);
}

static void a_turn_left_open_is_finished_by_the_next_thread(void **state) {
    (void)state;
    assert_int_equal(play_all("open_exit", -1, -1), THREADS);
    assert_int_equal(finishes, THREADS * TURNS);
    assert_int_equal(used_again, 0);
    assert_int_equal(own_turn, 0);
}

static void nobody_waits_for_a_thread_that_failed_or_vanished(void **state) {
    static const char *const names[] = {"free", "barrier", "staggered", "churn",
                                        "open_exit"};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        assert_int_equal(play_all(names[i], 0, -1), THREADS - 1);
        assert_int_equal(play_all(names[i], 2, -1), THREADS - 1);
        assert_int_equal(play_all(names[i], -1, 0), THREADS - 1);
        assert_int_equal(play_all(names[i], -1, 2), THREADS - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_threads_do_all_their_turns),
        cmocka_unit_test(at_a_barrier_all_begin_each_turn_together),
        cmocka_unit_test(staggered_threads_begin_one_after_the_other),
        cmocka_unit_test(churn_has_a_new_thread_for_each_turn),
        cmocka_unit_test(a_turn_left_open_is_finished_by_the_next_thread),
        cmocka_unit_test(nobody_waits_for_a_thread_that_failed_or_vanished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
