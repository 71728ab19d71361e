/* The Objective-C runtime as this driver uses it: own declarations, so that Apple's and
 * GNU's look the same and no header of theirs is needed; names for methods; messages.
 * Knows no class.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_RUNTIME_H
#define MP_MODEL_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

typedef struct objc_object *id;
typedef struct objc_class *Class;
typedef const struct objc_selector *SEL;
#ifdef __APPLE__
typedef bool BOOL;
#define MP_BOOL_ENCODING "B"
#else
typedef unsigned char BOOL;
#define MP_BOOL_ENCODING "C"
#endif

/* Any method; cast to its true prototype before the call, never to a variadic one. */
typedef void mp_imp(void);
struct objc_super {
    id self;
    Class super;
};

Class objc_lookUpClass(const char *name);
Class objc_allocateClassPair(Class super, const char *name, size_t extra);
void objc_registerClassPair(Class class);
BOOL class_addIvar(Class class, const char *name, size_t size,
                   unsigned char log2_alignment, const char *types);
BOOL class_addMethod(Class class, SEL selector, mp_imp *method, const char *types);
BOOL class_respondsToSelector(Class class, SEL selector);
id class_createInstance(Class class, size_t extra);
size_t class_getInstanceSize(Class class);
struct objc_ivar *class_getInstanceVariable(Class class, const char *name);
ptrdiff_t ivar_getOffset(struct objc_ivar *ivar);
mp_imp *class_getMethodImplementation(Class class, SEL selector);
const char *class_getName(Class class);
Class class_getSuperclass(Class class);
id object_dispose(id object);
SEL sel_registerName(const char *name);
const char *sel_getName(SEL selector);
#ifdef __APPLE__
Class object_getClass(id object);
void objc_msgSend(void);
#else
mp_imp *objc_msg_lookup(id receiver, SEL selector);
/* Hook of GNU's runtime: the method to call if there is none. Without it an unknown
 * selector faults inside the runtime. */
extern mp_imp *(*__objc_msg_forward2)(id receiver, SEL selector);
#endif

/* Gives the next declaration the assembler name `text`, so that stacks print it: "-[Class
 * sel:]" needs quotes for gas, which gcc does not add. gcc's clones of such a function
 * would be misspelt ("...".cold), so it makes none. */
#ifdef __clang__
#define MP_SYMBOL(text) __asm__(text) __attribute__((noinline))
#else
#define MP_SYMBOL(text) __asm__("\"" text "\"") __attribute__((noipa))
#endif

/* Of a method, which a defect may lead to a context that is gone: it faults at the
 * field's offset, and no sanitizer reports NULL before that. */
#define MP_FAULTS_ITSELF __attribute__((no_sanitize("null")))

/* Begins the definition of a method or function called `symbol` on stacks. */
#define MP_METHOD(result, name, symbol, ...)                                             \
    static result name(__VA_ARGS__) MP_SYMBOL(symbol) MP_FAULTS_ITSELF;                  \
    static result name(__VA_ARGS__)
/* The second parameter of every method. */
#define MP_CMD SEL cmd __attribute__((unused))

/* The selectors that this library itself sends. Registered when it is loaded, then
 * constant. */
struct mp_selectors {
    SEL alloc, init, dealloc, retain, release, autorelease, drain;
    SEL string_with_utf8, utf8;
    SEL array_with_objects, dictionary_with_objects, object_for_key, is_equal;
    SEL error_with_domain;
    /* of clients of the driver: mps_*.c */
    SEL compute_encoder, set_pipeline, set_buffer, set_bytes, dispatch_threads,
        end_encoding, device;
    SEL count, object_at, number_value;
    SEL deferred_end_encoding, commit_encoder, destroy_impl, validate,
        compute_encoder_with_type;
};
extern struct mp_selectors mp_selector;
void mp_selectors_register(void);

static inline Class mp_class_of(id object) {
#ifdef __APPLE__
    return object_getClass(object);
#else
    return *(Class *)object; /* GNU's function is inline in its header: no symbol */
#endif
}

/* The function to call for `selector` sent to `receiver`, which may not be nil. */
static inline mp_imp *mp_method_find(id receiver, SEL selector) {
#ifdef __APPLE__
    (void)receiver, (void)selector;
    return objc_msgSend;
#else
    return objc_msg_lookup(receiver, selector);
#endif
}

/* Messages without arguments. nil is fine. */
static inline id mp_send(id receiver, SEL selector) {
    return receiver
               ? ((id(*)(id, SEL))mp_method_find(receiver, selector))(receiver, selector)
               : NULL;
}
static inline void mp_send_void(id receiver, SEL selector) {
    if (receiver)
        ((void (*)(id, SEL))mp_method_find(receiver, selector))(receiver, selector);
}

/* Prints "method: failed assertion `text'" as Apple's frameworks do, and aborts. Stacks
 * show it under the name that it has in Apple's crash reports, so that the caller gives
 * the crash its name.
 */
_Noreturn void mp_assertion_fail(const char *method, const char *text)
    MP_SYMBOL("MTLReportFailure");

#endif
