/* Numbers of public issues, and of tests and figures of the original documents.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_ISSUE_NUMBER_H
#define MP_CLI_ISSUE_NUMBER_H

#include <stdbool.h>

#include "harness/base/strbuf.h"
#include "harness/wire/catalog.h"

/* The number at the end of "197805", "#197805", "pytorch 197805" or the address of an
 * issue, without its zeros at the front; NULL: `word` has none, as "mm8" and "0x98". */
const char *mp_issue_number(const char *word);
/* Whether `text` has the number as a word of its own. */
bool mp_issue_number_is_in(const char *text, size_t len, const char *number);
/* Adds the sections of suites whose labels have the number, as commands, and what is
 * from it. False if there are none. */
bool mp_issue_number_add(const struct mp_catalog *catalog, const char *number,
                         struct mp_strbuf *buf);

#endif
