/* The code of the planted defects that is shared by the places where they act.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_DEFECT_H
#define MP_MODEL_DEFECT_H

#include <stdbool.h>

#include "repro/model/assertion.h"
#include "repro/model/settings.h"

/* Counts an occasion; true if a defect that acts on every n-th one acts now. */
bool mp_defect_strikes(const struct mp_settings *settings, enum mp_defect defect);

/* Fails the assertion if the defect that plants it acts now. Inline, so that its caller
 * gives the crash its name. */
static inline void mp_defect_assert(const struct mp_settings *settings,
                                    enum mp_defect defect, enum mp_assertion assertion) {
    if (mp_defect_strikes(settings, defect))
        mp_assertion_raise(assertion);
}

/* contiguous_race and layernorm_race: stages the constants of a kernel that is encoded in
 * the slot that threads share, and replaces those of one that runs by what the slot makes
 * of them. Other kernels, and all kernels without the defects, are left alone. */
struct mp_kernel_reference;
void mp_defect_stage(const struct mp_settings *settings,
                     const struct mp_kernel_reference *kernel, const void *constants);
void mp_defect_unstage(const struct mp_settings *settings,
                       const struct mp_kernel_reference *kernel, void *constants);

/* nograph_shared: uses the kernel object of linear layers for the calling thread, and
 * faults if its plan is gone. */
void mp_defect_use_shared(const struct mp_settings *settings,
                          const struct mp_kernel_reference *kernel);

/* slow_degradation: sleeps in place of a commit that has become slow. */
void mp_defect_slow_down(const struct mp_settings *settings);

/* queue_exhaustion: counts a queue that is made; true if there can be no more. */
bool mp_defect_refuses_queue(const struct mp_settings *settings);

/* retain_freed and cf_trap: what a framework does to an object that is not one. */
void mp_defect_retain_freed(void) MP_SYMBOL("objc_retain");
void mp_defect_trap(void) MP_SYMBOL("CF_IS_OBJC");
static inline void mp_defect_touch_freed(const struct mp_settings *settings) {
    if (mp_defect_strikes(settings, MP_DEFECT_RETAIN_FREED))
        mp_defect_retain_freed();
    if (mp_defect_strikes(settings, MP_DEFECT_CF_TRAP))
        mp_defect_trap();
}

/* stuck_buffer: does not return if the notice of this wait is the lost one. */
void mp_defect_lose_notice(const struct mp_settings *settings);

#endif
