/* The stream pool on a device that lets the test hold a thread inside a call: binding,
 * the queue, the arms, the gate. What must happen is waited for; what must not is given a
 * short time to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/gate.h"
#include "harness/round/stream.h"
#include "harness/tests/stream_fixture.h"

static const struct mp_arm no_arm = {.name = "none", .admits_hostile = true};

/* Past arms that gather, which encode later: test_batch.c. */
static const struct mp_arm *past(const struct mp_arm *arm) {
    while (arm->name && arm->gathers)
        arm++;
    return arm;
}

/* What follows from the row of an arm. */
static bool encodes_side_by_side(const struct mp_arm *arm) {
    return arm->lock != MP_ARM_LOCK_ROUND || arm->only || arm->is_counted;
}

static bool frees_queue(const struct mp_arm *arm) {
    return !arm->sync_on_queue && (arm->lock == MP_ARM_LOCK_NONE ||
                                   arm->span == MP_ARM_OVER_CALL || arm->is_counted);
}

/* What the arms promise that people have measured with. Others are held to their rows. */
static void arms_mean_what_they_meant(void **state) {
    static const struct {
        const char *name;
        bool side_by_side, admits_hostile, frees_queue, serialises;
    } rows[] = {
        {"none", true, true, true, false},
        {"encode_mutex", false, false, true, true},
        {"stream_mutex", true, false, false, true},
        {"sync_on_queue", true, false, false, true},
        {"serial", false, false, false, true},
        {"fix", true, true, true, false},
    };

    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        const struct mp_arm *arm = find_arm(rows[i].name);

        assert_non_null(arm);
        assert_int_equal(encodes_side_by_side(arm), rows[i].side_by_side);
        assert_int_equal(arm->admits_hostile, rows[i].admits_hostile);
        assert_int_equal(frees_queue(arm), rows[i].frees_queue);
        assert_int_equal(arm->serialises, rows[i].serialises);
    }
}

static void streams_are_bound_by_round_robin(void **state) {
    static const struct {
        unsigned streams;
        enum mp_stream_share share;
        unsigned worker, expected;
    } cases[] = {
        {32, MP_SHARE_THREAD, 0, 0},   {32, MP_SHARE_THREAD, 1, 1},
        {32, MP_SHARE_THREAD, 31, 31}, {32, MP_SHARE_THREAD, 32, 1},
        {32, MP_SHARE_THREAD, 128, 4}, {3, MP_SHARE_THREAD, 2, 2},
        {3, MP_SHARE_THREAD, 3, 1},    {2, MP_SHARE_THREAD, 7, 1},
        {1, MP_SHARE_THREAD, 7, 0},    {32, MP_SHARE_ALL, 7, 0},
    };

    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_stream_policy policy = policy_of(&no_arm, cases[i].share);
        struct mp_worker worker = {.index = cases[i].worker};
        struct scene scene;

        policy.streams = cases[i].streams;
        open_scene(&scene, &policy);
        assert_int_equal(scene.fake.streams_alive, cases[i].streams);
        assert_int_equal(mp_stream_index(scene.pool, &worker), cases[i].expected);
        close_scene(&scene);
    }
}

/* With a cap a stream is lent from an op to the next synchronization; the main thread
 * keeps stream 0 by every rule. */
