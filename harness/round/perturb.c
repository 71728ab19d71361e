/* Decides and makes the perturbations of a round. Makes no call of a device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/perturb.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/process.h"

/* One stream of random numbers for each question, so that no answer hangs on another. */
enum draw {
    DRAW_HOSTILE = 1,
    DRAW_SHARE,
    DRAW_VICTIM,
    DRAW_EVERY,
    DRAW_FROZEN,
    DRAW_PAIR,
    DRAW_OTHER,
    DRAW_LOAD,
    DRAW_SLOW,
    DRAW_DELAY,
    DRAW_LENGTH,
    DRAW_MEET,
    DRAW_PHASE
};

#define LOG_OF_NS_MIN   4.6051701859880913680     /* log(100): shortest delay, in ns */
#define LOG_OF_NS_SPAN  9.2103403719761827361     /* log(10000): the longest is 1 ms */
#define SPIN_NS         (50 * MP_CLOCK_NS_PER_US) /* a sleep is not as short as this */
#define FREEZE_NS       MP_CLOCK_NS_PER_MS        /* times 2^0 .. 2^5 */
#define FREEZE_DOUBLES  6
#define PART_OF_TIMEOUT 20 /* all delays of all threads, of the round's deadline */
#define LIMIT_NS        MP_CLOCK_NS_PER_S
#define PATIENCE        8 /* fruitless waits after which the next are half as many */
#define LOAD_BYTES      ((size_t)4 * 1024 * 1024)
#define LOOKS_PER_YIELD 32

/* Boundaries that a pair is drawn from: where encoders are made, used, ended, committed
 * and waited for. */
static const unsigned meeting_points[] = {
    MP_PAGE_OP_ENCODE * MP_PERTURB_POINTS + MP_PERTURB_BEFORE,
    MP_PAGE_OP_ENCODE *MP_PERTURB_POINTS + MP_PERTURB_INSIDE,
    MP_PAGE_OP_ENCODE *MP_PERTURB_POINTS + MP_PERTURB_INSIDE + 1,
    MP_PAGE_OP_ENCODE *MP_PERTURB_POINTS + MP_PERTURB_INSIDE + 2,
    MP_PAGE_OP_ENCODE *MP_PERTURB_POINTS + MP_PERTURB_AFTER,
    MP_PAGE_OP_END *MP_PERTURB_POINTS + MP_PERTURB_BEFORE,
    MP_PAGE_OP_END *MP_PERTURB_POINTS + MP_PERTURB_AFTER,
    MP_PAGE_OP_COMMIT *MP_PERTURB_POINTS + MP_PERTURB_BEFORE,
    MP_PAGE_OP_COMMIT *MP_PERTURB_POINTS + MP_PERTURB_AFTER,
    MP_PAGE_OP_WAIT *MP_PERTURB_POINTS + MP_PERTURB_AFTER,
};

/* Who stands at the meeting point of a pair. */
enum { NOBODY, FIRST_WAITS, SECOND_WAITS, BOTH_MET };

static bool has(const struct mp_perturb_plan *plan, enum mp_perturb_kind kind) {
    return (plan->kinds >> kind & 1U) != 0;
}

static double log_uniform(double low, double high, double unit) {
    return low * exp(log(high / low) * unit);
}

void mp_perturb_plan_make(unsigned kinds, uint64_t seed, unsigned threads,
                          uint64_t timeout_ms, struct mp_perturb_plan *ret_plan) {
    const unsigned points = sizeof(meeting_points) / sizeof(meeting_points[0]);
    uint64_t first = mp_rng_hash(seed, DRAW_PAIR) % points;
    uint64_t second = (first + 1 + mp_rng_hash(seed, DRAW_OTHER) % (points - 1)) % points;
    uint64_t limit_ns =
        timeout_ms * MP_CLOCK_NS_PER_MS / PART_OF_TIMEOUT / (threads > 0 ? threads : 1);

    *ret_plan = (struct mp_perturb_plan){
        .kinds = kinds,
        .hostile = log_uniform(0.05, 1, mp_rng_hash_unit(seed, DRAW_HOSTILE)),
        .delay_q = log_uniform(0.002, 0.5, mp_rng_hash_unit(seed, DRAW_SHARE)),
        .victim =
            1 + (unsigned)(mp_rng_hash(seed, DRAW_VICTIM) % (threads ? threads : 1)),
        .freeze_every = 4 + mp_rng_hash(seed, DRAW_EVERY) % 61,
        .freeze_ns = FREEZE_NS << (mp_rng_hash(seed, DRAW_FROZEN) % FREEZE_DOUBLES),
        .pair = {meeting_points[first], meeting_points[second]},
        .load_threads =
            1 + (unsigned)(mp_rng_hash(seed, DRAW_LOAD) % MP_PERTURB_LOAD_MAX),
        .limit_ns = limit_ns < LIMIT_NS ? limit_ns : LIMIT_NS,
    };
}

