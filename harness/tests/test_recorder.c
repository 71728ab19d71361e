/* The flight recorder and the overlap counter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/barrier.h"
#include "harness/tests/round_fixture.h"

#define THREADS 8

static void ring_keeps_the_newest_records_in_order(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    const unsigned calls = MP_PAGE_EVENTS; /* twice as many records as fit */

    (void)state;
    for (unsigned i = 0; i < calls; i++) {
        mp_recorder_enter(&worker, MP_PAGE_OP_ENCODE, i, 7);
        mp_recorder_leave(&worker, MP_PAGE_OP_ENCODE, i, 8);
    }
    assert_int_equal(atomic_load(&worker.slot->event_next), 2 * calls);
    for (uint32_t seq = 2 * calls - MP_PAGE_EVENTS + 1; seq <= 2 * calls; seq++) {
        const struct mp_page_event *event =
            &worker.slot->event[(seq - 1) % MP_PAGE_EVENTS];

        assert_int_equal(event->seq, seq);
        assert_int_equal(event->op, MP_PAGE_OP_ENCODE);
        assert_int_equal(event->object, (seq - 1) / 2);
        assert_int_equal(event->phase, (seq - 1) % 2);
        assert_int_equal(event->arg, event->phase == 0 ? 7 : 8);
        assert_true(event->time_ns > 0);
    }
    fixture_page_free(page);
}

struct meeting {
    struct mp_round_page *page;
    struct mp_barrier inside, outside;
    enum mp_page_op op;
};

struct guest {
    struct meeting *meeting;
    struct mp_worker worker;
    pthread_t thread;
};

static void *meet(void *data) {
    struct guest *guest = data;

    mp_recorder_enter(&guest->worker, guest->meeting->op, 0, 0);
    mp_barrier_wait(&guest->meeting->inside);
    mp_recorder_leave(&guest->worker, guest->meeting->op, 0, 0);
    mp_barrier_wait(&guest->meeting->outside);
    return NULL;
}

