/* mpstress version.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "harness/supervisor/cli/command.h"

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    if (mp_args_flag(args, "json")) {
        printf("{\"schema\":1,\"command\":\"version\",\"verdict\":\"ok\",\"exit_code\":0,"
               "\"version\":\"%s\"}\n",
               MP_VERSION);
    } else {
        printf("mpstress %s\n", MP_VERSION);
    }
    return MP_CODE_OK;
}

static const struct mp_option options[] = {MP_ROW_JSON, MP_ROW_HELP, {0}};
static const char *const description[] = {"Shows the version of the program.", NULL};
static const struct mp_example examples[] = {{0}};

const struct mp_command mp_command_version = {
    .name = "version",
    .summary = "show the version",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
