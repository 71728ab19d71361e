/* The signature of a round that failed without a stack that names the bug: the same for
 * every round that failed in the same way, whatever its seed, thread, stream and numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_FAILURE_SIGNATURE_H
#define MP_CAMPAIGN_FAILURE_SIGNATURE_H

#include "harness/supervisor/capture/assertion.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/process/round_end.h"

/* Pure. A key begins with the outcome, or with the signal of a crash, and goes on with:
 * - hang: its kind (hang.h), the device call that a thread has been in the longest, and
 *   where in the driver that thread stands; of a deadlock, where all threads of the cycle
 *   stand. Of one that is slow its kind alone, since where it stands is chance.
 * - mismatch: the op's kernel and how its numbers are wrong (zero, not a number, not
 *   written in part, another number).
 * - dropped: the op's kernel whose output is missing; in which phase and with which code
 *   it left; else the message.
 * - gpu_error: domain, code and text of the driver's error; else the message.
 * - exit: the code and the line that means failure.
 * - crash, abort: that there is no stack, and the message of an abort.
 * A message is normalised: no numbers, addresses and folders. `said`: the message of an
 * abort, NULL none; `frames` as of mp_signature_make_assertion. `detail` is the outcome's
 * (mp_outcome_decide). */
void mp_failure_signature_make(const struct mp_round_end *end, enum mp_outcome outcome,
                               const char *detail, const struct mp_assertion *said,
                               const char *frames, struct mp_signature *ret_signature);

#endif
