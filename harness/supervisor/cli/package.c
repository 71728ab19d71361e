/* mpstress package: one archive about one crash, for the vendor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"

/* "crash 7 DIR", "signature 3 DIR", or "7 DIR": a crash. */
static enum mp_status read_operands(const struct mp_args *args,
                                    struct mp_package_options *options,
                                    const char **ret_folder, struct mp_error *err) {
    static const char *const kinds[] = {"crash", "signature", NULL};
    if (args->operand_count < 2 || args->operand_count > 3)
        return mp_error_set(
            err, MP_USAGE,
            "say what to pack and where: crash N DIR, or signature ID DIR; "
            "'mpstress report' shows their numbers");
    if (args->operand_count == 3) {
        options->of.is_signature = strcmp(args->operand[0], kinds[1]) == 0;
        if (!options->of.is_signature && strcmp(args->operand[0], kinds[0]) != 0)
            return mp_option_unknown(err, "kind of thing to pack", args->operand[0],
                                     kinds);
    }
    const char *number = args->operand[args->operand_count - 2];
    char *end = NULL;
    errno = 0;
    long long id = strtoll(number, &end, 10);
    if (errno != 0 || *end != '\0' || number[0] < '0' || number[0] > '9')
        return mp_error_set(err, MP_USAGE,
                            "'%s' is not the number of a crash or a signature: "
                            "'mpstress report' shows them",
                            number);
    options->of.id = id;
    *ret_folder = args->operand[args->operand_count - 1];
    return MP_OK;
}

static void print(const struct mp_args *args, const struct mp_bundle *bundle) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    if (mp_args_flag(args, "json")) {
        struct json_object *document = mp_json_document("package", "ok", MP_CODE_OK);
        mp_bundle_json(bundle, document);
        mp_json_print(document, &text);
    } else {
        mp_bundle_text(bundle, &text);
    }
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_package_options options = {
        .is_verbatim = mp_args_flag(args, "verbatim"),
        .is_advisory = mp_option_get(&args->values, "for")->integer == 1 /* pytorch */,
    };
    const char *folder = NULL;
    struct mp_bundle bundle;
    struct mp_error err;
    mp_strbuf_init(&bundle.path);
    enum mp_status status = read_operands(args, &options, &folder, &err);
    if (status == MP_OK)
        status =
            mp_bundle_make(mp_command_database(args), folder,
                           mp_args_text(args, "certificate"), &options, &bundle, &err);
    if (status == MP_OK)
        print(args, &bundle);
    mp_strbuf_release(&bundle.path);
    if (status == MP_OK)
        return MP_CODE_OK;
    return mp_command_fail(args, mp_command_code(status), &err);
}

static const struct mp_option options[] = {
    {.name = "for",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHOM",
     .fallback = "vendor",
     .choices = "vendor|pytorch",
     .help =
         "vendor: a page with steps, expected and actual; pytorch: the same data as an "
         "advisory, also as plain text"},
    {.name = "verbatim",
     .type = MP_OPTION_FLAG,
     .help = "add the system's crash reports as they came, too: with names, folders and "
             "ids of the machine"},
    {.name = "certificate",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help =
         "the certificate of 'mpstress repro --minimize' for this crash; default: the "
         "one beside the database, if it belongs to it"},
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Writes one archive (tar) into the new or empty folder DIR, from what the database "
    "knows about a crash: a stand-alone program with the parameters of the crash and its "
    "build lines, where mpstress has one that shows it; a page, as Markdown and as one HTML "
    "file, with steps, expected, actual, the claim in numbers with limits and conditions, "
    "the same work with and without a fix, controls, whether the calls are allowed, and "
    "what was not tested; the stacks of all threads with ids of modules; the last calls as "
    "a trace; the reports of the system; the environment; seed and command of each figure; "
    "and the same figures as JSON.",
    "A signature is represented by the newest crash in the smallest cell that it came in, "
    "and after 'mpstress repro --minimize' by one of the smallest case on fresh seeds. The "
    "certificate of that then goes in, as a file and as a part of the page with every "
    "step, and the program has the parameters of the smallest case. "
    "Rounds that ran on a software model are said to be so at the top.",
    "Names of users and hosts, folders, addresses, serial numbers and ids of the device are "
    "replaced by words in brackets; reports keep the SHA-256 of the original. What is "
    "personal in another way is not recognized: read a package before you send it. The same "
    "database and certificate give the same bytes.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress package crash 1 for-vendor", "an archive for the vendor in ./for-vendor"},
    {"mpstress package signature 1 for-pytorch --for pytorch", "the same as an advisory"},
    {0},
};

const struct mp_command mp_command_package = {
    .name = "package",
    .summary = "pack one crash with everything known about it, for the vendor",
    .operands = "crash N DIR | signature ID DIR",
    .operand_names = "crash|signature",
    .number_names = "", /* of what the first one says */
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
