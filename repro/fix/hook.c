/* A function for each row of selector.def. Each asks for the method to call, and tells
 * when that is over, also if that is by an exception.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/hook.h"

#include <stdint.h>

#include "repro/fix/call.h"

typedef uintptr_t word;
struct range {
    word from, count;
};
struct three {
    word x[3];
};
struct six {
    word x[6];
};

/* The parameters of each shape, and the same as arguments. */
#define P_0
#define A_0
#define P_W          , word a
#define A_W          , a
#define P_WW         P_W, word b
#define A_WW         , a, b
#define P_WWW        P_WW, word c
#define A_WWW        , a, b, c
#define P_WWWW       P_WWW, word d
#define A_WWWW       , a, b, c, d
#define P_WWWWW      P_WWWW, word e
#define A_WWWWW      , a, b, c, d, e
#define P_WWWWWWWW   P_WWWWW, word f, word g, word h
#define A_WWWWWWWW   , a, b, c, d, e, f, g, h
#define P_G          , struct range a
#define A_G          , a
#define P_WG         P_W, struct range b
#define A_WG         , a, b
#define P_WWG        P_WW, struct range c
#define A_WWG        , a, b, c
#define P_WWWG       P_WWW, struct range d
#define A_WWWG       , a, b, c, d
#define P_WGW        P_WG, word c
#define A_WGW        , a, b, c
#define P_WGWW       P_WGW, word d
#define A_WGWW       , a, b, c, d
#define P_SS         , struct three a, struct three b
#define A_SS         , a, b
#define P_WWS        P_WW, struct three c
#define A_WWS        , a, b, c
#define P_WFFW       P_W, float b, float c, word d
#define A_WFFW       , a, b, c, d
#define P_N          , struct six a
#define A_N          , a
#define P_WNWW       P_W, struct six b, word c, word d
#define A_WNWW       , a, b, c, d
#define P_WNWWWWW    P_WNWW, word e, word f, word g
#define A_WNWWWWW    , a, b, c, d, e, f, g
#define P_WWWWSWWWS  P_WWWW, struct three e, word f, word g, word h, struct three i
#define A_WWWWSWWWS  , a, b, c, d, e, f, g, h, i
#define P_WWWWSWWWSW P_WWWWSWWWS, word j
#define A_WWWWSWWWSW A_WWWWSWWWS, j
#define P_WWWSSWWWW  P_WWW, struct three d, struct three e, word f, word g, word h, word i
#define A_WWWSSWWWW  , a, b, c, d, e, f, g, h, i
#define P_WWWSSWWWWW P_WWWSSWWWW, word j
#define A_WWWSSWWWWW A_WWWSSWWWW, j
#define P_WWWSSWWWS                                                                      \
    P_WWW, struct three d, struct three e, word f, word g, word h, struct three i
#define A_WWWSSWWWS , a, b, c, d, e, f, g, h, i

#define MP_FIX(kind, name, selector, role, shape)                                        \
    static void kind##_##name(id self, SEL cmd P_##shape) {                              \
        __attribute__((cleanup(mp_fix_leave))) struct mp_fix_call call;                  \
        mp_fix_imp *method = mp_fix_enter(&call, self, MP_FIX_ROW_##kind##_##name);      \
        if (method)                                                                      \
            ((void (*)(id, SEL P_##shape))method)(self, cmd A_##shape);                  \
    }
#define MP_FIX_OPEN(kind, name, selector, shape)                                         \
    static id kind##_##name(id self, SEL cmd P_##shape) {                                \
        __attribute__((cleanup(mp_fix_leave))) struct mp_fix_call call;                  \
        mp_fix_imp *method = mp_fix_enter(&call, self, MP_FIX_ROW_##kind##_##name);      \
        id encoder =                                                                     \
            method ? ((id(*)(id, SEL P_##shape))method)(self, cmd A_##shape) : NULL;     \
        mp_fix_opened(&call, encoder);                                                   \
        return encoder;                                                                  \
    }
#include "repro/fix/selector.def"
#undef MP_FIX
#undef MP_FIX_OPEN

mp_fix_imp *const mp_fix_hook[MP_FIX_ROWS] = {
#define MP_FIX(kind, name, selector, role, shape) (mp_fix_imp *)kind##_##name,
#define MP_FIX_OPEN(kind, name, selector, shape)  (mp_fix_imp *)kind##_##name,
#include "repro/fix/selector.def"
#undef MP_FIX
#undef MP_FIX_OPEN
};
