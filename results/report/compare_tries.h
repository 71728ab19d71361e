/* A comparison that was run before in the same database, on the same build of the system:
 * its tries, and all of them together. The evidence of pairs goes on over campaigns, as
 * it may be looked at whenever one likes; effects have every campaign as a stratum.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_TRIES_H
#define MP_REPORT_COMPARE_TRIES_H

#include "harness/base/strbuf.h"
#include "results/report/compare_figures.h"

/* One campaign that asked the question. */
struct mp_compare_try {
    int64_t campaign_id;
    char *when;     /* owned: its night, else the day on which it began */
    bool is_repeat; /* run on the seed of an earlier one: the same rounds, which do not
                       count again */
    uint64_t blocks;
    struct mp_two_arms *table; /* owned: by stratum and arm, as counted */
    enum mp_comparison_verdict alone[MP_COMPARISON_ARMS_MAX];
};

struct mp_compare_tries {
    struct mp_compare_try *one; /* oldest first; the last is the report's own campaign */
    size_t count, counted;      /* counted: without the repeats */
    struct mp_compare all;      /* the comparison over all that count */
};

/* Finds the tries up to the campaign of `compare`, whose rows are loaded. Where more than
 * one counts, they judge it: its verdicts become those of all together. */
void mp_compare_tries_load(struct mp_compare *compare);
void mp_compare_tries_release(struct mp_compare_tries *tries);

/* True if the verdicts are those of several campaigns. */
bool mp_compare_is_retried(const struct mp_compare *compare);
/* "; in 3 campaigns together, this one alone: no difference shown" */
void mp_compare_tries_write(const struct mp_compare *compare, struct mp_strbuf *buf);
#define MP_COMPARE_TRIES_TITLE "Every time this was asked on this system"
/* A line for each campaign, and what they come to. Nothing if it was asked once. */
void mp_compare_lines_of_tries(const struct mp_compare *compare,
                               struct mp_compare_lines *lines);
/* Adds "tries" to the object of the comparison; null if it was asked once. */
struct json_object;
void mp_compare_tries_add_json(const struct mp_compare *compare, struct json_object *to);

#endif
