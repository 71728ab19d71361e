/* The rows of selector.def: which methods are replaced, and what they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_ROW_H
#define MP_FIX_ROW_H

enum mp_fix_kind {
    MP_FIX_BUFFER,
    MP_FIX_COMPUTE,
    MP_FIX_BLIT,
    MP_FIX_RENDER,
    MP_FIX_RESOURCE,
    MP_FIX_PARALLEL,
    MP_FIX_ACCELERATION,
};

enum mp_fix_role {
    MP_FIX_ROLE_CALL,    /* encodes: refused when the context is gone */
    MP_FIX_ROLE_END,     /* ends the encoder or destroys its context */
    MP_FIX_ROLE_BUFFER,  /* of a command buffer */
    MP_FIX_ROLE_OPEN,    /* returns an encoder */
    MP_FIX_ROLE_DEALLOC, /* frees */
};

enum mp_fix_row_id {
#define MP_FIX(kind, name, selector, role, shape) MP_FIX_ROW_##kind##_##name,
#define MP_FIX_OPEN(kind, name, selector, shape)  MP_FIX_ROW_##kind##_##name,
#include "repro/fix/selector.def"
#undef MP_FIX
#undef MP_FIX_OPEN
    MP_FIX_ROWS
};

struct mp_fix_row {
    enum mp_fix_kind kind;
    enum mp_fix_role role;
    const char *selector;
};
extern const struct mp_fix_row mp_fix_row[MP_FIX_ROWS];

#endif
