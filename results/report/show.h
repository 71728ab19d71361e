/* One round, crash or signature in full, as text and JSON. Reads the store; decides
 * nothing. All text from rounds is escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_H
#define MP_REPORT_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

enum mp_show_kind {
    MP_SHOW_ROUND,
    MP_SHOW_CRASH,
    MP_SHOW_SIGNATURE,
    MP_SHOW_REPORT, /* see show_report.h */
    MP_SHOW_COUNT
};
/* "round", "crash", "signature", "report". */
const char *mp_show_kind_name(enum mp_show_kind kind);

struct mp_show_options {
    enum mp_show_kind kind;
    int64_t id;           /* the id in that table */
    bool has_all_modules; /* all modules, not only driver and injected ones */
    bool use_colour;
    unsigned width; /* columns of the terminal, 0: 100 */
};

/* These add to `buf`. MP_NOT_FOUND if there is no such row; after an error `buf` may be
 * incomplete.
 */
enum mp_status mp_show_text(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err);
/* One JSON document and an end of line. */
enum mp_status mp_show_json(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err);
/* A page for a browser; of a signature that of its newest round. */
enum mp_status mp_show_html(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err);
/* The last events of a round, or of the round of a crash, as Chrome's trace JSON, which
 * Perfetto reads as well. Calls that never returned stay open. MP_NOT_FOUND if the round
 * has no events, MP_USAGE for a signature. */
enum mp_status mp_show_trace(struct mp_store *store,
                             const struct mp_show_options *options, struct mp_strbuf *buf,
                             struct mp_error *err);
/* The spec of a round, or of the round of a crash, as recorded, for `mpstress-round
 * --spec`. MP_USAGE for a signature. */
enum mp_status mp_show_spec(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err);

#endif