static void thread_has_its_stream_as_long_as_the_rule_says(void **state) {
    (void)state;
    for (int rule = MP_LEASE_ROUND_ROBIN; rule <= MP_LEASE_WAIT; rule++) {
        struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_THREAD);
        bool comes_with_one = rule == MP_LEASE_GROW || rule == MP_LEASE_THROW;
        struct mp_worker *worker, main = {.index = 0};
        struct scene scene;
        struct mp_error err;

        policy.rule = (enum mp_lease_rule)rule;
        open_scene(&scene, &policy);
        main.page = scene.page;
        main.slot = &scene.page->thread[0];
        worker = &scene.worker[0];
        assert_int_equal(mp_stream_arrive(worker, scene.pool, &err), MP_OK);
        assert_int_equal(worker->stream, comes_with_one ? 1 : 0);
        assert_int_equal(mp_stream_begin(worker, scene.pool, &err), MP_OK);
        assert_int_equal(worker->stream, comes_with_one || rule == MP_LEASE_WAIT);
        assert_int_equal(encode(worker, scene.pool, &err), MP_OK);
        assert_int_equal(worker->stream, rule != MP_LEASE_ROUND_ROBIN);
        assert_int_equal(mp_stream_index(scene.pool, worker), 1);
        assert_int_equal(mp_stream_synchronize(worker, scene.pool, &err), MP_OK);
        assert_int_equal(worker->stream,
                         rule != MP_LEASE_ROUND_ROBIN && rule != MP_LEASE_CAP);
        mp_stream_leave(worker, scene.pool);
        assert_int_equal(worker->stream, 0);
        assert_int_equal(encode(&main, scene.pool, &err), MP_OK);
        assert_int_equal(main.stream, 0);
        assert_int_equal(mp_stream_index(scene.pool, &main), 0);
        close_scene(&scene);
    }
}

static void one_synchronization_can_cover_all_streams(void **state) {
    (void)state;
    for (int all = 0; all <= 1; all++) {
        struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_THREAD);
        struct scene scene;
        struct mp_error err;

        policy.streams = 5;
        policy.sync_all = all;
        open_scene(&scene, &policy);
        assert_int_equal(mp_stream_synchronize(&scene.worker[0], scene.pool, &err),
                         MP_OK);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_END]), all ? 6 : 1);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_COMMIT]), all ? 6 : 1);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_WAIT]), all ? 6 : 1);
        close_scene(&scene);
    }
}

static void pool_that_cannot_be_made_leaves_no_streams(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_THREAD);
    struct fake fake = {.base = {.ops = &fake_ops}, .streams_limit = 5};
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    struct mp_stream_pool *pool = NULL;
    struct mp_error err;

    (void)state;
    assert_int_equal(mp_stream_pool_create(&worker, &fake.base, &policy, &pool, &err),
                     MP_DEVICE);
    assert_null(pool);
    assert_int_equal(fake.streams_alive, 0);
    policy.streams = MP_STREAMS_MAX + 1;
    assert_int_equal(mp_stream_pool_create(&worker, &fake.base, &policy, &pool, &err),
                     MP_LIMIT);
    fixture_page_free(page);
}

static void off_queue_sync_needs_a_device_that_allows_it(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    struct mp_device_ops ops = fake_ops;
    struct fake fake = {.base = {.ops = &ops}, .streams_limit = MP_STREAMS_MAX};
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    struct mp_stream_pool *pool = NULL;
    struct mp_error err;

    (void)state;
    ops.capabilities = 0;
    policy.sync_off_queue = true;
    assert_int_equal(mp_stream_pool_create(&worker, &fake.base, &policy, &pool, &err),
                     MP_UNSUPPORTED);
    assert_null(pool);
    fixture_page_free(page);
}

static void threads_encode_side_by_side_unless_an_arm_forbids(void **state) {
    (void)state;
    for (const struct mp_arm *arm = past(mp_arm_list()); arm->name; arm = past(arm + 1)) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_THREAD);
        bool expected = encodes_side_by_side(arm);
        struct scene scene;

        open_scene(&scene, &policy);
        assert_int_equal(meets(&scene, IN_ENCODE, IN_ENCODE, expected, encode, encode),
                         expected);
        assert_int_equal(atomic_load(&scene.page->overlap_max), expected ? 2 : 1);
        close_scene(&scene);
    }
}

static void one_stream_encodes_one_op_at_a_time(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    struct scene scene;

    (void)state;
    open_scene(&scene, &policy);
    assert_false(meets(&scene, IN_ENCODE, IN_ENCODE, false, encode, encode));
    close_scene(&scene);
}

static void sync_on_the_queue_never_lands_inside_an_encode(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    struct scene scene;

    (void)state;
    policy.hostile = 1; /* without off_queue it has no say */
    open_scene(&scene, &policy);
    assert_false(meets(&scene, IN_ENCODE, IN_END, false, encode, mp_stream_synchronize));
    assert_int_equal(atomic_load(&scene.page->hostile_syncs), 0);
    close_scene(&scene);
}

