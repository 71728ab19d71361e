/* The code of the planted defects that is shared by the places where they act.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_DEFECT_H
#define MP_MODEL_DEFECT_H

#include <stdbool.h>

#include "repro/model/settings.h"

/* Counts an occasion; true if a defect that acts on every n-th one acts now. */
bool mp_defect_strikes(const struct mp_settings *settings, enum mp_defect defect);

/* contiguous_race: stores the constants of a strided copy in the shared slot, and
 * replaces them by what the slot then holds. Other kernels, and all kernels without
 * the defect, are left alone. */
struct mp_kernel_reference;
void mp_defect_stage(const struct mp_settings *settings,
                     const struct mp_kernel_reference *kernel, const void *constants);
void mp_defect_unstage(const struct mp_settings *settings,
                       const struct mp_kernel_reference *kernel, void *constants);

#endif
