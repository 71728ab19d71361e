/* What is done with a message that comes to the port of a round, and what the kernel is
 * told. Pure: no right is given back here, and nothing is sent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_MACH_POLICY_H
#define MP_CAPTURE_MACH_POLICY_H

#include <stdbool.h>

#include "harness/supervisor/capture/mach_message.h"

/* What the answer to a crash says. The kernel lets the thread go on dying either way
 * (XNU's exception.c); what follows is in proc_prepareexit of its kern_exit.c. */
enum mp_mach_answer {
    MP_MACH_NO_ANSWER,
    MP_MACH_TAKEN,    /* KERN_SUCCESS: no corpse, no report of the system */
    MP_MACH_NOT_TAKEN /* MACH_RCV_PORT_DIED: a corpse, and ReportCrash writes */
};

/* Where a round stands. All zero: just spawned, on a device whose planted crashes are not
 * to use up the system's reports. */
struct mp_mach_policy {
    bool keeps_report; /* of a real device: the system's report is wanted too */
    bool is_greeted;   /* the round's hello came */
    bool is_ending;    /* it is being killed: answered, and nothing is recorded */
};

struct mp_mach_step {
    bool records;     /* read the task now, before the answer lets it die */
    bool notes_child; /* a process that inherited the port crashed, not the round */
    bool keeps_task;  /* the right to the task stays; else it is given back */
    bool destroys;    /* with all that it carries */
    enum mp_mach_answer answer;
};

/* A message of `kind` came; `is_own`: its task is that of the round. */
struct mp_mach_step mp_mach_policy_step(struct mp_mach_policy *policy,
                                        enum mp_mach_kind kind, bool is_own);

#endif
