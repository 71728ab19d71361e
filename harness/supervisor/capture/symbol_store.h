/* Symbol tables that were read already. Every round has the same images, so the tables of
 * one crash name the next one. An image is known by its UUID and by where its load
 * commands say that its tables are; names themselves are read in the task of each crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_SYMBOL_STORE_H
#define MP_CAPTURE_SYMBOL_STORE_H

#include "harness/supervisor/capture/image_symbols.h"

/* What a store holds at most; what comes after that is read every time. */
#define MP_SYMBOL_STORE_BYTES ((size_t)128 * 1024 * 1024)

struct mp_symbol_store;

struct mp_symbol_store *mp_symbol_store_open(size_t bytes_max);
/* The symbols of an image of this layout, valid until the store is closed; NULL if there
 * are none. */
const struct mp_image_symbols *mp_symbol_store_find(const struct mp_symbol_store *store,
                                                    const struct mp_image_layout *layout);
/* Takes the symbols over and returns true; false, and they stay the caller's, if the
 * image has no UUID, its tables were not read whole, or there is no room. */
bool mp_symbol_store_keep(struct mp_symbol_store *store,
                          const struct mp_image_layout *layout,
                          struct mp_image_symbols *symbols);
void mp_symbol_store_close(struct mp_symbol_store *store);

#endif
