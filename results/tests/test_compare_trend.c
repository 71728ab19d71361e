/* A comparison over thread counts: trend and slope of each arm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/report.h"
#include "results/tests/compare_fixture.h"

static const char *const arms[] = {"none", "serial", NULL};

/* 20 blocks at each thread count, of which `failing` fail in arm none and `other` in the
 * other arm, whichever blocks. */
static void add_strata(const unsigned *failing, const unsigned *other, size_t strata) {
    for (size_t i = 0; i < strata; i++) {
        for (unsigned j = 0; j < 20; j++) {
            const char rounds[] = {j < failing[i] ? 'f' : 'p', j < other[i] ? 'f' : 'p',
                                   '\0'};
            compare_add_blocks(i, 1, rounds);
        }
    }
    compare_end("complete");
}

static void a_trend_that_chance_explains_has_no_direction(void **state) {
    (void)state;
    static const unsigned failing[] = {9, 10, 8, 11}, none[4] = {0};
    compare_begin(MP_COMPARE_KIND_ALL, RACING, arms, 4);
    add_strata(failing, none, 4);
    compare_assert_report("better", 0);
    compare_assert_hides("with more threads");
    compare_export();
    compare_assert_shows("; a new plan of 29 rounds of each workload without a failure "
                         "would show it");
    compare_assert_shows("trend: A: no trend with the number of threads is shown, "
                         "Cochran-Armitage p = 0.69&#10;");
    compare_assert_hides("with more threads");
    compare_assert_shows("neither rise nor fall is shown");
}

static void each_arm_that_failed_has_a_slope(void **state) {
    (void)state;
    static const unsigned failing[] = {2, 5, 9, 14}, other[] = {1, 0, 1, 2};
    compare_begin(MP_COMPARE_KIND_ALL, RACING, arms, 4);
    add_strata(failing, other, 4);
    compare_assert_report("better", 0);
    compare_assert_shows("A fails more often with more threads");
    compare_assert_shows("mm, arm none, threads: 2, 4, 8, 16 failed in 10.0, 25.0, 45.0, "
                         "70.0 %; the hazard goes as threads to the power of 1.1");
    compare_assert_shows("rises with it");
    compare_assert_shows("mm, arm serial, threads: 2, 4, 8, 16 failed in 5.00, 0, 5.00, "
                         "10.0 %; the hazard goes as threads to the power of 0.");
    compare_assert_shows("\"slope\":1.1");
    compare_assert_shows("\"low_at_all_looks\":");
    compare_export();
    compare_assert_shows("| parameter | of | rates | slope, 95 % limits | |");
    compare_assert_shows("| threads | mm, arm serial |");
}

/* Limits for a fixed number of rounds do not hold if what was seen ended them. */
static void where_looks_ended_it_limits_for_all_looks_come_first(void **state) {
    (void)state;
    static const unsigned failing[] = {2, 5, 9, 14}, none[4] = {0};
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, arms, 4);
    add_strata(failing, none, 4);
    compare_assert_report("better", 0);
    compare_assert_shows("(95 % at all looks; [");
    compare_assert_shows("Maximum likelihood with 95 % profile limits.");
    compare_export(); /* where no line is wrapped */
    compare_assert_shows(" \\(95 % at all looks; \\[");
    compare_assert_shows("\\], had the number of rounds been fixed in advance\\) | "
                         "neither rise nor fall is shown |");
    compare_assert_shows(
        "with more threads, Cochran-Armitage p = 3.6e-05, had the number "
        "of rounds been fixed in advance&#10;");
}

static void the_slope_is_that_of_the_failures_that_count(void **state) {
    (void)state;
    static const unsigned failing[] = {2, 5, 9, 14}, none[4] = {0};
    compare_counts = "hang";
    compare_begin(MP_COMPARE_KIND_ALL, RACING, arms, 4);
    add_strata(failing, none, 4);
    compare_assert_report("no_power", 5);
    compare_assert_hides("the hazard goes"); /* they crashed; none hung */
    compare_counts = "crash,hang";
    compare_begin(MP_COMPARE_KIND_ALL, RACING, arms, 4);
    add_strata(failing, none, 4);
    compare_assert_report("better", 0);
    compare_assert_shows("the hazard goes");
    compare_assert_shows("Failures: crash and hang alone.");
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, compare_set_up, compare_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_trend_that_chance_explains_has_no_direction),
        TEST(each_arm_that_failed_has_a_slope),
        TEST(where_looks_ended_it_limits_for_all_looks_come_first),
        TEST(the_slope_is_that_of_the_failures_that_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
