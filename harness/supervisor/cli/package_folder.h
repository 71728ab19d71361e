/* The folder that a package is written into: new, or empty. After a failure there is no
 * more in it, and no less, than before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_PACKAGE_FOLDER_H
#define MP_CLI_PACKAGE_FOLDER_H

#include <stdbool.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

struct mp_package_folder {
    const char *path; /* borrowed */
    bool is_there;    /* and empty */
};

/* Looks, and changes nothing. MP_USAGE if it cannot be used, MP_SYSTEM if it cannot be
 * made where it is to be, in words. */
enum mp_status mp_package_folder_check(struct mp_package_folder *folder,
                                       struct mp_error *err);
/* Makes the folder if need be, and the file NAME.tar in it; `ret_path` receives its path.
 * MP_SYSTEM if it cannot be written: then neither is left. */
enum mp_status mp_package_folder_write(const struct mp_package_folder *folder,
                                       const char *name, const struct mp_strbuf *archive,
                                       struct mp_strbuf *ret_path, struct mp_error *err);

#endif
