/* One archive about one crash, for those who can mend it: a stand-alone program where one
 * shows it, a page with the claim and what it rests on, stacks, trace, reports, figures.
 * All that came from outside is redacted.
 *
 * The archive is made from the database, a certificate that belongs to it, and nothing
 * else but the names of user and host of this process, which are taken out: the same
 * database and certificate give the same bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_PACKAGE_H
#define MP_PACKAGE_PACKAGE_H

#include "results/package/certificate.h"
#include "results/package/dossier.h"

#define MP_PACKAGE_NAME_SIZE 64

struct mp_package_options {
    struct mp_dossier_of of;
    bool is_verbatim; /* adds the system's reports as they came, too */
    bool is_advisory; /* for PyTorch: an advisory in the place of the vendor's page */
    /* The certificate of a minimized case, as its file has it; NULL: there is none. */
    const char *certificate;
    size_t certificate_len;
};

/* What is in it, for those who made it. */
struct mp_package_facts {
    char name[MP_PACKAGE_NAME_SIZE]; /* "mpstress-crash-7": of its folder */
    size_t files;
    size_t reports, originals;               /* redacted, and as they came */
    bool has_program, is_of_model, is_mixed; /* by the grounds of its devices */
    bool has_minimized;       /* the certificate belongs to this crash, and is in it */
    struct mp_error left_out; /* why a certificate that was given is not */
    char title[256];
};

/* Adds the archive to `archive`. MP_NOT_FOUND as mp_dossier_load. */
enum mp_status mp_package_make(struct mp_store *store,
                               const struct mp_package_options *options,
                               struct mp_strbuf *archive,
                               struct mp_package_facts *ret_facts, struct mp_error *err);

#endif
