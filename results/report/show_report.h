/* One imported report with everything known about it, and the list of all reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_REPORT_H
#define MP_REPORT_SHOW_REPORT_H

#include "results/report/show.h"

/* These add to `buf`. MP_NOT_FOUND if there is no report `options->id`. */
enum mp_status mp_show_report_text(struct mp_store *store,
                                   const struct mp_show_options *options,
                                   struct mp_strbuf *buf, struct mp_error *err);
enum mp_status mp_show_report_json(struct mp_store *store,
                                   const struct mp_show_options *options,
                                   struct mp_strbuf *buf, struct mp_error *err);

/* All reports of the database, one per line, the newest first, and how to show one.
 * `width`: columns of the terminal, 0: 100. */
enum mp_status mp_report_list_text(struct mp_store *store, unsigned width,
                                   struct mp_strbuf *buf, struct mp_error *err);
enum mp_status mp_report_list_json(struct mp_store *store, struct mp_strbuf *buf,
                                   struct mp_error *err);

#endif
