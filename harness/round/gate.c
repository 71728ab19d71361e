/* Decides which syncs are hostile, and brings them together with their victims.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/gate.h"

#include <sched.h>

#include "harness/base/clock.h"
#include "harness/base/rng.h"

/* Polls between two yields: the other side may need this core to reach the gate. */
#define LOOKS_PER_YIELD 32

bool mp_gate_is_hostile(uint64_t seed, unsigned index, uint64_t number, double q) {
    return mp_rng_hash_unit(mp_rng_hash(seed, index), number) < q;
}

/* Polls `word` until it is not `old` or time is up; yields now and then. */
static void wait_for_change(const atomic_uint *word, unsigned old) {
    uint64_t deadline_ns = mp_clock_now_ns() + MP_GATE_WAIT_NS;
    unsigned looks = 0;

    while (atomic_load_explicit(word, memory_order_relaxed) == old &&
           mp_clock_now_ns() < deadline_ns)
        if (++looks % LOOKS_PER_YIELD == 0)
            sched_yield();
}

bool mp_gate_has_victim(struct mp_gate *gate) {
    return atomic_load_explicit(&gate->held, memory_order_relaxed) > 0;
}

bool mp_gate_wait(struct mp_gate *gate, struct mp_worker *worker, unsigned stream_index,
                  uint64_t number) {
    mp_recorder_enter(worker, MP_PAGE_OP_GATE, stream_index, number);
    atomic_fetch_add_explicit(&gate->waiting, 1, memory_order_relaxed);
    wait_for_change(&gate->held, 0);
    bool has_victim = mp_gate_has_victim(gate);
    mp_recorder_leave(worker, MP_PAGE_OP_GATE, stream_index, has_victim);
    return has_victim;
}

void mp_gate_pass(struct mp_gate *gate) {
    atomic_fetch_add_explicit(&gate->landed, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&gate->waiting, 1, memory_order_relaxed);
}

void mp_gate_hold(struct mp_gate *gate) {
    unsigned landed = atomic_load_explicit(&gate->landed, memory_order_relaxed);

    if (atomic_load_explicit(&gate->waiting, memory_order_relaxed) == 0)
        return;
    atomic_fetch_add_explicit(&gate->held, 1, memory_order_relaxed);
    wait_for_change(&gate->landed, landed);
    atomic_fetch_sub_explicit(&gate->held, 1, memory_order_relaxed);
}
