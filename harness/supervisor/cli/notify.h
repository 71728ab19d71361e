/* run --notify: a command that is told of a change of the verdict.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_NOTIFY_H
#define MP_CLI_NOTIFY_H

#include "harness/base/args.h"
#include "results/store/store.h"

/* If --notify was given and the verdict changed: runs it by the shell, with the notice
 * on its stdin. It is killed after 30 s, and its output is dropped. What fails is said,
 * and changes nothing. */
void mp_notify_of_campaign(const struct mp_args *args, struct mp_store *store,
                           int64_t campaign_id);
/* The same for a run that ended with `code` and without a report. */
void mp_notify_of_failure(const struct mp_args *args, int code, const char *what);

#endif
