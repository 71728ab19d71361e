/* The results of many nights, as text and JSON. A night is the campaigns run with the
 * same --night on the same build of system and driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_H
#define MP_REPORT_NIGHTS_H

#include "results/report/nights_rows.h"

/* Adds the report to `buf`. The verdict is that of the newest night, over the subjects
 * shown and all controls; with several builds that night, the worst. Without nights it
 * is nothing_ran. MP_NOT_FOUND if no subject matches the options, MP_USAGE if `since`
 * is not a date. */
enum mp_status mp_nights_text(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);
/* The same as a page for a browser. */
enum mp_status mp_nights_html(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);
/* The same as one JSON document:
 * {"schema":1,"command":"report","view":"nights","verdict":...}. */
enum mp_status mp_nights_json(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);

#endif
