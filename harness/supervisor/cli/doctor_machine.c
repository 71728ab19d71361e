/* Checks what rounds need (the round program, devices, tracing, a place for the
 * database), and what would spoil their evidence.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/campaign/environment.h"
#include "harness/supervisor/campaign/machine.h"
#include "harness/supervisor/cli/checks.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/source.h"
#include "harness/supervisor/cli/terminal.h"
#include "harness/supervisor/process/cgroup.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/library.h"
#include "harness/supervisor/process/trial.h"
#include "harness/wire/device_name.h"

#define CHECKS_MAX 48

struct checks {
    struct mp_check check[CHECKS_MAX];
    size_t count;
};

static struct mp_check *add(struct checks *checks, const char *name,
                            enum mp_check_state state, const char *fmt, ...)
    MP_PRINTF(4, 5);

static struct mp_check *add(struct checks *checks, const char *name,
                            enum mp_check_state state, const char *fmt, ...) {
    /* The last slot is overwritten if there are ever more. */
    struct mp_check *check = &checks->check[checks->count];
    checks->count += checks->count + 1 < CHECKS_MAX;
    memset(check, 0, sizeof(*check));
    check->name = name;
    check->state = state;
    va_list args;
    va_start(args, fmt);
    vsnprintf(check->words, sizeof(check->words), fmt, args);
    va_end(args);
    return check;
}

static void advise(struct mp_check *check, const char *todo) {
    snprintf(check->todo, sizeof(check->todo), "%s", todo);
}

/* The build of the driver whose path ends what a device says of itself; "" if its file
 * says none, as on macOS, where only a round knows. */
static void find_build(const char *detail, char *buf, size_t size) {
    struct mp_library library;
    struct mp_error ignored;
    const char *path = strstr(detail, ", /");
    buf[0] = '\0';
    if (path != NULL && mp_library_read(path + 2, &library, &ignored) == MP_OK)
        snprintf(buf, size, ", build %s", library.id);
}

static void check_device(struct checks *checks, const struct mp_catalog_item *item) {
    if (item->is_unasked) {
        advise(add(checks, "device", MP_CHECK_BAD,
                   "%s cannot be asked whether it opens: %s", item->name, item->detail),
               "see what the system lacks");
        return;
    }
    if (item->is_broken) {
        advise(add(checks, "device", MP_CHECK_CAREFUL, "%s %s", item->name, item->detail),
               "nothing, if that driver is what you are testing; otherwise look at the "
               "system's log; a slow machine may need MPSTRESS_OPEN_TIMEOUT");
        return;
    }
    char build[MP_SPEC_ID_MAX + 16];
    find_build(item->detail, build, sizeof(build));
    struct mp_check *check =
        add(checks, "device", item->is_present ? MP_CHECK_OK : MP_CHECK_CAREFUL,
            "%s %s%s%s%s", item->name, item->is_present ? "opens" : "is absent",
            item->detail[0] != '\0' ? ": " : "", item->detail, build);
    if (item->is_present)
        return;
    advise(check,
           mp_device_name_is_model(item->name)
               ? "build the model's library (cmake --build), or name it in MPSTRESS_MODEL"
               : "nothing to do, unless you want to test it: its rounds have no "
                 "verdict here");
}

/* By a crash: that tracing is allowed says less, above all on macOS. */
static void check_tracing(struct checks *checks, const char *program) {
    struct mp_trial trial;
    struct mp_error err;
    enum mp_status status = mp_trial_run(program, &trial, &err);
    if (status == MP_OK)
        add(checks, "tracing", MP_CHECK_OK,
            "works: a planted crash was read, with its address and the %s",
            trial.threads > 1 ? "stacks of all threads" : "stack of its thread");
    else
        advise(add(checks, "tracing", MP_CHECK_CAREFUL, "%s: %s",
                   status == MP_UNSUPPORTED ? "refused" : "unknown", err.text),
               status == MP_UNSUPPORTED ? mp_host_tracing_advice()
                                        : "see what is said of the rounds");
}

/* What becomes of the processes of rounds if mpstress is killed. */
static void check_guard(struct checks *checks) {
    char path[MP_CGROUP_PATH_MAX];
    struct mp_error err = {.text = "this process cannot be moved into one"};
    bool is_made = mp_cgroup_make(mp_clock_wall_ns(), path, &err) == MP_OK;
    bool is_inside = is_made && mp_cgroup_enter(path);
    bool is_out = !is_inside || mp_cgroup_leave(path);
    if (is_made && is_out)
        (void)mp_cgroup_end(path);
    if (is_inside && is_out)
        add(checks, "guard", MP_CHECK_OK,
            "rounds live in a cgroup of their own: if mpstress is killed, so is all that "
            "they started");
    else
        add(checks, "guard", MP_CHECK_OK,
            "by a mark in the environment: if mpstress is killed, so is all that rounds "
            "started, but not what was started with another environment or hides its own "
            "(no cgroup: %s)",
            err.text);
}

