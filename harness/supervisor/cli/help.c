/* mpstress help.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/document.h"
#include "harness/supervisor/cli/guide.h"

#define TOPICS_MAX 64

static int print_format(size_t index) {
    static void (*const make[])(struct mp_strbuf *) = {
        mp_document_overview, mp_document_man,  mp_document_bash,
        mp_document_zsh,      mp_document_fish,
    };
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    make[index](&buf);
    fputs(buf.text, stdout);
    mp_strbuf_release(&buf);
    return MP_CODE_OK;
}

/* A guide is shown as it is written, unless the manual page is asked for. */
static void print_guide(const struct mp_guide *guide, const char *format) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    if (strcmp(format, "man") == 0)
        mp_guide_add_man(guide, &buf);
    else
        mp_strbuf_addstr(&buf, guide->text);
    fputs(buf.text, stdout);
    mp_strbuf_release(&buf);
}

/* That of a topic that is neither a command nor a guide. */
static void fail_topic(const char *name, struct mp_error *err) {
    const char *words[TOPICS_MAX + 1] = {NULL};
    size_t count = 0;
    for (const struct mp_command *const *at = mp_command_list_all();
         *at != NULL && count < TOPICS_MAX; at++)
        words[count++] = (*at)->name;
    for (const struct mp_guide *at = mp_guide_list_all();
         at->name != NULL && count < TOPICS_MAX; at++)
        words[count++] = at->name;
    mp_option_unknown(err, "command or guide", name, words);
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    if (args->operand_count == 0)
        return print_format((size_t)mp_option_get(&args->values, "format")->integer);
    for (size_t i = 0; i < args->operand_count; i++) {
        struct mp_error err;
        const struct mp_guide *guide = mp_guide_find(args->operand[i]);
        if (guide != NULL) {
            print_guide(guide, mp_option_get(&args->values, "format")->text);
            continue;
        }
        const struct mp_command *command = mp_command_find(args->operand[i], &err);
        if (command == NULL) {
            fail_topic(args->operand[i], &err);
            return mp_command_fail(args, MP_CODE_USAGE, &err);
        }
        mp_document_print_command(command);
    }
    return MP_CODE_OK;
}

static const struct mp_option options[] = {
    {.name = "format",
     .type = MP_OPTION_CHOICE,
     .metavar = "FORMAT",
     .fallback = "text",
     .choices = "text|man|bash|zsh|fish",
     .help = "the overview, the man page, or the completions of a shell"},
    MP_ROW_HELP,
    {0},
};
static const char *const description[] = {
    "Shows the commands, the options of one, or a guide. The man page and the completions are "
    "generated from the same tables as the parser.",
    NULL,
};
static const struct mp_example examples[] = {
    {"mpstress help run", "the options of 'mpstress run'"},
    {"mpstress help nightly", "the guide to nights"},
    {"mpstress help --format=man > mpstress.1", "the man page, for 'man ./mpstress.1'"},
    {"mpstress help --format=bash > mpstress.bash",
     "completions, for 'source mpstress.bash'"},
    {0},
};

const struct mp_command mp_command_help = {
    .name = "help",
    .summary = "show help, the man page, or completions for a shell",
    .operands = "[COMMAND | GUIDE]...",
    .operand_names = "topics",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
