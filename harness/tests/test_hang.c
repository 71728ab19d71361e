/* Which class a hang is sorted into.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/wire/hang.h"

static void hang_is_sorted_by_the_first_fact_that_explains_it(void **state) {
    static const struct {
        struct mp_hang_facts facts;
        enum mp_hang_class want;
    } rows[] = {
        {{.is_stopped = true}, MP_HANG_STOPPED},
        {{.is_stopped = true, .has_runner = true, .waits_for_lock = true},
         MP_HANG_STOPPED},
        {{.has_progress = true}, MP_HANG_SLOW},
        {{.has_progress = true, .waits_for_device = true, .has_runner = true},
         MP_HANG_SLOW},
        {{.has_lock_circle = true, .waits_for_lock = true}, MP_HANG_DEADLOCK},
        {{.has_lock_circle = true, .has_runner = true}, MP_HANG_DEADLOCK},
        {{.has_runner = true}, MP_HANG_SPINNING},
        {{.has_runner = true, .waits_for_lock = true}, MP_HANG_SPINNING},
        {{.waits_for_device = true}, MP_HANG_DEVICE},
        {{.waits_for_device = true, .waits_for_lock = true}, MP_HANG_DEVICE},
        {{.waits_for_lock = true}, MP_HANG_LOCKED},
        {{.is_stopped = false}, MP_HANG_ASLEEP},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        enum mp_hang_class class = mp_hang_classify(&rows[i].facts);
        assert_string_equal(mp_hang_words(class), mp_hang_words(rows[i].want));
    }
}

/* Two samples of two threads, 1 and 2, that sleep. */
struct samples {
    struct mp_crash_thread thread[2][2];
    struct mp_crash sample[2];
    struct mp_page_summary page[2];
};

static void samples_init(struct samples *s) {
    memset(s, 0, sizeof(*s));
    for (int i = 0; i < 2; i++) {
        for (int t = 0; t < 2; t++)
            s->thread[i][t] =
                (struct mp_crash_thread){.tid = (uint64_t)t + 1, .run_state = 'S'};
        s->sample[i].thread = s->thread[i];
        s->sample[i].thread_count = 2;
    }
}

static enum mp_hang_class classify(const struct samples *s) {
    struct mp_hang_facts facts =
        mp_hang_gather(&s->sample[0], &s->page[0], &s->sample[1], &s->page[1]);
    return mp_hang_classify(&facts);
}

static void hang_facts_come_from_threads_and_page(void **state) {
    struct samples s;
    (void)state;
    samples_init(&s);
    assert_int_equal(classify(&s), MP_HANG_ASLEEP);
    s.thread[1][0].is_at_lock = true;
    assert_int_equal(classify(&s), MP_HANG_LOCKED);
    s.page[1].threads_waiting = 1;
    assert_int_equal(classify(&s), MP_HANG_DEVICE);
    s.thread[1][0].run_state = 'R';
    assert_int_equal(classify(&s), MP_HANG_DEVICE); /* it has just woken up */
    s.thread[0][0].run_state = 'R';
    assert_int_equal(classify(&s), MP_HANG_SPINNING);
    s.page[1].events = 1;
    assert_int_equal(classify(&s), MP_HANG_SLOW);
    s.thread[1][1].run_state = 'T';
    assert_int_equal(classify(&s), MP_HANG_STOPPED);
}

static void hang_with_processor_time_spins(void **state) {
    struct samples s;
    (void)state;
    samples_init(&s);
    s.thread[0][1].cpu_ns = 5000000;
    s.thread[1][1].cpu_ns = 5100000;
    assert_int_equal(classify(&s), MP_HANG_ASLEEP);
    s.thread[1][1].cpu_ns = 55000000;
    assert_int_equal(classify(&s), MP_HANG_SPINNING);
}

static void hang_circle_is_told_and_a_chain_is_none(void **state) {
    struct samples s;
    char text[128];
    (void)state;
    samples_init(&s);
    strcpy(s.thread[1][0].name, "a");
    strcpy(s.thread[1][1].name, "b\n");
    s.thread[1][0].lock_owner = 2;
    mp_hang_describe_cycle(&s.sample[1], text, sizeof(text));
    assert_string_equal(text, "");
    assert_int_equal(classify(&s), MP_HANG_ASLEEP);
    s.thread[1][1].lock_owner = 1;
    mp_hang_describe_cycle(&s.sample[1], text, sizeof(text));
    assert_string_equal(text, "a (1) waits for b\\x0a (2) waits for a (1)");
    assert_int_equal(classify(&s), MP_HANG_DEADLOCK);
    s.thread[1][1].lock_owner = 77; /* no thread of this process */
    assert_int_equal(classify(&s), MP_HANG_ASLEEP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hang_is_sorted_by_the_first_fact_that_explains_it),
        cmocka_unit_test(hang_facts_come_from_threads_and_page),
        cmocka_unit_test(hang_with_processor_time_spins),
        cmocka_unit_test(hang_circle_is_told_and_a_chain_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
