/* mpstress doctor: checks what the figures depend on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/doctor.h"

static int run(const struct mp_args *args, char *const *argv) {
    struct mp_error err;
    if (mp_args_flag(args, "observer"))
        return mp_doctor_observer(args, argv);
    if (args->operand_count > 0) {
        mp_error_set(
            &err, MP_USAGE,
            "'%s': doctor takes an operand only with --observer; name a database with "
            "--db FILE",
            args->operand[0]);
        return mp_command_fail(args, MP_CODE_USAGE, &err);
    }
    return mp_args_is_set(args, "db") ? mp_doctor_database(args)
                                      : mp_doctor_machine(args);
}

static const struct mp_option options[] = {
    {.name = "observer",
     .type = MP_OPTION_FLAG,
     .help = "run one cell traced, untraced and without the recorder in turn, record the "
             "rounds in --db, and say whether observing changes how often it fails"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help = "with --observer: device with settings; default: that of the cell"},
    {.name = "rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "200",
     .min = 1,
     .max = MP_PLAN_ROUNDS_MAX / MP_LOOK_COUNT,
     .help = "with --observer: rounds of each of the three kinds"},
    {.name = "timeout",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .help = "with --observer: deadline of a round; default: 10s"},
    {.name = "seed",
     .type = MP_OPTION_TEXT,
     .metavar = "S",
     .help = "with --observer: seed of the order and of all rounds; default: a new one"},
    MP_ROW_LOCK,
    MP_ROW_DB,
    MP_ROW_DB_WAIT,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_VERBOSE,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Without options, checks what this machine allows and what would spoil evidence: system "
    "and build, the round program, each device with GPU and driver, tracing (by a planted "
    "crash), a place for the database and its disk, cores and load, heat and clock, System "
    "Integrity Protection, validation layers and their variables, libraries injected from "
    "outside, other users of the GPU, limits of tracing and of core dumps, the system's crash "
    "reports. Where something is wrong, it says what to do. Exits with 0, or with 6 if rounds "
    "could not run or could not be recorded.",
    "What stays from day to day is in the fingerprint of a campaign's environment, and parts "
    "nights; load, heat, clock and disk are recorded with each campaign and part none.",
    "With --db, checks that database without changing it: that the file is intact, "
    "that every started round is recorded exactly once and is in exactly one column of "
    "the balance, that the stored counts and limits match the rounds, and that every "
    "round that did not pass can be repeated. It also shows who is running the "
    "unfinished campaigns, and which rounds were lost. Exits with 0 if nothing is "
    "wrong, else with 6. Every page is read, which takes a while on a large database.",
    "With --observer, runs one cell traced, untraced, and traced without the recorder. "
    "The default cell is a planted race of the model that fails in about half of its "
    "rounds. Rounds come in blocks: one of each kind, in an order drawn from the seed, "
    "all with one seed. The result is how much tracing and the recorder change the "
    "failure rate, with limits. A round in which no two threads met counts as passed "
    "here, since without the recorder nobody can know that. Exits with 0 if no "
    "difference is shown, 1 if observing changes the rate, 3 if a kind of round is "
    "missing, 4 if nothing ran, 5 if the cell never failed.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress doctor", "what this machine allows"},
    {"mpstress doctor --db mpstress.db", "check a database"},
    {"mpstress doctor --observer --rounds 5 --db observer.db # exits 0 or 1",
     "does observing change the rate?"},
    {0},
};

const struct mp_command mp_command_doctor = {
    .name = "doctor",
    .summary = "check this machine, a database, or whether observing changes the rate",
    .operands = "[SCENARIO[:PARAM=VALUE,...]]",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
