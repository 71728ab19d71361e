/* An archive in the format ustar (POSIX.1-2017, pax: ustar interchange format). The same
 * files give the same bytes: no owner, no times but the epoch, in the order in which they
 * were added.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_TAR_H
#define MP_PACKAGE_TAR_H

#include <stddef.h>

#include "harness/base/strbuf.h"

#define MP_TAR_NAME_MAX 100

/* Adds a file. `name` has less than MP_TAR_NAME_MAX bytes, without a slash at its
 * beginning. */
void mp_tar_add(struct mp_strbuf *archive, const char *name, const void *bytes,
                size_t len);
/* The two empty blocks with which an archive ends, filled up to a record of 20. */
void mp_tar_end(struct mp_strbuf *archive);

#endif
