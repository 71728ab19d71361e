/* The states of purgeable memory; knows no resource.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/purgeable.h"

#include <string.h>

#define EMPTIED 0xEE

unsigned long mp_purgeable_set(struct mp_purgeable *purgeable, unsigned long state,
                               void *contents, size_t length) {
    unsigned long former = state == MP_PURGEABLE_KEEP_CURRENT
                               ? atomic_load(&purgeable->state)
                               : atomic_exchange(&purgeable->state, state);
    if (state == MP_PURGEABLE_EMPTY)
        memset(contents, EMPTIED, length);
    return former ? former : MP_PURGEABLE_NON_VOLATILE;
}
