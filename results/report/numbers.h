/* The newest numbers of what a database holds, for the completions of shells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NUMBERS_H
#define MP_REPORT_NUMBERS_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

#define MP_NUMBERS_MAX 100

/* Adds the newest numbers of "round" (those that did not pass, if there are some),
 * "crash", "signature", "report" or "campaign", a line each. MP_NOT_FOUND: another
 * word. */
enum mp_status mp_report_numbers(struct mp_store *store, const char *what,
                                 struct mp_strbuf *buf, struct mp_error *err);

#endif
