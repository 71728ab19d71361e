/* What the fix libraries count, as one block that a harness may read in the process by
 * dlsym(RTLD_DEFAULT, "mp_fix_counts") at any time, without a lock.
 *
 * Layout: fields are only appended; `version` changes if one changes its meaning. A
 * reader takes no more than `size` bytes. Each counts since the library was loaded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_COUNTS_H
#define MP_FIX_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#define MP_FIX_COUNTS_VERSION 1

struct mp_fix_counts {
    uint32_t version, size;   /* MP_FIX_COUNTS_VERSION; of this block, in bytes */
    char name[16];            /* "fix_encoder" or "fix_global" */
    _Atomic uint64_t classes, /* classes of the driver whose methods were replaced */
        classes_refused,      /* that were left alone: too many, or below another one */
        methods,              /* replaced, or added in front of an inherited one */
        calls,                /* that came through the library */
        waits,                /* calls that met another call in the lock */
        longest_wait_ns,      /* of these */
        rejected,             /* late calls that were not made: their work is missing */
        skipped,              /* calls that were made without protection */
        tracked;              /* objects that are known now; not a sum */
};

/* Static storage; never goes away. */
extern struct mp_fix_counts mp_fix_counts;

#endif
