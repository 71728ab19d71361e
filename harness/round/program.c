/* Becomes a user's program, and says in the catalog what such a round is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/program.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/round/preload.h"
#include "harness/wire/program.h"

static void set_number(const char *name, uint64_t number) {
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    (void)setenv(name, text, 1);
}

static void set_environment(const struct mp_round_spec *spec,
                            const struct mp_program *program, bool has_page,
                            int page_fd) {
    set_number(MP_PROGRAM_VARIABLE_SEED, spec->seed);
    set_number(MP_PROGRAM_VARIABLE_ROUND, spec->number);
    (void)unsetenv(MP_PROGRAM_VARIABLE_PAGE);
    if (has_page)
        set_number(MP_PROGRAM_VARIABLE_PAGE, (uint64_t)page_fd);
    for (size_t i = 0; i < program->env.count; i++) {
        char *entry = program->env.word[i];
        char *value = strchr(entry, '=');
        *value = '\0';
        (void)setenv(entry, value + 1, 1);
        *value = '=';
    }
    if (spec->fix[0] != '\0')
        mp_preload_set(spec->fix);
}

static void prepare_page(const struct mp_round_spec *spec, struct mp_round_page *page) {
    const char *delay = mp_round_spec_param(spec, "delay_us");
    page->seed = spec->seed;
    page->number = spec->number;
    page->delay_us = delay != NULL ? (uint32_t)strtoul(delay, NULL, 10) : 0;
    atomic_store_explicit(&page->phase, MP_PHASE_RUN, memory_order_release);
}

enum mp_status mp_program_become(const struct mp_round_spec *spec,
                                 struct mp_round_page *page, int page_fd,
                                 struct mp_error *err) {
    struct mp_program program;
    enum mp_status status = mp_program_make(spec, &program, err);
    if (status == MP_OK) {
        set_environment(spec, &program, page != NULL, page_fd);
        if (page != NULL)
            prepare_page(spec, page);
        (void)execvp(program.argv.word[0], program.argv.word);
        status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot run %.300s",
                                    program.argv.word[0]);
        if (page != NULL)
            atomic_store_explicit(&page->phase, MP_PHASE_OPEN, memory_order_release);
    }
    mp_program_release(&program);
    return status;
}

static const struct mp_option exec_rows[] = {
    {.name = "exec",
     .type = MP_OPTION_TEXT,
     .metavar = "COMMAND",
     .help = "the program and its arguments, quoted as for a shell, although none is "
             "started; {seed} and {round} are replaced"},
    {.name = "build",
     .type = MP_OPTION_TEXT,
     .metavar = "DIGITS",
     .help = "first digits of the hash over the program and the watched files; filled "
             "in if missing, refused if different"},
    {.name = "watch",
     .type = MP_OPTION_TEXT,
     .metavar = "FILES",
     .help = "other files that belong to the build, such as a script or a library"},
    {.name = "ok_codes",
     .type = MP_OPTION_TEXT,
     .metavar = "CODES",
     .help = "exit codes that count as a pass, such as 0 3 5-7; default: 0"},
    {.name = "skip_codes",
     .type = MP_OPTION_TEXT,
     .metavar = "CODES",
     .help = "exit codes that mean that the program cannot run here, such as 77"},
    {.name = "fail_output",
     .type = MP_OPTION_TEXT,
     .metavar = "REGEX",
     .help = "a line of its output that matches this (POSIX extended) is a failure"},
    {.name = "delay_us",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 0,
     .max = 1000000,
     .help = "longest pause in microseconds, at each point where the program allows one"},
    {.name = NULL},
};

static const struct mp_option no_rows[] = {{.name = NULL}};

#define NO_TEXTS                                                                         \
    .detail = "", .how = "", .hit = "", .origin = "", .planted = "", .harmless = "",     \
    .hidden = "", .frames = "", .finders = ""

/* clang-format off */
static const struct mp_catalog_item items[] = {
    {.kind = MP_CATALOG_DEVICE, .name = MP_PROGRAM_DEVICE, .is_present = true,
     .summary = "your own program, and whatever it uses", .rows = no_rows,
     .detail = "programs bring their own", .how = "", .hit = "", .origin = "",
     .planted = "", .harmless = "", .hidden = "", .frames = "", .finders = ""},
    {.kind = MP_CATALOG_SCENARIO, .name = MP_PROGRAM_SCENARIO, .is_present = true,
     .summary = "your own program as a round, one process each", .rows = exec_rows,
     .detail = "whatever makes the program crash, abort, hang or exit with a failing "
               "code",
     .how = "starts it afresh each round, with MPSTRESS_SEED and MPSTRESS_ROUND in its "
            "environment, and reads its output; it is traced before its loader runs",
     .hit = "a crash or abort with the stacks of all threads, a hang with two samples, or "
            "an exit code or a line of output that means failure; wrong numbers, lost work "
            "and overlap only if it uses mpstress.h or mpstress.py",
     .origin = "yours", .planted = "", .harmless = "", .hidden = "", .frames = "", .finders = ""},
    {.kind = MP_CATALOG_ARM, .name = "wrap", .is_present = true, .rows = no_rows,
     .summary = "for programs: starts it through another program, wrap:COMMAND", NO_TEXTS},
    {.kind = MP_CATALOG_ARM, .name = "exec", .is_present = true, .rows = no_rows,
     .summary = "for programs: runs another one instead, exec:COMMAND", NO_TEXTS},
    {.name = NULL},
};
/* clang-format on */

const struct mp_catalog_item *mp_program_items(void) {
    return items;
}
