/* The small part of Foundation that a Metal client needs, provided by this library if
 * there is no NSObject yet (bare libobjc), and messages to it, whoever provides it.
 * GNUstep's is not used by default: it is slower to start, and crashed and hung of itself
 * with raw threads (measured).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_FOUNDATION_H
#define MP_MODEL_FOUNDATION_H

#include "repro/model/classes.h"
#include "repro/model/object.h"

struct mp_string {
    struct mp_object object;
    char *text;
    size_t len;
};
struct mp_array {
    struct mp_object object;
    id *item;
    size_t count;
};
struct mp_dictionary {
    struct mp_object object;
    id *pair; /* key, value, key, value ... */
    size_t count;
};
struct mp_number {
    struct mp_object object;
    unsigned long value;
};
struct mp_nserror {
    struct mp_object object;
    id domain, info;
    long code;
};
struct mp_pool {
    struct mp_object object;
    struct mp_pool *outer;
    id *item;
    size_t count, size;
};

extern const struct mp_method mp_nsobject_methods[], mp_nsobject_class_methods[];
extern const struct mp_method mp_pool_methods[], mp_pool_class_methods[];
extern const struct mp_method mp_string_methods[], mp_string_class_methods[];
extern const struct mp_method mp_array_methods[], mp_array_class_methods[];
extern const struct mp_method mp_dictionary_methods[], mp_dictionary_class_methods[];
extern const struct mp_method mp_number_methods[], mp_number_class_methods[];
extern const struct mp_method mp_error_methods[], mp_error_class_methods[];

/* Lets the thread's innermost pool release `object` when it is drained. Without a pool
 * the reference leaks, as on Apple's. */
void mp_pool_add(id object);

/* An autoreleased NSString; of an NSString, the UTF-8 text (valid within the pool), ""
 * for nil. */
id mp_string_make(const char *text);
const char *mp_string_text(id string);
/* An autoreleased NSArray of `count` objects. */
id mp_array_make(const id *objects, unsigned long count);
/* An autoreleased NSError whose localizedDescription is `text`. */
id mp_error_make(const char *domain, long code, const char *text);

#endif