uint64_t mp_perturb_delay_ns(const struct mp_perturb_plan *plan, uint64_t thread_seed,
                             uint64_t call, enum mp_page_op op, unsigned point) {
    uint64_t place = mp_rng_hash(mp_rng_hash(thread_seed, call),
                                 (uint64_t)op * MP_PERTURB_POINTS + point);

    if (!has(plan, MP_PERTURB_DELAY) ||
        mp_rng_hash_unit(place, DRAW_DELAY) >= plan->delay_q)
        return 0;
    return (uint64_t)exp(LOG_OF_NS_MIN +
                         LOG_OF_NS_SPAN * mp_rng_hash_unit(place, DRAW_LENGTH));
}

bool mp_perturb_is_slow(const struct mp_perturb_plan *plan, uint64_t seed, unsigned index,
                        unsigned threads) {
    uint64_t drawn = mp_rng_hash(seed, DRAW_SLOW);

    return has(plan, MP_PERTURB_PRIORITY) && threads > 0 &&
           (index == 1 + drawn % threads || mp_rng_hash(drawn, index) % 3 == 0);
}

static void stand_still(uint64_t duration_ns) {
    uint64_t end_ns = mp_clock_now_ns() + duration_ns;

    if (duration_ns > SPIN_NS) {
        mp_clock_sleep_ns(duration_ns);
        return;
    }
    while (mp_clock_now_ns() < end_ns) {
    }
}

/* Lets the worker stand still, unless it has stood still long enough in this round. */
static void inject(struct mp_worker *worker, uint64_t duration_ns) {
    const struct mp_perturb_plan *plan = &worker->perturb->plan;

    if (duration_ns == 0 || worker->perturbed_ns + duration_ns > plan->limit_ns)
        return;
    worker->perturbed_ns += duration_ns;
    mp_recorder_count(worker, MP_FIGURE_PERTURBED, 1);
    mp_recorder_count(worker, MP_FIGURE_PERTURBED_NS, duration_ns);
    /* Inside an op it stays inside that: others ask whether it encodes. */
    const bool is_recorded = worker->nested == 0;
    if (is_recorded)
        mp_recorder_enter(worker, MP_PAGE_OP_GATE, 0, duration_ns);
    stand_still(duration_ns);
    if (is_recorded)
        mp_recorder_leave(worker, MP_PAGE_OP_GATE, 0, duration_ns);
}

static void freeze(struct mp_worker *worker) {
    const struct mp_perturb_plan *plan = &worker->perturb->plan;

    if (has(plan, MP_PERTURB_FREEZE) && worker->index == plan->victim &&
        worker->perturb_calls % plan->freeze_every == 0)
        inject(worker, plan->freeze_ns);
}

/* Waits for the other side at most MP_PERTURB_MEET_NS; true if they met. Relaxed, so that
 * ThreadSanitizer still sees the race that is provoked. */
static bool meet(atomic_uint *meeting, unsigned side) {
    const unsigned mine = FIRST_WAITS + side, other = SECOND_WAITS - side;
    uint64_t deadline_ns = mp_clock_now_ns() + MP_PERTURB_MEET_NS;
    unsigned seen = other, looks = 0;

    if (atomic_compare_exchange_strong_explicit(
            meeting, &seen, BOTH_MET, memory_order_relaxed, memory_order_relaxed))
        return true;
    seen = NOBODY;
    if (!atomic_compare_exchange_strong_explicit(
            meeting, &seen, mine, memory_order_relaxed, memory_order_relaxed))
        return false; /* somebody of this side waits already */
    while (atomic_load_explicit(meeting, memory_order_relaxed) == mine &&
           mp_clock_now_ns() < deadline_ns)
        if (++looks % LOOKS_PER_YIELD == 0)
            sched_yield();
    seen = mine;
    if (atomic_compare_exchange_strong_explicit(
            meeting, &seen, NOBODY, memory_order_relaxed, memory_order_relaxed))
        return false;
    atomic_store_explicit(meeting, NOBODY, memory_order_relaxed);
    return true;
}