/* THREADS threads inside `op` at the same moment, then none. */
static void hold_meeting(struct mp_round_page *page, enum mp_page_op op) {
    struct meeting meeting = {.page = page, .op = op};
    struct guest guest[THREADS];

    mp_barrier_init(&meeting.inside, THREADS);
    mp_barrier_init(&meeting.outside, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        guest[i].meeting = &meeting;
        guest[i].worker = fixture_worker(page, i + 1);
        assert_int_equal(pthread_create(&guest[i].thread, NULL, meet, &guest[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(guest[i].thread, NULL);
    mp_barrier_destroy(&meeting.inside);
    mp_barrier_destroy(&meeting.outside);
}

static void overlap_counts_every_thread_that_was_inside_at_once(void **state) {
    static const enum mp_page_op counted[] = {MP_PAGE_OP_ENCODE, MP_PAGE_OP_END,
                                              MP_PAGE_OP_COMMIT, MP_PAGE_OP_ACTION};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(counted); i++) {
        struct mp_round_page *page = fixture_page(NULL, THREADS + 1);

        hold_meeting(page, counted[i]);
        assert_int_equal(atomic_load(&page->overlap_max), THREADS);
        assert_int_equal(atomic_load(&page->overlap_now), 0);
        fixture_page_free(page);
    }
}

/* One thread is one, also where a call is made from within another. */
static void call_within_a_call_counts_its_thread_once(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 3);
    struct mp_worker nests = fixture_worker(page, 1);
    struct mp_worker other = fixture_worker(page, 2);

    (void)state;
    atomic_store(&nests.slot->state, MP_STATE_RUNNING);
    mp_recorder_enter(&nests, MP_PAGE_OP_ENCODE, 0, 0);
    mp_recorder_enter(&nests, MP_PAGE_OP_COMMIT, 0, 0);
    mp_recorder_leave(&nests, MP_PAGE_OP_COMMIT, 0, 0);
    assert_int_equal(atomic_load(&nests.slot->inside), MP_PAGE_OP_ENCODE);
    mp_recorder_enter(&nests, MP_PAGE_OP_WAIT, 0, 0);
    mp_recorder_enter(&other, MP_PAGE_OP_ENCODE, 0, 0);
    assert_int_equal(atomic_load(&page->overlap_now), 2);
    mp_recorder_leave(&other, MP_PAGE_OP_ENCODE, 0, 0);
    mp_recorder_leave(&nests, MP_PAGE_OP_WAIT, 0, 0);
    mp_recorder_leave(&nests, MP_PAGE_OP_ENCODE, 0, 0);
    assert_int_equal(atomic_load(&nests.slot->inside), MP_PAGE_OP_NONE);
    assert_int_equal(atomic_load(&page->overlap_max), 2);
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    mp_recorder_enter(&nests, MP_PAGE_OP_ENCODE, 0, 0);
    mp_recorder_enter(&nests, MP_PAGE_OP_WAIT, 0, 0);
    mp_recorder_abandon(&nests);
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    fixture_page_free(page);
}

/* A wait within a call is part of that: each moment counts once. */
static void time_within_calls_counts_once(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    const uint64_t start = mp_clock_now_ns();
    uint64_t inside, spent;

    (void)state;
    mp_recorder_enter(&worker, MP_PAGE_OP_ENCODE, 0, 0);
    mp_recorder_enter(&worker, MP_PAGE_OP_WAIT, 0, 0);
    inside = mp_clock_now_ns();
    while (mp_clock_now_ns() - inside < MP_CLOCK_NS_PER_MS) {
    }
    mp_recorder_leave(&worker, MP_PAGE_OP_WAIT, 0, 0);
    mp_recorder_leave(&worker, MP_PAGE_OP_ENCODE, 0, 0);
    spent = mp_clock_now_ns() - start;
    assert_int_equal(page->figure[MP_FIGURE_DRIVER_NS], 0);
    mp_recorder_flush_times(&worker);
    assert_int_equal(page->figure[MP_FIGURE_WAIT_NS], 0);
    assert_true(page->figure[MP_FIGURE_DRIVER_NS] >= MP_CLOCK_NS_PER_MS);
    assert_true(page->figure[MP_FIGURE_DRIVER_NS] <= spent);
    mp_recorder_flush_times(&worker);
    assert_true(page->figure[MP_FIGURE_DRIVER_NS] <= spent);
    fixture_page_free(page);
}

static void waiting_for_completion_is_no_overlap(void **state) {
    struct mp_round_page *page = fixture_page(NULL, THREADS + 1);

    (void)state;
    hold_meeting(page, MP_PAGE_OP_WAIT);
    assert_int_equal(atomic_load(&page->overlap_max), 0);
    fixture_page_free(page);
}

static void thread_gone_from_inside_leaves_the_overlap(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 4);
    struct mp_worker gone = fixture_worker(page, 1);
    struct mp_worker waits = fixture_worker(page, 2);
    struct mp_worker other = fixture_worker(page, 3);

    (void)state;
    mp_recorder_enter(&gone, MP_PAGE_OP_ENCODE, 0, 0);
    mp_recorder_abandon(&gone);
    mp_recorder_enter(&waits, MP_PAGE_OP_WAIT, 0, 0);
    mp_recorder_abandon(&waits);
    mp_recorder_abandon(&waits); /* outside by now */
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    assert_false(mp_recorder_other_encodes(&other));
    mp_recorder_enter(&other, MP_PAGE_OP_ENCODE, 0, 0);
    assert_int_equal(atomic_load(&page->overlap_max), 1);
    /* What it did last stays readable: an enter without a leave. */
    assert_int_equal(atomic_load(&gone.slot->event_next), 1);
    assert_int_equal(gone.slot->event[0].phase, 0);
    fixture_page_free(page);
}

static void others_are_seen_inside_encode_only(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 3);
    struct mp_worker a = fixture_worker(page, 0);
    struct mp_worker b = fixture_worker(page, 1);

    (void)state;
    mp_recorder_enter(&a, MP_PAGE_OP_ENCODE, 0, 0);
    assert_false(mp_recorder_other_encodes(&a));
    assert_true(mp_recorder_other_encodes(&b));
    mp_recorder_leave(&a, MP_PAGE_OP_ENCODE, 0, 0);
    assert_false(mp_recorder_other_encodes(&b));
    mp_recorder_enter(&a, MP_PAGE_OP_COMMIT, 0, 0);
    assert_false(mp_recorder_other_encodes(&b));
    fixture_page_free(page);
}

static void switched_off_it_keeps_only_ops_and_where_the_thread_is(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 3);
    struct mp_worker off = fixture_worker(page, 1);
    struct mp_worker other = fixture_worker(page, 2);

    (void)state;
    off.is_recording = false;
    mp_recorder_count_op(&off);
    mp_recorder_enter(&off, MP_PAGE_OP_ENCODE, 0, 0);
    /* The gate looks for victims here, with the recorder or without. */
    atomic_store(&page->thread[0].state, 3);
    assert_true(mp_recorder_other_encodes(&other));
    mp_recorder_leave(&off, MP_PAGE_OP_ENCODE, 0, 0);
    assert_int_equal(atomic_load(&off.slot->ops_started), 1);
    assert_int_equal(atomic_load(&off.slot->event_next), 0);
    assert_int_equal(atomic_load(&page->overlap_max), 0);
    assert_int_equal(atomic_load(&page->overlap_now), 0);
    fixture_page_free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_keeps_the_newest_records_in_order),
        cmocka_unit_test(overlap_counts_every_thread_that_was_inside_at_once),
        cmocka_unit_test(call_within_a_call_counts_its_thread_once),
        cmocka_unit_test(time_within_calls_counts_once),
        cmocka_unit_test(waiting_for_completion_is_no_overlap),
        cmocka_unit_test(thread_gone_from_inside_leaves_the_overlap),
        cmocka_unit_test(others_are_seen_inside_encode_only),
        cmocka_unit_test(switched_off_it_keeps_only_ops_and_where_the_thread_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
