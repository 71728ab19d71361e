/* How classes are noticed on macOS: the runtime tells of every image with classes, those
 * that are loaded already first. Classes that a library makes by itself, as the software
 * model does, are noticed as they are registered. Not run on a Mac yet.
 *
 * objc_addLoadImageFunc, by Apple's objc/runtime.h (macOS 10.15): called when the classes
 * of an image can be used, and before any +load of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdlib.h>

#include "repro/fix/class.h"
#include "repro/fix/install.h"

struct mach_header;
void objc_addLoadImageFunc(void (*function)(const struct mach_header *header));
const char **objc_copyClassNamesForImage(const char *image, unsigned *ret_count);
void objc_registerClassPair(Class class);

/* Only classes of class.def are looked up: that makes a class ready for use. */
static void visit_image(const struct mach_header *header) {
    Dl_info info;
    unsigned count = 0;
    const char **names = dladdr(header, &info) && info.dli_fname
                             ? objc_copyClassNamesForImage(info.dli_fname, &count)
                             : NULL;
    for (unsigned i = 0; names && i < count; i++)
        if (mp_fix_class_is_named(names[i]))
            mp_fix_class_appeared(objc_lookUpClass(names[i]));
    free(names);
}

static void register_class_pair(Class class) {
    objc_registerClassPair(class); /* dyld does not interpose in this image */
    mp_fix_class_appeared(class);
}

__attribute__((used, section("__DATA,__interpose"))) static const struct {
    void (*with)(Class class), (*what)(Class class);
} interpose = {register_class_pair, objc_registerClassPair};

__attribute__((constructor)) static void load(void) {
    objc_addLoadImageFunc(visit_image);
    mp_fix_classes_visit();
}