static void polite_sync_off_the_queue_never_lands_inside_an_encode(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    struct scene scene;

    (void)state;
    policy.sync_off_queue = true;
    policy.hostile = 0;
    open_scene(&scene, &policy);
    assert_false(meets(&scene, IN_ENCODE, IN_END, false, encode, mp_stream_synchronize));
    assert_int_equal(atomic_load(&scene.page->hostile_syncs), 0);
    close_scene(&scene);
}

static void
hostile_sync_lands_inside_an_encode_unless_an_arm_of_ours_keeps_it_out(void **state) {
    (void)state;
    for (const struct mp_arm *arm = past(mp_arm_list()); arm->name; arm = past(arm + 1)) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
        bool expected = mp_arm_admits_hostile(arm, policy.arm_number);
        struct scene scene;

        policy.sync_off_queue = true;
        policy.hostile = 1;
        open_scene(&scene, &policy);
        assert_int_equal(
            meets(&scene, IN_ENCODE, IN_END, expected, encode, mp_stream_synchronize),
            expected);
        assert_int_equal(atomic_load(&scene.page->hostile_syncs), expected);
        close_scene(&scene);
    }
}

static void waiting_holds_the_queue_unless_the_sync_is_hostile(void **state) {
    (void)state;
    for (const struct mp_arm *arm = past(mp_arm_list()); arm->name; arm = past(arm + 1)) {
        for (int is_hostile = 0; is_hostile <= 1; is_hostile++) {
            struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
            bool expected = is_hostile && frees_queue(arm);
            struct scene scene;

            policy.sync_off_queue = is_hostile;
            policy.hostile = is_hostile;
            open_scene(&scene, &policy);
            assert_int_equal(meets(&scene, IN_WAIT, IN_ENCODE, expected,
                                   mp_stream_synchronize, encode),
                             expected);
            close_scene(&scene);
        }
    }
}

static void ending_keeps_to_the_queue(void **state) {
    (void)state;
    for (const struct mp_arm *arm = past(mp_arm_list()); arm->name; arm = past(arm + 1)) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
        struct scene scene;

        open_scene(&scene, &policy);
        assert_false(meets(&scene, IN_ENCODE, IN_END, false, encode, mp_stream_end));
        assert_int_equal(atomic_load(&scene.fake.entered[IN_COMMIT]), 0);
        close_scene(&scene);
    }
}

static void committing_keeps_to_the_queue_and_does_not_wait(void **state) {
    (void)state;
    for (const struct mp_arm *arm = past(mp_arm_list()); arm->name; arm = past(arm + 1)) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
        struct scene scene;

        open_scene(&scene, &policy);
        assert_false(
            meets(&scene, IN_ENCODE, IN_COMMIT, false, encode, mp_stream_commit));
        assert_int_equal(atomic_load(&scene.fake.entered[IN_END]), 1);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_COMMIT]), 1);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_WAIT]), 0);
        close_scene(&scene);
    }
}

/* Records of the gate in the ring of worker 1, after `syncs` syncs with `q`. */
static unsigned gated(bool off_queue, double q, uint64_t seed, unsigned syncs,
                      uint64_t *ret_mask) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    struct scene scene;
    struct mp_error err;
    unsigned count = 0;

    policy.sync_off_queue = off_queue;
    policy.hostile = q;
    policy.seed = seed;
    open_scene(&scene, &policy);
    for (unsigned i = 0; i < syncs; i++)
        assert_int_equal(mp_stream_synchronize(&scene.worker[0], scene.pool, &err),
                         MP_OK);
    assert_int_equal(atomic_load(&scene.fake.entered[IN_COMMIT]), syncs);
    *ret_mask = 0;
    for (unsigned i = 0; i < MP_PAGE_EVENTS; i++) {
        const struct mp_page_event *event = &scene.worker[0].slot->event[i];

        if (event->seq == 0 || event->op != MP_PAGE_OP_GATE || event->phase != 0)
            continue;
        count++;
        *ret_mask |= UINT64_C(1) << event->arg;
    }
    /* Nobody else encoded: no sync landed anywhere. */
    assert_int_equal(atomic_load(&scene.page->hostile_syncs), 0);
    close_scene(&scene);
    return count;
}

