/* What `mpstress merge` took, as JSON made by SQLite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_MERGE_H
#define MP_REPORT_MERGE_H

#include "results/store/store.h"

/* Adds {"schema":1,"command":"merge","verdict":"merged","into":...,"files":[...]} and an
 * end of line; a row of `counts` for each of `from`. */
enum mp_status mp_report_merge_json(struct mp_store *store, const char *const *from,
                                    size_t count, const struct mp_merge_counts *counts,
                                    struct mp_strbuf *buf, struct mp_error *err);

#endif
