/* The table of commands.def, and how a command is found in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/supervisor/cli/command.h"

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

int mp_command_fail(int code, const struct mp_error *err) {
    mp_log(MP_LOG_ERROR, "%s", err->text);
    return code;
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
