/* The code of the small defects. destroy_race is in context_pool.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/defect.h"

#include <stdatomic.h>
#include <string.h>

#include "repro/model/count.h"
#include "scenarios/kernels/reference.h"

/* Occasions per strike. Deterministic, so that tests need no luck. */
static const unsigned period[MP_DEFECT_COUNT] = {
    [MP_DEFECT_COALESCE_ASSERT] = 8,
    [MP_DEFECT_SILENT_DROP] = 16,
};
#define HANGING_BUFFER 5

static _Atomic unsigned occasions[MP_DEFECT_COUNT];

/* The slot of contiguous_race: written and read without a lock, which is the defect. */
static struct mp_kernel_contiguous slot;

bool mp_defect_strikes(const struct mp_settings *settings, enum mp_defect defect) {
    bool strikes = false;
    if (settings->defect[defect]) {
        unsigned number =
            atomic_fetch_add_explicit(&occasions[defect], 1, memory_order_relaxed) + 1;
        if (defect == MP_DEFECT_GPU_HANG)
            strikes = number == HANGING_BUFFER;
        else
            strikes = number % period[defect] == 0;
    }
    if (strikes)
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    return strikes;
}

static bool is_staged(const struct mp_settings *settings,
                      const struct mp_kernel_reference *kernel) {
    return settings->defect[MP_DEFECT_CONTIGUOUS_RACE] &&
           !strcmp(kernel->name, "mp_contiguous");
}

void mp_defect_stage(const struct mp_settings *settings,
                     const struct mp_kernel_reference *kernel, const void *constants) {
    if (is_staged(settings, kernel))
        memcpy(&slot, constants, sizeof(slot));
}

void mp_defect_unstage(const struct mp_settings *settings,
                       const struct mp_kernel_reference *kernel, void *constants) {
    if (is_staged(settings, kernel)) {
        if (memcmp(constants, &slot, sizeof(slot)) != 0)
            mp_count_raise(MP_COUNT_DEFECTS_FIRED);
        memcpy(constants, &slot, sizeof(slot));
    }
}
