/* The man page, in mdoc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/supervisor/campaign/matrix.h"
#include "harness/supervisor/cli/document.h"
#include "harness/supervisor/cli/guide.h"

#define SOURCE_WIDTH 72

/* Adds text escaped so that nothing in it is taken as markup, however it is wrapped,
 * and that it can be copied. */
static void add_literal(struct mp_strbuf *buf, const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '.':
            mp_strbuf_addstr(buf, at == text || at[-1] == ' ' ? "\\&." : ".");
            break;
        case '\\':
            mp_strbuf_addstr(buf, "\\e");
            break;
        case '-':
            mp_strbuf_addstr(buf, "\\-");
            break;
        case '\'':
            mp_strbuf_addstr(buf, "\\(aq");
            break;
        default:
            mp_strbuf_addch(buf, *at);
            break;
        }
    }
}

/* Adds text and `end`, wrapped at blanks into short source lines. */
static void add_text(struct mp_strbuf *buf, const char *content, const char *end) {
    struct mp_strbuf line;
    struct mp_text text = {.buf = buf, .width = SOURCE_WIDTH};
    mp_strbuf_init(&line);
    add_literal(&line, content);
    mp_strbuf_addstr(&line, end);
    mp_text_wrap_at(&text, MP_PLAIN, 0, 0, "", line.text);
    mp_strbuf_release(&line);
}

/* Adds one sentence per line, as mdoc requires. */
static void add_paragraph(struct mp_strbuf *buf, const char *text) {
    while (*text != '\0') {
        const char *stop = strstr(text, ". ");
        size_t len = stop != NULL ? (size_t)(stop + 1 - text) : strlen(text);
        struct mp_strbuf sentence;
        mp_strbuf_init(&sentence);
        mp_strbuf_add(&sentence, text, len);
        add_text(buf, sentence.text, "");
        mp_strbuf_release(&sentence);
        text += len;
        text += strspn(text, " ");
    }
}

static void add_row(struct mp_strbuf *buf, const struct mp_option *row, bool is_option) {
    if (is_option && row->letter != 0)
        mp_strbuf_addf(buf, ".It Fl %c , Fl \\-%s", row->letter, row->name);
    else if (is_option)
        mp_strbuf_addf(buf, ".It Fl \\-%s", row->name);
    else
        mp_strbuf_addf(buf, ".It Cm %s", row->name);
    if (row->metavar != NULL)
        mp_strbuf_addf(buf, "%s Ar %s", is_option ? "" : " No =", row->metavar);
    mp_strbuf_addch(buf, '\n');
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_document_row_words(row, &words);
    add_text(buf, words.text, ".");
    mp_strbuf_release(&words);
}

static void add_rows(struct mp_strbuf *buf, const struct mp_option *rows,
                     bool are_options) {
    mp_strbuf_addstr(buf, ".Bl -tag -width Ds\n");
    for (; rows->name != NULL; rows++)
        add_row(buf, rows, are_options);
    mp_strbuf_addstr(buf, ".El\n");
}

static void add_command(struct mp_strbuf *buf, const struct mp_command *command) {
    mp_strbuf_addf(buf, ".Ss mpstress %s\n", command->name);
    for (const char *const *at = command->description; *at != NULL; at++) {
        if (at != command->description)
            mp_strbuf_addstr(buf, ".Pp\n");
        add_paragraph(buf, *at);
    }
    add_rows(buf, command->options, true);
}

static void add_table(struct mp_strbuf *buf, const struct mp_document_row *row,
                      const char *macro) {
    mp_strbuf_addstr(buf, ".Bl -tag -width Ds\n");
    for (; row->name != NULL; row++) {
        mp_strbuf_addf(buf, ".It %s %s\n", macro, row->name);
        add_text(buf, row->words, ".");
    }
    mp_strbuf_addstr(buf, ".El\n");
}

static void add_synopsis(struct mp_strbuf *buf) {
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        mp_strbuf_addf(buf, ".Nm\n.Cm %s\n.Op Ar option ...\n", (*at)->name);
        if ((*at)->operands != NULL) {
            mp_strbuf_addstr(buf, ".Li \"");
            add_literal(buf, (*at)->operands);
            mp_strbuf_addstr(buf, "\"\n");
        }
    }
}

static void add_examples(struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, ".Sh EXAMPLES\n");
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        for (const struct mp_example *example = (*at)->examples; example->line != NULL;
             example++) {
            add_text(buf, example->words, ":");
            mp_strbuf_addstr(buf, ".Dl ");
            add_literal(buf, example->line);
            mp_strbuf_addstr(buf, "\n.Pp\n");
        }
    }
    /* No paragraph break at the end of a section. */
    buf->len -= strlen(".Pp\n");
    buf->text[buf->len] = '\0';
}

void mp_document_man(struct mp_strbuf *buf) {
    mp_strbuf_addstr(
        buf, ".\\\" Made by 'mpstress help --format=man'. Do not edit.\n"
             ".Dd " MP_GUIDE_DATE "\n.Dt MPSTRESS 1\n.Os\n"
             ".Sh NAME\n.Nm mpstress\n"
             ".Nd stress testing and crash reproduction for GPU drivers\n.Sh SYNOPSIS\n");
    add_synopsis(buf);
    mp_strbuf_addstr(buf, ".Sh DESCRIPTION\n");
    for (const char *const *at = mp_document_description; *at != NULL; at++) {
        if (at != mp_document_description)
            mp_strbuf_addstr(buf, ".Pp\n");
        add_paragraph(buf, *at);
    }
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++)
        add_command(buf, *at);
    mp_strbuf_addstr(buf,
                     ".Ss Suites\nA suite is an INI file.\n"
                     "A section names a scenario, or a scenario, a colon and a label.\n"
                     "Its keys are the parameters of the scenario, and:\n");
    add_rows(buf, mp_matrix_reserved_keys(), false);
    mp_strbuf_addstr(buf,
                     ".Pp\nThe keys\n.Cm title , shows , takes , rounds , timeout\nand\n"
                     ".Cm silence\nmay also stand before any section.\n"
                     "Values joined by | span a matrix.\n");
    mp_strbuf_addstr(buf, ".Sh ENVIRONMENT\n");
    add_table(buf, mp_document_environment, "Ev");
    mp_strbuf_addstr(buf, ".Sh FILES\n.Bl -tag -width Ds\n.It Pa ./mpstress.db\n"
                          "The database, an SQLite file.\n"
                          ".It Pa ../share/mpstress/suites\n"
                          "The installed suites, from the folder of the program.\n.El\n"
                          ".Sh EXIT STATUS\n");
    add_table(buf, mp_document_exit_codes, "");
    add_examples(buf);
}
