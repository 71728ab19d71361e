/* The signature of a crash: the same for every round that hit the bug, whatever the
 * addresses. What fails without a stack is signed by the campaign (failure_signature.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_SIGNATURE_H
#define MP_CAPTURE_SIGNATURE_H

#include <stdbool.h>

#include "harness/supervisor/capture/assertion.h"
#include "harness/wire/crash.h"

struct mp_signature {
    char key[512];       /* compared: signal, fault class, top frames; no raw addresses */
    char title[256];     /* "SIGSEGV at NULL+0x5c8 in -[AGX...]" */
    char family[64];     /* coarse: "null-offset:AGX*ComputeContext" */
    char other_key[256]; /* what other threads did; never splits a bucket */
    bool is_incomplete;  /* no frame and no message: no bucket of its own */
};

/* Pure. The rules:
 * - Frames of the runtime (skip.def) are skipped; what a fault happened in is kept as
 *   "via KIND".
 * - A fault is keyed by signal, fault class and the first three frames that are left. A
 *   jump to nowhere is keyed by who jumped. Offsets from NULL never enter the key.
 * - Of a stack of nothing but the runtime its first six frames of which anything is known
 *   are the key.
 * - Of a stack of which no frame has a name or a module (a jump to data, compiled at run
 *   time) "no module" is all that is left: addresses are those of one process. Such a
 *   bucket may hold several bugs; its title says so. The access is
 *   no part of it, as not every form of a report tells it.
 * - A stack overflow is keyed by the frames that repeat, in an order that does not depend
 *   on where the stack ended.
 * - A SIGABRT with a message (`assertion`, NULL: none) is keyed by the normalised message
 *   and one frame.
 * - Of a live crash the build of a module stands behind each offset in it, since another
 *   build has another function there; names are the same in all builds. Reports that came
 *   from elsewhere often have no builds, and the forms of one report must agree.
 * - `frames` says whose frames are the driver's, as struct mp_catalog_item does; NULL:
 *   a report from elsewhere, and what other threads were doing in it is not known. */
void mp_signature_make_assertion(const struct mp_crash *crash,
                                 const struct mp_assertion *assertion, const char *frames,
                                 struct mp_signature *ret_signature);

/* Where a thread stands, "a|b|c", as in a key: its newest frames that are not the
 * runtime's, of the driver alone if it stands in the driver (`frames` as above). "" if
 * nothing is known. */
void mp_signature_place(const struct mp_crash *crash,
                        const struct mp_crash_thread *thread, const char *frames,
                        char *buf, size_t size);

/* The same as mp_signature_make_assertion without a message and without a driver. */
void mp_signature_make(const struct mp_crash *crash, struct mp_signature *ret_signature);

#endif
