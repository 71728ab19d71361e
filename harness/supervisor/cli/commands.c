/* The table of commands.def, how a command is found in it, and how it fails.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"
#include "results/report/verdict.h"

#define DATABASE_DEFAULT "./mpstress.db"

static const struct mp_command *const commands[] = {
#define MP_COMMAND(name) &mp_command_##name,
#include "harness/supervisor/cli/commands.def"
#undef MP_COMMAND
    NULL,
};
#define COMMAND_COUNT (MP_COUNT(commands) - 1)

const struct mp_command *const *mp_command_list_all(void) {
    return commands;
}

const struct mp_command *mp_command_find(const char *name, struct mp_error *err) {
    const char *words[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        words[i] = commands[i]->name;
    }
    mp_option_unknown(err, "command", name, words);
    return NULL;
}

static void print_failure(const char *command, int code, const char *what,
                          const char *hint) {
    const char *verdict = code > MP_CODE_SIGNALLED ? "interrupted"
                          : code == MP_CODE_USAGE
                              ? "usage"
                              : mp_verdict_name((enum mp_verdict)code);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    struct json_object *document = mp_json_document(command, verdict, code);
    struct json_object *error = mp_json_add_object(document, "error");
    mp_json_add_text(error, "what", what);
    mp_json_add_text_or_null(error, "hint", hint);
    mp_json_print(document, &text);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
}

static void write_usage_hint(const char *command, struct mp_strbuf *hint) {
    mp_strbuf_addf(hint, "'mpstress help %s' shows the options", command);
}

static bool wants_json(const struct mp_args *args) {
    const char *format = mp_args_text(args, "format");
    return mp_args_flag(args, "json") || (format != NULL && strcmp(format, "json") == 0);
}

static bool has_database(const struct mp_args *args) {
    const struct mp_option *row = args->values.rows;
    while (row->name != NULL && strcmp(row->name, "db") != 0)
        row++;
    return row->name != NULL;
}

void mp_command_print_failure(const struct mp_args *args, int code, const char *what) {
    if (!wants_json(args))
        return;
    struct mp_strbuf hint;
    mp_strbuf_init(&hint);
    if (code == MP_CODE_USAGE) {
        write_usage_hint(args->command, &hint);
    } else if (code == MP_CODE_HARNESS) {
        mp_strbuf_addstr(&hint, "'mpstress doctor' shows what this machine allows");
        if (has_database(args)) {
            mp_strbuf_addstr(&hint, ", 'mpstress doctor --db ");
            mp_text_quote(&hint, mp_command_database(args));
            mp_strbuf_addstr(&hint, "' whether that database is intact");
        }
    }
    print_failure(args->command, code, what, hint.text);
    mp_strbuf_release(&hint);
}

int mp_command_fail(const struct mp_args *args, int code, const struct mp_error *err) {
    mp_log(MP_LOG_ERROR, "%s", err->text);
    mp_command_print_failure(args, code, err->text);
    return code;
}

int mp_command_refuse(const char *command, char *const *rest,
                      const struct mp_error *err) {
    struct mp_error ignored;
    struct mp_strbuf hint;
    mp_strbuf_init(&hint);
    mp_log(MP_LOG_ERROR, "%s", err->text);
    if (mp_command_find(command, &ignored) != NULL) {
        write_usage_hint(command, &hint);
        mp_log(MP_LOG_INFO, "%s", hint.text);
    } else {
        mp_strbuf_addstr(&hint, "'mpstress help' shows the commands");
    }
    for (; *rest != NULL && strcmp(*rest, "--") != 0; rest++) {
        if (strcmp(*rest, "--json") == 0 || strcmp(*rest, "--format=json") == 0) {
            print_failure(command, MP_CODE_USAGE, err->text, hint.text);
            break;
        }
    }
    mp_strbuf_release(&hint);
    return MP_CODE_USAGE;
}

int mp_command_code(enum mp_status status) {
    if (status == MP_OK)
        return MP_CODE_OK;
    return status == MP_USAGE || status == MP_NOT_FOUND ? MP_CODE_USAGE : MP_CODE_HARNESS;
}

const char *mp_command_database(const struct mp_args *args) {
    const char *named = getenv("MPSTRESS_DB");
    if (mp_args_text(args, "db") != NULL)
        return mp_args_text(args, "db");
    return named != NULL && *named != '\0' ? named : DATABASE_DEFAULT;
}

uint64_t mp_command_db_wait_ns(const struct mp_args *args) {
    return (uint64_t)mp_option_get(&args->values, "db-wait")->integer;
}
