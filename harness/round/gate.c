/* Decides which syncs are hostile, and waits for their victims.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/gate.h"

#include <sched.h>

#include "harness/base/clock.h"
#include "harness/base/rng.h"

/* Looks between two yields: the victim may need this thread's core to come into its window. */
#define LOOKS_PER_YIELD 32

bool mp_gate_is_hostile(uint64_t seed, unsigned index, uint64_t number, double q) {
    return mp_rng_hash_unit(mp_rng_hash(seed, index), number) < q;
}

void mp_gate_wait(struct mp_worker *worker, unsigned stream_index, uint64_t number) {
    uint64_t deadline_ns = mp_clock_now_ns() + MP_GATE_WAIT_NS;
    bool has_victim;
    unsigned looks = 0;

    mp_recorder_enter(worker, MP_PAGE_OP_GATE, stream_index, number);
    while (!(has_victim = mp_recorder_other_encodes(worker)) && mp_clock_now_ns() < deadline_ns) {
        if (++looks % LOOKS_PER_YIELD == 0)
            sched_yield();
    }
    mp_recorder_leave(worker, MP_PAGE_OP_GATE, stream_index, has_victim);
}
