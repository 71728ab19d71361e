/* What every object of this library starts with, and the class of all driver objects:
 * _MTLObjectWithLabel. Reference counts are atomic and stand in the object, so that they
 * behave the same whoever's NSObject is the root.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_OBJECT_H
#define MP_MODEL_OBJECT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "repro/model/classes.h"
#include "repro/model/runtime.h"

/* The class of a buried object, and of one that a defect takes for an object: of the form
 * that reports of freed encoders have, 48 bits, mapped nowhere. */
#define MP_OBJECT_GARBAGE UINT64_C(0x1f72d6c0ceb0)

struct mp_object {
    Class isa;
    _Atomic long retains;
};

/* Base of the driver's own objects. */
struct mp_driver_object {
    struct mp_object object;
    id label; /* owned NSString or nil; guarded by one lock for all labels */
};

/* A zeroed object of `class` with one reference; never NULL. */
void *mp_object_create(enum mp_class class);

/* Retains and releases on behalf of the driver, besides the references of clients. The
 * last one sends dealloc. NULL is fine. Returns `object`. */
void *mp_object_hold(void *object);
/* The same for an object that may just have lost its last reference: false if so. */
bool mp_object_try_hold(void *object);
void mp_object_drop(void *object);
/* Whether anybody else has a reference too. */
bool mp_object_is_shared(void *object);
/* Hands one reference that the caller owns to the current autorelease pool. Returns
 * `object`. */
id mp_object_autorelease(void *object);

/* The end of every driver object's dealloc: label and memory. */
void mp_object_destroy(void *object);

/* In place of mp_object_destroy: the memory stays, with garbage for a class, as that of a
 * freed object which something else has been written to. A message to it faults. */
void mp_object_bury(void *object);

extern const struct mp_method mp_object_methods[];

#endif
