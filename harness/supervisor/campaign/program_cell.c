/* Checks programs when a plan is made, so that none is found missing at night.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/program_cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/process/program.h"
#include "harness/supervisor/process/program_output.h"

bool mp_program_cell_is_section(const struct mp_suite_section *section) {
    return strcmp(section->scenario, MP_PROGRAM_SCENARIO) == 0 ||
           mp_suite_key(section, "exec") != NULL;
}

/* Codes with one blank between them, however they were written. */
static void add_codes(const char *text, struct mp_strbuf *buf) {
    for (const char *at = text + strspn(text, ", "); *at != '\0';) {
        size_t len = strcspn(at, ", ");
        mp_strbuf_add(buf, at, len);
        at += len + strspn(at + len, ", ");
        mp_strbuf_addstr(buf, *at != '\0' ? " " : "");
    }
}

enum mp_status mp_program_cell_value(const char *name, const char *value,
                                     struct mp_strbuf *ret_value, struct mp_error *err) {
    static const char *const of_words[] = {"exec", "watch", "fail_output"};
    struct mp_words words = {0};
    size_t i = 0;
    while (i < MP_COUNT(of_words) && strcmp(of_words[i], name) != 0)
        i++;
    if (i == MP_COUNT(of_words)) {
        add_codes(value, ret_value);
        return MP_OK;
    }
    enum mp_status status = mp_words_split(value, &words, err);
    if (status == MP_OK && words.count == 0)
        status = mp_error_set(err, MP_USAGE, "the value is blank");
    if (status == MP_OK)
        mp_words_join(&words, ret_value);
    else
        mp_error_prefix(err, "%s", name);
    mp_words_release(&words);
    return status;
}

enum mp_status mp_program_cell_set_arm(struct mp_cell *cell, const char *arm,
                                       struct mp_error *err) {
    struct mp_words words;
    char build[MP_PROGRAM_DIGITS + 1];
    if (strcmp(arm, "none") == 0) {
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "none");
        return MP_OK;
    }
    if (mp_program_arm_kind(arm) == MP_PROGRAM_ARM_OTHER)
        return mp_error_set(err, MP_USAGE,
                            "arm '%.80s' acts on the device calls of mpstress's own "
                            "scenarios; a program takes none, fix, an arm that "
                            "finds, env:NAME=VALUE, wrap:COMMAND or exec:COMMAND",
                            arm);
    enum mp_status status = mp_program_arm_split(arm, &words, build, err);
    if (status == MP_OK)
        status = mp_program_arm_write(arm, build, cell->spec.arm, err);
    mp_words_release(&words);
    return status;
}

/* Another build than the one that was asked for would be another cell. */
static enum mp_status check_build(const char *program, const char *wanted,
                                  const char *build, struct mp_error *err) {
    if (wanted == NULL || wanted[0] == '\0' || strcmp(wanted, build) == 0)
        return MP_OK;
    return mp_error_set(
        err, MP_USAGE,
        "'%.120s' is build %s now (the program and the files of --watch), "
        "not %.40s: it was rebuilt or changed since",
        program, build, wanted);
}

static enum mp_status set_build(struct mp_cell *cell, const struct mp_words *watch,
                                struct mp_error *err) {
    struct mp_words command = {0};
    char build[MP_PROGRAM_DIGITS + 1];
    const char *text = mp_round_spec_param(&cell->spec, "exec");
    enum mp_status status = mp_words_split(text, &command, err);
    if (status == MP_OK)
        status = mp_program_read_build(command.word[0], watch, build, err);
    if (status == MP_OK)
        status = check_build(command.word[0], mp_round_spec_param(&cell->spec, "build"),
                             build, err);
    if (status == MP_OK)
        status = mp_round_spec_set_param(&cell->spec, "build", build, err);
    mp_words_release(&command);
    return status;
}

/* The program of arm wrap or exec; the build of exec becomes part of the arm. */
static enum mp_status finish_arm(struct mp_cell *cell, const struct mp_words *watch,
                                 struct mp_error *err) {
    enum mp_program_arm kind = mp_program_arm_kind(cell->spec.arm);
    char path[4096], wanted[MP_PROGRAM_DIGITS + 1], build[MP_PROGRAM_DIGITS + 1];
    struct mp_words words = {0};
    if (kind != MP_PROGRAM_WRAP && kind != MP_PROGRAM_EXEC)
        return MP_OK;
    enum mp_status status = mp_program_arm_split(cell->spec.arm, &words, wanted, err);
    if (status == MP_OK && kind == MP_PROGRAM_WRAP)
        status = mp_program_find(words.word[0], path, sizeof(path), err);
    if (status == MP_OK && kind == MP_PROGRAM_EXEC) {
        char arm[MP_SPEC_ARM_MAX];
        memcpy(arm, cell->spec.arm, sizeof(arm));
        status = mp_program_read_build(words.word[0], watch, build, err);
        if (status == MP_OK)
            status = check_build(words.word[0], wanted, build, err);
        if (status == MP_OK)
            status = mp_program_arm_write(arm, build, cell->spec.arm, err);
    }
    mp_words_release(&words);
    return status;
}

/* Reads now what each round reads again, so that a mistake is told before the first. */
static enum mp_status check_reading(const struct mp_round_spec *spec,
                                    struct mp_error *err) {
    struct mp_program_codes codes;
    struct mp_program_output output = {0};
    struct mp_program program;
    enum mp_status status = mp_program_codes_read(spec, &codes, err);
    if (status == MP_OK)
        status = mp_program_output_open(&output, spec, err);
    mp_program_output_close(&output);
    if (status == MP_OK) {
        status = mp_program_make(spec, &program, err);
        mp_program_release(&program);
    }
    return status;
}

enum mp_status mp_program_cell_finish(struct mp_cell *cell, struct mp_error *err) {
    const char *text = mp_round_spec_param(&cell->spec, "watch");
    struct mp_words watch = {0};
    if (mp_round_spec_param(&cell->spec, "exec") == NULL)
        return mp_error_set(err, MP_USAGE,
                            "which program? write mpstress run --exec 'COMMAND ARGS', or "
                            "exec = COMMAND ARGS in the section");
    enum mp_status status = text != NULL ? mp_words_split(text, &watch, err) : MP_OK;
    if (status == MP_OK)
        status = set_build(cell, &watch, err);
    if (status == MP_OK)
        status = finish_arm(cell, &watch, err);
    if (status == MP_OK)
        status = check_reading(&cell->spec, err);
    mp_words_release(&watch);
    return status;
}
