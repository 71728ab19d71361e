/* Fuzzes the reader of what the round program says it can do.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct mp_catalog catalog;
    struct mp_error err;
    if (mp_catalog_parse((const char *)data, size, &catalog, &err) == MP_OK)
        mp_catalog_release(&catalog);
    return 0;
}
