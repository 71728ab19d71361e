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

#include "repro/fix/counts.h"
#include "repro/fix/install.h"

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

__attribute__((constructor)) static void load(void) {
    mp_fix_classes_visit();
}
