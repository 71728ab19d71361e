/* How classes are noticed on Linux, where the driver is the software model: it registers
 * them one by one, and a preloaded library stands before the runtime, however late the
 * model is loaded and whatever scope it is loaded into. At that time nobody can send them
 * messages yet, which is when GNU's runtime may safely be given methods.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/fix/class.h"
#include "repro/fix/counts.h"
#include "repro/fix/install.h"
#include "repro/fix/mechanism.h"

__attribute__((visibility("default"))) void objc_registerClassPair(Class class);

void objc_registerClassPair(Class class) {
    void (*next)(Class);
    *(void **)&next = dlsym(RTLD_NEXT, "objc_registerClassPair");
    if (!next) {
        fprintf(stderr, "%s: the Objective-C runtime has no objc_registerClassPair\n",
                mp_fix_counts.name);
        abort();
    }
    next(class);
    mp_fix_class_appeared(class);
}

/* Sends a message without an argument; nothing to NULL. */
static id ask(id object, const char *selector_name) {
    SEL selector = sel_registerName(selector_name);
    mp_fix_imp *method =
        object ? class_getMethodImplementation(mp_fix_class_of(object), selector) : NULL;
    return method ? ((id(*)(id, SEL))method)(object, selector) : NULL;
}

/* Loads the model as it would Metal, which is there from the beginning on macOS. */
static void make_device(void) {
    const char *path = getenv("MP_FIX_DRIVER");
    void *driver = path ? dlopen(path, RTLD_NOW | RTLD_GLOBAL) : NULL;
    id (*create)(void) = NULL;
    if (driver)
        *(void **)&create = dlsym(driver, "MTLCreateSystemDefaultDevice");
    id device = create ? create() : NULL; /* and never lets go of it */
    id buffer = ask(ask(device, "newCommandQueue"), "commandBuffer");
    ask(ask(buffer, "computeCommandEncoder"), "endEncoding");
    ask(buffer, "commit");
}

__attribute__((constructor)) static void load(void) {
    if (!mp_fix_has(MP_FIX_HAS_DEVICE))
        make_device();
    mp_fix_classes_visit();
}