static void gate_decides_by_seed_and_number_alone(void **state) {
    const unsigned syncs = 24;
    uint64_t mask, again, other;

    (void)state;
    assert_int_equal(gated(true, 1, 7, syncs, &mask), syncs);
    assert_int_equal(gated(true, 0, 7, syncs, &mask), 0);
    assert_int_equal(gated(false, 1, 7, syncs, &mask), 0);
    gated(true, 0.5, 7, syncs, &mask);
    gated(true, 0.5, 7, syncs, &again);
    gated(true, 0.5, 8, syncs, &other);
    assert_int_equal(mask, again);
    assert_int_not_equal(mask, other);
    for (unsigned i = 0; i < syncs; i++)
        assert_int_equal(mask >> i & 1, mp_gate_is_hostile(7, 1, i, 0.5));
}

/* Encodes until `release` (set by the test) or an error. */
struct victim {
    struct scene *scene;
    atomic_bool is_over;
};

static void *be_victim(void *data) {
    struct victim *victim = data;
    struct mp_error err;

    while (!atomic_load(&victim->is_over))
        if (encode(&victim->scene->worker[1], victim->scene->pool, &err) != MP_OK)
            return NULL;
    return data;
}

static void gate_holds_a_victim_until_the_hostile_sync_has_landed(void **state) {
    struct mp_stream_policy policy = policy_of(&no_arm, MP_SHARE_ALL);
    uint64_t deadline_ns = mp_clock_now_ns() + FIXTURE_LONG_NS;
    struct scene scene;
    struct victim victim = {.scene = &scene};
    struct mp_error err;
    pthread_t thread;
    void *result;

    (void)state;
    policy.sync_off_queue = true;
    policy.hostile = 1;
    open_scene(&scene, &policy);
    assert_true(mp_stream_pool_was_polite(scene.pool));
    assert_int_equal(pthread_create(&thread, NULL, be_victim, &victim), 0);
    while (atomic_load(&scene.fake.ends_inside) < 10 && mp_clock_now_ns() < deadline_ns)
        assert_int_equal(mp_stream_synchronize(&scene.worker[0], scene.pool, &err),
                         MP_OK);
    atomic_store(&victim.is_over, true);
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_int_equal(atomic_load(&scene.fake.ends_inside), 10);
    assert_true(atomic_load(&scene.page->hostile_syncs) >= 10);
    assert_false(mp_stream_pool_was_polite(scene.pool));
    close_scene(&scene);
}

static void mean_linear(const void *constants, struct mp_meaning *ret_meaning) {
    (void)constants;
    ret_meaning->kind = MP_MEANING_LINEAR;
}

static enum mp_status encode_linear(struct mp_worker *worker, struct mp_stream_pool *pool,
                                    struct mp_error *err) {
    static const struct mp_kernel kernel = {.name = "linear", .meaning = mean_linear};
    static const struct mp_op op = {.kernel = &kernel};

    return mp_stream_encode(worker, pool, &op, err);
}

static uint64_t figure(const struct scene *scene, enum mp_figure figure) {
    return atomic_load(&scene->page->figure[figure]);
}

static void semaphore_lets_in_as_many_as_it_says(void **state) {
    (void)state;
    for (unsigned permits = 1; permits <= 2; permits++) {
        struct mp_stream_policy policy =
            policy_of(find_arm("semaphore=1"), MP_SHARE_THREAD);
        struct scene scene;

        policy.arm_number = permits;
        open_scene(&scene, &policy);
        assert_int_equal(
            meets(&scene, IN_ENCODE, IN_ENCODE, permits == 2, encode, encode),
            permits == 2);
        assert_int_equal(figure(&scene, MP_FIGURE_ARM_PEAK), permits);
        assert_int_equal(figure(&scene, MP_FIGURE_ARM_WAITS), permits == 1);
        assert_int_equal(figure(&scene, MP_FIGURE_ARM_PASSES), 2);
        close_scene(&scene);
    }
}

