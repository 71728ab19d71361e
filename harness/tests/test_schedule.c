/* Tests of the order of rounds: blocks, seeds, ends.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/supervisor/campaign/schedule.h"

#define CELLS 7

static void every_block_holds_each_cell_once(void **state) {
    (void)state;
    struct mp_schedule schedule;
    uint64_t rounds[CELLS] = {0};
    mp_schedule_init(&schedule, rounds, CELLS, 42);
    for (uint64_t block = 0; block < 50; block++) {
        bool seen[CELLS] = {false};
        for (int i = 0; i < CELLS; i++) {
            size_t cell = CELLS;
            uint64_t index = 0;
            assert_true(mp_schedule_next(&schedule, &cell, &index));
            assert_true(cell < CELLS);
            assert_false(seen[cell]);
            assert_int_equal(index, block);
            seen[cell] = true;
        }
    }
    mp_schedule_release(&schedule);
}

static void every_cell_gets_its_rounds_and_no_more(void **state) {
    (void)state;
    struct mp_schedule schedule;
    const uint64_t rounds[] = {3, 1, 9};
    uint64_t seen[3] = {0};
    size_t cell = 0, total = 0;
    uint64_t index = 0;
    mp_schedule_init(&schedule, rounds, 3, 7);
    while (mp_schedule_next(&schedule, &cell, &index)) {
        assert_int_equal(index, seen[cell]);
        seen[cell]++;
        total++;
    }
    assert_int_equal(total, 13);
    assert_memory_equal(seen, rounds, sizeof(seen));
    assert_false(mp_schedule_next(&schedule, &cell, &index));
    mp_schedule_release(&schedule);
}

static void take_order(uint64_t seed, size_t *order, size_t count) {
    struct mp_schedule schedule;
    uint64_t rounds[CELLS] = {0}, index = 0;
    mp_schedule_init(&schedule, rounds, CELLS, seed);
    for (size_t i = 0; i < count; i++)
        assert_true(mp_schedule_next(&schedule, &order[i], &index));
    mp_schedule_release(&schedule);
}

static void order_follows_from_the_seed_alone(void **state) {
    (void)state;
    size_t first[10 * CELLS], again[10 * CELLS], other[10 * CELLS];
    take_order(1, first, 10 * CELLS);
    take_order(1, again, 10 * CELLS);
    take_order(2, other, 10 * CELLS);
    assert_memory_equal(first, again, sizeof(first));
    assert_memory_not_equal(first, other, sizeof(first));
}

static void blocks_are_drawn_anew_each_time(void **state) {
    (void)state;
    size_t order[10 * CELLS];
    size_t same = 0;
    take_order(3, order, 10 * CELLS);
    for (size_t block = 1; block < 10; block++)
        same += memcmp(order, order + block * CELLS, CELLS * sizeof(*order)) == 0;
    assert_true(same < 9);
}

static void every_cell_comes_first_about_equally_often(void **state) {
    (void)state;
    enum { BLOCKS = 7000 };
    struct mp_schedule schedule;
    uint64_t rounds[CELLS] = {0}, index = 0;
    size_t first[CELLS] = {0}, cell = 0;
    mp_schedule_init(&schedule, rounds, CELLS, 99);
    for (int i = 0; i < BLOCKS * CELLS; i++) {
        assert_true(mp_schedule_next(&schedule, &cell, &index));
        first[cell] += i % CELLS == 0;
    }
    for (size_t i = 0; i < CELLS; i++)
        assert_in_range(first[i], 850, 1150); /* 1000 expected, 5 standard deviations */
    mp_schedule_release(&schedule);
}

static void round_seed_depends_on_seed_cell_and_index_only(void **state) {
    (void)state;
    uint64_t seed = mp_schedule_round_seed(1, "0123456789abcdef", 5);
    assert_true(seed == mp_schedule_round_seed(1, "0123456789abcdef", 5));
    assert_true(seed != mp_schedule_round_seed(2, "0123456789abcdef", 5));
    assert_true(seed != mp_schedule_round_seed(1, "0123456789abcdee", 5));
    assert_true(seed != mp_schedule_round_seed(1, "0123456789abcdef", 6));
}

/* Six cells: pairs (0, 3), (1, 4), (2, 5). */
static void cells_of_a_group_follow_each_other_in_every_block(void **state) {
    (void)state;
    enum { PAIRS = 3, BLOCKS = 3000 };
    struct mp_schedule schedule;
    uint64_t rounds[2 * PAIRS] = {0}, index = 0;
    size_t first_of_block[PAIRS] = {0}, lower_first = 0, cell = 0, other = 0;
    mp_schedule_init(&schedule, rounds, 2 * PAIRS, 5);
    for (size_t i = 0; i < 2 * PAIRS; i++)
        mp_schedule_stratify(&schedule, i, i % PAIRS);
    for (size_t i = 0; i < (size_t)BLOCKS * PAIRS; i++) {
        assert_true(mp_schedule_next(&schedule, &cell, &index));
        assert_true(mp_schedule_next(&schedule, &other, &index));
        assert_int_equal(cell % PAIRS, other % PAIRS);
        assert_int_not_equal(cell, other);
        assert_int_equal(index, i / PAIRS);
        first_of_block[cell % PAIRS] += i % PAIRS == 0;
        lower_first += cell < other;
    }
    for (size_t i = 0; i < PAIRS; i++) {
        assert_in_range(first_of_block[i], 870,
                        1130); /* 1000 expected, 5 standard deviations */
    }
    assert_in_range(lower_first, 4260, 4740); /* 4500 expected, 5 standard deviations */
    mp_schedule_release(&schedule);
}

static void schedule_of_no_cells_ends_at_once(void **state) {
    (void)state;
    struct mp_schedule schedule;
    size_t cell = 0;
    uint64_t index = 0;
    mp_schedule_init(&schedule, NULL, 0, 1);
    assert_false(mp_schedule_next(&schedule, &cell, &index));
    mp_schedule_release(&schedule);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_holds_each_cell_once),
        cmocka_unit_test(every_cell_gets_its_rounds_and_no_more),
        cmocka_unit_test(order_follows_from_the_seed_alone),
        cmocka_unit_test(blocks_are_drawn_anew_each_time),
        cmocka_unit_test(every_cell_comes_first_about_equally_often),
        cmocka_unit_test(round_seed_depends_on_seed_cell_and_index_only),
        cmocka_unit_test(cells_of_a_group_follow_each_other_in_every_block),
        cmocka_unit_test(schedule_of_no_cells_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
