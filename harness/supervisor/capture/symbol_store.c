/* A list: the frames of a process lie in a dozen images or so.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/symbol_store.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define ENTRIES_MAX 1024

struct entry {
    struct mp_image_layout layout;
    struct mp_image_symbols *symbols; /* owned */
};

struct mp_symbol_store {
    struct entry *entry; /* owned */
    size_t count;
    size_t bytes_left;
};

struct mp_symbol_store *mp_symbol_store_open(size_t bytes_max) {
    struct mp_symbol_store *store = mp_memory_zeroed(1, sizeof(*store));
    store->bytes_left = bytes_max;
    return store;
}

/* Where an image lies differs from task to task. */
static bool is_same(const struct mp_image_layout *a, const struct mp_image_layout *b) {
    return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0 &&
           a->text_size == b->text_size && a->linkedit_offset == b->linkedit_offset &&
           a->linkedit_size == b->linkedit_size && a->symbol_offset == b->symbol_offset &&
           a->symbol_count == b->symbol_count && a->string_offset == b->string_offset &&
           a->string_size == b->string_size && a->starts_offset == b->starts_offset &&
           a->starts_size == b->starts_size;
}

const struct mp_image_symbols *
mp_symbol_store_find(const struct mp_symbol_store *store,
                     const struct mp_image_layout *layout) {
    for (size_t i = 0; layout->has_uuid && i < store->count; i++)
        if (is_same(&store->entry[i].layout, layout))
            return store->entry[i].symbols;
    return NULL;
}

bool mp_symbol_store_keep(struct mp_symbol_store *store,
                          const struct mp_image_layout *layout,
                          struct mp_image_symbols *symbols) {
    size_t size = mp_image_symbols_size(symbols);
    if (!layout->has_uuid || !mp_image_symbols_are_whole(symbols) ||
        size > store->bytes_left || store->count == ENTRIES_MAX)
        return false;
    store->entry =
        mp_memory_resize(store->entry, store->count + 1, sizeof(*store->entry));
    store->entry[store->count++] = (struct entry){.layout = *layout, .symbols = symbols};
    store->bytes_left -= size;
    return true;
}

void mp_symbol_store_close(struct mp_symbol_store *store) {
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        mp_image_symbols_destroy(store->entry[i].symbols);
    free(store->entry);
    free(store);
}
