/* Writes what the options say as keys of a section, as a suite would have them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/program_section.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/supervisor/process/program.h"

#define LIST_MAX 64 /* values of a repeatable option */

/* Options that stand in a section as they are. */
static const struct {
    const char *option, *key;
} plain[] = {{"build", "build"}, {"ok-codes", "ok_codes"}, {"skip-codes", "skip_codes"}};

static enum mp_status add_watch(struct mp_suite_section *section,
                                const struct mp_args *args, struct mp_error *err) {
    const char *file[LIST_MAX];
    struct mp_words words = {0};
    struct mp_strbuf line;
    size_t count = mp_args_texts(args, "watch", file, LIST_MAX);
    if (count == 0)
        return MP_OK;
    if (count > LIST_MAX)
        return mp_error_set(err, MP_LIMIT, "more than %d files to watch", LIST_MAX);
    mp_strbuf_init(&line);
    for (size_t i = 0; i < count; i++)
        mp_words_add(&words, file[i]);
    mp_words_join(&words, &line);
    enum mp_status status = mp_suite_add_key(section, "watch", line.text, err);
    mp_strbuf_release(&line);
    mp_words_release(&words);
    return status;
}

static enum mp_status add_pattern(struct mp_suite_section *section,
                                  const struct mp_args *args, struct mp_error *err) {
    const char *pattern = mp_args_text(args, "fail-output");
    struct mp_strbuf word;
    if (pattern == NULL)
        return MP_OK;
    mp_strbuf_init(&word);
    mp_words_quote(pattern, &word);
    enum mp_status status = mp_suite_add_key(section, "fail_output", word.text, err);
    mp_strbuf_release(&word);
    return status;
}

static enum mp_status add_delay(struct mp_suite_section *section,
                                const struct mp_args *args, struct mp_error *err) {
    char text[32];
    if (!mp_args_is_set(args, "delay"))
        return MP_OK;
    snprintf(text, sizeof(text), "%" PRId64,
             mp_args_integer(args, "delay", 0) / (int64_t)MP_CLOCK_NS_PER_US);
    return mp_suite_add_key(section, "delay_us", text, err);
}

enum mp_status mp_program_section_add(struct mp_suite *suite, const struct mp_args *args,
                                      const char *command, struct mp_error *err) {
    struct mp_suite_section *section =
        mp_suite_add_section(suite, MP_PROGRAM_SCENARIO, "command line");
    enum mp_status status = mp_suite_add_key(section, "exec", command, err);
    for (size_t i = 0; status == MP_OK && i < MP_COUNT(plain); i++)
        if (mp_args_is_set(args, plain[i].option))
            status = mp_suite_add_key(section, plain[i].key,
                                      mp_args_text(args, plain[i].option), err);
    if (status == MP_OK)
        status = add_watch(section, args, err);
    if (status == MP_OK)
        status = add_pattern(section, args, err);
    if (status == MP_OK)
        status = add_delay(section, args, err);
    return status;
}

/* What stands behind "--" is already split. */
static enum mp_status add_operands(struct mp_suite *suite, const struct mp_args *args,
                                   struct mp_error *err) {
    struct mp_words words = {0};
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = args->operands_before; i < args->operand_count; i++)
        mp_words_add(&words, args->operand[i]);
    mp_words_join(&words, &line);
    enum mp_status status =
        words.count > 0 ? mp_program_section_add(suite, args, line.text, err) : MP_OK;
    mp_strbuf_release(&line);
    mp_words_release(&words);
    return status;
}

static enum mp_status refuse_idle_options(const struct mp_args *args,
                                          struct mp_error *err) {
    static const char *const names[] = {"watch",      "build",       "ok-codes",
                                        "skip-codes", "fail-output", "delay"};
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_args_is_set(args, names[i]))
            return mp_error_set(err, MP_USAGE,
                                "--%s is for programs of your own, and none is run: add "
                                "--exec 'COMMAND ARGS'",
                                names[i]);
    return MP_OK;
}

enum mp_status mp_program_sections_add(struct mp_suite *suite, const struct mp_args *args,
                                       struct mp_error *err) {
    const char *command[LIST_MAX];
    size_t count = mp_args_texts(args, "exec", command, LIST_MAX);
    if (count == 0 && args->operands_before == args->operand_count)
        return refuse_idle_options(args, err);
    if (count > LIST_MAX)
        return mp_error_set(err, MP_LIMIT, "more than %d programs", LIST_MAX);
    enum mp_status status = MP_OK;
    for (size_t i = 0; status == MP_OK && i < count; i++)
        status = mp_program_section_add(suite, args, command[i], err);
    if (status == MP_OK)
        status = add_operands(suite, args, err);
    return status;
}

/* A process has one tracer, and that is mpstress. "gdb-multiarch" and "lldb-14" are
 * debuggers too. */
static bool is_debugger(const char *path) {
    static const char *const names[] = {"gdb",    "lldb", "strace",
                                        "ltrace", "rr",   "dtruss"};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        size_t len = strlen(names[i]);
        if (strncmp(name, names[i], len) == 0 && (name[len] == '\0' || name[len] == '-'))
            return true;
    }
    return false;
}

enum mp_status mp_program_section_check(const struct mp_plan *plan, bool captures,
                                        struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < plan->cell_count && captures && status == MP_OK; i++) {
        struct mp_program program;
        struct mp_error ignored;
        if (!mp_program_is_spec(&plan->cell[i].spec) ||
            mp_program_make(&plan->cell[i].spec, &program, &ignored) != MP_OK)
            continue;
        if (is_debugger(program.argv.word[0]))
            status = mp_error_set(
                err, MP_USAGE,
                "'%.200s' is a debugger or tracer; a process can have only one, and "
                "mpstress is it already: add --capture off; the stacks are then those "
                "it prints",
                program.argv.word[0]);
        mp_program_release(&program);
    }
    return status;
}

void mp_program_section_say(const struct mp_plan *plan, bool captures) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct mp_round_spec *spec = &plan->cell[i].spec;
        struct mp_program program;
        struct mp_error ignored;
        char path[4096];
        if (!captures || geteuid() == 0 || !mp_program_is_spec(spec) ||
            mp_program_make(spec, &program, &ignored) != MP_OK)
            continue;
        bool loses = mp_program_find(program.argv.word[0], path, sizeof(path),
                                     &ignored) == MP_OK &&
                     mp_program_takes_rights(path);
        if (loses)
            mp_log(MP_LOG_WARN,
                   "%s is setuid or setgid, and the system does not give those rights "
                   "to a program that is traced: it runs without them; with --capture "
                   "off it has them, but there are no stacks",
                   path);
        mp_program_release(&program);
    }
}
