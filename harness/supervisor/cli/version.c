/* mpstress version.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    if (mp_args_flag(args, "json")) {
        struct mp_strbuf text;
        struct json_object *document = mp_json_document("version", "ok", MP_CODE_OK);
        mp_json_add_text(document, "version", MP_VERSION);
        mp_strbuf_init(&text);
        mp_json_print(document, &text);
        fwrite(text.text, 1, text.len, stdout);
        mp_strbuf_release(&text);
    } else {
        printf("mpstress %s\n", MP_VERSION);
    }
    return MP_CODE_OK;
}

static const struct mp_option options[] = {MP_ROW_JSON, MP_ROW_HELP, {0}};
static const char *const description[] = {"Shows the version of mpstress.", NULL};
static const struct mp_example examples[] = {{0}};

const struct mp_command mp_command_version = {
    .name = "version",
    .summary = "show the version",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
