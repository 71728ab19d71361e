/* Every class that the runtime knows is asked, since an image may add methods to a class
 * of another one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/methods.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/round/image/image.h"
#include "harness/round/objc/runtime.h"
#include "harness/wire/method_list.h"

/* A process with Metal in it has some ten thousand classes. */
#define CLASSES_MAX 200000
/* A pointer to code without what a processor may have signed it with. */
#define ADDRESS_BITS UINT64_C(0x00007fffffffffff)

typedef struct objc_method *Method;

/* Of objc/runtime.h; Apple's and GNU's are the same. */
struct calls {
    int (*class_list)(Class *buf, int count);
    const char *(*class_name)(Class class);
    Method *(*methods_of)(Class class, unsigned *ret_count);
    SEL (*selector_of)(Method method);
    mp_objc_function (*code_of)(Method method);
    const char *(*selector_name)(SEL selector);
};

struct lister {
    struct mp_objc objc;
    struct calls call;
    const char *path;
    struct mp_strbuf *buf;
    bool has_head;
};

static enum mp_status find_calls(struct mp_objc *objc, struct calls *call,
                                 struct mp_error *err) {
    static const char *const name[] = {"objc_getClassList",        "class_getName",
                                       "class_copyMethodList",     "method_getName",
                                       "method_getImplementation", "sel_getName"};
    mp_objc_function found[MP_COUNT(name)] = {0};
    for (size_t i = 0; i < MP_COUNT(name); i++) {
        enum mp_status status =
            mp_objc_function_find(objc->library, "libobjc", name[i], &found[i], err);
        if (status != MP_OK)
            return status;
    }
    call->class_list = (int (*)(Class *, int))found[0];
    call->class_name = (const char *(*)(Class))found[1];
    call->methods_of = (Method * (*)(Class, unsigned *)) found[2];
    call->selector_of = (SEL(*)(Method))found[3];
    call->code_of = (mp_objc_function(*)(Method))found[4];
    call->selector_name = (const char *(*)(SEL))found[5];
    return MP_OK;
}

static void write_head(struct lister *lister, uint64_t address) {
    char path[4096], build[MP_CRASH_ID_MAX];
    mp_image_describe((const void *)(uintptr_t)address, path, sizeof(path), build,
                      sizeof(build));
    mp_method_list_write_head(build, lister->buf);
    lister->has_head = true;
}

/* The methods of a class, or of its metaclass: those of the class itself. */
static void list_class(struct lister *lister, Class class, const char *name, char kind) {
    unsigned count = 0;
    Method *list = lister->call.methods_of(class, &count);
    for (unsigned i = 0; list != NULL && i < count; i++) {
        char text[2 * MP_CRASH_SYMBOL_MAX];
        mp_objc_function code = lister->call.code_of(list[i]);
        uintptr_t raw = 0;
        uint64_t offset = 0;
        memcpy(&raw, &code, sizeof(raw));
        uint64_t address = (uint64_t)raw & ADDRESS_BITS;
        if (!mp_image_holds(lister->path, (const void *)(uintptr_t)address, &offset))
            continue;
        if (!lister->has_head)
            write_head(lister, address);
        snprintf(text, sizeof(text), "%c[%s %s]", kind, name,
                 lister->call.selector_name(lister->call.selector_of(list[i])));
        mp_method_list_write(offset, text, lister->buf);
    }
    free(list);
}

static void list_classes(struct lister *lister) {
    int count = lister->call.class_list(NULL, 0);
    if (count <= 0 || count > CLASSES_MAX)
        return;
    Class *list = mp_memory_zeroed((size_t)count, sizeof(Class));
    int got = lister->call.class_list(list, count);
    for (int i = 0; i < count && i < got; i++) {
        const char *name = lister->call.class_name(list[i]);
        list_class(lister, list[i], name, '-');
        list_class(lister, lister->objc.class_of((id)(void *)list[i]), name, '+');
    }
    free(list);
}

enum mp_status mp_methods_list(const char *path, struct mp_strbuf *buf,
                               struct mp_error *err) {
    struct lister lister = {.path = path, .buf = buf};
    enum mp_status status = mp_objc_open(&lister.objc, err);
    if (status == MP_OK)
        status = find_calls(&lister.objc, &lister.call, err);
    if (status != MP_OK)
        return status;
    /* Never closed: its classes cannot be unregistered. */
    if (dlopen(path, RTLD_NOW | RTLD_LOCAL) == NULL)
        return mp_error_set(err, MP_NOT_FOUND, "cannot load %.200s (%.200s)", path,
                            dlerror());
    list_classes(&lister);
    if (!lister.has_head)
        return mp_error_set(err, MP_NOT_FOUND, "%.200s holds no Objective-C method",
                            path);
    mp_method_list_write_end(buf);
    return MP_OK;
}
