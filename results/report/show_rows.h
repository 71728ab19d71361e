/* Inside of show: which row was asked for, and the SQL that its three forms share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_ROWS_H
#define MP_REPORT_SHOW_ROWS_H

#include "results/report/rows.h"
#include "results/report/show.h"
#include "results/report/text.h"

/* What the options name, found. */
struct mp_show {
    struct mp_report report; /* only db, path, campaign_id and the failure are in use */
    int64_t round_id;        /* of the round or crash; of a signature the newest round */
    int64_t crash_id;        /* 0: all of the round */
    int64_t signature_id;    /* 0: none was asked for */
};

/* Begins a read transaction, so that a campaign that is still running does not change
 * meanwhile. mp_show_end must follow, whatever came out. */
enum mp_status mp_show_begin(struct mp_show *show, struct mp_store *store,
                             const struct mp_show_options *options, struct mp_error *err);
void mp_show_end(struct mp_show *show);

/* Whether the detail of the round `r` of a campaign that keeps but some is gone. */
#define MP_SHOW_IS_DROPPED(r)                                                            \
    "(" r                                                                                \
    ".outcome <> 'pass' AND NOT EXISTS (SELECT 1 FROM round_text WHERE round_id = " r    \
    ".id) AND NOT EXISTS (SELECT 1 FROM evidence WHERE round_id = " r                    \
    ".id) AND EXISTS (SELECT 1"                                                          \
    " FROM evidence WHERE campaign_id = " r ".campaign_id))"

/* Words for a thread of the recorder: "main thread", "worker 3". */
#define MP_SHOW_THREAD(column)                                                           \
    "iif(" column " = 0, 'main thread', 'worker ' || " column ")"
/* What a call worked on. */
#define MP_SHOW_OBJECT(table)                                                            \
    "iif(" table ".op = 'buffer_create', 'a buffer', 'stream ' || " table ".object)"
/* The call that a thread of round ?2 was in at the end: rows of thread, op, object,
 * t_ns. */
#define MP_SHOW_IN_FLIGHT                                                                \
    "(SELECT thread, op, object, t_ns FROM event AS e WHERE round_id = ?2 AND seq > 0 "  \
    "AND"                                                                                \
    " phase = 'enter' AND seq = (SELECT max(seq) FROM event WHERE round_id = ?2 AND"     \
    " thread = e.thread))"

/* The parts of the text, for round ?2. */
void mp_show_add_crashes(struct mp_show *show, struct mp_text *text);
void mp_show_add_events(struct mp_show *show, struct mp_text *text);
void mp_show_add_signature(struct mp_show *show, struct mp_text *text);
void mp_show_add_title(struct mp_text *text, const char *title);

#endif
