/* Fuzzes the reader of a helper round's list of methods: what is accepted is found again
 * by its offset, and written it is read as the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/wire/method_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sorted, each with a name, and found unless its neighbours have other names. */
static void check_order(const struct mp_method_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct mp_method *method = &list->method[i];
        const char *found = mp_method_list_find(list, method->offset);
        if (method->name[0] == '\0' ||
            (found != NULL && strcmp(found, method->name) != 0))
            abort();
        if (i > 0 && list->method[i - 1].offset > method->offset)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mp_method_list list, again;
    struct mp_strbuf text;
    struct mp_error err;
    if (mp_method_list_read((const char *)data, size, &list, &err) != MP_OK)
        return 0;
    if (list.count > MP_METHODS_MAX)
        abort();
    check_order(&list);
    mp_strbuf_init(&text);
    mp_method_list_write_head(list.id, &text);
    for (size_t i = 0; i < list.count; i++)
        mp_method_list_write(list.method[i].offset, list.method[i].name, &text);
    mp_method_list_write_end(&text);
    if (mp_method_list_read(text.text, text.len, &again, &err) != MP_OK ||
        strcmp(again.id, list.id) != 0 || again.count > list.count)
        abort();
    mp_method_list_release(&again);
    mp_strbuf_release(&text);
    mp_method_list_release(&list);
    return 0;
}
