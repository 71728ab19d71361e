/* The program `mpstress-round`: one round, then gone. The only program that loads a
 * driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/args.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/round/describe.h"
#include "harness/round/device.h"
#include "harness/round/objc/methods.h"
#include "harness/round/objc/runtime.h"
#include "harness/round/standalone.h"
#include "harness/round/supervised.h"
#include "harness/wire/device_name.h"

static const struct mp_option rows[] = {
    {.name = "spec",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "run the round of a spec file and print its result"},
    {.name = "no-deadline",
     .type = MP_OPTION_FLAG,
     .help = "with --spec: no deadline (for a debugger)"},
    {.name = "describe",
     .type = MP_OPTION_FLAG,
     .help = "write the catalog of devices, scenarios and arms; opens no device"},
    {.name = "describe-device",
     .type = MP_OPTION_TEXT,
     .metavar = "NAME",
     .help = "open one device and write its item of the catalog"},
    {.name = "list-methods",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "load a library and write its Objective-C methods (used by mpstress)"},
    {.name = "driver-of",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help =
         "with --list-methods: open the device, and write the functions of the library "
         "that it calls"},
    {.name = "page-fd",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 0,
     .max = 65535,
     .help = "run the round of the shared page at descriptor N (used by mpstress)"},
    {.name = "version", .type = MP_OPTION_FLAG, .help = "print the version"},
    {.name = "help", .letter = 'h', .type = MP_OPTION_FLAG, .help = "print this text"},
    {.name = NULL},
};

static void print_help(void) {
    puts("usage: mpstress-round --spec FILE | --describe | --describe-device NAME | "
         "--version | --help\n\nRuns one round of mpstress and exits. `mpstress` "
         "starts it; run standalone, it repeats a round.\n");
    for (size_t row = 0; rows[row].name; row++) {
        char head[40];

        snprintf(head, sizeof(head), "--%s%s%s", rows[row].name,
                 rows[row].metavar ? " " : "",
                 rows[row].metavar ? rows[row].metavar : "");
        printf("  %-23s %s\n", head, rows[row].help);
    }
    puts("\nexit codes with --spec: 0 pass, 1 failure, 2 bad spec, 3 no verdict, 4 skip, "
         "6 broken");
}

static void print_catalog(void) {
    struct mp_strbuf buf;

    mp_strbuf_init(&buf);
    mp_describe_write(mp_scenario_list(), &buf);
    fwrite(buf.text, 1, buf.len, stdout);
    mp_strbuf_release(&buf);
}

static int print_device(const char *name) {
    struct mp_strbuf buf;
    struct mp_error err;
    enum mp_status status;

    mp_strbuf_init(&buf);
    status = mp_describe_device(name, &buf, &err);
    if (status != MP_OK)
        mp_log(MP_LOG_ERROR, "%s", err.text);
    fwrite(buf.text, 1, buf.len, stdout);
    mp_strbuf_release(&buf);
    if (status != MP_OK)
        return 2;
    return fflush(stdout) == 0 ? 0 : 6;
}

/* What the device calls by name, or the methods of the library if it knows no names. */
static enum mp_status list_names(const char *path, const char *device_text,
                                 struct mp_strbuf *buf, struct mp_error *err) {
    const bool is_program = device_text != NULL && mp_device_name_is_program(device_text);
    const struct mp_device_ops *ops = NULL;
    struct mp_option_values settings;
    struct mp_device *device = NULL;
    enum mp_status status = MP_OK;
    if (is_program && !mp_objc_is_native)
        return mp_error_set(err, MP_NOT_FOUND, "programs of this system have no methods");
    if (device_text != NULL && !is_program)
        status = mp_device_settings(device_text, &ops, &settings, err);
    if (status != MP_OK)
        return status;
    if (ops == NULL || ops->list_entries == NULL)
        return mp_methods_list(path, buf, err);
    status = mp_device_open(device_text, 0, &device, err);
    if (status != MP_OK)
        return status;
    status = ops->list_entries(device, path, buf, err);
    mp_device_close(device);
    return status;
}

static int print_methods(const char *path, const char *device) {
    struct mp_strbuf buf;
    struct mp_error err;
    mp_strbuf_init(&buf);
    enum mp_status status = list_names(path, device, &buf, &err);
    if (status == MP_OK)
        fwrite(buf.text, 1, buf.len, stdout);
    else
        mp_log(MP_LOG_ERROR, "%s", err.text);
    mp_strbuf_release(&buf);
    if (status != MP_OK)
        return 2;
    return fflush(stdout) == 0 ? 0 : 6;
}

/* Does what the command line asks for; returns the exit code. */
static int run(const struct mp_args *args) {
    const char *spec = mp_args_text(args, "spec");
    if (mp_args_flag(args, "help"))
        print_help();
    else if (mp_args_flag(args, "version"))
        puts("mpstress-round " MP_VERSION);
    else if (mp_args_flag(args, "describe"))
        print_catalog();
    else if (mp_args_is_set(args, "describe-device"))
        return print_device(mp_args_text(args, "describe-device"));
    else if (mp_args_is_set(args, "list-methods"))
        return print_methods(mp_args_text(args, "list-methods"),
                             mp_args_text(args, "driver-of"));
    else if (mp_args_is_set(args, "page-fd"))
        return mp_supervised_run((int)mp_option_get(&args->values, "page-fd")->integer);
    else if (spec != NULL)
        return mp_standalone_run(spec, !mp_args_flag(args, "no-deadline"));
    else {
        mp_log(MP_LOG_ERROR, "nothing to do: give --spec FILE or --describe; see --help");
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 6;
}

int main(int argc, char **argv) {
    struct mp_args *args = mp_memory_zeroed(1, sizeof(*args));
    struct mp_error err;
    int code = 2;

    setvbuf(stderr, NULL, _IOLBF, 0);
    enum mp_status status = mp_args_parse(rows, argc > 0 ? argv + 1 : argv, args, &err);
    if (status == MP_OK && args->operand_count > 0)
        status = mp_error_set(&err, MP_USAGE, "unexpected argument \"%s\"; see --help",
                              args->operand[0]);
    if (status == MP_OK)
        code = run(args);
    else
        mp_log(MP_LOG_ERROR, "%s", err.text);
    mp_args_release(args);
    free(args);
    return code;
}
