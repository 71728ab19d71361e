/* GNU's runtime, libobjc 4 of GCC: messages go through objc_msg_lookup.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/runtime.h"

#include <dlfcn.h>
#include <stddef.h>

#define LIBRARY "libobjc.so.4"

const bool mp_objc_is_native = false;

/* object_getClass is inline in GNU's own header: the class is the object's first word. */
static Class class_of(id object) {
    return *(Class *)(void *)object;
}

enum mp_status mp_objc_bind_system(struct mp_objc *objc, struct mp_error *err) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "cannot open GNU's Objective-C runtime (%s); on Debian it is the "
            "package libobjc4",
            dlerror());
    mp_objc_function lookup = NULL, add = NULL, remove = NULL;
    enum mp_status status =
        mp_objc_function_find(library, LIBRARY, "objc_msg_lookup", &lookup, err);
    if (status == MP_OK)
        status = mp_objc_function_find(library, LIBRARY, "objc_thread_add", &add, err);
    if (status == MP_OK)
        status =
            mp_objc_function_find(library, LIBRARY, "objc_thread_remove", &remove, err);
    if (status != MP_OK)
        return status;
    objc->library = library;
    objc->message_lookup = (mp_objc_function(*)(id, SEL))lookup;
    objc->class_of = class_of;
    objc->thread_add = add;
    objc->thread_remove = remove;
    return MP_OK;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK
#endif
#ifdef HAS_LEAK_CHECK
/* libobjc never frees what a class made at run time needs: about 100 small blocks a
 * process. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libobjc.so";
}
#endif
