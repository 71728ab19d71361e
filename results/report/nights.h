/* What became of the rounds over many nights, for people and for machines. A night is
 * made of the campaigns that were run with the same --night on the same build of system
 * and driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_H
#define MP_REPORT_NIGHTS_H

#include "results/report/nights_rows.h"

/* Adds the report to `buf`. The verdict is that of the newest night, over the subjects
 * shown and all controls; with several builds that night, the worst. No night at all is
 * nothing_ran. MP_NOT_FOUND if no subject is what the options ask for, MP_USAGE if
 * `since` is no date. */
enum mp_status mp_nights_text(struct mp_store *store,
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
