/* The port of a round on the double of Mach: many messages, large ones, and what a round
 * that knows its port can do to its own record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/victim_fixture.h"

#include <unistd.h>

#include "harness/supervisor/capture/capture.h"
#include "harness/supervisor/capture/mach_message.h"
#include "harness/supervisor/capture/task.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/job.h"
#include "harness/tests/mach_double/mach_double.h"
#include "harness/tests/round_pid.h"

#define FLOOD 1000

static struct mp_capture *open_port(void) {
    struct mp_capture *capture = NULL;
    struct mp_error err;
    mach_double_reset();
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    return capture;
}

static void send_plain(void) {
    struct mp_mach_header plain = {.size = sizeof(plain), .id = 7};
    mach_double_send(&plain, sizeof(plain), 0, 0);
}

/* The other rounds have their turn between, and none of the messages stays for ever. */
static void a_flooded_port_is_emptied_a_part_at_a_time(void **state) {
    (void)state;
    struct mp_capture *capture = open_port();
    for (int i = 0; i < FLOOD; i++)
        send_plain();
    mp_capture_serve(capture);
    unsigned first = mach_double_counts().destroyed;
    assert_in_range(first, 1, FLOOD / 2);
    for (int i = 0; i < FLOOD && mach_double_counts().destroyed < FLOOD; i++)
        mp_capture_serve(capture);
    assert_int_equal(mach_double_counts().destroyed, FLOOD);
    mp_capture_close(capture);
    assert_int_equal(mach_double_rights(), 0);
}

/* And a port without any is not asked again and again. */
static void a_message_that_is_too_large_hides_none_behind_it(void **state) {
    static const uint8_t large[MP_MACH_RECEIVE_MAX + 4];
    (void)state;
    struct mp_capture *capture = open_port();
    mach_double_send(large, sizeof(large), 0, 0);
    send_plain();
    mp_capture_serve(capture);
    assert_int_equal(mach_double_counts().destroyed, 1);
    mp_capture_close(capture);
    assert_int_equal(mach_double_rights(), 0);
}

/* A crash that a round announces itself is its word against nobody's: it stays the
 * record, and the hang that follows does not take its place. */
static void a_round_with_a_crash_is_not_sampled(void **state) {
    struct mp_mach_exception_message crash = {
        .header = {.bits = 0x80001100, .size = sizeof(crash), .id = MP_MACH_EXCEPTION_ID},
        .descriptors = 2,
        .exception = MP_MACH_EXC_CRASH,
        .code_count = 2,
        .code = {0x0b100001, 0x5c8}};
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("spin");
    struct mp_round_end end;
    (void)state;
    mach_double_reset();
    spec.timeout_ms = 4000;
    start_round(runner, &spec, 1);
    mach_double_send(&crash, sizeof(crash), 2, round_pid());
    wait_round(runner, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_false(end.exit.child_crashed);
    assert_non_null(end.crash);
    assert_true(end.crash->has_address && end.crash->address == 0x5c8);
    assert_int_equal(mach_double_counts().suspends, 0);
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_int_equal(mach_double_rights(), 0);
}

/* A task that is being looked at stands still: that must end. */
static void slow_sampling_ends_in_time_and_counts_who_was_missed(void **state) {
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("deadlock");
    struct mp_round_end end;
    (void)state;
    mach_double_reset();
    mach_double_knobs()->slow_state_ns = 400 * MP_CLOCK_NS_PER_MS;
    spec.timeout_ms = 1000;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->thread_count, 1);
    assert_true(end.crash->threads_missed >= 1);
    assert_int_equal(mach_double_counts().suspends, mach_double_counts().resumes);
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_int_equal(mach_double_rights(), 0);
}

static void of_more_threads_than_are_looked_at_no_right_is_kept(void **state) {
    enum { MORE = 2 * MP_TASK_THREADS_MAX };
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("company");
    struct mp_round_end end;
    (void)state;
    mach_double_reset();
    mach_double_knobs()->more_threads = MORE;
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    assert_true(end.crash->thread[0].is_faulting);
    assert_true(end.crash->threads_missed >= MORE - MP_TASK_THREADS_MAX);
    mp_round_end_release(&end);
    mp_runner_close(runner);
    mp_crash_destroy(mach_double_take_witness());
    assert_int_equal(mach_double_rights(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flooded_port_is_emptied_a_part_at_a_time),
        cmocka_unit_test(a_message_that_is_too_large_hides_none_behind_it),
        cmocka_unit_test(a_round_with_a_crash_is_not_sampled),
        cmocka_unit_test(of_more_threads_than_are_looked_at_no_right_is_kept),
        cmocka_unit_test(slow_sampling_ends_in_time_and_counts_who_was_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
