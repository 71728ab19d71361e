/* See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/matrix_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/round/null/fault.h"

#define PATIENCE_NS (60 * MP_CLOCK_NS_PER_S)

bool matrix_is_possible(const char *fault) {
    for (enum mp_null_fault_kind kind = MP_NULL_FAULT_none; kind < MP_NULL_FAULT_COUNT;
         kind++)
        if (strcmp(mp_null_fault_row(kind)->name, fault) == 0)
            return mp_null_fault_is_possible(kind);
    return false;
}

struct mp_runner *matrix_open(bool captures) {
    struct mp_runner_config config = {
        .round_program = MP_ROUND_PROGRAM, .jobs = 1, .captures = captures};
    struct mp_runner *runner = NULL;
    struct mp_error err;
    char note[512];
    if (mp_runner_open(&config, &runner, note, &err) != MP_OK)
        fail_msg("%s", err.text);
    return runner;
}

void matrix_run_for(struct mp_runner *runner, const struct fault_row *row,
                    uint64_t timeout_ms, struct mp_round_end *ret_end) {
    struct mp_round_spec spec;
    struct mp_error err = {.text = "no round ended in time"};
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "%s",
             row->scenario != NULL ? row->scenario : "noop");
    snprintf(spec.device, sizeof(spec.device), "null:fault=%s%s%s", row->fault,
             row->setting != NULL ? "," : "", row->setting != NULL ? row->setting : "");
    spec.timeout_ms = timeout_ms;
    memset(ret_end, 0, sizeof(*ret_end));
    if (mp_round_spec_set_param(&spec, "threads", "1", &err) != MP_OK ||
        mp_round_spec_set_param(&spec, "streams", "3", &err) != MP_OK ||
        mp_runner_start(runner, &spec, 1, &err) != MP_OK ||
        mp_runner_wait(runner, PATIENCE_NS, ret_end, &err) != MP_OK)
        fail_msg("%s: %s", row->fault, err.text);
}

void matrix_run(struct mp_runner *runner, const struct fault_row *row,
                struct mp_round_end *ret_end) {
    matrix_run_for(runner, row, PATIENCE_NS / MP_CLOCK_NS_PER_MS, ret_end);
}