static void arm_of_a_kernel_leaves_the_others_alone(void **state) {
    struct mp_stream_policy policy = policy_of(find_arm("linear_mutex"), MP_SHARE_THREAD);
    struct scene scene;

    (void)state;
    open_scene(&scene, &policy);
    assert_false(
        meets(&scene, IN_ENCODE, IN_ENCODE, false, encode_linear, encode_linear));
    assert_int_equal(figure(&scene, MP_FIGURE_ARM_PASSES), 2);
    close_scene(&scene);
    open_scene(&scene, &policy);
    assert_true(meets(&scene, IN_ENCODE, IN_ENCODE, true, encode_linear, encode));
    assert_int_equal(figure(&scene, MP_FIGURE_ARM_PASSES), 1);
    close_scene(&scene);
}

static void every_arm_counts_what_it_does(void **state) {
    struct mp_error err;

    (void)state;
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
        bool acts = mp_arm_acts(arm);
        struct scene scene;

        policy.sync_off_queue = true;
        open_scene(&scene, &policy);
        assert_int_equal(atomic_load(&scene.page->arm_acts), acts);
        assert_int_equal(encode(&scene.worker[0], scene.pool, &err), MP_OK);
        assert_int_equal(encode_linear(&scene.worker[0], scene.pool, &err), MP_OK);
        assert_int_equal(mp_stream_synchronize(&scene.worker[0], scene.pool, &err),
                         MP_OK);
        /* What an arm does by a parameter, the scenario counts. */
        if (mp_arm_governs(arm, MP_MEANING_LINEAR) && !arm->param)
            assert_int_equal(figure(&scene, MP_FIGURE_ARM_PASSES) > 0, acts);
        assert_int_equal(atomic_load(&scene.page->arm_now), 0);
        close_scene(&scene);
    }
}

static void gate_counts_the_syncs_that_could_not_land(void **state) {
    struct mp_error err;

    (void)state;
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++) {
        struct mp_stream_policy policy = policy_of(arm, MP_SHARE_ALL);
        bool can_land = mp_arm_admits_hostile(arm, policy.arm_number);
        struct scene scene;

        policy.sync_off_queue = true;
        policy.hostile = 1;
        open_scene(&scene, &policy);
        assert_int_equal(mp_stream_synchronize(&scene.worker[0], scene.pool, &err),
                         MP_OK);
        assert_int_equal(figure(&scene, MP_FIGURE_GATE_ASKED), 1);
        assert_int_equal(figure(&scene, MP_FIGURE_GATE_KEPT), !can_land);
        assert_int_equal(figure(&scene, MP_FIGURE_GATE_ALONE), can_land);
        close_scene(&scene);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arms_mean_what_they_meant),
        cmocka_unit_test(streams_are_bound_by_round_robin),
        cmocka_unit_test(thread_has_its_stream_as_long_as_the_rule_says),
        cmocka_unit_test(one_synchronization_can_cover_all_streams),
        cmocka_unit_test(pool_that_cannot_be_made_leaves_no_streams),
        cmocka_unit_test(off_queue_sync_needs_a_device_that_allows_it),
        cmocka_unit_test(threads_encode_side_by_side_unless_an_arm_forbids),
        cmocka_unit_test(one_stream_encodes_one_op_at_a_time),
        cmocka_unit_test(sync_on_the_queue_never_lands_inside_an_encode),
        cmocka_unit_test(polite_sync_off_the_queue_never_lands_inside_an_encode),
        cmocka_unit_test(
            hostile_sync_lands_inside_an_encode_unless_an_arm_of_ours_keeps_it_out),
        cmocka_unit_test(waiting_holds_the_queue_unless_the_sync_is_hostile),
        cmocka_unit_test(ending_keeps_to_the_queue),
        cmocka_unit_test(committing_keeps_to_the_queue_and_does_not_wait),
        cmocka_unit_test(semaphore_lets_in_as_many_as_it_says),
        cmocka_unit_test(arm_of_a_kernel_leaves_the_others_alone),
        cmocka_unit_test(every_arm_counts_what_it_does),
        cmocka_unit_test(gate_counts_the_syncs_that_could_not_land),
        cmocka_unit_test(gate_decides_by_seed_and_number_alone),
        cmocka_unit_test(gate_holds_a_victim_until_the_hostile_sync_has_landed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
