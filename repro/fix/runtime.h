/* The Objective-C runtime as this library uses it: own declarations, so that Apple's and
 * GNU's look the same and no header of theirs is needed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_RUNTIME_H
#define MP_FIX_RUNTIME_H

#include <stddef.h>

typedef struct objc_object *id;
typedef struct objc_class *Class;
typedef const struct objc_selector *SEL;

/* Any method; cast to its true prototype before the call. */
typedef void mp_fix_imp(void);

struct objc_method;
struct objc_ivar;

const char *class_getName(Class class);
Class class_getSuperclass(Class class);
struct objc_method *class_getInstanceMethod(Class class, SEL selector);
mp_fix_imp *class_getMethodImplementation(Class class, SEL selector);
#ifdef __APPLE__
_Bool class_addMethod(Class class, SEL selector, mp_fix_imp *method, const char *types);
#else
unsigned char class_addMethod(Class class, SEL selector, mp_fix_imp *method,
                              const char *types);
#endif
mp_fix_imp *method_getImplementation(struct objc_method *method);
const char *method_getTypeEncoding(struct objc_method *method);
struct objc_ivar *class_getInstanceVariable(Class class, const char *name);
ptrdiff_t ivar_getOffset(struct objc_ivar *ivar);
const char *ivar_getTypeEncoding(struct objc_ivar *ivar);
SEL sel_registerName(const char *name);
int objc_getClassList(Class *ret_classes, int count);
Class objc_lookUpClass(const char *name);

#ifdef __APPLE__
Class object_getClass(id object);
#endif

static inline Class mp_fix_class_of(id object) {
#ifdef __APPLE__
    return object_getClass(object);
#else
    return *(Class *)object; /* GNU's function is inline in its header: no symbol */
#endif
}

#endif
