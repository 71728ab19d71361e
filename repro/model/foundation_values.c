/* NSString, NSArray, NSDictionary and NSError on bare libobjc, immutable all, and the
 * messages by which the driver makes them, on any Foundation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/foundation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory) {
    if (!memory) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    return memory;
}

static void *value_create(id class) {
    return checked(mp_send(class, mp_selector.alloc));
}

/* Owned array of `count` retained objects. */
static id *retained(size_t count) {
    return checked(calloc(count ? count : 1, sizeof(id)));
}

static void release_all(id *item, size_t count) {
    for (size_t i = 0; i < count; i++)
        mp_send_void(item[i], mp_selector.release);
    free(item);
}

MP_METHOD(id, string_with_utf8, "+[NSString stringWithUTF8String:]", id self, MP_CMD,
          const char *text) {
    struct mp_string *string = value_create(self);
    string->len = strlen(text);
    string->text = checked(malloc(string->len + 1));
    memcpy(string->text, text, string->len + 1);
    return mp_object_autorelease(string);
}

MP_METHOD(const char *, string_utf8, "-[NSString UTF8String]", struct mp_string *self,
          MP_CMD) {
    return self->text;
}

MP_METHOD(BOOL, string_is_equal, "-[NSString isEqual:]", struct mp_string *self, MP_CMD,
          struct mp_string *other) {
    return other && self->object.isa == other->object.isa &&
           !strcmp(self->text, other->text);
}

MP_METHOD(unsigned long, string_hash, "-[NSString hash]", struct mp_string *self,
          MP_CMD) {
    unsigned long hash = 5381;
    for (size_t i = 0; i < self->len; i++)
        hash = hash * 33 + (unsigned char)self->text[i];
    return hash;
}

MP_METHOD(id, string_description, "-[NSString description]", id self, MP_CMD) {
    return self;
}

MP_METHOD(void, string_dealloc, "-[NSString dealloc]", struct mp_string *self, MP_CMD) {
    free(self->text);
    mp_class_root_dealloc((id)self);
}

MP_METHOD(id, array_with_objects, "+[NSArray arrayWithObjects:count:]", id self, MP_CMD,
          const id *objects, unsigned long count) {
    struct mp_array *array = value_create(self);
    array->count = count;
    array->item = retained(count);
    for (size_t i = 0; i < count; i++)
        array->item[i] = mp_send(objects[i], mp_selector.retain);
    return mp_object_autorelease(array);
}

MP_METHOD(unsigned long, array_count, "-[NSArray count]", struct mp_array *self, MP_CMD) {
    return self->count;
}

MP_METHOD(id, array_object_at, "-[NSArray objectAtIndex:]", struct mp_array *self, MP_CMD,
          unsigned long index) {
    if (index >= self->count) {
        fprintf(
            stderr,
            "mpmodel: -[NSArray objectAtIndex:]: index %lu beyond bounds [0 .. %zu)\n",
            index, self->count);
        abort(); /* Apple's raises NSRangeException, which C cannot catch */
    }
    return self->item[index];
}

MP_METHOD(void, array_dealloc, "-[NSArray dealloc]", struct mp_array *self, MP_CMD) {
    release_all(self->item, self->count);
    mp_class_root_dealloc((id)self);
}

MP_METHOD(id, dictionary_with_objects,
          "+[NSDictionary dictionaryWithObjects:forKeys:count:]", id self, MP_CMD,
          const id *objects, const id *keys, unsigned long count) {
    struct mp_dictionary *dictionary = value_create(self);
    dictionary->count = count;
    dictionary->pair = retained(2 * count);
    for (size_t i = 0; i < count; i++) {
        dictionary->pair[2 * i] = mp_send(keys[i], mp_selector.retain);
        dictionary->pair[2 * i + 1] = mp_send(objects[i], mp_selector.retain);
    }
    return mp_object_autorelease(dictionary);
}

MP_METHOD(unsigned long, dictionary_count, "-[NSDictionary count]",
          struct mp_dictionary *self, MP_CMD) {
    return self->count;
}

MP_METHOD(id, dictionary_object_for, "-[NSDictionary objectForKey:]",
          struct mp_dictionary *self, MP_CMD, id key) {
    id found = NULL;
    for (size_t i = 0; i < self->count && !found; i++) {
        id candidate = self->pair[2 * i];
        mp_imp *equal = mp_method_find(candidate, mp_selector.is_equal);
        if (((BOOL(*)(id, SEL, id))equal)(candidate, mp_selector.is_equal, key))
            found = self->pair[2 * i + 1];
    }
    return found;
}

MP_METHOD(void, dictionary_dealloc, "-[NSDictionary dealloc]", struct mp_dictionary *self,
          MP_CMD) {
    release_all(self->pair, 2 * self->count);
    mp_class_root_dealloc((id)self);
}

