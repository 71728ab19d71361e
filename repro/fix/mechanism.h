/* The mechanisms of the library. Builds for tests do without one or several, as earlier
 * fix libraries did: a library for each of their known defects. Those that are installed
 * have all mechanisms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_MECHANISM_H
#define MP_FIX_MECHANISM_H

#include <stdbool.h>

enum mp_fix_mechanism {
#define MP_FIX_MECHANISM(id, name, words) MP_FIX_HAS_##id,
#include "repro/fix/mechanism.def"
#undef MP_FIX_MECHANISM
    MP_FIX_MECHANISMS
};

#ifdef MP_FIX_SWITCHES
bool mp_fix_has(enum mp_fix_mechanism mechanism);
#else
static inline bool mp_fix_has(enum mp_fix_mechanism mechanism) {
    (void)mechanism;
    return true;
}
#endif

#endif
