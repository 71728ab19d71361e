/* The words by which people know what can be run here (known_words.def).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_KNOWN_WORDS_H
#define MP_CLI_KNOWN_WORDS_H

#include <stdbool.h>

#include "harness/base/strbuf.h"
#include "harness/wire/catalog.h"

/* Whether two words differ in nothing but case and what is no letter or digit. */
bool mp_known_words_are_same(const char *a, const char *b);

/* Adds what `word` is called here: which cells, arms and devices, and these in full.
 * False if there are none that this catalog has. */
bool mp_known_words_add(const struct mp_catalog *catalog, const char *word,
                        struct mp_strbuf *buf);
/* The same of all words that contain `part`, which needs four letters. */
bool mp_known_words_add_containing(const struct mp_catalog *catalog, const char *part,
                                   struct mp_strbuf *buf);
/* The same of all words with `number` (as in issue_number.h). */
bool mp_known_words_add_number(const struct mp_catalog *catalog, const char *number,
                               struct mp_strbuf *buf);
/* Adds all words, with | between them. */
void mp_known_words_write(struct mp_strbuf *buf);

#endif
