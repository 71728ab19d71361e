/* Reference counts and labels of the driver's objects.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/object.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/count.h"

static pthread_mutex_t label_lock = PTHREAD_MUTEX_INITIALIZER;

void *mp_object_create(enum mp_class class) {
    struct mp_object *object =
        (struct mp_object *)mp_send((id)mp_class_get(class), mp_selector.alloc);
    if (!object) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    atomic_store_explicit(&object->retains, 1, memory_order_relaxed);
    mp_count_raise(MP_COUNT_INITS);
    return object;
}

void *mp_object_hold(void *object) {
    if (object)
        atomic_fetch_add_explicit(&((struct mp_object *)object)->retains, 1,
                                  memory_order_relaxed);
    return object;
}

bool mp_object_try_hold(void *object) {
    _Atomic long *retains = &((struct mp_object *)object)->retains;
    long seen = atomic_load_explicit(retains, memory_order_relaxed);
    while (seen > 0 && !atomic_compare_exchange_weak_explicit(retains, &seen, seen + 1,
                                                              memory_order_acquire,
                                                              memory_order_relaxed))
        continue;
    return seen > 0;
}

bool mp_object_is_shared(void *object) {
    return atomic_load_explicit(&((struct mp_object *)object)->retains,
                                memory_order_relaxed) > 1;
}

void mp_object_drop(void *object) {
    if (object && atomic_fetch_sub_explicit(&((struct mp_object *)object)->retains, 1,
                                            memory_order_acq_rel) == 1)
        mp_send_void(object, mp_selector.dealloc);
}

id mp_object_autorelease(void *object) {
    mp_send(object, mp_selector.autorelease);
    return object;
}

void mp_object_destroy(void *object) {
    struct mp_driver_object *driver_object = object;
    mp_send_void(driver_object->label, mp_selector.release);
    mp_count_raise(MP_COUNT_DEALLOCS);
    mp_class_root_dealloc(object);
}

void mp_object_bury(void *object) {
    struct mp_driver_object *driver_object = object;
    mp_send_void(driver_object->label, mp_selector.release);
    mp_count_raise(MP_COUNT_DEALLOCS);
    driver_object->object.isa = (Class)(uintptr_t)MP_OBJECT_GARBAGE;
}

MP_METHOD(id, object_retain, "-[_MTLObjectWithLabel retain]", struct mp_object *self,
          MP_CMD) {
    return mp_object_hold(self);
}

MP_METHOD(void, object_release, "-[_MTLObjectWithLabel release]", struct mp_object *self,
          MP_CMD) {
    mp_object_drop(self);
}

MP_METHOD(unsigned long, object_retain_count, "-[_MTLObjectWithLabel retainCount]",
          struct mp_object *self, MP_CMD) {
    return (unsigned long)atomic_load_explicit(&self->retains, memory_order_relaxed);
}

MP_METHOD(id, object_label, "-[_MTLObjectWithLabel label]", struct mp_driver_object *self,
          MP_CMD) {
    pthread_mutex_lock(&label_lock);
    id label = mp_send(self->label, mp_selector.retain);
    pthread_mutex_unlock(&label_lock);
    return mp_send(label, mp_selector.autorelease);
}

MP_METHOD(void, object_set_label, "-[_MTLObjectWithLabel setLabel:]",
          struct mp_driver_object *self, MP_CMD, id label) {
    label = mp_send(label, mp_selector.retain);
    pthread_mutex_lock(&label_lock);
    id former = self->label;
    self->label = label;
    pthread_mutex_unlock(&label_lock);
    mp_send_void(former, mp_selector.release);
}

MP_METHOD(void, object_dealloc, "-[_MTLObjectWithLabel dealloc]",
          struct mp_driver_object *self, MP_CMD) {
    mp_object_destroy(self);
}

const struct mp_method mp_object_methods[] = {
    MP_ROW("retain", "@@:", object_retain),
    MP_ROW("release", "v@:", object_release),
    MP_ROW("retainCount", "Q@:", object_retain_count),
    MP_ROW("label", "@@:", object_label),
    MP_ROW("setLabel:", "v@:@", object_set_label),
    MP_ROW("dealloc", "v@:", object_dealloc),
    MP_ROWS_END,
};
