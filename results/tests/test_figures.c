/* What a report says of an arm, the gate and the driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/report/figures.h"

struct given {
    enum mp_figure figure;
    double rounds, total, most;
};

static void assert_says(const struct given *given, size_t count, enum mp_figure_of of,
                        bool is_warning, const char *words) {
    struct mp_figures figures = {0};
    struct mp_strbuf buf;
    bool warns = !is_warning;
    mp_strbuf_init(&buf);
    for (size_t i = 0; i < count; i++) {
        figures.of[given[i].figure].rounds = given[i].rounds;
        figures.of[given[i].figure].total = given[i].total;
        figures.of[given[i].figure].most = given[i].most;
    }
    mp_figures_write(&figures, of, &buf, &warns);
    assert_string_equal(buf.len > 0 ? buf.text : "", words);
    assert_int_equal(warns, is_warning);
    mp_strbuf_release(&buf);
}

#define SAYS(of, is_warning, words, ...)                                                 \
    do {                                                                                 \
        const struct given given[] = {__VA_ARGS__};                                      \
        assert_says(given, MP_COUNT(given), of, is_warning, words);                      \
    } while (0)

static void nothing_is_said_of_what_was_not_counted(void **state) {
    (void)state;
    for (int of = MP_FIGURE_OF_ARM; of <= (int)MP_FIGURE_OF_DRIVER; of++)
        assert_says(NULL, 0, (enum mp_figure_of)of, false, "");
}

static void arm_says_how_often_it_made_threads_wait(void **state) {
    (void)state;
    SAYS(
        MP_FIGURE_OF_ARM, false,
        "it governed 240 calls, 12 (5 %) waited for another thread; at most 1 thread was "
        "past it at once",
        {MP_FIGURE_ARM_PASSES, 3, 240, 80}, {MP_FIGURE_ARM_WAITS, 3, 12, 6},
        {MP_FIGURE_ARM_PEAK, 3, 3, 1});
    SAYS(
        MP_FIGURE_OF_ARM, false,
        "it governed 64 calls, gathered them into 16 submissions; at most 8 threads were "
        "past it at once",
        {MP_FIGURE_ARM_PASSES, 1, 64, 64}, {MP_FIGURE_ARM_GROUPS, 1, 16, 16},
        {MP_FIGURE_ARM_PEAK, 1, 8, 8});
    SAYS(MP_FIGURE_OF_ARM, false,
         "it governed 30 calls and left out 10 ops that they do without",
         {MP_FIGURE_ARM_PASSES, 1, 30, 30}, {MP_FIGURE_ARM_SPARED, 1, 10, 10});
    SAYS(MP_FIGURE_OF_ARM, false, "it governed 480 calls",
         {MP_FIGURE_ARM_PASSES, 1, 480, 480}); /* it holds nobody up: graph_path */
}

static void arm_that_did_nothing_is_a_warning(void **state) {
    (void)state;
    SAYS(MP_FIGURE_OF_ARM, true, "it did nothing: no call that it governs was made",
         {MP_FIGURE_ARM_PASSES, 20, 0, 0});
}

static void gate_says_when_its_victim_was_kept_away(void **state) {
    (void)state;
    SAYS(MP_FIGURE_OF_GATE, false,
         "the gate chose 100 hostile syncs, 90 (90 %) met a victim, 10 (10 %) found no "
         "victim in time",
         {MP_FIGURE_GATE_ASKED, 5, 100, 20}, {MP_FIGURE_GATE_ALONE, 5, 10, 2});
    SAYS(MP_FIGURE_OF_GATE, true,
         "the gate chose 100 hostile syncs, 100 (100 %) were kept from landing by the "
         "arm: the arm keeps the gate's victim away, so the rate is not one of this "
         "injection",
         {MP_FIGURE_GATE_ASKED, 5, 100, 20}, {MP_FIGURE_GATE_KEPT, 5, 100, 20});
    SAYS(MP_FIGURE_OF_GATE, true,
         "the gate chose 100 hostile syncs, 40 (40 %) met a victim, 60 (60 %) found no "
         "victim in time: most found nobody to disturb, so the rate is lower than the "
         "injection's",
         {MP_FIGURE_GATE_ASKED, 5, 100, 20}, {MP_FIGURE_GATE_ALONE, 5, 60, 12});
    SAYS(MP_FIGURE_OF_GATE, false,
         "the gate chose 1 hostile sync, 1 (100 %) met a victim",
         {MP_FIGURE_GATE_ASKED, 1, 1, 1});
}

static void pool_says_whom_it_made_wait_and_whom_it_refused(void **state) {
    (void)state;
    SAYS(MP_FIGURE_OF_POOL, false,
         "the stream pool lent a stream 200 times, 50 (25 %) after a wait of 1.5 ms on "
         "average",
         {MP_FIGURE_POOL_LENT, 2, 200, 100}, {MP_FIGURE_POOL_WAITS, 2, 50, 25},
         {MP_FIGURE_POOL_WAIT_NS, 2, 75e6, 40e6});
    SAYS(MP_FIGURE_OF_POOL, false,
         "the stream pool lent a stream 40 times, 9 (22.5 %) made for it",
         {MP_FIGURE_POOL_LENT, 1, 40, 40}, {MP_FIGURE_POOL_GROWN, 1, 9, 9});
    SAYS(MP_FIGURE_OF_POOL, true,
         "the stream pool lent a stream 31 times, 9 (22.5 %) wishes refused",
         {MP_FIGURE_POOL_LENT, 1, 31, 31}, {MP_FIGURE_POOL_REFUSED, 1, 9, 9});
}

static void leak_or_lost_op_of_a_driver_is_a_figure(void **state) {
    (void)state;
    SAYS(MP_FIGURE_OF_DRIVER, true, "the driver counted 3 objects alive at the end",
         {MP_FIGURE_OBJECTS_LIVE, 1, 3, 3});
    SAYS(MP_FIGURE_OF_DRIVER, true,
         "the driver counted 7 dispatches that came too late and were lost unnoticed (in "
         "2 rounds, at most 4 in one); 1 objects alive at the end",
         {MP_FIGURE_OBJECTS_LIVE, 1, 1, 1}, {MP_FIGURE_LOST, 2, 7, 4});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_what_was_not_counted),
        cmocka_unit_test(arm_says_how_often_it_made_threads_wait),
        cmocka_unit_test(arm_that_did_nothing_is_a_warning),
        cmocka_unit_test(gate_says_when_its_victim_was_kept_away),
        cmocka_unit_test(pool_says_whom_it_made_wait_and_whom_it_refused),
        cmocka_unit_test(leak_or_lost_op_of_a_driver_is_a_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
