/* The planted defects of the driver. Each is checked at the one place where it acts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_DEFECT_H
#define MP_MODEL_DEFECT_H

#include <stdbool.h>
#include <stddef.h>

enum mp_defect {
#define MP_DEFECT(id, name, plants, finder) MP_DEFECT_##id,
#include "repro/model/defect.def"
#undef MP_DEFECT
    MP_DEFECT_COUNT
};

const char *mp_defect_name(enum mp_defect defect);

struct mp_settings;
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
