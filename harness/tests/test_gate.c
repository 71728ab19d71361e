/* The gate's decisions, which are pure. What follows from them: test_stream.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/round/gate.h"

static void gate_is_hostile_with_share_q(void **state) {
    unsigned hostile = 0;

    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        assert_true(mp_gate_is_hostile(3, 1, i, 1));
        assert_false(mp_gate_is_hostile(3, 1, i, 0));
        hostile += mp_gate_is_hostile(3, 1, i, 0.11);
    }
    /* Fixed seed, so a fixed number, within six standard deviations of the mean. */
    assert_in_range(hostile, 1100 - 188, 1100 + 188);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_is_hostile_with_share_q),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
