/* The Objective-C runtime, opened at run time: classes, selectors, autorelease pools, and
 * the one seam through which a message is sent. Knows no framework and no device. send.h
 * has the messages.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_RUNTIME_H
#define MP_ROUND_OBJC_RUNTIME_H

#include <stdbool.h>

#include "harness/base/status.h"
#include "harness/round/objc/types.h"

/* Any function; cast to its true prototype before the call. */
typedef void (*mp_objc_function)(void);

enum mp_selector_index {
#define MP_SELECTOR(name, text, receiver, arity, ...) MP_SELECTOR_##name,
#include "harness/round/objc/selector.def"
#undef MP_SELECTOR
    MP_SELECTOR_COUNT
};

/* One row of selector.def as data, for tests and messages. */
struct mp_selector {
    const char *name;     /* "setComputePipelineState:" */
    const char *receiver; /* "MTLComputeCommandEncoder"; "+NSString" for a class method */
    const char *encoding; /* "v@:@", without frame offsets */
};

/* MP_SELECTOR_COUNT rows. */
extern const struct mp_selector mp_selector_table[];

/* The runtime as one device holds it. Filled by mp_objc_open and mp_objc_bind_pools
 * before any thread starts, constant afterwards. Selectors are cached here and never
 * compared with ==: GNU's runtime has several of one name. */
struct mp_objc {
    void *library;
    SEL selector[MP_SELECTOR_COUNT];
    /* Exactly one of the two is set: Apple's dispatcher, which is called in place of the
     * method, or GNU's look-up, which returns it. */
    mp_objc_function message_send;
    mp_objc_function (*message_lookup)(id receiver, SEL selector);
    Class (*class_of)(id object);
    Class (*class_named)(const char *name);
    SEL (*selector_named)(const char *name);
    struct mp_objc_cache *cache; /* method_cache.h; NULL: messages are sent */
    void *(*pool_push)(void);
    void (*pool_pop)(void *pool);
    const void *stack_block;  /* class of blocks on the stack (block.h) */
    void (*thread_add)(void); /* GNU only, else NULL */
    void (*thread_remove)(void);
};

/* Whether this system's own libraries and programs have methods. */
extern const bool mp_objc_is_native;

/* Opens libobjc and registers every selector of the table. MP_UNSUPPORTED: no runtime
 * here. The library is never closed: classes cannot be unregistered. */
enum mp_status mp_objc_open(struct mp_objc *objc, struct mp_error *err);

/* Looks up objc_autoreleasePoolPush and Pop in `library` (a dlopen handle): libobjc
 * itself on macOS; GNU's runtime lacks them, so there the driver's library provides
 * them. */
enum mp_status mp_objc_bind_pools(struct mp_objc *objc, void *library,
                                  struct mp_error *err);

/* Registers a raw thread with GNU's runtime, which otherwise frees dispatch tables
 * that the thread may be reading (observed with libobjc 4 of GCC 12). Does nothing on
 * Apple's. */
void mp_objc_thread_enter(const struct mp_objc *objc);
void mp_objc_thread_leave(const struct mp_objc *objc);

/* Reads the function `name` of a dlopen handle. MP_UNSUPPORTED names function and
 * `library_name`.
 */
enum mp_status mp_objc_function_find(void *library, const char *library_name,
                                     const char *name, mp_objc_function *ret_function,
                                     struct mp_error *err);

/* The system's part of mp_objc_open: opens the library and fills message_send or
 * message_lookup, class_of and the thread functions. */
enum mp_status mp_objc_bind_system(struct mp_objc *objc, struct mp_error *err);

/* Of method_cache.h, which has a cache. */
mp_objc_function mp_objc_cached_method(const struct mp_objc *objc, id receiver,
                                       SEL selector);

/* The function to call for `selector` sent to `receiver`. For send.h only. */
static inline mp_objc_function mp_objc_method(const struct mp_objc *objc, id receiver,
                                              SEL selector) {
    if (objc->cache)
        return mp_objc_cached_method(objc, receiver, selector);
    return objc->message_lookup ? objc->message_lookup(receiver, selector)
                                : objc->message_send;
}

#endif
