/* Arms: mitigations that stand between the scenario and any device, so that a test of a
 * mitigation is the same code on every driver. An arm is a row of the table in arm.c; the
 * stream pool reads rows and knows no arm by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_ARM_H
#define MP_ROUND_ARM_H

#include <stdbool.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/round/meaning.h"

enum mp_arm_scope {
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
    const char *summary;            /* one line */
    const struct mp_option *number; /* the arm is written NAME=K, and this is K's row,
                                       ended by one without a name; NULL: it has none */
    enum mp_arm_scope lock;
    enum mp_arm_span span;
    bool is_counted; /* the lock lets in K threads; else one */
    /* Only ops that compute this; MP_MEANING_OWN: all calls. */
    enum mp_meaning_kind only;
    bool spawns;        /* the threads are divided among K processes */
    bool gathers;       /* up to K synchronizes, with their ops, become one submission */
    bool sync_on_queue; /* synchronize takes the stream's queue even where the policy
                              lets it run beside it */
    /* A hostile sync can land inside another thread's encoding, unless the lock lets in
     * only one. */
    bool admits_hostile;
    bool serialises; /* may remove the overlap inside the driver: no_overlap does not
                              apply */
    bool by_graph;   /* linear layers go by a graph, where the device has graphs */
    bool injects;    /* a library is loaded into the round's process: of --fix FILE, or
                              lib<name> beside this program; what follows names its build
                              and variables that it reads: "fix=3b8e5f0c2a17:X=1" */
    bool sets_variables; /* of the round's environment: "env:NAME=VALUE" */
    bool sets_device;    /* settings in place of the device's: "set:NAME=VALUE" */
    /* A parameter of the scenario, and what it becomes: "split=chunk". A scenario without
     * it is a skip. NULL: none. */
    const char *param;
};

/* The arm called `name`, or NULL with an error that names the nearest. `ret_number`: its
 * number, 1 if it has none. */
const struct mp_arm *mp_arm_find(const char *name, unsigned *ret_number,
                                 struct mp_error *err);
/* Whether the op is a graph, of its own accord or the arm's. */
struct mp_op;
bool mp_arm_goes_by_graph(const struct mp_arm *arm, const struct mp_op *op);
/* Whether the arm does something that is counted: in the stream pool, or in the scenario
 * whose parameter it sets. */
bool mp_arm_acts(const struct mp_arm *arm);
/* Whether a hostile sync can land under the arm with this number. */
bool mp_arm_admits_hostile(const struct mp_arm *arm, unsigned number);
/* Whether it may remove the overlap inside the driver. */
bool mp_arm_serialises(const struct mp_arm *arm, unsigned number);
/* Whether it governs ops that compute this; false: it leaves them alone. */
bool mp_arm_governs(const struct mp_arm *arm, enum mp_meaning_kind kind);
/* All arms, ended by a row without a name. */
const struct mp_arm *mp_arm_list(void);

#endif
