/* Who gets a stream when none is free, by each rule.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/lease.h"

#define LONG_NS (20000 * MP_CLOCK_NS_PER_MS)

/* Streams made while a pool grows; none if `fails`. */
struct maker {
    unsigned made, last;
    bool fails;
};

static enum mp_status make(void *data, unsigned index, struct mp_error *err) {
    struct maker *maker = data;

    if (maker->fails)
        return mp_error_set(err, MP_DEVICE, "no more queues");
    maker->made++;
    maker->last = index;
    return MP_OK;
}

static enum mp_status take(struct mp_leases *leases, unsigned worker, struct maker *maker,
                           unsigned *ret_stream, struct mp_error *err) {
    struct mp_lease lease;
    enum mp_status status = mp_lease_take(leases, worker, make, maker, &lease, err);

    if (status == MP_OK)
        *ret_stream = lease.stream;
    assert_int_equal(lease.stream != 0, status == MP_OK);
    assert_true(lease.is_new || maker->made == 0 || leases->rule == MP_LEASE_GROW);
    assert_true(lease.wait_ns == 0 || leases->rule == MP_LEASE_WAIT ||
                leases->rule == MP_LEASE_CAP);
    assert_true(lease.wait_ns > 0 || status != MP_TIMEOUT);
    return status;
}

/* Workers 1 and 2 have streams 1 and 2 of three. */
static void fill(struct mp_leases *leases, enum mp_lease_rule rule,
                 uint64_t patience_ns) {
    struct maker maker = {0};
    struct mp_error err;

    mp_leases_init(leases, rule, 3, patience_ns);
    for (unsigned i = 1; i <= 2; i++) {
        unsigned stream = 0;

        assert_int_equal(take(leases, i, &maker, &stream, &err), MP_OK);
        assert_int_equal(stream, i);
    }
    assert_int_equal(maker.made, 0);
}

static void streams_go_round_in_turn_and_the_first_is_the_main_threads(void **state) {
    static const struct {
        unsigned worker, streams, expected;
    } cases[] = {{0, 32, 0}, {1, 32, 1}, {31, 32, 31}, {32, 32, 1},
                 {5, 3, 1},  {7, 1, 0},  {0, 1, 0},    {128, 32, 4}};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        assert_int_equal(mp_lease_in_turn(cases[i].worker, cases[i].streams),
                         cases[i].expected);
}

static void
thrown_worker_is_told_what_to_do_and_the_next_gets_what_was_given_back(void **state) {
    struct maker maker = {0};
    struct mp_leases leases;
    struct mp_error err = {""};
    unsigned stream = 0;

    (void)state;
    fill(&leases, MP_LEASE_THROW, LONG_NS);
    assert_int_equal(take(&leases, 3, &maker, &stream, &err), MP_LIMIT);
    assert_int_equal(stream, 0);
    assert_non_null(strstr(err.text, "worker 3"));
    assert_non_null(strstr(err.text, "all 2"));
    assert_non_null(strstr(err.text, "policy=throw"));
    mp_lease_give(&leases, 1);
    assert_int_equal(take(&leases, 4, &maker, &stream, &err), MP_OK);
    assert_int_equal(stream, 1);
    assert_int_equal(maker.made, 0);
    mp_leases_destroy(&leases);
}

static void pool_grows_by_one_stream_a_thread_up_to_one_for_each(void **state) {
    struct maker maker = {0};
    struct mp_leases leases;
    struct mp_error err = {""};
    unsigned stream = 0;

    (void)state;
    fill(&leases, MP_LEASE_GROW, LONG_NS);
    for (unsigned worker = 3; worker < MP_LEASE_STREAMS_MAX; worker++) {
        assert_int_equal(take(&leases, worker, &maker, &stream, &err), MP_OK);
        assert_int_equal(stream, worker);
        assert_int_equal(maker.last, worker);
    }
    assert_int_equal(take(&leases, 999, &maker, &stream, &err), MP_LIMIT);
    assert_int_equal(maker.made, MP_LEASE_STREAMS_MAX - 3);
    mp_lease_give(&leases, 2);
    assert_int_equal(take(&leases, 999, &maker, &stream, &err), MP_OK);
    assert_int_equal(stream, 2);
    mp_leases_destroy(&leases);
}

static void pool_that_cannot_grow_says_why_and_stays_as_it_was(void **state) {
    struct maker maker = {.fails = true};
    struct mp_leases leases;
    struct mp_error err = {""};
    unsigned stream = 0;

    (void)state;
    fill(&leases, MP_LEASE_GROW, LONG_NS);
    assert_int_equal(take(&leases, 3, &maker, &stream, &err), MP_DEVICE);
    assert_string_equal(err.text, "no more queues");
    assert_int_equal(leases.count, 3);
    mp_leases_destroy(&leases);
}

static void patience_ends(void **state) {
    static const enum mp_lease_rule rules[] = {MP_LEASE_WAIT, MP_LEASE_CAP};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(rules); i++) {
        struct maker maker = {0};
        struct mp_leases leases;
        struct mp_error err = {""};
        unsigned stream = 0;

        fill(&leases, rules[i], MP_CLOCK_NS_PER_MS);
        assert_int_equal(take(&leases, 3, &maker, &stream, &err), MP_TIMEOUT);
        assert_non_null(strstr(err.text, "worker 3"));
        assert_non_null(strstr(err.text, "stream_wait"));
        assert_int_equal(maker.made, 0);
        mp_leases_destroy(&leases);
    }
}

struct waiter {
    struct mp_leases *leases;
    enum mp_status status;
    unsigned stream;
    atomic_bool is_there;
};

static void *wait_for_stream(void *data) {
    struct waiter *waiter = data;
    struct maker maker = {0};
    struct mp_error err;

    atomic_store(&waiter->is_there, true);
    waiter->status = take(waiter->leases, 3, &maker, &waiter->stream, &err);
    return NULL;
}

static void waiting_worker_gets_what_another_gives_back(void **state) {
    static const enum mp_lease_rule rules[] = {MP_LEASE_WAIT, MP_LEASE_CAP};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(rules); i++) {
        struct mp_leases leases;
        struct waiter waiter = {.leases = &leases};
        pthread_t thread;

        fill(&leases, rules[i], LONG_NS);
        assert_int_equal(pthread_create(&thread, NULL, wait_for_stream, &waiter), 0);
        while (!atomic_load(&waiter.is_there))
            mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
        mp_lease_give(&leases, 2);
        pthread_join(thread, NULL);
        assert_int_equal(waiter.status, MP_OK);
        assert_int_equal(waiter.stream, 2);
        mp_leases_destroy(&leases);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_go_round_in_turn_and_the_first_is_the_main_threads),
        cmocka_unit_test(
            thrown_worker_is_told_what_to_do_and_the_next_gets_what_was_given_back),
        cmocka_unit_test(pool_grows_by_one_stream_a_thread_up_to_one_for_each),
        cmocka_unit_test(pool_that_cannot_grow_says_why_and_stays_as_it_was),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(waiting_worker_gets_what_another_gives_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
