/* Progress of a running campaign: one live line on a terminal, plain lines elsewhere.
 * Writes to stderr only; final figures are in the report.
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

/* Adds the live line without a newline: as many whole fields as fit; `until` NULL: the
 * campaign makes no claim. Returns its width. Pure. */
unsigned mp_progress_format(const struct mp_tally *tally, const struct mp_until *until,
                            const struct mp_progress_style *style, struct mp_strbuf *buf);
/* Adds the line about a round that did not pass. Pure. */
void mp_progress_format_event(const struct mp_campaign_event *event,
                              struct mp_strbuf *buf);

struct mp_progress {
    FILE *file;
    bool is_live;           /* else plain lines */
    bool is_quiet;          /* nothing at all */
    bool is_verbose;        /* every round, not only the first of each kind of failure */
    unsigned drawn_columns; /* width of the live line on the terminal, 0: none */
    struct mp_progress_style style;
    const struct mp_until *until; /* NULL: no claim */
    /* Adds the state of a comparison, in a long or short form. NULL: no comparison. */
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
/* Clears the live line, before anything else is written. */
void mp_progress_clear(struct mp_progress *progress);

#endif
