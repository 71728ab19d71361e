/* The text of the report over nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_TEXT_H
#define MP_REPORT_NIGHTS_TEXT_H

#include "harness/base/text.h"
#include "results/report/nights_rows.h"

/* The reason of the verdict. */
void mp_nights_write_reason(const struct mp_nights *nights, struct mp_strbuf *buf);
void mp_nights_write_text(const struct mp_nights *nights, struct mp_text *text);

#endif
