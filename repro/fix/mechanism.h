/* The mechanisms of the library. A build for tests can do without each, as earlier fix
 * libraries did: variable MP_FIX_WITHOUT of the environment names some, joined by +. The
 * libraries that are installed have all of them and read no variable.
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
