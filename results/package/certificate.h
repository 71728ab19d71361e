/* The certificate of a minimized case (`mpstress repro --minimize`), as it is read for a
 * package: a file beside the database, which is believed only as far as the rows of the
 * database bear it out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_CERTIFICATE_H
#define MP_PACKAGE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

#define MP_CERTIFICATE_SIZE_MAX (1U << 24) /* bytes of its file */

struct json_object;

struct mp_certificate {
    struct json_object *root;  /* owned; NULL: there is none */
    struct json_object *facts; /* its member "minimized" */
    int64_t *campaign; /* owned; of each step in this database, 0: it needed none */
    size_t steps;
    bool is_whole; /* the database has the campaign of each step that names one */
};

/* A step of the search, in the words of the certificate; texts are borrowed. */
struct mp_certificate_step {
    const char *asks; /* "base", "step", "last" */
    const char *verdict;
    const char *seed;
    int64_t number, rounds, failures, others, campaign_id;
    double alpha;
};

/* Reads it. MP_USAGE if it is no certificate, or has no step. To be released in any
 * case. */
enum mp_status mp_certificate_read(struct mp_certificate *certificate, const char *text,
                                   size_t len, struct mp_error *err);
/* Looks up the campaigns of its steps: by their seeds, since numbers change when
 * databases are merged. */
enum mp_status mp_certificate_find(struct mp_certificate *certificate,
                                   struct mp_store *store, struct mp_error *err);
void mp_certificate_release(struct mp_certificate *certificate);

/* A text or a number of it; "" and 0 if it is not there. */
const char *mp_certificate_text(const struct mp_certificate *certificate,
                                const char *name);
double mp_certificate_number(const struct mp_certificate *certificate, const char *name);
bool mp_certificate_is_valid(const struct mp_certificate *certificate);
/* A parameter of the smallest case as a number, `otherwise` if it has none. */
int64_t mp_certificate_param(const struct mp_certificate *certificate, const char *name,
                             int64_t otherwise);
/* The campaign of the fresh seeds in this database; 0: there is none. */
int64_t mp_certificate_last(const struct mp_certificate *certificate);

struct mp_certificate_step mp_certificate_step(const struct mp_certificate *certificate,
                                               size_t index);
/* Adds what was asked in a step: "threads=2, iters=1". */
void mp_certificate_write_values(const struct mp_certificate *certificate, size_t index,
                                 struct mp_strbuf *buf);
/* Adds what became smaller: "threads 4 to 2, perturb gate to none". */
void mp_certificate_write_change(const struct mp_certificate *certificate,
                                 struct mp_strbuf *buf);
/* Adds the command that runs the smallest case. */
void mp_certificate_write_command(const struct mp_certificate *certificate,
                                  struct mp_strbuf *buf);

#endif