static void check_rounds(struct checks *checks) {
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog;
    struct mp_error err;
    if (mp_source_read(program, &catalog, &err) != MP_OK) {
        advise(add(checks, "rounds", MP_CHECK_BAD, "%s", err.text),
               "build mpstress-round, or name it in MPSTRESS_ROUND");
        return;
    }
    add(checks, "rounds", MP_CHECK_OK, "run by %s", program);
    mp_source_open_devices(&catalog);
    for (size_t i = 0; i < catalog.count; i++)
        if (catalog.item[i].kind == MP_CATALOG_DEVICE)
            check_device(checks, &catalog.item[i]);
    mp_catalog_release(&catalog);
    check_tracing(checks, program);
    check_guard(checks);
}

/* Creates nothing, which opening an absent database would. */
static void check_database(struct checks *checks, const struct mp_args *args) {
    const char *path = mp_command_database(args);
    if (access(path, F_OK) == 0) {
        bool is_fine = access(path, R_OK | W_OK) == 0;
        struct mp_check *check =
            add(checks, "database", is_fine ? MP_CHECK_OK : MP_CHECK_BAD, "%s %s", path,
                is_fine ? "is there" : strerror(errno));
        advise(check, is_fine ? ""
                              : "change its permissions, or choose another with "
                                "--db");
        return;
    }
    char folder[MP_SOURCE_PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof(folder), "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
             slash != NULL ? path : ".");
    if (access(folder, W_OK | X_OK) == 0) {
        add(checks, "database", MP_CHECK_OK, "%s does not exist yet and can be created",
            path);
        return;
    }
    advise(add(checks, "database", MP_CHECK_BAD, "%s cannot be created: %s: %s", path,
               folder, strerror(errno)),
           "create the directory, change its permissions, or choose another with --db");
}

static void check_processors(struct checks *checks) {
    long cores = mp_environment_cores(), online = sysconf(_SC_NPROCESSORS_ONLN);
    double load = mp_environment_load();
    struct mp_check *check =
        add(checks, "cores", cores > 1 ? MP_CHECK_OK : MP_CHECK_CAREFUL,
            cores < online ? "%ld, of %ld" : "%ld", cores, online);
    if (cores < 2)
        advise(check,
               "threads only take turns here: use a machine with more cores to find "
               "races");
    if (load < 0.0)
        return;
    bool is_busy = cores > 0 && load > (double)cores;
    check = add(checks, "load", is_busy ? MP_CHECK_CAREFUL : MP_CHECK_OK,
                "%.2f on %ld cores", load, cores);
    if (is_busy)
        advise(check, "other work runs beside the rounds: they may miss their deadlines, "
                      "and timings mean nothing");
}

/* What the system is, as the environment of a campaign has it. */
static void check_system(struct checks *checks) {
    struct mp_environment env;
    mp_environment_read(&env, NULL);
    add(checks, "system", MP_CHECK_OK, "%s, build %s, %s", env.os, env.os_build, env.cpu);
}

static void check_machine(struct checks *checks, const struct mp_args *args) {
    struct mp_machine machine;
    mp_machine_read(&machine, "", mp_command_database(args));
    for (size_t i = 0; i < machine.count; i++) {
        const struct mp_machine_item *item = &machine.item[i];
        advise(add(checks, item->name, item->is_careful ? MP_CHECK_CAREFUL : MP_CHECK_OK,
                   "%s", item->words),
               item->todo);
    }
}

int mp_doctor_machine(const struct mp_args *args) {
    struct checks checks = {.count = 0};
    struct mp_strbuf text;
    int code = MP_CODE_OK;
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
    check_system(&checks);
    check_rounds(&checks);
    check_database(&checks, args);
    check_processors(&checks);
    check_machine(&checks, args);
    for (size_t i = 0; i < checks.count; i++)
        code = checks.check[i].state == MP_CHECK_BAD ? MP_CODE_HARNESS : code;
    mp_strbuf_init(&text);
    if (mp_args_flag(args, "json")) {
        mp_checks_json(checks.check, checks.count, code, &text);
    } else {
        mp_checks_text(checks.check, checks.count,
                       mp_terminal_wants_colour(STDOUT_FILENO, colour),
                       mp_terminal_width(STDOUT_FILENO), &text);
    }
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    return code;
}
