/* Makes a package from a database and writes it into a folder: for `package`, and for any
 * command that ends with a crash worth sending.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_BUNDLE_H
#define MP_CLI_BUNDLE_H

#include "results/package/package.h"

struct json_object;

struct mp_bundle {
    struct mp_package_facts facts;
    struct mp_strbuf path; /* of the archive; to be released, even after a failure */
    size_t bytes;
};

/* Whether a package can be written into the folder, which is new or empty; the error
 * says why not. For commands that work long before they have one. */
enum mp_status mp_bundle_check(const char *folder, struct mp_error *err);

/* options->certificate is read here: from the file `certificate`, or if that is NULL from
 * the one beside the database, if there is one. What does not belong to the crash is left
 * out, in words on stderr; but what was named must be read.
 *
 * MP_USAGE if the folder cannot be used, MP_NOT_FOUND if there is no
 * such crash, MP_SYSTEM if the archive cannot be written: then nothing of it is left. */
enum mp_status mp_bundle_make(const char *database, const char *folder,
                              const char *certificate,
                              const struct mp_package_options *options,
                              struct mp_bundle *ret_bundle, struct mp_error *err);

/* Adds where the certificate beside a database is. */
void mp_bundle_write_certificate_path(const char *database, struct mp_strbuf *path);

/* Adds what was made: as members of a document, or as lines. */
void mp_bundle_json(const struct mp_bundle *bundle, struct json_object *to);
void mp_bundle_text(const struct mp_bundle *bundle, struct mp_strbuf *text);

#endif
