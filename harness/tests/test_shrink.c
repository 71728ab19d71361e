/* The search for the smallest case, on planted cases of known minimum: an oracle without
 * rounds, whose failures are drawn from a seed. A case fails with the planted bug at its
 * rate if no axis is below the planted minimum, and with another bug often where the
 * first cannot come. `--full` plays 50 cases at rates of 60 % to 1 % (scripts/calibrate);
 * without it five.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/rng.h"
#include "harness/supervisor/shrink/shrink.h"

#define AXES  6
#define CASES 50
#define LIMIT 10000000

struct world {
    int64_t minimum[AXES];
    double rate, other_rate;
    uint64_t seed, rounds;
    bool meets_other; /* the failures that are counted are of the other bug */
};

static bool has_bug(const struct world *world, const struct mp_shrink *shrink,
                    const int64_t *value) {
    for (size_t i = 0; i < AXES; i++) {
        bool is_set = shrink->axis[i].kind == MP_SHRINK_SET;
        if (is_set ? (value[i] & world->minimum[i]) != world->minimum[i]
                   : value[i] < world->minimum[i])
            return false;
    }
    return true;
}

struct stage {
    struct world *world;
    const struct mp_shrink *shrink;
    uint64_t stop_after; /* rounds of all questions; 0: never */
};

static enum mp_status ask(void *arg, struct mp_shrink_step *step, struct mp_error *err) {
    struct stage *stage = arg;
    struct world *world = stage->world;
    bool is_there = has_bug(world, stage->shrink, step->question.value);

    (void)err;
    while (!mp_shrink_is_answered(&step->question, step->failures, step->rounds)) {
        double drawn = mp_rng_hash_unit(world->seed, world->rounds++);
        bool is_failure = is_there && drawn < world->rate;
        bool is_other = !is_failure && drawn > 1 - world->other_rate;
        step->failures += world->meets_other ? is_failure || is_other : is_failure;
        step->others += is_other;
        step->rounds++;
    }
    return MP_OK;
}

static uint64_t draw(uint64_t seed, uint64_t question, uint64_t low, uint64_t high) {
    return low + mp_rng_hash(seed, question) % (high - low + 1);
}

/* Case `number`: threads, iters, n, streams, the perturbation, and a switch. */
static void plant(uint64_t number, struct world *world, struct mp_shrink *shrink) {
    static const double rates[] = {0.6, 0.3, 0.1, 0.03, 0.01};
    uint64_t seed = mp_rng_hash(UINT64_C(0x5eed), number);

    mp_shrink_init(shrink, LIMIT);
    mp_shrink_add(shrink, "threads", MP_SHRINK_NUMBER, 8, 1);
    mp_shrink_add(shrink, "iters", MP_SHRINK_NUMBER, 100, 1);
    mp_shrink_add(shrink, "n", MP_SHRINK_COARSE, 256, 1);
    mp_shrink_add(shrink, "streams", MP_SHRINK_NUMBER, 32, 1);
    mp_shrink_add(shrink, "perturb", MP_SHRINK_SET, 0x3f, 0);
    mp_shrink_add(shrink, "share", MP_SHRINK_SWITCH, 1, 0);
    *world = (struct world){
        .minimum = {(int64_t)draw(seed, 1, 1, 4), (int64_t)draw(seed, 2, 1, 40),
                    INT64_C(1) << draw(seed, 3, 0, 6), (int64_t)draw(seed, 4, 1, 8),
                    mp_rng_hash(seed, 5) % 3 == 0 ? 0 : INT64_C(1) << draw(seed, 6, 0, 5),
                    (int64_t)draw(seed, 7, 0, 1)},
        .rate = rates[number % 5],
        .other_rate = 0.3,
        .seed = mp_rng_hash(seed, 8)};
}

/* How many steps the end is away from the minimum; -1: another bug, or none. */
static int distance(const struct world *world, const struct mp_shrink *shrink) {
    int steps = 0;

    for (size_t i = 0; i < AXES; i++) {
        const struct mp_shrink_axis *axis = &shrink->axis[i];
        int64_t least = world->minimum[i];
        if (axis->kind == MP_SHRINK_SET)
            steps += __builtin_popcountll((uint64_t)(axis->now & ~least));
        else if (axis->kind == MP_SHRINK_COARSE)
            for (int64_t value = axis->now; value > least; value /= 2)
                steps++;
        else
            steps += (int)(axis->now - least);
    }
    int64_t value[MP_SHRINK_AXES_MAX] = {0};
    for (size_t i = 0; i < AXES; i++)
        value[i] = shrink->axis[i].now;
    return has_bug(world, shrink, value) ? steps : -1;
}

