/* The gate: seeded amplification of the race between a sync and another thread's
 * encoding. It acts in the client, so it works on a closed driver too. It decides which
 * syncs are hostile and holds their victim in the middle of an op until they have landed;
 * it never touches the device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_GATE_H
#define MP_ROUND_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/round/recorder.h"

/* How long a hostile sync and its victim wait for each other. */
#define MP_GATE_WAIT_NS UINT64_C(500000)

/* The meeting point of one stream's hostile syncs and their victims. Zeroed before
 * use. Its atomics are relaxed on purpose: they order nothing, so ThreadSanitizer
 * still sees the race they provoke. */
struct mp_gate {
    atomic_uint waiting; /* hostile syncs that have not gone through yet */
    atomic_uint held;    /* threads held in the middle of an op's driver calls */
    atomic_uint landed;  /* hostile syncs that have gone through */
};

/* Whether sync `number` (from 0) of thread `index` is hostile, with probability `q`.
 * Pure. */
bool mp_gate_is_hostile(uint64_t seed, unsigned index, uint64_t number, double q);

/* A hostile sync: waits up to MP_GATE_WAIT_NS until a victim is held. Recorded as
 * MP_PAGE_OP_GATE, with the sync's `number` at the start and 1 or 0 (victim or none) at
 * the end. False: none came in time. */
bool mp_gate_wait(struct mp_gate *gate, struct mp_worker *worker, unsigned stream_index,
                  uint64_t number);
/* True while a victim is held. */
bool mp_gate_has_victim(struct mp_gate *gate);
/* The hostile sync has gone through (or is about to queue for an arm's lock): releases
 * the victim. */
void mp_gate_pass(struct mp_gate *gate);

/* A victim, in the middle of its driver calls: if a hostile sync waits, waits until
 * one has gone through, at most MP_GATE_WAIT_NS. */
void mp_gate_hold(struct mp_gate *gate);

#endif
