/* Apple's runtime: messages go through objc_msgSend, which on arm64 serves every result
 * type.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/runtime.h"

#include <dlfcn.h>
#include <stddef.h>

#ifndef __arm64__
#error "macOS on arm64 only: other CPUs would need objc_msgSend_stret"
#endif

/* Not on disk since macOS 11, yet dlopen finds it (Apple's macOS 11 release notes,
 * 62986286). */
#define LIBRARY "/usr/lib/libobjc.A.dylib"

const bool mp_objc_is_native = true;

enum mp_status mp_objc_bind_system(struct mp_objc *objc, struct mp_error *err) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "cannot open Apple's Objective-C runtime (%s)", dlerror());
    mp_objc_function send = NULL, class_of = NULL;
    enum mp_status status =
        mp_objc_function_find(library, LIBRARY, "objc_msgSend", &send, err);
    if (status == MP_OK)
        status =
            mp_objc_function_find(library, LIBRARY, "object_getClass", &class_of, err);
    if (status != MP_OK)
        return status;
    objc->library = library;
    objc->message_send = send;
    objc->class_of = (Class(*)(id))class_of;
    return MP_OK;
}
