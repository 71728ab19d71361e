/* What can be run here, for machines. Pure: reads nothing but what it is given.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CATALOG_H
#define MP_REPORT_CATALOG_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/catalog.h"

/* Adds the catalog and the names of the suites (ended by NULL) as one JSON document and
 * an end of line:
 * {"schema":1,"command":"list","devices":[...],"scenarios":[...],"arms":[...],
 *  "suites":[...]}.
 * What an item does not have is null. Made by SQLite's JSON functions. */
enum mp_status mp_report_catalog_json(const struct mp_catalog *catalog,
                                      const char *const *suite, struct mp_strbuf *buf,
                                      struct mp_error *err);

#endif
