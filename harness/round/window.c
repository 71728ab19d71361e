/* Two threads that pass the points of a script in its order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/window.h"

#include <sched.h>

#include "harness/base/clock.h"

#define LOOKS_PER_YIELD 16
#define STEPS_MAX       16

/* State of a window. */
enum { NOBODY, WAITING, MET };

#define IS_OVER STEPS_MAX /* as the next step: nobody waits any more */

/* A step that no point is: the side that it is of has left. */
#define POINT_NEVER MP_BARE_POINTS

struct step {
    bool is_beside;
    enum mp_bare_point point;
};

struct row {
    enum mp_window_act beside, on_queue;
    bool is_fresh;
    struct step step[STEPS_MAX]; /* ended by POINT_END */
};

#define POINT_END ((enum mp_bare_point)(MP_BARE_POINTS + 1))
#define ON(name)                                                                         \
    { false, MP_BARE_##name }
#define BESIDE(name)                                                                     \
    { true, MP_BARE_##name }
#define LEFT                                                                             \
    { false, POINT_NEVER }

static const struct row rows[MP_WINDOW_COUNT] = {
    [MP_WINDOW_NONE] = {.step = {{false, POINT_END}}},
#define MP_WINDOW(letter, of_beside, of_queue, fresh, what, expected, ...)               \
    [MP_WINDOW_##letter] = {MP_ACT_##of_beside,                                          \
                            MP_ACT_##of_queue,                                           \
                            fresh,                                                       \
                            {__VA_ARGS__, {false, POINT_END}}},
#include "harness/round/window.def"
#undef MP_WINDOW
};

const char mp_window_choices[] = "none"
#define MP_WINDOW(letter, ...) "|" #letter
#include "harness/round/window.def"
#undef MP_WINDOW
    ;
const char mp_window_meanings[] =
    "a synchronization is held until another thread is anywhere in the middle of an op"
#define MP_WINDOW(letter, of_beside, of_queue, fresh, what, expected, ...)               \
    "\n" what "; expected: " expected
#include "harness/round/window.def"
#undef MP_WINDOW
    ;

enum mp_window_act mp_window_act_beside(enum mp_window_kind kind) {
    return rows[kind].beside;
}

enum mp_window_act mp_window_act_on_queue(enum mp_window_kind kind) {
    return rows[kind].on_queue;
}

bool mp_window_needs_fresh_encoder(enum mp_window_kind kind) {
    return rows[kind].is_fresh;
}

static unsigned load(const atomic_uint *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(atomic_uint *word, unsigned value) {
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static bool change(atomic_uint *word, unsigned from, unsigned to) {
    return atomic_compare_exchange_strong_explicit(word, &from, to, memory_order_relaxed,
                                                   memory_order_relaxed);
}

/* Polls until `word` is in [`least`, `most`]; false if that takes longer than `limit_ns`.
 */
static bool wait_until(const atomic_uint *word, unsigned least, unsigned most,
                       uint64_t limit_ns) {
    uint64_t deadline_ns = mp_clock_now_ns() + limit_ns;
    unsigned looks = 0;

    for (unsigned now = load(word); now < least || now > most; now = load(word)) {
        if (mp_clock_now_ns() >= deadline_ns)
            return false;
        if (++looks % LOOKS_PER_YIELD == 0)
            sched_yield();
    }
    return true;
}

void mp_window_wait(struct mp_window_visit *visit, struct mp_worker *worker,
                    unsigned stream_index, uint64_t number) {
    struct mp_window *window = visit->window;

    visit->is_beside = true;
    mp_recorder_enter(worker, MP_PAGE_OP_GATE, stream_index, number);
    if (change(&window->state, NOBODY, WAITING))
        visit->is_met = wait_until(&window->state, MET, MET, MP_WINDOW_WAIT_NS) ||
                        !change(&window->state, WAITING, NOBODY);
    mp_recorder_leave(worker, MP_PAGE_OP_GATE, stream_index, visit->is_met);
}

/* A side that found nobody and went on the queue is not beside it any more. */
void mp_window_meet(struct mp_window_visit *visit) {
    visit->is_beside = false;
    visit->is_met = change(&visit->window->state, WAITING, MET);
}

/* The step of this side that `point` is, or IS_OVER. */
static unsigned find_step(const struct mp_window_visit *visit, enum mp_bare_point point) {
    const struct step *step = rows[visit->kind].step;

    for (unsigned i = visit->at; step[i].point != POINT_END; i++) {
        enum mp_bare_point wanted =
            step[i].point == MP_BARE_TAKEN ? visit->point : step[i].point;

        if (step[i].is_beside == visit->is_beside && wanted == point)
            return i;
    }
    return IS_OVER;
}

void mp_window_reach(void *data, enum mp_bare_point point) {
    struct mp_window_visit *visit = data;
    unsigned step = visit->is_met ? find_step(visit, point) : IS_OVER;

    if (step == IS_OVER)
        return;
    visit->at = step + 1;
    if (!wait_until(&visit->window->next, step, IS_OVER, MP_WINDOW_STEP_NS))
        store(&visit->window->next, IS_OVER);
    change(&visit->window->next, step, step + 1);
}

/* The second to leave clears the place for the next two. The thread on the queue keeps it
 * until the other is through, so that no third thread makes another interleaving. */
void mp_window_leave(struct mp_window_visit *visit) {
    struct mp_window *window = visit->window;

    if (!visit->is_met)
        return;
    visit->is_met = false;
    store(&window->next, IS_OVER);
    if (atomic_fetch_add_explicit(&window->left, 1, memory_order_relaxed) == 0) {
        if (!visit->is_beside)
            wait_until(&window->state, NOBODY, NOBODY, MP_WINDOW_STEP_NS);
        return;
    }
    store(&window->left, 0);
    store(&window->next, 0);
    store(&window->state, NOBODY);
}
