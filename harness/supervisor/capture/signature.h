/* The name of a bug: the same for every round that hit it, whatever the addresses were.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_SIGNATURE_H
#define MP_CAPTURE_SIGNATURE_H

#include "harness/wire/crash.h"

struct mp_signature {
    char key[512];   /* what is compared: signal, fault class, top frames; no raw addresses */
    char title[256]; /* for people: "SIGSEGV at NULL+0x5c8 in -[AGX... setComputePipelineState:]" */
    char family[64]; /* coarse: "null-offset:AGX*ComputeContext" */
};

/* Pure. */
void mp_signature_make(const struct mp_crash *crash, struct mp_signature *ret_signature);

#endif
