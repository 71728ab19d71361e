/* Arms: mitigations that stand between the scenario and any device, so that a test of a
 * mitigation is the same code on every driver.
 *
 * none            nothing
 * encode_mutex    one lock over every encode, end and commit call of the round
 * stream_mutex    one lock per stream over encode and over the whole of synchronize
 * sync_on_queue   synchronize runs on the stream's serial queue (the upstream fix)
 * serial          one lock over each op or sync as a whole, waiting included: no
 *                 concurrency at all
 * fix             nothing here: a library that is injected into the process does it
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_ARM_H
#define MP_ROUND_ARM_H

#include <stdbool.h>

#include "harness/base/status.h"

enum mp_arm_kind {
    MP_ARM_NONE,
    MP_ARM_ENCODE_MUTEX,
    MP_ARM_STREAM_MUTEX,
    MP_ARM_SYNC_ON_QUEUE,
    MP_ARM_SERIAL,
    MP_ARM_FIX,
    MP_ARM_COUNT
};

struct mp_arm {
    enum mp_arm_kind kind;
    const char *name;
    const char *summary;
    bool serialises; /* may remove the overlap inside the driver: no_overlap does not
                        apply */
};

/* The arm called `name`, which may have a value behind "=" if the arm takes one
 * ("fix=3b8e5f0c2a17"), or NULL with an error that names the nearest. */
const struct mp_arm *mp_arm_find(const char *name, struct mp_error *err);
/* All MP_ARM_COUNT arms, indexed by kind. */
const struct mp_arm *mp_arm_list(void);

#endif
