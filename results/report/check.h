/* What `mpstress doctor` found in a database, as text and as JSON made by SQLite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CHECK_H
#define MP_REPORT_CHECK_H

#include <stdbool.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

/* Checks the database and adds what was found, for a person or as
 * {"schema":1,"command":"doctor", "database":...}. `ret_is_sound` is false if something
 * is wrong with it. */
enum mp_status mp_report_check_text(struct mp_store *store, struct mp_strbuf *buf,
                                    bool *ret_is_sound, struct mp_error *err);
enum mp_status mp_report_check_json(struct mp_store *store, struct mp_strbuf *buf,
                                    bool *ret_is_sound, struct mp_error *err);

#endif
