/* The program `mpstress-round`: one round, then gone. The only program that loads a
 * driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/option.h"
#include "harness/round/by_hand.h"
#include "harness/round/describe.h"
#include "harness/round/supervised.h"

static const struct mp_option rows[] = {
    {.name = "spec",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "run the round of a spec file and print its result"},
    {.name = "no-deadline",
     .type = MP_OPTION_FLAG,
     .help = "with --spec: never give up waiting (for a debugger)"},
    {.name = "describe",
     .type = MP_OPTION_FLAG,
     .help = "write the catalog of devices, scenarios and arms"},
    {.name = "page-fd",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 0,
     .max = 65535,
     .help = "run the round of the shared page behind descriptor N (by mpstress)"},
    {.name = "version", .type = MP_OPTION_FLAG, .help = "print the version"},
    {.name = "help", .letter = 'h', .type = MP_OPTION_FLAG, .help = "print this text"},
    {.name = NULL},
};

/* "--name value", "--name=value" or "--flag", one after the other. */
static enum mp_status parse(int argc, char **argv, struct mp_option_values *values,
                            struct mp_error *err) {
    mp_option_values_init(values, rows);
    for (int i = 1; i < argc; i++) {
        const char *word = strcmp(argv[i], "-h") == 0 ? "--help" : argv[i];
        const char *equals = strchr(word, '=');
        const char *text = equals ? equals + 1 : "on";
        char name[32];
        enum mp_status status;

        if (strncmp(word, "--", 2) != 0)
            return mp_error_set(err, MP_USAGE, "\"%s\" is not an option; see --help",
                                word);
        snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - word - 2) : 31,
                 word + 2);
        for (size_t row = 0; rows[row].name; row++) {
            if (strcmp(rows[row].name, name) != 0 || rows[row].type == MP_OPTION_FLAG ||
                equals)
                continue;
            if (++i == argc)
                return mp_error_set(err, MP_USAGE, "--%s needs a value: %s", name,
                                    rows[row].metavar);
            text = argv[i];
        }
        status = mp_option_set(values, name, text, err);
        if (status != MP_OK)
            return status;
    }
    return MP_OK;
}

static void print_help(void) {
    puts("usage: mpstress-round --spec FILE | --describe | --version | --help\n\n"
         "Runs one round of mpstress and ends. `mpstress` starts it; by hand it repeats "
         "a round.\n");
    for (size_t row = 0; rows[row].name; row++) {
        char head[40];

        snprintf(head, sizeof(head), "--%s%s%s", rows[row].name,
                 rows[row].metavar ? " " : "",
                 rows[row].metavar ? rows[row].metavar : "");
        printf("  %-16s %s\n", head, rows[row].help);
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

int main(int argc, char **argv) {
    struct mp_option_values values;
    struct mp_error err;

    setvbuf(stderr, NULL, _IOLBF, 0);
    if (parse(argc, argv, &values, &err) != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        return 2;
    }
    if (mp_option_get(&values, "help")->integer)
        print_help();
    else if (mp_option_get(&values, "version")->integer)
        puts("mpstress-round " MP_VERSION);
    else if (mp_option_get(&values, "describe")->integer)
        print_catalog();
    else if (mp_option_get(&values, "page-fd")->is_set)
        return mp_supervised_run((int)mp_option_get(&values, "page-fd")->integer);
    else if (mp_option_get(&values, "spec")->is_set)
        return mp_by_hand_run(mp_option_get(&values, "spec")->text,
                              !mp_option_get(&values, "no-deadline")->integer);
    else {
        mp_log(MP_LOG_ERROR, "nothing to do: give --spec FILE or --describe; see --help");
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 6;
}
