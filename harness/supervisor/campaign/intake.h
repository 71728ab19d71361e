/* Puts one parsed report of the operating system into the database: given a signature
 * like a round's crash, and linked to its round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_INTAKE_H
#define MP_CAMPAIGN_INTAKE_H

#include "harness/base/status.h"
#include "harness/supervisor/capture/os_report.h"
#include "results/store/store.h"

#define MP_INTAKE_ROUND_PROCESS "mpstress-round"
#define MP_INTAKE_TITLE_MAX     256

/* Records `report`, found at `path`: a crash or an event of the GPU. `ret_title` has
 * MP_INTAKE_TITLE_MAX bytes: its title, else its message, else "". */
enum mp_status mp_intake_report(struct mp_store *store, const char *path,
                                const struct mp_os_report *report,
                                struct mp_os_report_place *ret_place, char *ret_title,
                                struct mp_error *err);

#endif
