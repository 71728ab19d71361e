/* Reading the arrays and dictionaries that clients hand over, by messages: they may be
 * another Foundation's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps.h"

unsigned long mp_mps_count(id array) {
    return array ? ((unsigned long (*)(id, SEL))mp_method_find(array, mp_selector.count))(
                       array, mp_selector.count)
                 : 0;
}

id mp_mps_item(id array, unsigned long index) {
    return ((id(*)(id, SEL, unsigned long))mp_method_find(array, mp_selector.object_at))(
        array, mp_selector.object_at, index);
}

unsigned long mp_mps_number(id array, unsigned long index) {
    id number = mp_mps_item(array, index);
    mp_imp *value = mp_method_find(number, mp_selector.number_value);
    return ((unsigned long (*)(id, SEL))value)(number, mp_selector.number_value);
}

id mp_mps_value(id dictionary, id key) {
    if (!dictionary)
        return NULL;
    mp_imp *find = mp_method_find(dictionary, mp_selector.object_for_key);
    return ((id(*)(id, SEL, id))find)(dictionary, mp_selector.object_for_key, key);
}
