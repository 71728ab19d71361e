/* The catalog for display. Pure, except that it looks for suites.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_INVENTORY_H
#define MP_CLI_INVENTORY_H

#include "harness/base/strbuf.h"
#include "harness/wire/catalog.h"

/* All of it, a few lines per item. */
void mp_inventory_text(const struct mp_catalog *catalog, struct mp_strbuf *buf);
/* The part of it called `name`: "devices", "scenarios", "arms", "suites", "settings" or
 * "parameters"; false if it is none of them. */
bool mp_inventory_kind(const struct mp_catalog *catalog, const char *name,
                       struct mp_strbuf *buf);
/* The catalog and the names of the suites (ended by NULL) as one JSON document and an
 * end of line:
 * {"schema":1,"command":"list","devices":[...],"scenarios":[...],"arms":[...],
 * "suites":[...]}. Absent members are null. Pure. */
void mp_inventory_json(const struct mp_catalog *catalog, const char *const *suite,
                       struct mp_strbuf *buf);
/* One item in full. */
void mp_inventory_item(const struct mp_catalog_item *item, struct mp_strbuf *buf);
/* A setting or parameter, or one of their choices, with what it means; false if nothing
 * has that name. */
bool mp_inventory_setting(const struct mp_catalog *catalog, const char *name,
                          struct mp_strbuf *buf);
/* The suite `name` in full: title, defaults, sections with their keys. Fails if the
 * file cannot be read. */
enum mp_status mp_inventory_suite(const char *name, struct mp_strbuf *buf,
                                  struct mp_error *err);

#endif
