/* Arms: mitigations that stand between the scenario and any device, so that a test of a
 * mitigation is the same code on every driver. An arm is a row of the table in arm.c; the
 * stream pool reads rows and knows no arm by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_ARM_H
#define MP_ROUND_ARM_H

#include <stdbool.h>

#include "harness/base/status.h"

enum mp_arm_lock {
    MP_ARM_LOCK_NONE,
    MP_ARM_LOCK_ROUND, /* one lock for the round */
    MP_ARM_LOCK_STREAM /* a lock for each stream */
};

/* What the lock is held over. */
enum mp_arm_span {
    MP_ARM_OVER_CALL, /* each single encode, end and commit call */
    MP_ARM_OVER_OP    /* an op or a synchronize as a whole, waiting included */
};

struct mp_arm {
    const char *name;
    const char *summary; /* one line */
    enum mp_arm_lock lock;
    enum mp_arm_span span;
    bool sync_on_queue;  /* synchronize takes the stream's queue even where the policy
                              lets it run beside it */
    bool admits_hostile; /* a hostile sync can land inside another thread's encoding */
    bool serialises;     /* may remove the overlap inside the driver: no_overlap does not
                              apply */
    bool injects;        /* a library is loaded into the round's process (--fix FILE);
                              the arm's value names its build: "fix=3b8e5f0c2a17" */
};

/* The arm called `name`, or NULL with an error that names the nearest. */
const struct mp_arm *mp_arm_find(const char *name, struct mp_error *err);
/* All arms, ended by a row without a name. */
const struct mp_arm *mp_arm_list(void);

#endif
