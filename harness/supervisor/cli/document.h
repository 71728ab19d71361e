/* Generated texts about the commands: help, man page, completions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_DOCUMENT_H
#define MP_CLI_DOCUMENT_H

#include <stdio.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/cli/command.h"

/* Tables that belong to no single command; end with a row without a name. */
struct mp_document_row {
    const char *name;
    const char *words;
};
extern const struct mp_document_row mp_document_environment[];
extern const struct mp_document_row mp_document_exit_codes[];
/* What the program is: paragraphs, NULL-ended. */
extern const char *const mp_document_description[];

/* Short help: the commands, one line each. */
void mp_document_overview(struct mp_strbuf *buf);
void mp_document_command(const struct mp_command *command, struct mp_strbuf *buf);
/* mdoc(7). */
void mp_document_man(struct mp_strbuf *buf);
void mp_document_bash(struct mp_strbuf *buf);
void mp_document_zsh(struct mp_strbuf *buf);
void mp_document_fish(struct mp_strbuf *buf);

void mp_document_print_overview(FILE *file);
void mp_document_print_command(const struct mp_command *command);

/* How the value of `row` is completed: a choice of `list --names`, "files", or NULL. */
const char *mp_document_value_names(const struct mp_option *row);
/* Adds "help text; default X; one of a, b". */
void mp_document_row_words(const struct mp_option *row, struct mp_strbuf *buf);
/* Adds the range of a row for display: "1..128", "a|b", "duration". */
void mp_document_row_range(const struct mp_option *row, struct mp_strbuf *buf);

#endif
