/* NSObject and NSAutoreleasePool on bare libobjc. Pools are per thread: a raw pthread
 * needs no registration.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/foundation.h"

static _Thread_local struct mp_pool *innermost;

MP_METHOD(id, nsobject_alloc, "+[NSObject alloc]", id self, MP_CMD) {
    id object = class_createInstance((Class)self, 0);
    if (object)
        atomic_store_explicit(&((struct mp_object *)object)->retains, 1,
                              memory_order_relaxed);
    return object;
}

MP_METHOD(id, nsobject_new, "+[NSObject new]", id self, MP_CMD) {
    return mp_send(mp_send(self, mp_selector.alloc), mp_selector.init);
}

MP_METHOD(id, nsobject_class_self, "+[NSObject self]", id self, MP_CMD) {
    return self;
}

MP_METHOD(void, nsobject_class_release, "+[NSObject release]", id self, MP_CMD) {
    (void)self;
}

MP_METHOD(BOOL, nsobject_instances_respond, "+[NSObject instancesRespondToSelector:]",
          id self, MP_CMD, SEL selector) {
    return class_respondsToSelector((Class)self, selector);
}

MP_METHOD(id, nsobject_init, "-[NSObject init]", id self, MP_CMD) {
    return self;
}

MP_METHOD(id, nsobject_retain, "-[NSObject retain]", struct mp_object *self, MP_CMD) {
    return mp_object_hold(self);
}

MP_METHOD(void, nsobject_release, "-[NSObject release]", struct mp_object *self, MP_CMD) {
    mp_object_drop(self);
}

MP_METHOD(id, nsobject_autorelease, "-[NSObject autorelease]", id self, MP_CMD) {
    mp_pool_add(self);
    return self;
}

MP_METHOD(unsigned long, nsobject_retain_count, "-[NSObject retainCount]",
          struct mp_object *self, MP_CMD) {
    return (unsigned long)atomic_load_explicit(&self->retains, memory_order_relaxed);
}

MP_METHOD(void, nsobject_dealloc, "-[NSObject dealloc]", id self, MP_CMD) {
    object_dispose(self);
}

MP_METHOD(Class, nsobject_class, "-[NSObject class]", id self, MP_CMD) {
    return mp_class_of(self);
}

MP_METHOD(BOOL, nsobject_responds, "-[NSObject respondsToSelector:]", id self, MP_CMD,
          SEL selector) {
    return class_respondsToSelector(mp_class_of(self), selector);
}

MP_METHOD(BOOL, nsobject_is_equal, "-[NSObject isEqual:]", id self, MP_CMD, id other) {
    return self == other;
}

MP_METHOD(unsigned long, nsobject_hash, "-[NSObject hash]", id self, MP_CMD) {
    return (unsigned long)((uintptr_t)self >> 4);
}

void mp_pool_add(id object) {
    struct mp_pool *pool = innermost;
    if (!pool)
        return;
    if (pool->count == pool->size) {
        size_t size = pool->size ? 2 * pool->size : 32;
        id *item = realloc(pool->item, size * sizeof(id));
        if (!item)
            return; /* leaks one reference: better than losing it */
        pool->item = item;
        pool->size = size;
    }
    pool->item[pool->count++] = object;
}

MP_METHOD(id, pool_init, "-[NSAutoreleasePool init]", struct mp_pool *self, MP_CMD) {
    self->outer = innermost;
    innermost = self;
    return (id)self;
}

/* Released objects may autorelease more into the same pool. */
static void pool_empty(struct mp_pool *pool) {
    while (pool->count > 0)
        mp_send_void(pool->item[--pool->count], mp_selector.release);
    innermost = pool->outer;
    free(pool->item);
    object_dispose((id)pool);
}

/* Also drains nested pools. A pool of another thread, or one already drained, is left
 * alone. */
MP_METHOD(void, pool_drain, "-[NSAutoreleasePool drain]", struct mp_pool *self, MP_CMD) {
    struct mp_pool *pool = innermost;
    while (pool && pool != self)
        pool = pool->outer;
    if (!pool) {
        fprintf(stderr,
                "mpmodel: autorelease pool %p drained twice or on a foreign thread\n",
                (void *)self);
        abort();
    }
    while (innermost != self)
        pool_empty(innermost);
    pool_empty(self);
}

MP_METHOD(id, pool_retain, "-[NSAutoreleasePool retain]", id self, MP_CMD) {
    fprintf(stderr, "mpmodel: an autorelease pool cannot be retained\n");
    abort();
    return self;
}

MP_METHOD(void, pool_add_object, "+[NSAutoreleasePool addObject:]", id self, MP_CMD,
          id object) {
    (void)self;
    mp_pool_add(object);
}

const struct mp_method mp_nsobject_class_methods[] = {
    MP_ROW("alloc", "@@:", nsobject_alloc),
    MP_ROW("new", "@@:", nsobject_new),
    MP_ROW("class", "#@:", nsobject_class_self),
    MP_ROW("self", "@@:", nsobject_class_self),
    /* A class has no reference count: the root's own methods would write into it. */
    MP_ROW("retain", "@@:", nsobject_class_self),
    MP_ROW("autorelease", "@@:", nsobject_class_self),
    MP_ROW("release", "v@:", nsobject_class_release),
    MP_ROW("instancesRespondToSelector:", MP_BOOL_ENCODING "@::",
           nsobject_instances_respond),
    MP_ROWS_END,
};
const struct mp_method mp_nsobject_methods[] = {
    MP_ROW("init", "@@:", nsobject_init),
    MP_ROW("retain", "@@:", nsobject_retain),
    MP_ROW("release", "v@:", nsobject_release),
    MP_ROW("autorelease", "@@:", nsobject_autorelease),
    MP_ROW("retainCount", "Q@:", nsobject_retain_count),
    MP_ROW("dealloc", "v@:", nsobject_dealloc),
    MP_ROW("class", "#@:", nsobject_class),
    MP_ROW("respondsToSelector:", MP_BOOL_ENCODING "@::", nsobject_responds),
    MP_ROW("isEqual:", MP_BOOL_ENCODING "@:@", nsobject_is_equal),
    MP_ROW("hash", "Q@:", nsobject_hash),
    MP_ROWS_END,
};
const struct mp_method mp_pool_class_methods[] = {
    MP_ROW("addObject:", "v@:@", pool_add_object),
    MP_ROWS_END,
};
const struct mp_method mp_pool_methods[] = {
    MP_ROW("init", "@@:", pool_init),
    MP_ROW("drain", "v@:", pool_drain),
    MP_ROW("release", "v@:", pool_drain),
    MP_ROW("retain", "@@:", pool_retain),
    MP_ROWS_END,
};
