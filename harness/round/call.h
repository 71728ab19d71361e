/* A call of the client, as every layer above a device makes it: perturbed at its
 * boundaries, counted and recorded. The delay is outside of what is recorded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_CALL_H
#define MP_ROUND_CALL_H

#include "harness/base/clock.h"
#include "harness/round/perturb.h"
#include "harness/round/recorder.h"

static inline void mp_call_enter(struct mp_worker *worker, enum mp_page_op op,
                                 uint64_t object, uint64_t arg) {
    if (worker->perturb != NULL) {
        mp_perturb_reach(worker, op, MP_PERTURB_BEFORE);
        worker->call_ns = mp_clock_now_ns();
    }
    mp_recorder_enter(worker, op, object, arg);
}

static inline void mp_call_leave(struct mp_worker *worker, enum mp_page_op op,
                                 uint64_t object, uint64_t arg) {
    mp_recorder_leave(worker, op, object, arg);
    if (worker->perturb != NULL) {
        mp_perturb_learn(worker, op, mp_clock_now_ns() - worker->call_ns);
        mp_perturb_reach(worker, op, MP_PERTURB_AFTER);
    }
}

#endif
