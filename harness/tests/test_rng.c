/* Tests of the random numbers: the published sequences, fair ranges, and a hash that
 * mixes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"

static void seeding_gives_the_published_splitmix64_sequence(void **state) {
    (void)state;
    /* The sequence of splitmix64.c by Vigna for seed 1234567. */
    struct mp_rng rng;
    mp_rng_seed(&rng, 1234567);
    assert_true(rng.state[0] == UINT64_C(6457827717110365317));
    assert_true(rng.state[1] == UINT64_C(3203168211198807973));
    assert_true(rng.state[2] == UINT64_C(9817491932198370423));
    assert_true(rng.state[3] == UINT64_C(4593380528125082431));
}

static void stepping_gives_the_published_xoshiro256ss_sequence(void **state) {
    (void)state;
    /* The sequence of xoshiro256starstar.c by Blackman and Vigna from the state 1, 2,
     * 3, 4. */
    static const uint64_t want[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct mp_rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < MP_COUNT(want); i++)
        assert_true(mp_rng_next(&rng) == want[i]);
}

static void numbers_below_a_limit_are_fair(void **state) {
    (void)state;
    struct mp_rng rng;
    mp_rng_seed(&rng, 7);
    unsigned count[6] = {0};
    for (int i = 0; i < 60000; i++)
        count[mp_rng_below(&rng, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 9500, 10500);
    for (int i = 0; i < 100; i++)
        assert_int_equal(mp_rng_below(&rng, 1), 0);
    /* With a limit of 3/4 of the range, taking the remainder without drawing again would
     * give the lower third twice as often: 1/2 of all numbers instead of 1/3. */
    uint64_t limit = UINT64_C(3) << 62;
    unsigned low = 0;
    for (int i = 0; i < 30000; i++)
        low += mp_rng_below(&rng, limit) < limit / 3;
    assert_in_range(low, 9500, 10500);
}

static void unit_numbers_fill_zero_to_one(void **state) {
    (void)state;
    struct mp_rng rng;
    mp_rng_seed(&rng, 1);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = mp_rng_unit(&rng);
        double y = mp_rng_hash_unit(1, (uint64_t)i);
        assert_true(x >= 0 && x < 1 && y >= 0 && y < 1);
        sum += x + y;
    }
    assert_true(sum > 9800 && sum < 10200);
}

static void hash_depends_on_both_seed_and_counter(void **state) {
    (void)state;
    /* The stream of splitmix64 makes (seed + gamma, n) and (seed, n + 1) equal; this must
     * not. */
    uint64_t gamma = UINT64_C(0x9e3779b97f4a7c15);
    assert_true(mp_rng_hash(5 + gamma, 0) != mp_rng_hash(5, 1));
    uint64_t seen[32 * 32];
    size_t n = 0;
    for (uint64_t seed = 0; seed < 32; seed++)
        for (uint64_t counter = 0; counter < 32; counter++)
            seen[n++] = mp_rng_hash(seed, counter);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            assert_true(seen[i] != seen[j]);
    /* The same on every machine and in every version: seeds in databases must stay
     * repeatable. */
    assert_true(mp_rng_hash(0, 0) == UINT64_C(0xa706dd2f4d197e6f));
    assert_true(mp_rng_hash(1, 2) == UINT64_C(0xb95f66d327e8d78));
}

static void byte_hash_is_fnv1a(void **state) {
    (void)state;
    assert_true(mp_rng_hash_bytes("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(mp_rng_hash_bytes("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(mp_rng_hash_bytes("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeding_gives_the_published_splitmix64_sequence),
        cmocka_unit_test(stepping_gives_the_published_xoshiro256ss_sequence),
        cmocka_unit_test(numbers_below_a_limit_are_fair),
        cmocka_unit_test(unit_numbers_fill_zero_to_one),
        cmocka_unit_test(hash_depends_on_both_seed_and_counter),
        cmocka_unit_test(byte_hash_is_fnv1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