MP_METHOD(id, error_with_domain, "+[NSError errorWithDomain:code:userInfo:]", id self,
          MP_CMD, id domain, long code, id info) {
    struct mp_nserror *error = value_create(self);
    error->domain = mp_send(domain, mp_selector.retain);
    error->code = code;
    error->info = mp_send(info, mp_selector.retain);
    return mp_object_autorelease(error);
}

MP_METHOD(id, error_domain, "-[NSError domain]", struct mp_nserror *self, MP_CMD) {
    return self->domain;
}

MP_METHOD(long, error_code, "-[NSError code]", struct mp_nserror *self, MP_CMD) {
    return self->code;
}

MP_METHOD(id, error_info, "-[NSError userInfo]", struct mp_nserror *self, MP_CMD) {
    return self->info;
}

MP_METHOD(id, error_description, "-[NSError localizedDescription]",
          struct mp_nserror *self, MP_CMD) {
    id found = NULL, key = mp_string_make("NSLocalizedDescription");
    if (self->info) {
        mp_imp *object_for = mp_method_find(self->info, mp_selector.object_for_key);
        found =
            ((id(*)(id, SEL, id))object_for)(self->info, mp_selector.object_for_key, key);
    }
    return found ? found : mp_string_make("The operation could not be completed.");
}

MP_METHOD(void, error_dealloc, "-[NSError dealloc]", struct mp_nserror *self, MP_CMD) {
    mp_send_void(self->domain, mp_selector.release);
    mp_send_void(self->info, mp_selector.release);
    mp_class_root_dealloc((id)self);
}

id mp_string_make(const char *text) {
    id class = (id)mp_class_get(MP_CLASS_STRING);
    mp_imp *make = mp_method_find(class, mp_selector.string_with_utf8);
    return ((id(*)(id, SEL, const char *))make)(class, mp_selector.string_with_utf8,
                                                text);
}

const char *mp_string_text(id string) {
    const char *text = NULL;
    if (string)
        text = ((const char *(*)(id, SEL))mp_method_find(string, mp_selector.utf8))(
            string, mp_selector.utf8);
    return text ? text : "";
}

id mp_array_make(const id *objects, unsigned long count) {
    id class = (id)mp_class_get(MP_CLASS_ARRAY);
    mp_imp *make = mp_method_find(class, mp_selector.array_with_objects);
    return ((id(*)(id, SEL, const id *, unsigned long))make)(
        class, mp_selector.array_with_objects, objects, count);
}

id mp_error_make(const char *domain, long code, const char *text) {
    id key = mp_string_make("NSLocalizedDescription"), value = mp_string_make(text);
    id class = (id)mp_class_get(MP_CLASS_DICTIONARY);
    mp_imp *make = mp_method_find(class, mp_selector.dictionary_with_objects);
    id info = ((id(*)(id, SEL, const id *, const id *, unsigned long))make)(
        class, mp_selector.dictionary_with_objects, &value, &key, 1);
    class = (id)mp_class_get(MP_CLASS_ERROR);
    make = mp_method_find(class, mp_selector.error_with_domain);
    return ((id(*)(id, SEL, id, long, id))make)(class, mp_selector.error_with_domain,
                                                mp_string_make(domain), code, info);
}

const struct mp_method mp_string_class_methods[] = {
    MP_ROW("stringWithUTF8String:", "@@:*", string_with_utf8),
    MP_ROWS_END,
};
const struct mp_method mp_string_methods[] = {
    MP_ROW("UTF8String", "*@:", string_utf8),
    MP_ROW("isEqual:", MP_BOOL_ENCODING "@:@", string_is_equal),
    MP_ROW("hash", "Q@:", string_hash),
    MP_ROW("description", "@@:", string_description),
    MP_ROW("dealloc", "v@:", string_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_array_class_methods[] = {
    MP_ROW("arrayWithObjects:count:", "@@:^@Q", array_with_objects),
    MP_ROWS_END,
};
const struct mp_method mp_array_methods[] = {
    MP_ROW("count", "Q@:", array_count),
    MP_ROW("objectAtIndex:", "@@:Q", array_object_at),
    MP_ROW("dealloc", "v@:", array_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_dictionary_class_methods[] = {
    MP_ROW("dictionaryWithObjects:forKeys:count:", "@@:^@^@Q", dictionary_with_objects),
    MP_ROWS_END,
};
const struct mp_method mp_dictionary_methods[] = {
    MP_ROW("count", "Q@:", dictionary_count),
    MP_ROW("objectForKey:", "@@:@", dictionary_object_for),
    MP_ROW("dealloc", "v@:", dictionary_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_error_class_methods[] = {
    MP_ROW("errorWithDomain:code:userInfo:", "@@:@q@", error_with_domain),
    MP_ROWS_END,
};
const struct mp_method mp_error_methods[] = {
    MP_ROW("domain", "@@:", error_domain),
    MP_ROW("code", "q@:", error_code),
    MP_ROW("userInfo", "@@:", error_info),
    MP_ROW("localizedDescription", "@@:", error_description),
    MP_ROW("dealloc", "v@:", error_dealloc),
    MP_ROWS_END,
};