/* The phase of two calls that met: each begins up to as much later as the other takes. */
static void bring_together(struct mp_worker *worker, unsigned boundary) {
    struct mp_perturb *perturb = worker->perturb;
    const unsigned *pair = perturb->plan.pair;
    uint64_t place =
        mp_rng_hash(mp_rng_hash(worker->seed, worker->perturb_calls), boundary);
    unsigned side = boundary == pair[1];
    double wanted = pow(0.5, (double)worker->perturb_misses / PATIENCE);

    if (!has(&perturb->plan, MP_PERTURB_PAIR) ||
        (boundary != pair[0] && boundary != pair[1]) ||
        mp_rng_hash_unit(place, DRAW_MEET) >= wanted)
        return;
    if (!meet(&perturb->meeting, side)) {
        worker->perturb_misses++;
        return;
    }
    worker->perturb_misses = 0;
    mp_recorder_count(worker, MP_FIGURE_PERTURB_MET, 1);
    uint64_t usual_ns = atomic_load_explicit(
        &perturb->usual_ns[pair[!side] / MP_PERTURB_POINTS], memory_order_relaxed);
    inject(worker,
           (uint64_t)(1.1 * (double)usual_ns * mp_rng_hash_unit(place, DRAW_PHASE)));
}

void mp_perturb_reach(struct mp_worker *worker, enum mp_page_op op, unsigned point) {
    struct mp_perturb *perturb = worker->perturb;

    worker->perturb_calls++;
    freeze(worker);
    inject(worker, mp_perturb_delay_ns(&perturb->plan, worker->seed,
                                       worker->perturb_calls, op, point));
    bring_together(worker, (unsigned)op * MP_PERTURB_POINTS + point);
}

void mp_perturb_learn(struct mp_worker *worker, enum mp_page_op op, uint64_t took_ns) {
    _Atomic uint64_t *usual = &worker->perturb->usual_ns[op];
    uint64_t before = atomic_load_explicit(usual, memory_order_relaxed);

    atomic_store_explicit(usual,
                          before == 0 ? took_ns : before - before / 4 + took_ns / 4,
                          memory_order_relaxed);
}

/* Keeps a processor and the memory behind it busy. */
static void *load_main(void *data) {
    const struct mp_perturb *perturb = data;
    volatile unsigned char *memory = mp_memory_zeroed(1, LOAD_BYTES);
    size_t at = 0;

    mp_process_name_thread("mp-load");
    while (!atomic_load_explicit(&perturb->is_over, memory_order_relaxed)) {
        for (unsigned i = 0; i < 4096; i++) {
            memory[at]++;
            at = (at + 64 * 61) % LOAD_BYTES;
        }
    }
    free((void *)memory);
    return NULL;
}

void mp_perturb_begin(struct mp_perturb *perturb, const struct mp_perturb_plan *plan) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned most = processors > 0 && processors < MP_PERTURB_LOAD_MAX / 2
                        ? 2 * (unsigned)processors
                        : MP_PERTURB_LOAD_MAX;

    memset(perturb, 0, sizeof(*perturb));
    perturb->plan = *plan;
    if (!has(plan, MP_PERTURB_LOAD))
        return;
    unsigned wanted = 1 + (plan->load_threads - 1) % most;
    while (perturb->loads < wanted &&
           pthread_create(&perturb->load[perturb->loads], NULL, load_main, perturb) == 0)
        perturb->loads++;
}

void mp_perturb_end(struct mp_perturb *perturb) {
    atomic_store_explicit(&perturb->is_over, true, memory_order_relaxed);
    for (unsigned i = 0; i < perturb->loads; i++)
        pthread_join(perturb->load[i], NULL);
    perturb->loads = 0;
}
