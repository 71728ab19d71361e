/* Internal to results/store: names and values as one JSON object.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_PAIRS_H
#define MP_STORE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/strbuf.h"

#define MP_STORE_PAIRS_MAX 48

struct mp_store;

struct mp_pair {
    const char *name, *value;
};
/* Adds the object; at most MP_STORE_PAIRS_MAX pairs. Both texts are escaped. Values that
 * are JSON numbers become numbers if `has_numbers`. SQLite's codes. */
int mp_pairs_to_json(struct mp_store *store, const struct mp_pair *pairs, size_t count,
                     bool has_numbers, struct mp_strbuf *buf);

#endif
