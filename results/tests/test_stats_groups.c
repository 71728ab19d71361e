/* Families of tests against values of another program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/multiple.h"

static void adjusted_p_values_agree_with_published_values(void **state) {
    (void)state;
    /* R 4.2.2's p.adjust. */
    static const double p[] = {0.001, 0.008, 0.039, 0.041, 0.042,
                               0.06,  0.074, 0.205, 0.212, 0.216};
    static const double holm[] = {0.01,  0.072, 0.312, 0.312, 0.312,
                                  0.312, 0.312, 0.615, 0.615, 0.615};
    static const double bh[] = {0.01, 0.04,           0.084, 0.084, 0.084,
                                0.1,  0.105714285714, 0.216, 0.216, 0.216};
    double got[MP_COUNT(p)];
    mp_multiple_holm(p, MP_COUNT(p), got);
    for (size_t i = 0; i < MP_COUNT(p); i++)
        assert_near(got[i], holm[i], 1e-9, "Holm");
    mp_multiple_benjamini_hochberg(p, MP_COUNT(p), got);
    for (size_t i = 0; i < MP_COUNT(p); i++)
        assert_near(got[i], bh[i], 1e-9, "Benjamini-Hochberg");
}

static void the_order_of_tests_and_tests_not_done_change_nothing(void **state) {
    (void)state;
    double mixed[] = {0.04, NAN, 0.001, 0.03, NAN}, plain[] = {0.001, 0.03, 0.04},
           want[3];
    mp_multiple_holm(plain, 3, want);
    mp_multiple_holm(mixed, 5, mixed); /* in place */
    assert_true(isnan(mixed[1]) && isnan(mixed[4]));
    assert_true(mixed[2] == want[0] && mixed[3] == want[1] && mixed[0] == want[2]);
    mp_multiple_holm(NULL, 0, NULL);
    double one[] = {0.7};
    mp_multiple_benjamini_hochberg(one, 1, one);
    assert_true(one[0] == 0.7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_p_values_agree_with_published_values),
        cmocka_unit_test(the_order_of_tests_and_tests_not_done_change_nothing),
    };
    return cmocka_run_group_tests_name("stats_groups", tests, NULL, NULL);
}
