/* What setPurgeableState: remembers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_PURGEABLE_H
#define MP_MODEL_PURGEABLE_H

#include <stdatomic.h>
#include <stddef.h>

/* MTLPurgeableState */
enum {
    MP_PURGEABLE_KEEP_CURRENT = 1,
    MP_PURGEABLE_NON_VOLATILE,
    MP_PURGEABLE_VOLATILE,
    MP_PURGEABLE_EMPTY
};

struct mp_purgeable {
    _Atomic unsigned long state; /* 0: non-volatile, as all resources begin */
};

/* Sets the state and returns the former one. Emptied memory is overwritten, so that who
 * reads it anyway does not find what was there. Memory is scarce nowhere here: volatile
 * contents stay until somebody empties them. */
unsigned long mp_purgeable_set(struct mp_purgeable *purgeable, unsigned long state,
                               void *contents, size_t length);

#endif
