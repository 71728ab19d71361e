/* Reads the block of counts by its name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_DEFAULT */
#endif
#include "harness/round/fix_counts.h"

#include <dlfcn.h>
#include <stddef.h>

#define BLOCK_NAME    "mp_fix_counts"
#define BLOCK_VERSION 1

static void raise_to(struct mp_round_page *page, enum mp_figure figure, uint64_t value) {
    _Atomic uint64_t *word = &page->figure[figure];
    uint64_t most = atomic_load_explicit(word, memory_order_relaxed);
    while (value > most && !atomic_compare_exchange_weak_explicit(word, &most, value,
                                                                  memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
}

void mp_fix_counts_begin(struct mp_fix_counts *figures) {
    const struct mp_fix_block *block = dlsym(RTLD_DEFAULT, BLOCK_NAME);
    *figures = (struct mp_fix_counts){.block = NULL};
    if (!block || block->version != BLOCK_VERSION ||
        block->size < offsetof(struct mp_fix_block, tracked))
        return;
    figures->calls = atomic_load(&block->calls);
    figures->waits = atomic_load(&block->waits);
    figures->rejected = atomic_load(&block->rejected);
    figures->skipped = atomic_load(&block->skipped);
    figures->block = block;
}

void mp_fix_counts_note(const struct mp_fix_counts *figures, struct mp_round_page *page) {
    const struct mp_fix_block *block = figures->block;
    if (!block)
        return;
    raise_to(page, MP_FIGURE_FIX_CALLS, atomic_load(&block->calls) - figures->calls);
    raise_to(page, MP_FIGURE_FIX_WAITS, atomic_load(&block->waits) - figures->waits);
    raise_to(page, MP_FIGURE_FIX_REJECTED,
             atomic_load(&block->rejected) - figures->rejected);
    raise_to(page, MP_FIGURE_FIX_SKIPPED,
             atomic_load(&block->skipped) - figures->skipped);
    if (atomic_load(&page->figure[MP_FIGURE_FIX_WAITS]) > 0)
        raise_to(page, MP_FIGURE_FIX_WAIT_NS, atomic_load(&block->longest_wait_ns));
}
