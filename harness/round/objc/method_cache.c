/* A table of lists that only grow: read and extended without a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/method_cache.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"

#define BUCKETS 256

struct node {
    Class class;
    SEL selector;
    mp_objc_function code;
    struct node *next;
};

struct mp_objc_cache {
    mp_objc_own_method *own;
    const char *(*class_name)(Class class);
    const char *(*selector_name)(SEL selector);
    mp_objc_function (*code_of)(Class class, SEL selector);
    MP_OBJC_C_boolean (*is_meta)(Class class);
    struct node *_Atomic bucket[BUCKETS];
};

/* What the client would have taken. */
static mp_objc_function resolve(const struct mp_objc_cache *cache, Class class,
                                SEL selector) {
    mp_objc_function code = NULL;
    const void *own = NULL;
    if (cache->own && !cache->is_meta(class))
        own = cache->own(cache->class_name(class), cache->selector_name(selector));
    if (own)
        memcpy(&code, &own, sizeof(code));
    return own ? code : cache->code_of(class, selector);
}

static struct node *find(struct node *node, Class class, SEL selector) {
    while (node && (node->class != class || node->selector != selector))
        node = node->next;
    return node;
}

mp_objc_function mp_objc_cached_method(const struct mp_objc *objc, id receiver,
                                       SEL selector) {
    struct mp_objc_cache *cache = objc->cache;
    Class class = objc->class_of(receiver);
    uintptr_t word = (uintptr_t) class >> 4 ^ (uintptr_t)selector >> 3;
    struct node *_Atomic *bucket = &cache->bucket[(word ^ word >> 8) % BUCKETS];
    struct node *first = atomic_load_explicit(bucket, memory_order_acquire);
    struct node *node = find(first, class, selector);
    if (node)
        return node->code;
    node = mp_memory_zeroed(1, sizeof(*node));
    *node = (struct node){class, selector, resolve(cache, class, selector), first};
    /* Another thread may add the same: both are right. */
    while (!atomic_compare_exchange_weak_explicit(
        bucket, &node->next, node, memory_order_release, memory_order_relaxed)) {
    }
    return node->code;
}

enum mp_status mp_objc_cache_open(struct mp_objc *objc, mp_objc_own_method *own,
                                  struct mp_error *err) {
    static const char *const name[] = {"class_getName", "sel_getName",
                                       "class_getMethodImplementation",
                                       "class_isMetaClass"};
    mp_objc_function found[MP_COUNT(name)] = {0};
    for (size_t i = 0; i < MP_COUNT(name); i++) {
        enum mp_status status =
            mp_objc_function_find(objc->library, "libobjc", name[i], &found[i], err);
        if (status != MP_OK)
            return status;
    }
    struct mp_objc_cache *cache = mp_memory_zeroed(1, sizeof(*cache));
    cache->own = own;
    cache->class_name = (const char *(*)(Class))found[0];
    cache->selector_name = (const char *(*)(SEL))found[1];
    cache->code_of = (mp_objc_function(*)(Class, SEL))found[2];
    cache->is_meta = (MP_OBJC_C_boolean(*)(Class))found[3];
    objc->cache = cache;
    return MP_OK;
}

void mp_objc_cache_close(struct mp_objc *objc) {
    struct mp_objc_cache *cache = objc->cache;
    objc->cache = NULL;
    for (size_t i = 0; cache && i < BUCKETS; i++) {
        struct node *next;
        for (struct node *node = atomic_load(&cache->bucket[i]); node; node = next) {
            next = node->next;
            free(node);
        }
    }
    free(cache);
}
