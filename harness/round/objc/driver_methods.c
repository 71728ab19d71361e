/* Asks the runtime for classes by the beginnings of their names; what they answer says
 * what they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/driver_methods.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/base/status.h"

#define CLASSES_MAX  200000
#define NAME_MAX_LEN 400
/* A pointer to code without what a processor may have signed it with. */
#define ADDRESS_BITS UINT64_C(0x00007fffffffffff)

typedef struct objc_method *Method;

/* Of objc/runtime.h; Apple's and GNU's are the same. */
struct calls {
    int (*class_list)(Class *buf, int count);
    const char *(*class_name)(Class class);
    Method (*method_of)(Class class, SEL selector);
    mp_objc_function (*code_of)(Class class, SEL selector);
};

/* A class is of the kind whose `mark` it answers; protocols are those of selector.def. */
static const struct {
    const char *protocol, *mark;
} kinds[] = {
    {"MTLCommandBuffer", "computeCommandEncoder"},
    {"MTLComputeCommandEncoder", "setComputePipelineState:"},
    {"MTLBlitCommandEncoder", "fillBuffer:range:value:"},
};

/* What no client sends; sent by the driver, and replaced by every fix so far. */
static const char *const others[] = {"destroyImpl", "deferredEndEncoding", "dealloc"};

static const char *const heads[] = {"AGX", "AppleParavirt", "MPSCommandBuffer"};

struct asker {
    const struct mp_objc *objc;
    struct calls call;
    void (*visit)(void *data, const char *name, const void *code);
    void *data;
};

static bool find_calls(const struct mp_objc *objc, struct calls *call) {
    static const char *const name[] = {"objc_getClassList", "class_getName",
                                       "class_getInstanceMethod",
                                       "class_getMethodImplementation"};
    mp_objc_function found[MP_COUNT(name)] = {0};
    struct mp_error ignored;
    for (size_t i = 0; i < MP_COUNT(name); i++)
        if (mp_objc_function_find(objc->library, "libobjc", name[i], &found[i],
                                  &ignored) != MP_OK)
            return false;
    call->class_list = (int (*)(Class *, int))found[0];
    call->class_name = (const char *(*)(Class))found[1];
    call->method_of = (Method(*)(Class, SEL))found[2];
    call->code_of = (mp_objc_function(*)(Class, SEL))found[3];
    return true;
}

static void ask_method(const struct asker *asker, Class class,
                       const char *selector_name) {
    SEL selector = asker->objc->selector_named(selector_name);
    char name[NAME_MAX_LEN];
    uintptr_t raw = 0;
    if (asker->call.method_of(class, selector) == NULL)
        return;
    mp_objc_function code = asker->call.code_of(class, selector);
    memcpy(&raw, &code, sizeof(raw));
    snprintf(name, sizeof(name), "-[%.160s %.200s]", asker->call.class_name(class),
             selector_name);
    asker->visit(asker->data, name, (const void *)(raw & (uintptr_t)ADDRESS_BITS));
}

static bool is_of_kind(const struct asker *asker, Class class, size_t kind) {
    SEL mark = asker->objc->selector_named(kinds[kind].mark);
    return asker->call.method_of(class, mark) != NULL;
}

/* "endEncoding" is in the table once, for compute encoders. */
static void ask_class(const struct asker *asker, Class class) {
    bool is_known = false;
    for (size_t kind = 0; kind < MP_COUNT(kinds); kind++) {
        if (!is_of_kind(asker, class, kind))
            continue;
        bool is_blit = strcmp(kinds[kind].protocol, "MTLBlitCommandEncoder") == 0;
        for (size_t i = 0; i < MP_SELECTOR_COUNT; i++)
            if (strcmp(mp_selector_table[i].receiver, kinds[kind].protocol) == 0)
                ask_method(asker, class, mp_selector_table[i].name);
        if (is_blit)
            ask_method(asker, class, "endEncoding");
        is_known = true;
    }
    for (size_t i = 0; is_known && i < MP_COUNT(others); i++)
        ask_method(asker, class, others[i]);
}

static bool is_driver(const char *name) {
    for (size_t i = 0; i < MP_COUNT(heads); i++)
        if (strncmp(name, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

void mp_objc_driver_methods(const struct mp_objc *objc,
                            void (*visit)(void *data, const char *name, const void *code),
                            void *data) {
    struct asker asker = {.objc = objc, .visit = visit, .data = data};
    int count = find_calls(objc, &asker.call) ? asker.call.class_list(NULL, 0) : 0;
    if (count <= 0 || count > CLASSES_MAX)
        return;
    Class *list = mp_memory_zeroed((size_t)count, sizeof(Class));
    int got = asker.call.class_list(list, count);
    for (int i = 0; i < count && i < got; i++)
        if (is_driver(asker.call.class_name(list[i])))
            ask_class(&asker, list[i]);
    free(list);
}
