/* Two threads pass the points of each script in its order, and nobody waits for ever.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/window.h"
#include "harness/tests/round_fixture.h"

#define STEPS_MAX 16
#define TURNS     40
#define LATE_NS   (2 * MP_WINDOW_WAIT_NS)

struct step {
    bool is_beside;
    enum mp_bare_point point;
};

#define LEFT_POINT MP_BARE_POINTS
#define ON(name)                                                                         \
    { false, MP_BARE_##name }
#define BESIDE(name)                                                                     \
    { true, MP_BARE_##name }
#define LEFT                                                                             \
    { false, LEFT_POINT }

struct script {
    enum mp_window_kind kind;
    size_t count;
    struct step step[STEPS_MAX];
};

#define COUNT(...) (sizeof((struct step[]){__VA_ARGS__}) / sizeof(struct step))

static const struct script scripts[] = {
#define MP_WINDOW(letter, beside, queue, fresh, what, expected, ...)                     \
    {MP_WINDOW_##letter, COUNT(__VA_ARGS__), {__VA_ARGS__}},
#include "harness/round/window.def"
#undef MP_WINDOW
};

struct stage {
    const struct script *script;
    struct mp_window window;
    struct mp_round_page *page;
    _Atomic unsigned arrived[STEPS_MAX]; /* each before its point is passed */
    _Atomic unsigned early;              /* points passed before an earlier step */
    enum mp_bare_point held;             /* what TAKEN stands for */
    uint64_t late_ns;                    /* by which each step beside the queue is late */
};

/* Passes all points of one side, checking at each that what stands before it has been
 * reached. */
static void walk(struct stage *stage, struct mp_window_visit *visit, bool is_beside) {
    const struct script *script = stage->script;

    for (size_t i = 0; i < script->count; i++) {
        enum mp_bare_point point = script->step[i].point;

        if (script->step[i].is_beside != is_beside || point == LEFT_POINT)
            continue;
        if (is_beside && stage->late_ns > 0)
            mp_clock_sleep_ns(stage->late_ns);
        atomic_store(&stage->arrived[i], 1);
        mp_window_reach(visit, point == MP_BARE_TAKEN ? stage->held : point);
        for (size_t j = 0; j < i; j++)
            if (script->step[j].point != LEFT_POINT && !atomic_load(&stage->arrived[j]))
                atomic_fetch_add(&stage->early, 1);
    }
}

static struct mp_window_visit visit_of(struct stage *stage) {
    return (struct mp_window_visit){
        .window = &stage->window, .kind = stage->script->kind, .point = stage->held};
}

static void *go_beside(void *data) {
    struct stage *stage = data;
    struct mp_worker worker = fixture_worker(stage->page, 1);
    struct mp_window_visit visit = visit_of(stage);

    while (!visit.is_met)
        mp_window_wait(&visit, &worker, 0, 0);
    walk(stage, &visit, true);
    mp_window_leave(&visit);
    return NULL;
}

/* Both sides once, the one on the queue with `visit`; false if a point was passed too
 * early. */
static bool play(struct stage *stage, struct mp_window_visit visit) {
    pthread_t thread;

    for (size_t i = 0; i < STEPS_MAX; i++)
        atomic_store(&stage->arrived[i], 0);
    assert_int_equal(pthread_create(&thread, NULL, go_beside, stage), 0);
    while (!visit.is_met) {
        mp_window_meet(&visit);
        sched_yield();
    }
    walk(stage, &visit, false);
    mp_window_leave(&visit);
    pthread_join(thread, NULL);
    /* The place is clear for the next two. */
    assert_int_equal(atomic_load(&stage->window.state), 0);
    assert_int_equal(atomic_load(&stage->window.next), 0);
    return atomic_load(&stage->early) == 0;
}

/* A machine that is very busy may make a side miss its limit, so that a turn goes wrong
 * (none of 2,160 at a load of 16 on two cores); a script that orders nothing goes wrong in
 * most. */
static void points_are_passed_in_the_order_of_the_script(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(scripts); i++) {
        unsigned right = 0;

        for (unsigned turn = 0; turn < TURNS; turn++) {
            struct stage stage = {
                .script = &scripts[i],
                .page = fixture_page(NULL, 2),
                .held = (enum mp_bare_point)(MP_BARE_TAKEN + (int)(turn % 3))};

            right += play(&stage, visit_of(&stage));
            fixture_page_free(stage.page);
        }
        if (right < TURNS - 2)
            fail_msg("script %zu: in order in %u of %d turns", i, right, TURNS);
    }
}

/* As between two synchronizations: the one that waits beside the queue in vain goes on the
 * queue, and is met there. */
static void side_that_waited_in_vain_is_the_one_on_the_queue(void **state) {
    unsigned right = 0;

    (void)state;
    for (unsigned turn = 0; turn < 12; turn++) {
        struct stage stage = {.script = &scripts[MP_WINDOW_f - 1],
                              .page = fixture_page(NULL, 2),
                              .held = MP_BARE_TAKEN};
        struct mp_worker worker = fixture_worker(stage.page, 0);
        struct mp_window_visit visit = visit_of(&stage);

        mp_window_wait(&visit, &worker, 0, 0);
        assert_false(visit.is_met);
        right += play(&stage, visit);
        fixture_page_free(stage.page);
    }
    if (right < 11)
        fail_msg("in order in %u of 12 turns", right);
}

/* What a thread does that waits for a core of a busy machine. */
static void side_that_has_met_another_waits_longer_for_its_step(void **state) {
    unsigned right = 0;

    (void)state;
    for (unsigned turn = 0; turn < 12 && right == 0; turn++) {
        struct stage stage = {.script = &scripts[MP_WINDOW_a - 1],
                              .page = fixture_page(NULL, 2),
                              .held = MP_BARE_TAKEN,
                              .late_ns = LATE_NS};

        right += play(&stage, visit_of(&stage));
        fixture_page_free(stage.page);
    }
    assert_int_equal(right, 1);
}

static void side_without_another_goes_on_alone(void **state) {
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    struct mp_window window = {0};
    struct mp_window_visit visit = {.window = &window, .kind = MP_WINDOW_a};

    (void)state;
    mp_window_meet(&visit);
    assert_false(visit.is_met);
    mp_window_wait(&visit, &worker, 0, 7);
    assert_false(visit.is_met);
    assert_int_equal(atomic_load(&window.state), 0);
    mp_window_reach(&visit, MP_BARE_COMMITTED); /* at once */
    mp_window_leave(&visit);
    assert_int_equal(atomic_load(&window.left), 0);
    fixture_page_free(page);
}

/* One side leaves in the middle: the other one is not kept. */
static void side_that_leaves_lets_the_other_go(void **state) {
    struct mp_window window = {0};
    struct mp_window_visit on = {.window = &window, .kind = MP_WINDOW_a};
    struct mp_window_visit beside = on;

    (void)state;
    beside.is_beside = on.is_met = beside.is_met = true;
    atomic_store(&window.state, 2);
    mp_window_leave(&beside);
    on.point = MP_BARE_BOUND;
    mp_window_reach(&on, MP_BARE_OPENED);
    mp_window_reach(&on, MP_BARE_BOUND);
    mp_window_leave(&on);
    assert_int_equal(atomic_load(&window.state), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_passed_in_the_order_of_the_script),
        cmocka_unit_test(side_that_waited_in_vain_is_the_one_on_the_queue),
        cmocka_unit_test(side_that_has_met_another_waits_longer_for_its_step),
        cmocka_unit_test(side_without_another_goes_on_alone),
        cmocka_unit_test(side_that_leaves_lets_the_other_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
