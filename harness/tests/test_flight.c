/* Tests of the flight recorder's reader: what threads recorded comes out in the order of
 * time, and no byte of a page can hurt it or get past its bounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "harness/base/rng.h"
#include "harness/wire/flight.h"

#define SLOTS 4

static struct mp_round_page *page;
static size_t size;
static struct mp_flight flight;

static void make_page(uint32_t slots) {
    struct mp_round_spec spec;
    struct mp_error err = {""};
    mp_round_spec_init(&spec);
    strcpy(spec.scenario, "mm");
    size = mp_round_page_size(slots);
    page = aligned_alloc(64, size);
    assert_non_null(page);
    memset(page, 0, size);
    assert_int_equal(mp_round_page_format(page, size, slots, &spec, &err), MP_OK);
}

static int set_up(void **state) {
    (void)state;
    make_page(SLOTS);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_flight_release(&flight);
    free(page);
    return 0;
}

/* As the recorder does it. */
static void record(uint32_t thread, enum mp_page_op op, bool is_leave, uint64_t time_ns) {
    struct mp_page_thread *slot = &page->thread[thread];
    uint32_t seq = atomic_load(&slot->event_next) + 1;
    slot->event[(seq - 1) % MP_PAGE_EVENTS] =
        (struct mp_page_event){.seq = seq,
                               .time_ns = time_ns,
                               .object = thread * 10,
                               .arg = seq,
                               .op = (uint16_t)op,
                               .phase = is_leave};
    atomic_store(&slot->event_next, seq);
    atomic_store(&slot->state, 3);
    atomic_store(&slot->tid, 4000 + thread);
}

static const struct mp_flight_thread *thread_row(uint32_t thread) {
    for (size_t i = 0; i < flight.thread_count; i++)
        if (flight.thread[i].thread == thread)
            return &flight.thread[i];
    fail_msg("thread %u is missing", thread);
    return NULL;
}

static void events_of_all_threads_are_merged_in_the_order_of_time(void **state) {
    (void)state;
    record(1, MP_PAGE_OP_ENCODE, false, 100);
    record(2, MP_PAGE_OP_COMMIT, false, 50);
    record(1, MP_PAGE_OP_ENCODE, true, 300);
    record(2, MP_PAGE_OP_COMMIT, true, 200);
    mp_flight_read(page, size, &flight);
    assert_int_equal(flight.event_count, 4);
    static const uint64_t times[] = {50, 100, 200, 300};
    static const uint32_t threads[] = {2, 1, 2, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(flight.event[i].time_ns, times[i]);
        assert_int_equal(flight.event[i].thread, threads[i]);
        assert_int_equal(flight.event[i].object, threads[i] * 10);
        assert_int_equal(flight.event[i].is_leave, i >= 2);
    }
    assert_int_equal(flight.event[0].op, MP_PAGE_OP_COMMIT);
    assert_int_equal(flight.event[3].arg, 2);
}

static void each_thread_tells_the_op_that_it_was_in(void **state) {
    (void)state;
    record(0, MP_PAGE_OP_STREAM_CREATE, false, 10);
    record(0, MP_PAGE_OP_STREAM_CREATE, true, 20);
    record(1, MP_PAGE_OP_ENCODE, false, 30);
    record(1, MP_PAGE_OP_ENCODE, true, 40);
    record(1, MP_PAGE_OP_COMMIT, false, 50);
    atomic_store(&page->thread[2].state, 1);
    mp_flight_read(page, size, &flight);
    assert_int_equal(flight.thread_count, 3); /* slot 3 was never used */
    assert_int_equal(thread_row(0)->in_flight, MP_PAGE_OP_NONE);
    assert_int_equal(thread_row(1)->in_flight, MP_PAGE_OP_COMMIT);
    assert_int_equal(thread_row(1)->tid, 4001);
    assert_int_equal(thread_row(1)->recorded, 3);
    assert_int_equal(thread_row(2)->in_flight, MP_PAGE_OP_NONE);
    assert_int_equal(thread_row(2)->recorded, 0);
}

static void half_written_record_is_told_and_left_out(void **state) {
    (void)state;
    record(1, MP_PAGE_OP_ENCODE, false, 10);
    /* Number, time and op are there; event_next is not raised yet. */
    page->thread[1].event[1] = (struct mp_page_event){
        .seq = 2, .time_ns = 20, .op = MP_PAGE_OP_ENCODE, .phase = 1};
    record(2, MP_PAGE_OP_ENCODE, false, 15);
    mp_flight_read(page, size, &flight);
    assert_int_equal(flight.event_count, 2);
    assert_true(thread_row(1)->has_half_written_record);
    assert_int_equal(thread_row(1)->in_flight, MP_PAGE_OP_ENCODE);
    assert_false(thread_row(2)->has_half_written_record);
}

