/* Failures that are known: signatures with an issue and a day until which they count as
 * known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_KNOWN_H
#define MP_STORE_KNOWN_H

#include "results/store/store.h"

struct mp_known_row {
    const char *key;   /* of the signature */
    const char *issue; /* URL */
    const char *until; /* the last day: "2026-12-31" */
};

/* Adds the key of the signature that `text` names: its number, its key, or a beginning
 * that no other key has. A whole key may be one that the database has not seen, if
 * `text` looks like one. MP_NOT_FOUND otherwise. Also works on a read-only store. */
enum mp_status mp_store_signature_key(struct mp_store *store, const char *text,
                                      struct mp_strbuf *buf, struct mp_error *err);
/* Whether the text is a day of the calendar, as in "2026-12-31". */
bool mp_known_is_day(const char *text);
/* Makes the signature known, or changes its issue and day. */
enum mp_status mp_store_known_add(struct mp_store *store, const struct mp_known_row *row,
                                  struct mp_error *err);
/* Makes it known no longer. MP_NOT_FOUND: it was not. */
enum mp_status mp_store_known_remove(struct mp_store *store, const char *key,
                                     struct mp_error *err);

#endif
