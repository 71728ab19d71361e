/* The gate: seeded amplification of the race between a sync and another thread's encoding. It acts
 * in the client, so it works on a closed driver too. It decides which syncs are hostile; it never
 * touches the device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_GATE_H
#define MP_ROUND_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/round/recorder.h"

/* How long a hostile sync waits for a victim. */
#define MP_GATE_WAIT_NS UINT64_C(500000)

/* Whether sync `number` (from 0) of thread `index` is hostile, with probability `q`: depends on
 * nothing but the arguments. */
bool mp_gate_is_hostile(uint64_t seed, unsigned index, uint64_t number, double q);

/* Waits up to MP_GATE_WAIT_NS until another thread is inside encode. Recorded as
 * MP_PAGE_OP_GATE, with the sync's `number` at the start and 1 or 0 (victim or none) at the end. */
void mp_gate_wait(struct mp_worker *worker, unsigned stream_index, uint64_t number);

#endif
