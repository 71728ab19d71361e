/* mpstress doctor: looks at what the figures rest on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/doctor_db.h"

static int run(const struct mp_args *args, char *const *argv) {
    struct mp_error err;
    (void)argv;
    if (args->operand_count > 0) {
        mp_error_set(&err, MP_USAGE, "'%s': doctor takes no operands; a database is --db FILE",
                     args->operand[0]);
        return mp_command_fail(MP_CODE_USAGE, &err);
    }
    return mp_doctor_database(args);
}

static const struct mp_option options[] = {
    MP_ROW_DB, MP_ROW_JSON, MP_ROW_QUIET, MP_ROW_HELP, {0},
};

static const char *const description[] = {
    "Checks a database and changes nothing in it: whether the file is whole, every begun round is "
    "recorded once and in exactly one column of the balance, counts and limits kept beside the "
    "rounds are those of the rounds, and what did not pass can be repeated; who runs the campaigns "
    "that are not over, and which rounds were lost.",
    "Ends with 0 if nothing is wrong and with 6 if something is. It reads every page: on a large "
    "database that takes its time.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress doctor --db mpstress.db", "check a database"},
    {0                                 },
};

const struct mp_command mp_command_doctor = {
    .name = "doctor",
    .summary = "check a database",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