static int play(uint64_t number, bool meets_other, struct mp_shrink *shrink) {
    struct world world;
    struct mp_error err;

    plant(number, &world, shrink);
    world.meets_other = meets_other;
    struct stage stage = {.world = &world, .shrink = shrink};
    const struct mp_shrink_oracle oracle = {ask, &stage};
    assert_int_equal(mp_shrink_search(shrink, &oracle, &err), MP_OK);
    return distance(&world, shrink);
}

static unsigned cases = 5;

static void planted_cases_end_at_their_minimum(void **state) {
    unsigned near = 0, other = 0, valid = 0;
    uint64_t rounds = 0;

    (void)state;
    for (uint64_t number = 0; number < cases; number++) {
        struct mp_shrink shrink;
        int steps = play(number, false, &shrink);
        near += steps == 0 || steps == 1;
        other += steps < 0;
        valid += shrink.is_valid && shrink.end == MP_SHRINK_MINIMAL;
        rounds += shrink.rounds;
        mp_shrink_release(&shrink);
    }
    printf("[ FIGURE   ] at the minimum or one step from it: %.4f of %u [0.9, 1]\n",
           (double)near / cases, cases);
    printf("[ FIGURE   ] at a different bug: %.4f of %u [0, 0]\n", (double)other / cases,
           cases);
    printf("[ FIGURE   ] valid on fresh seeds: %.4f of %u [0.9, 1]\n",
           (double)valid / cases, cases);
    printf("%.0f rounds a case\n", (double)rounds / cases);
    assert_int_equal(other, 0);
    assert_true(10 * near >= 9 * cases);
    assert_true(10 * valid >= 9 * cases);
}

/* The check above can fail: if any failure counted, the search would follow the other
 * bug. */
static void without_the_signature_another_bug_is_followed(void **state) {
    unsigned other = 0;

    (void)state;
    for (uint64_t number = 0; number < 5; number++) {
        struct mp_shrink shrink;
        other += play(number, true, &shrink) < 0;
        mp_shrink_release(&shrink);
    }
    assert_true(other >= 3);
}

static void every_question_is_in_the_certificate(void **state) {
    struct mp_shrink shrink;
    uint64_t rounds = 0;
    double spent = 0;

    (void)state;
    play(0, false, &shrink);
    assert_true(shrink.steps > 5);
    assert_int_equal(shrink.step[0].question.asks, MP_SHRINK_ASKS_BASE);
    assert_int_equal(shrink.step[shrink.steps - 1].question.asks, MP_SHRINK_ASKS_LAST);
    for (size_t i = 0; i < shrink.steps; i++) {
        rounds += shrink.step[i].rounds;
        assert_int_equal(shrink.step[i].question.number, i);
        if (shrink.step[i].question.asks != MP_SHRINK_ASKS_STEP)
            continue;
        spent += shrink.step[i].question.alpha;
        assert_int_not_equal(shrink.step[i].verdict, MP_FLAKY_OPEN);
    }
    assert_int_equal(rounds, shrink.rounds);
    assert_true(spent <= shrink.total * MP_FLAKY_ALPHA_STEPS);
    mp_shrink_release(&shrink);
}

static void too_few_rounds_give_the_smallest_so_far(void **state) {
    struct world world;
    struct mp_shrink shrink;
    struct mp_error err;

    (void)state;
    plant(0, &world, &shrink);
    shrink.limit = 400;
    struct stage stage = {.world = &world, .shrink = &shrink};
    const struct mp_shrink_oracle oracle = {ask, &stage};
    assert_int_equal(mp_shrink_search(&shrink, &oracle, &err), MP_OK);
    assert_int_equal(shrink.end, MP_SHRINK_OUT);
    assert_true(shrink.rounds <= 400);
    assert_true(distance(&world, &shrink) >= 0);
    mp_shrink_release(&shrink);
}

static void what_never_fails_is_not_shrunk(void **state) {
    struct world world;
    struct mp_shrink shrink;
    struct mp_error err;

    (void)state;
    plant(0, &world, &shrink);
    world.rate = 0;
    shrink.limit = 1000;
    struct stage stage = {.world = &world, .shrink = &shrink};
    const struct mp_shrink_oracle oracle = {ask, &stage};
    assert_int_equal(mp_shrink_search(&shrink, &oracle, &err), MP_OK);
    assert_int_equal(shrink.end, MP_SHRINK_NEVER);
    assert_false(shrink.is_valid);
    assert_int_equal(shrink.steps, 1);
    mp_shrink_release(&shrink);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_cases_end_at_their_minimum),
        cmocka_unit_test(without_the_signature_another_bug_is_followed),
        cmocka_unit_test(every_question_is_in_the_certificate),
        cmocka_unit_test(too_few_rounds_give_the_smallest_so_far),
        cmocka_unit_test(what_never_fails_is_not_shrunk),
    };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            puts("planted_cases");
            return 0;
        }
        if (strcmp(argv[i], "--full") == 0)
            cases = CASES;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
