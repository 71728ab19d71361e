/* repro --minimize: runs the rounds that the search for the smallest case asks for, each
 * question as a campaign of its own, and writes the certificate.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_MINIMIZE_H
#define MP_CLI_MINIMIZE_H

#include "harness/supervisor/cli/campaign_job.h"
#include "harness/supervisor/shrink/shrink.h"
#include "results/report/line.h"

struct json_object;

/* The campaign that answered a question; id 0: none was needed. */
struct mp_minimize_campaign {
    int64_t id;
    uint64_t seed;
};

struct mp_minimize {
    struct mp_campaign_job *job;
    struct mp_cell base;  /* the first case */
    struct mp_cell least; /* the smallest that was accepted */
    const char *key;      /* of the signature that must stay; NULL: any failure */
    const char *title;
    uint64_t seed;
    int64_t search_id; /* campaign whose command line this is */
    struct mp_shrink shrink;
    struct mp_minimize_campaign *campaign; /* owned; of each step */
    struct mp_shrink_step *step;           /* the one that is being asked */
    uint64_t no_verdict;
};

/* Shrinks `base`, one of job->plan's cells. What an earlier call of the same command line
 * has recorded is taken up. The plan of the job is another one afterwards. */
enum mp_status mp_minimize_run(struct mp_minimize *minimize, struct mp_campaign_job *job,
                               const struct mp_cell *base, struct mp_error *err);
void mp_minimize_release(struct mp_minimize *minimize);

/* The value of an axis as a parameter is written; nothing for no perturbation. */
void mp_minimize_write_value(const struct mp_minimize *minimize, size_t axis,
                             int64_t value, struct mp_strbuf *buf);
/* Adds the command that runs the smallest case. */
void mp_minimize_write_command(const struct mp_minimize *minimize, struct mp_strbuf *buf);

/* The certificate: format "mpstress-certificate/1", as in README.md. */
void mp_minimize_json(const struct mp_minimize *minimize, struct json_object *to);
void mp_minimize_text(const struct mp_minimize *minimize, struct mp_text *text);

#endif
