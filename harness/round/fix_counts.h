/* The counts of an injected library in this process, where it has the block that
 * repro/fix/counts.h describes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_FIX_COUNTS_H
#define MP_ROUND_FIX_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "harness/wire/round_page.h"

/* The block as version 1 has it. */
struct mp_fix_block {
    uint32_t version, size;
    char name[16];
    _Atomic uint64_t classes, classes_refused, methods, calls, waits, longest_wait_ns,
        rejected, skipped, tracked;
};

struct mp_fix_counts {
    const struct mp_fix_block *block; /* NULL: no library here has one that can be read */
    uint64_t calls, waits, rejected, skipped; /* before the round */
};

/* Finds the block. Main thread, once the libraries are there. */
void mp_fix_counts_begin(struct mp_fix_counts *figures);
/* Writes what was added since into the page. Any thread, at any time; no lock. */
void mp_fix_counts_note(const struct mp_fix_counts *figures, struct mp_round_page *page);

#endif
