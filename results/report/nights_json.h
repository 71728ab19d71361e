/* The report over nights as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_JSON_H
#define MP_REPORT_NIGHTS_JSON_H

#include "harness/base/strbuf.h"
#include "results/report/nights_rows.h"

/* Adds the document. */
void mp_nights_write_json(const struct mp_nights *nights, struct mp_strbuf *buf);

#endif
