/* GNU's method_setImplementation, which its class_replaceMethod calls too, enters the
 * function under that selector in the dispatch tables of all classes (seen with
 * libobjc 4.0.0), so the method is changed in its list. A table that has been built
 * already is built again when the class gets another method.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/method.h"

/* As in GCC's objc/deprecated/struct_objc_method.h, which the layout of modules fixes. */
struct objc_method {
    SEL name;
    const char *types;
    mp_fix_imp *function;
};

static void is_fixed(id self, SEL cmd) {
    (void)self, (void)cmd;
}

void mp_fix_method_set(struct objc_method *method, mp_fix_imp *to) {
    method->function = to;
}

void mp_fix_methods_refresh(Class class) {
    class_addMethod(class, sel_registerName("mpFixIsInstalled"), (mp_fix_imp *)is_fixed,
                    "v@:");
}
