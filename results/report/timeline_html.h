/* The last device calls of a round as swim lanes, a lane for each thread, with the
 * call in which it stopped and what others did to the same object meanwhile.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_TIMELINE_HTML_H
#define MP_REPORT_TIMELINE_HTML_H

#include "results/page/shell.h"
#include "results/report/show_rows.h"

/* A section; nothing where no call was recorded. */
void mp_timeline_add(const struct mp_show *show, struct mp_html *html);
/* Whether a thread of the recorder was in a call on the object of a faulting thread's
 * last call while that one was in it. */
bool mp_timeline_is_other_side(const struct mp_show *show, int64_t thread);

#endif
