/* What Apple's and GNU's runtimes have in common: opening, selectors, pools, threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/runtime.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define MP_ENCODING_0(result)          MP_OBJC_ENCODING_##result "@:"
#define MP_ENCODING_1(result, a)       MP_ENCODING_0(result) MP_OBJC_ENCODING_##a
#define MP_ENCODING_2(result, a, b)    MP_ENCODING_1(result, a) MP_OBJC_ENCODING_##b
#define MP_ENCODING_3(result, a, b, c) MP_ENCODING_2(result, a, b) MP_OBJC_ENCODING_##c
#define MP_ENCODING_4(result, a, b, c, d)                                                \
    MP_ENCODING_3(result, a, b, c) MP_OBJC_ENCODING_##d
#define MP_ENCODING_5(result, a, b, c, d, e)                                             \
    MP_ENCODING_4(result, a, b, c, d) MP_OBJC_ENCODING_##e
#define MP_ENCODING_7(result, a, b, c, d, e, f, g)                                       \
    MP_ENCODING_5(result, a, b, c, d, e) MP_OBJC_ENCODING_##f MP_OBJC_ENCODING_##g
#define MP_ENCODING_8(result, a, b, c, d, e, f, g, h)                                    \
    MP_ENCODING_7(result, a, b, c, d, e, f, g) MP_OBJC_ENCODING_##h
#define MP_ENCODING(arity, ...) MP_ENCODING_##arity(__VA_ARGS__)

const struct mp_selector mp_selector_table[MP_SELECTOR_COUNT] = {
#define MP_SELECTOR(name, text, receiver, arity, ...)                                    \
    [MP_SELECTOR_##name] = {text, receiver, MP_ENCODING(arity, __VA_ARGS__)},
#include "harness/round/objc/selector.def"
#undef MP_SELECTOR
};

enum mp_status mp_objc_function_find(void *library, const char *library_name,
                                     const char *name, mp_objc_function *ret_function,
                                     struct mp_error *err) {
    void *address = dlsym(library, name);
    if (!address) {
        mp_error_set(err, MP_UNSUPPORTED, "%s has no function %s", library_name, name);
        return MP_UNSUPPORTED;
    }
    /* ISO C has no cast between object and function pointers; POSIX says they are
     * alike. */
    _Static_assert(sizeof(*ret_function) == sizeof(address), "pointers differ in size");
    memcpy(ret_function, &address, sizeof(address));
    return MP_OK;
}

/* The blocks runtime of the process has the class (libSystem on macOS); where there is
 * none, nobody looks at it. */
static const void *find_stack_block(void) {
    static void *const none[32];
    void *process = dlopen(NULL, RTLD_NOW);
    const void *class = process ? dlsym(process, "_NSConcreteStackBlock") : NULL;
    return class ? class : none;
}

enum mp_status mp_objc_open(struct mp_objc *objc, struct mp_error *err) {
    struct mp_objc opened = {.library = NULL};
    enum mp_status status = mp_objc_bind_system(&opened, err);
    if (status != MP_OK)
        return status;
    mp_objc_function class_named = NULL, selector_named = NULL;
    status = mp_objc_function_find(opened.library, "libobjc", "objc_lookUpClass",
                                   &class_named, err);
    if (status == MP_OK)
        status = mp_objc_function_find(opened.library, "libobjc", "sel_registerName",
                                       &selector_named, err);
    if (status != MP_OK)
        return status;
    opened.class_named = (Class(*)(const char *))class_named;
    opened.selector_named = (SEL(*)(const char *))selector_named;
    opened.stack_block = find_stack_block();
    for (size_t i = 0; i < MP_SELECTOR_COUNT; i++)
        opened.selector[i] = opened.selector_named(mp_selector_table[i].name);
    *objc = opened;
    return MP_OK;
}

enum mp_status mp_objc_bind_pools(struct mp_objc *objc, void *library,
                                  struct mp_error *err) {
    mp_objc_function push = NULL, pop = NULL;
    enum mp_status status = mp_objc_function_find(library, "the driver's library",
                                                  "objc_autoreleasePoolPush", &push, err);
    if (status == MP_OK)
        status = mp_objc_function_find(library, "the driver's library",
                                       "objc_autoreleasePoolPop", &pop, err);
    if (status != MP_OK)
        return status;
    objc->pool_push = (void *(*)(void))push;
    objc->pool_pop = (void (*)(void *))pop;
    return MP_OK;
}

void mp_objc_thread_enter(const struct mp_objc *objc) {
    if (objc->thread_add)
        objc->thread_add();
}

void mp_objc_thread_leave(const struct mp_objc *objc) {
    if (objc->thread_remove)
        objc->thread_remove();
}
