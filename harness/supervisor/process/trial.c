/* One planted crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/trial.h"

#include <signal.h>
#include <stdio.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/runner.h"

#define DEVICE     "null:fault=segv_null"
#define TIMEOUT_MS 10000
#define PATIENCE   (20 * MP_CLOCK_NS_PER_S)

/* A round program that knows no such device, or dies of something else, shows nothing. */
static enum mp_status judge(const struct mp_round_end *end, struct mp_trial *ret_trial,
                            struct mp_error *err) {
    const struct mp_crash *crash = end->crash;
    *ret_trial = (struct mp_trial){.wall_ns = end->wall_ns};
    if (end->exit.kind != MP_EXIT_SIGNAL || end->exit.signal != SIGSEGV)
        return mp_error_set(err, MP_SYSTEM,
                            "a round on %s was meant to crash and did not: the round "
                            "program is another build, or the machine is too busy",
                            DEVICE);
    if (end->trace != MP_TRACE_ON)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "the system did not allow a round to be watched");
    if (crash == NULL || !crash->has_address || crash->thread_count == 0 ||
        crash->thread[0].frame_count == 0)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "a planted crash was not seen, or was seen without its "
                            "address and stack");
    ret_trial->threads = crash->thread_count;
    return MP_OK;
}

static enum mp_status crash_once(struct mp_runner *runner, struct mp_trial *ret_trial,
                                 struct mp_error *err) {
    struct mp_round_spec spec;
    struct mp_round_end end = {0};
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "noop");
    snprintf(spec.device, sizeof(spec.device), DEVICE);
    spec.timeout_ms = TIMEOUT_MS;
    enum mp_status status = mp_round_spec_set_param(&spec, "threads", "1", err);
    if (status == MP_OK)
        status = mp_runner_start(runner, &spec, 1, err);
    if (status == MP_OK)
        status = mp_runner_wait(runner, PATIENCE, &end, err);
    if (status != MP_OK) {
        mp_error_prefix(err, "a planted crash could not be tried");
        return MP_SYSTEM;
    }
    status = judge(&end, ret_trial, err);
    mp_round_end_release(&end);
    return status;
}

enum mp_status mp_trial_run(const char *program, struct mp_trial *ret_trial,
                            struct mp_error *err) {
    char bed_program[4096], note[sizeof(err->text)] = "";
    struct mp_runner_config config = {.round_program = program,
                                      .bed_program = bed_program,
                                      .jobs = 1,
                                      .captures = true};
    struct mp_runner *runner = NULL;
    mp_runner_find_bed_program(program, bed_program, sizeof(bed_program));
    enum mp_status status = mp_runner_open(&config, &runner, note, err);
    if (status != MP_OK)
        return MP_SYSTEM;
    status = note[0] != '\0' ? mp_error_set(err, MP_UNSUPPORTED, "%s", note)
                             : crash_once(runner, ret_trial, err);
    mp_runner_close(runner);
    return status;
}
