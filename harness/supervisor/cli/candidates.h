/* What may stand where a word is being typed, for the completions of shells: names,
 * parameters and their values, numbers in a database. One candidate a line, each the
 * whole word.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_CANDIDATES_H
#define MP_CLI_CANDIDATES_H

#include "harness/wire/catalog.h"

/* Adds the items of that kind. With a word that has begun with a name and a colon (an
 * arm: a '='), its parameters, or the values of the one that is being typed. */
void mp_candidates_of_catalog(const struct mp_catalog *catalog, enum mp_catalog_kind kind,
                              const char *word, struct mp_strbuf *buf);
/* Adds the newest numbers of "round" (those that did not pass, if there are some),
 * "crash", "signature", "report" or "campaign" of a database; nothing if it cannot be
 * read. */
void mp_candidates_of_database(const char *path, const char *what, struct mp_strbuf *buf);

#endif
