/* mpstress doctor: looks at what the figures rest on.
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
            "'%s': doctor takes no operands but with --observer; a database is --db FILE",
            args->operand[0]);
        return mp_command_fail(MP_CODE_USAGE, &err);
    }
    return mp_args_is_set(args, "db") ? mp_doctor_database(args)
                                      : mp_doctor_machine(args);
}

static const struct mp_option options[] = {
    {.name = "observer",
     .type = MP_OPTION_FLAG,
     .help = "run one cell traced, untraced, and without the recorder in turn, record "
             "the rounds in --db, and say whether looking changes how often it fails"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help =
         "with --observer: device with settings; without it that of the cell's default"},
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
     .help = "with --observer: deadline of a round; without it 10s"},
    {.name = "seed",
     .type = MP_OPTION_TEXT,
     .metavar = "S",
     .help =
         "with --observer: seed of the order and of all rounds; without it a new one"},
    MP_ROW_LOCK,
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_VERBOSE,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Without options it tells what this machine allows: the round program, each device, "
    "tracing, a place for the database, cores and load, libraries injected from outside; "
    "with what to do where something is not as it should be. Ends with 0, or with 6 if "
    "rounds could not run or not be recorded.",
    "With --db it checks that database and changes nothing in it: whether the file is "
    "whole, every begun round is recorded once and in exactly one column of the balance, "
    "counts and limits kept beside the rounds are those of the rounds, and what did not "
    "pass can be repeated; who runs the campaigns that are not over, and which rounds "
    "were lost. Ends with 0 if nothing is wrong and with 6 if something is. It reads "
    "every page: on a large database that takes its time.",
    "With --observer it runs one cell (without an operand a planted race of the model "
    "that fails in about half of its rounds) traced, untraced, and traced without the "
    "recorder, in blocks of one round of each drawn from the seed, with the same seeds. "
    "It says with limits how much tracing and the recorder change how often the cell "
    "fails. A round in which no two threads met counts as passed here, since without the "
    "recorder nobody could tell. Ends with 0 if no difference is shown, 1 if looking "
    "changes the rate, 3 if a kind of round is missing, 4 if nothing ran, 5 if it never "
    "failed.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress doctor", "what this machine allows"},
    {"mpstress doctor --db mpstress.db", "check a database"},
    {"mpstress doctor --observer --rounds 5 --db observer.db # exits 0 or 1",
     "does looking change the rate?"},
    {0},
};

const struct mp_command mp_command_doctor = {
    .name = "doctor",
    .summary = "check this machine, a database, or whether looking changes the rate",
    .operands = "[SCENARIO[:PARAM=VALUE,...]]",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
