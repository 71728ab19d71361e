/* The crashes of a round and its last device calls as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_CRASH_H
#define MP_REPORT_SHOW_CRASH_H

#include "harness/base/text.h"
#include "results/report/show_rows.h"

/* Why it stopped, both sides if known, every thread, module addresses. */
void mp_show_add_crashes(const struct mp_show *show, struct mp_text *text);
/* The events of all threads in time order, and where each was at the end. */
void mp_show_add_events(const struct mp_show *show, struct mp_text *text);

#endif
