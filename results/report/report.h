/* The report of a campaign, in every format. Reads the store; decides only the verdict.
 * All text from rounds, drivers or files is escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPORT_H
#define MP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/report/verdict.h"
#include "results/store/store.h"

/* Plan kinds of comparisons: judged after every block, or once at the end. Their claim
 * is the rate below which an arm may be called fixed. */
#define MP_COMPARE_KIND_LOOKS "compare"
#define MP_COMPARE_KIND_ALL   "compare_all"

struct mp_report_options {
    int64_t campaign_id; /* 0: the newest */
    const char *command; /* the JSON `command`, NULL: "report" */
    bool use_colour, use_ascii;
    bool only_new;  /* the verdict that is returned leaves known failures out */
    unsigned width; /* columns of the terminal, 0: 100 */
    FILE *file;     /* takes the beginning of a long CSV, so that it need not fit into
                       memory; NULL: `buf` receives all of it */
};

/* mp_report_NAME for each format: adds the report of one campaign to `buf`. MP_NOT_FOUND
 * if there is no such campaign; after an error `buf` may hold a part of it. */
#define MP_FORMAT(name, words)                                                           \
    enum mp_status mp_report_##name(                                                     \
        struct mp_store *store, const struct mp_report_options *options,                 \
        struct mp_strbuf *buf, enum mp_verdict *ret_verdict, struct mp_error *err);
#include "results/report/formats.def"
#undef MP_FORMAT

#endif
