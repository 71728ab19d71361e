/* A command as one line of text, split into words by the quoting rules of a shell, but
 * without a shell:
 *
 *     blanks separate words; 'as it stands'; "the same, but \" \\ \$ \`"
 *     \x outside quotes is x; $'\n \t \\ \' \xNN' as in bash
 *
 * What a shell would do beyond that (variables, pipes, redirections, lists) is refused,
 * not passed on as text: a command that needs it says sh -c '...'. Patterns, ~ and {}
 * stay as they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_WORDS_H
#define MP_BASE_WORDS_H

#include <stddef.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

struct mp_words {
    char **word; /* owned, NULL-ended; NULL if there are none */
    size_t count;
};

/* Adds the words of `text`. MP_USAGE if a quote is not closed, or a shell is needed. */
enum mp_status mp_words_split(const char *text, struct mp_words *words,
                              struct mp_error *err);
/* Adds a copy of `word`. */
void mp_words_add(struct mp_words *words, const char *word);
void mp_words_release(struct mp_words *words);

/* Writes the words as one line that splits into the same words. It is printable ASCII and
 * holds neither , nor |, which separate items where such a line stands in a list. The
 * same words always give the same line. */
void mp_words_join(const struct mp_words *words, struct mp_strbuf *buf);
/* One word of such a line. */
void mp_words_quote(const char *word, struct mp_strbuf *buf);

#endif
