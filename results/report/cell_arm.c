/* Names of arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/cell_arm.h"

#include <string.h>

#include "harness/base/memory.h"
#include "harness/wire/program.h"

/* The command of "exec:BUILD COMMAND". */
static char *command_of_arm(const char *arm) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words words;
    struct mp_error ignored;
    struct mp_strbuf command;
    mp_strbuf_init(&command);
    if (mp_program_arm_split(arm, &words, build, &ignored) == MP_OK)
        mp_words_join(&words, &command);
    else
        mp_strbuf_addstr(&command, arm); /* from another version */
    mp_words_release(&words);
    return mp_strbuf_detach(&command);
}

/* The command among the parameters, which hold no comma: "build=...,exec=COMMAND". */
static char *command_of_cell(const struct mp_report_cell *cell) {
    static const char start[] = "exec=";
    for (const char *at = cell->params; *at != '\0';) {
        size_t span = strcspn(at, ",");
        if (strncmp(at, start, strlen(start)) == 0) {
            struct mp_strbuf command;
            mp_strbuf_init(&command);
            mp_strbuf_addf(&command, "%.*s", (int)(span - strlen(start)),
                           at + strlen(start));
            return mp_strbuf_detach(&command);
        }
        at += at[span] == ',' ? span + 1 : span;
    }
    return NULL;
}

/* Whether another program runs in the place of the cell's. */
static bool is_replaced(const struct mp_report *report,
                        const struct mp_report_cell *cell) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *other = &report->cell[i];
        if (mp_program_arm_kind(other->arm) == MP_PROGRAM_EXEC &&
            strcmp(other->scenario, cell->scenario) == 0 &&
            strcmp(other->params, cell->params) == 0)
            return true;
    }
    return false;
}

static char *find_program(const struct mp_report *report,
                          const struct mp_report_cell *cell) {
    if (mp_program_arm_kind(cell->arm) == MP_PROGRAM_EXEC)
        return command_of_arm(cell->arm);
    if (strcmp(cell->scenario, MP_PROGRAM_SCENARIO) == 0 &&
        strcmp(cell->arm, "none") == 0 && is_replaced(report, cell))
        return command_of_cell(cell);
    return NULL;
}

void mp_cell_arm_load(struct mp_report *report) {
    for (size_t i = 0; i < report->cell_count; i++)
        report->cell[i].program = find_program(report, &report->cell[i]);
}

const char *mp_cell_arm_name(const struct mp_report_cell *cell) {
    return cell->program != NULL ? cell->program : cell->arm;
}

void mp_cell_arm_write(const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s %s", cell->program != NULL ? "program" : "arm",
                   mp_cell_arm_name(cell));
}
