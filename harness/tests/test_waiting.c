/* Rounds that ended wait for older ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/rng.h"
#include "harness/supervisor/campaign/waiting.h"

static void add(struct mp_waiting *waiting, uint64_t position) {
    struct mp_ended ended = {.seed = position};
    mp_waiting_add(waiting, position, &ended);
}

static void assert_takes(struct mp_waiting *waiting, uint64_t first, uint64_t last) {
    struct mp_ended ended;
    for (uint64_t i = first; i <= last; i++) {
        assert_true(mp_waiting_take(waiting, &ended));
        assert_int_equal(ended.seed, i);
    }
    assert_false(mp_waiting_take(waiting, &ended));
}

static void a_round_waits_until_all_older_ones_have_ended(void **state) {
    (void)state;
    struct mp_waiting waiting;
    mp_waiting_init(&waiting, 1);
    assert_takes(&waiting, 1, 0);
    add(&waiting, 3);
    add(&waiting, 2);
    assert_takes(&waiting, 1, 0);
    add(&waiting, 1);
    assert_takes(&waiting, 1, 3);
    add(&waiting, 4);
    assert_takes(&waiting, 4, 4);
    mp_waiting_release(&waiting);
}

static void a_campaign_that_goes_on_waits_for_its_next_round(void **state) {
    (void)state;
    struct mp_waiting waiting;
    mp_waiting_init(&waiting, 41);
    add(&waiting, 42);
    assert_takes(&waiting, 41, 40);
    add(&waiting, 41);
    assert_takes(&waiting, 41, 42);
    mp_waiting_release(&waiting);
}

/* One round hangs while a thousand others end, over and over: what waits is kept whole
 * however the ring has turned. */
static void one_slow_round_holds_up_any_number_of_others(void **state) {
    (void)state;
    enum { OTHERS = 1000 };
    struct mp_waiting waiting;
    uint64_t oldest = 1;
    mp_waiting_init(&waiting, oldest);
    for (uint64_t turn = 0; turn < 50; turn++) {
        uint64_t others = 1 + mp_rng_hash(7, turn) % OTHERS;
        for (uint64_t i = 1; i <= others; i++)
            add(&waiting, oldest + i);
        assert_takes(&waiting, oldest, oldest - 1);
        add(&waiting, oldest);
        assert_takes(&waiting, oldest, oldest + others);
        oldest += others + 1;
    }
    mp_waiting_release(&waiting);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_waits_until_all_older_ones_have_ended),
        cmocka_unit_test(a_campaign_that_goes_on_waits_for_its_next_round),
        cmocka_unit_test(one_slow_round_holds_up_any_number_of_others),
    };
    return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
