/* A library that owns class names of Metal before anybody else does, as Metal.framework
 * and every library that links it do.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

typedef void *Class;
Class objc_allocateClassPair(Class super, const char *name, size_t extra);
void objc_registerClassPair(Class class);

__attribute__((constructor)) static void take_names(void) {
    static const char *const names[] = {"_MTLObjectWithLabel", "_MTLLibrary",
                                        "AGXG16XFamilyDevice"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        objc_registerClassPair(objc_allocateClassPair(NULL, names[i], 0));
}
