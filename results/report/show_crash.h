/* The crashes of a round and its last device calls as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_CRASH_H
#define MP_REPORT_SHOW_CRASH_H

#include "harness/base/text.h"
#include "results/report/show_rows.h"

/* Why it stopped, both sides if known, every thread, module addresses. */
void mp_show_add_crashes(const struct mp_show *show, struct mp_text *text);
/* Adds the calls of a thread on the object of `side` that had not returned when `side`
 * began; returns how many they are. */
size_t mp_show_write_meanwhile(const struct mp_show *show,
                               const struct mp_event_row *side, int64_t thread,
                               struct mp_strbuf *buf);
/* The events of all threads in time order, and where each was at the end. */
void mp_show_add_events(const struct mp_show *show, struct mp_text *text);

#endif
