/* Many nights as a page: a calendar, what changed, alarms, every night with the commands
 * that open its campaigns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_HTML_H
#define MP_REPORT_NIGHTS_HTML_H

#include "harness/base/strbuf.h"
#include "results/report/nights_rows.h"

void mp_nights_write_html(const struct mp_nights *nights, struct mp_strbuf *buf);

#endif
