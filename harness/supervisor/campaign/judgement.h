/* The judgement of one round: its outcome, why in words, and the signature of its crash.
 * Pure: the same end gives the same judgement.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_JUDGEMENT_H
#define MP_CAMPAIGN_JUDGEMENT_H

#include <stdbool.h>

#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/process/runner.h"
#include "harness/wire/outcome.h"

#define MP_JUDGEMENT_DETAIL_MAX 1024

struct mp_judgement {
    enum mp_outcome outcome;
    char detail[MP_JUDGEMENT_DETAIL_MAX];
    bool is_withdrawn;  /* what was captured is no evidence: its device was unhealthy, or
                           it ran another build than its cell's */
    bool has_signature; /* it failed, or a crash was captured */
    struct mp_signature signature;
};

/* `frames` says which frames are the driver's (signature.h); NULL: not known. */
void mp_judgement_make(const struct mp_round_end *end, const char *frames,
                       struct mp_judgement *ret_judgement);

/* Makes a round that ran something else than its cell names broken, with `words` for it
 * before its detail. What the user stopped stays lost. */
void mp_judgement_withdraw(struct mp_judgement *judgement, const char *words);

#endif