static void full_ring_gives_its_newest_records(void **state) {
    (void)state;
    const uint32_t count = 5 * MP_PAGE_EVENTS + 7;
    for (uint32_t i = 1; i <= count; i++)
        record(1, MP_PAGE_OP_ENCODE, i % 2 == 0, i);
    mp_flight_read(page, size, &flight);
    assert_int_equal(flight.event_count, MP_FLIGHT_THREAD_EVENTS_MAX);
    assert_int_equal(flight.event[0].seq, count - MP_FLIGHT_THREAD_EVENTS_MAX + 1);
    assert_int_equal(flight.event[flight.event_count - 1].seq, count);
    assert_int_equal(thread_row(1)->recorded, count);
    assert_false(thread_row(1)->has_half_written_record);
}

static void all_slots_together_stay_within_the_bound_and_keep_their_newest(void **state) {
    free(page);
    make_page(MP_PAGE_THREADS_MAX);
    for (uint32_t thread = 0; thread < MP_PAGE_THREADS_MAX; thread++)
        for (uint32_t i = 0; i < 300; i++)
            record(thread, MP_PAGE_OP_WAIT, false, thread * 1000 + i);
    mp_flight_read(page, size, &flight);
    assert_true(flight.event_count <= MP_FLIGHT_EVENTS_MAX);
    assert_int_equal(flight.thread_count, MP_PAGE_THREADS_MAX);
    for (size_t i = 0; i < flight.thread_count; i++)
        assert_int_equal(flight.thread[i].in_flight, MP_PAGE_OP_WAIT);
    (void)state;
}

static void records_that_were_written_over_are_left_out(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 5; i++)
        record(1, MP_PAGE_OP_ENCODE, false, i);
    page->thread[1].event[0].seq = 77;
    page->thread[1].event[1].op = MP_PAGE_OP_COUNT;
    page->thread[1].event[2].op = MP_PAGE_OP_NONE;
    page->thread[1].event[3].phase = 2;
    mp_flight_read(page, size, &flight);
    assert_int_equal(flight.event_count, 1);
    assert_int_equal(flight.event[0].seq, 5);
}

static void page_that_is_cut_or_claims_too_much_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SLOTS; i++)
        record(i, MP_PAGE_OP_ENCODE, false, 10 + i);
    page->thread_slots = UINT32_MAX;
    static const size_t slots_left[] = {0, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        /* A copy of its own, so that a sanitizer sees a read behind its end. */
        size_t cut = sizeof(*page) + slots_left[i] * sizeof(page->thread[0]) +
                     MP_PAGE_MODULES_BYTES;
        struct mp_round_page *copy = aligned_alloc(64, cut);
        assert_non_null(copy);
        memcpy(copy, page, cut);
        mp_flight_release(&flight);
        mp_flight_read(copy, cut, &flight);
        assert_int_equal(flight.event_count, slots_left[i]);
        free(copy);
    }
    mp_flight_release(&flight);
    mp_flight_read(page, sizeof(*page) - 1, &flight);
    assert_int_equal(flight.event_count, 0);
    assert_int_equal(flight.thread_count, 0);
}

static void random_bytes_never_pass_the_bounds(void **state) {
    (void)state;
    struct mp_rng rng;
    mp_rng_seed(&rng, 20260101);
    for (int turn = 0; turn < 300; turn++) {
        unsigned char *bytes = (unsigned char *)page;
        for (size_t i = 0; i + 8 <= size; i += 8) {
            uint64_t word = mp_rng_next(&rng);
            memcpy(bytes + i, &word, 8);
        }
        page->thread_slots = (uint32_t)mp_rng_next(&rng) % 3 == 0 ? UINT32_MAX : SLOTS;
        /* Rings whose numbers fit, with the rest random: deeper than the first check. */
        for (uint32_t t = 0; turn % 2 == 0 && t < SLOTS; t++) {
            uint32_t next = atomic_load(&page->thread[t].event_next);
            for (uint32_t i = 0; i < MP_PAGE_EVENTS; i++) {
                struct mp_page_event *event =
                    &page->thread[t].event[(next - i - 1) % MP_PAGE_EVENTS];
                event->seq = next - i;
                event->op %= MP_PAGE_OP_COUNT + 2;
                event->phase %= 3;
            }
        }
        mp_flight_release(&flight);
        mp_flight_read(page, size, &flight);
        assert_true(flight.event_count <= MP_FLIGHT_THREAD_EVENTS_MAX * SLOTS);
        assert_true(flight.thread_count <= SLOTS);
        for (size_t i = 0; i < flight.event_count; i++) {
            const struct mp_flight_event *event = &flight.event[i];
            assert_true(event->op > MP_PAGE_OP_NONE && event->op < MP_PAGE_OP_COUNT);
            assert_true(event->thread < SLOTS);
            assert_true(i == 0 || event[-1].time_ns <= event->time_ns);
        }
        if (turn % 2 == 0)
            assert_true(flight.event_count > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            events_of_all_threads_are_merged_in_the_order_of_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_thread_tells_the_op_that_it_was_in, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(half_written_record_is_told_and_left_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(full_ring_gives_its_newest_records, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            all_slots_together_stay_within_the_bound_and_keep_their_newest, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(records_that_were_written_over_are_left_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            page_that_is_cut_or_claims_too_much_is_read_as_far_as_it_goes, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(random_bytes_never_pass_the_bounds, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
