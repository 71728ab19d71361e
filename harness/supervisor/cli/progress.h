/* How a campaign looks while it runs: one live line on a terminal, plain lines elsewhere.
 * Writes to stderr only; the figures of the record are the report's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_PROGRESS_H
#define MP_CLI_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/until.h"

#define MP_PROGRESS_KINDS_MAX 64

struct mp_progress_style {
    unsigned columns; /* the line never gets longer */
    bool use_colour;
    bool use_utf8;
    const char *standing,
        *standing_short; /* of a comparison, instead of a rate; or NULL */
};

/* Adds the live line, without an end of line: whole fields, from the left, as many as
 * fit; `until` NULL: the campaign makes no claim. Returns the columns it takes. Pure. */
unsigned mp_progress_format(const struct mp_tally *tally, const struct mp_until *until,
                            const struct mp_progress_style *style, struct mp_strbuf *buf);
/* Adds the line that tells of a round that did not pass. Pure. */
void mp_progress_format_event(const struct mp_campaign_event *event,
                              struct mp_strbuf *buf);

struct mp_progress {
    FILE *file;
    bool is_live;    /* else plain lines */
    bool is_quiet;   /* nothing at all */
    bool is_verbose; /* every round, not only the first of each kind of failure */
    unsigned
        drawn_columns; /* of the live line that stands on the terminal, 0: none does */
    struct mp_progress_style style;
    const struct mp_until *until; /* NULL: no claim */
    /* Adds what a comparison has come to, in more or in fewer words. NULL: there is
     * none. */
    void (*describe)(void *describe_arg, bool is_short, struct mp_strbuf *buf);
    void *describe_arg;
    const volatile sig_atomic_t *interrupts;
    int interrupts_told;
    uint64_t drawn_ns; /* elapsed time of the last line */
    uint64_t kind[MP_PROGRESS_KINDS_MAX];
    size_t kind_count;
};

/* As mp_campaign_config.watch: `arg` is the mp_progress. */
void mp_progress_watch(void *arg, const struct mp_tally *tally,
                       const struct mp_campaign_event *event);
/* Takes the live line away, before anything else is written. */
void mp_progress_clear(struct mp_progress *progress);

#endif
