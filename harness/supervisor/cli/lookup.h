/* What a name or a word on the command line of `mpstress list` means.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_LOOKUP_H
#define MP_CLI_LOOKUP_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/catalog.h"

/* Adds what is called `name`, else what is known elsewhere by it, else what its parts
 * mean. Fails with the nearest names and where to see all. */
enum mp_status mp_lookup_add(const struct mp_catalog *catalog, const char *name,
                             struct mp_strbuf *text, struct mp_error *err);

#endif
