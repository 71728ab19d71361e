/* The folder is looked at before the database is read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/bundle.h"

#include <string.h>

#include "harness/supervisor/cli/package_folder.h"

enum mp_status mp_bundle_make(const char *database, const char *folder,
                              const struct mp_package_options *options,
                              struct mp_bundle *ret_bundle, struct mp_error *err) {
    struct mp_package_folder place = {.path = folder};
    struct mp_store *store = NULL;
    struct mp_strbuf archive;
    memset(ret_bundle, 0, sizeof(*ret_bundle));
    mp_strbuf_init(&archive);
    mp_strbuf_init(&ret_bundle->path);
    enum mp_status status = mp_package_folder_check(&place, err);
    if (status == MP_OK)
        status = mp_store_open(database, MP_STORE_READ, &store, err);
    if (status == MP_OK)
        status = mp_package_make(store, options, &archive, &ret_bundle->facts, err);
    if (status == MP_OK)
        status = mp_store_check(store, err);
    if (status == MP_OK)
        status = mp_package_folder_write(&place, ret_bundle->facts.name, &archive,
                                         &ret_bundle->path, err);
    ret_bundle->bytes = archive.len;
    mp_store_close(store);
    mp_strbuf_release(&archive);
    return status;
}
