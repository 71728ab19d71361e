/* One inline function per selector of the table: mp_send_NAME(objc, receiver, arguments
 * ...). Each casts the method to its true prototype, never a variadic one (Apple's arm64
 * passes variadic arguments elsewhere), and evaluates the receiver once.
 *
 * The receiver may not be nil: on GNU's runtime results in memory are garbage then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_SEND_H
#define MP_ROUND_OBJC_SEND_H

#include "harness/round/objc/runtime.h"

/* ISO C forbids `return` with an expression in a void function. */
#define MP_OBJC_RETURN_void
#define MP_OBJC_RETURN_id       return
#define MP_OBJC_RETURN_text     return
#define MP_OBJC_RETURN_pointer  return
#define MP_OBJC_RETURN_integer  return
#define MP_OBJC_RETURN_boolean  return
#define MP_OBJC_RETURN_uinteger return
#define MP_OBJC_RETURN_wide     return
#define MP_OBJC_RETURN_real     return

#define MP_OBJC_METHOD(name)                                                             \
    mp_objc_method(objc, receiver, objc->selector[MP_SELECTOR_##name])

#define MP_SEND_0(name, result)                                                          \
    static inline MP_OBJC_C_##result mp_send_##name(const struct mp_objc *objc,          \
                                                    id receiver) {                       \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(id, SEL))MP_OBJC_METHOD(name))(   \
            receiver, objc->selector[MP_SELECTOR_##name]);                               \
    }
#define MP_SEND_1(name, result, type1)                                                   \
    static inline MP_OBJC_C_##result mp_send_##name(const struct mp_objc *objc,          \
                                                    id receiver, MP_OBJC_C_##type1 a) {  \
        MP_OBJC_RETURN_##result(                                                         \
            (MP_OBJC_C_##result(*)(id, SEL, MP_OBJC_C_##type1))MP_OBJC_METHOD(name))(    \
            receiver, objc->selector[MP_SELECTOR_##name], a);                            \
    }
#define MP_SEND_2(name, result, type1, type2)                                            \
    static inline MP_OBJC_C_##result mp_send_##name(const struct mp_objc *objc,          \
                                                    id receiver, MP_OBJC_C_##type1 a,    \
                                                    MP_OBJC_C_##type2 b) {               \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(                                  \
            id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2))MP_OBJC_METHOD(name))(        \
            receiver, objc->selector[MP_SELECTOR_##name], a, b);                         \
    }
#define MP_SEND_3(name, result, type1, type2, type3)                                     \
    static inline MP_OBJC_C_##result mp_send_##name(                                     \
        const struct mp_objc *objc, id receiver, MP_OBJC_C_##type1 a,                    \
        MP_OBJC_C_##type2 b, MP_OBJC_C_##type3 c) {                                      \
        MP_OBJC_RETURN_##result(                                                         \
            (MP_OBJC_C_##result(*)(id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2,        \
                                   MP_OBJC_C_##type3))MP_OBJC_METHOD(name))(             \
            receiver, objc->selector[MP_SELECTOR_##name], a, b, c);                      \
    }
#define MP_SEND_4(name, result, type1, type2, type3, type4)                              \
    static inline MP_OBJC_C_##result mp_send_##name(                                     \
        const struct mp_objc *objc, id receiver, MP_OBJC_C_##type1 a,                    \
        MP_OBJC_C_##type2 b, MP_OBJC_C_##type3 c, MP_OBJC_C_##type4 d) {                 \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(                                  \
            id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2, MP_OBJC_C_##type3,            \
            MP_OBJC_C_##type4))MP_OBJC_METHOD(name))(                                    \
            receiver, objc->selector[MP_SELECTOR_##name], a, b, c, d);                   \
    }
#define MP_SEND_5(name, result, type1, type2, type3, type4, type5)                       \
    static inline MP_OBJC_C_##result mp_send_##name(                                     \
        const struct mp_objc *objc, id receiver, MP_OBJC_C_##type1 a,                    \
        MP_OBJC_C_##type2 b, MP_OBJC_C_##type3 c, MP_OBJC_C_##type4 d,                   \
        MP_OBJC_C_##type5 e) {                                                           \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(                                  \
            id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2, MP_OBJC_C_##type3,            \
            MP_OBJC_C_##type4, MP_OBJC_C_##type5))MP_OBJC_METHOD(name))(                 \
            receiver, objc->selector[MP_SELECTOR_##name], a, b, c, d, e);                \
    }
#define MP_SEND_7(name, result, type1, type2, type3, type4, type5, type6, type7)         \
    static inline MP_OBJC_C_##result mp_send_##name(                                     \
        const struct mp_objc *objc, id receiver, MP_OBJC_C_##type1 a,                    \
        MP_OBJC_C_##type2 b, MP_OBJC_C_##type3 c, MP_OBJC_C_##type4 d,                   \
        MP_OBJC_C_##type5 e, MP_OBJC_C_##type6 f, MP_OBJC_C_##type7 g) {                 \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(                                  \
            id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2, MP_OBJC_C_##type3,            \
            MP_OBJC_C_##type4, MP_OBJC_C_##type5, MP_OBJC_C_##type6,                     \
            MP_OBJC_C_##type7))MP_OBJC_METHOD(name))(                                    \
            receiver, objc->selector[MP_SELECTOR_##name], a, b, c, d, e, f, g);          \
    }
#define MP_SEND_8(name, result, type1, type2, type3, type4, type5, type6, type7, type8)  \
    static inline MP_OBJC_C_##result mp_send_##name(                                     \
        const struct mp_objc *objc, id receiver, MP_OBJC_C_##type1 a,                    \
        MP_OBJC_C_##type2 b, MP_OBJC_C_##type3 c, MP_OBJC_C_##type4 d,                   \
        MP_OBJC_C_##type5 e, MP_OBJC_C_##type6 f, MP_OBJC_C_##type7 g,                   \
        MP_OBJC_C_##type8 h) {                                                           \
        MP_OBJC_RETURN_##result((MP_OBJC_C_##result(*)(                                  \
            id, SEL, MP_OBJC_C_##type1, MP_OBJC_C_##type2, MP_OBJC_C_##type3,            \
            MP_OBJC_C_##type4, MP_OBJC_C_##type5, MP_OBJC_C_##type6, MP_OBJC_C_##type7,  \
            MP_OBJC_C_##type8))MP_OBJC_METHOD(name))(                                    \
            receiver, objc->selector[MP_SELECTOR_##name], a, b, c, d, e, f, g, h);       \
    }

#define MP_SELECTOR(name, text, receiver_class, arity, ...)                              \
    MP_SEND_##arity(name, __VA_ARGS__)
#include "harness/round/objc/selector.def"
#undef MP_SELECTOR

#undef MP_SEND_0
#undef MP_SEND_1
#undef MP_SEND_2
#undef MP_SEND_3
#undef MP_SEND_4
#undef MP_SEND_5
#undef MP_SEND_7
#undef MP_SEND_8
#undef MP_OBJC_METHOD

#endif
