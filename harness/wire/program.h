/* A round of a user's program: scenario `exec` on device `program`. Its
 * parameters, each a line of words (harness/base/words.h):
 *
 *     exec         the command; {seed} and {round} stand for those of the round
 *     build        first digits of a hash over the program and the files in `watch`
 *     watch        other files that make the build
 *     ok_codes     exit codes that pass: "0 3 5-7"; default 0
 *     skip_codes   exit codes that say that it cannot run here; default none
 *     fail_output  one word: a line of its output that this extended regular expression
 *                  matches makes the round fail
 *     delay_us     longest pause at a point where the program allows one; default 0
 *
 * Its arms, besides none and fix:
 *
 *     env:NAME=VALUE ...      with these variables
 *     wrap:COMMAND            started by another program: COMMAND's words come first
 *     exec:BUILD COMMAND      another program instead; BUILD is its build
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_PROGRAM_H
#define MP_WIRE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/words.h"
#include "harness/wire/round_spec.h"

#define MP_PROGRAM_SCENARIO "exec"
#define MP_PROGRAM_DEVICE   "program"
#define MP_PROGRAM_DIGITS   12 /* of a build */

/* What the exit code of a round means. */
enum mp_code_meaning {
    MP_CODE_OF_ROUND, /* mpstress-round's own: 0, the rest is in the page */
    MP_CODE_PASSES,
    MP_CODE_SKIPS,
    MP_CODE_FAILS
};

enum mp_program_arm {
    MP_PROGRAM_ARM_OTHER,
    MP_PROGRAM_ENV,
    MP_PROGRAM_WRAP,
    MP_PROGRAM_EXEC
};

/* What a round starts. */
struct mp_program {
    struct mp_words argv; /* at least one */
    struct mp_words env;  /* NAME=VALUE, added to the environment */
};

bool mp_program_is_spec(const struct mp_round_spec *spec);

/* The kind of an arm, by the word before its colon. */
enum mp_program_arm mp_program_arm_kind(const char *arm);
/* Reads the words of such an arm; `ret_build` (MP_PROGRAM_DIGITS + 1 bytes) is that of
 * exec:BUILD, "" if it has none. MP_USAGE if they make no sense. Release `ret_words` in
 * any case. */
enum mp_status mp_program_arm_split(const char *arm, struct mp_words *ret_words,
                                    char *ret_build, struct mp_error *err);

/* Puts variables in the order of their names, each once: they have none of their own.
 * MP_USAGE if one has two values. */
enum mp_status mp_program_variables_sort(struct mp_words *words, struct mp_error *err);

/* Writes such an arm in the one form in which it is stored, with `build` ("" none).
 * MP_LIMIT if it is too long. */
enum mp_status mp_program_arm_write(const char *arm, const char *build,
                                    char ret_text[MP_SPEC_ARM_MAX], struct mp_error *err);
/* Whether an arm sets variables: env:, or one that injects a library and has a colon
 * ("fix=3b8e5f0c2a17:NAME=VALUE"). mp_program_arm_split reads such arms too. */
bool mp_program_arm_has_variables(const char *arm);
/* Whether an arm is such a one and sets the variable of `entry` ("NAME=..."), to
 * whatever value. */
bool mp_program_arm_sets(const char *arm, const char *entry);
/* Whether this process has all variables that such an arm sets; else the first one that
 * it has not, or with another value, is in `missing`. */
bool mp_program_arm_is_set(const char *arm, char *missing, size_t size);
/* Whether two such arms are the same but for their builds. */
bool mp_program_arm_is_same(const char *a, const char *b);

/* What the round of `spec` starts. Release it in any case. */
enum mp_status mp_program_make(const struct mp_round_spec *spec,
                               struct mp_program *ret_program, struct mp_error *err);
void mp_program_release(struct mp_program *program);

/* How the codes of a program are read. `means` is that of each code. */
struct mp_program_codes {
    uint8_t means[256]; /* enum mp_code_meaning */
};
enum mp_status mp_program_codes_read(const struct mp_round_spec *spec,
                                     struct mp_program_codes *ret_codes,
                                     struct mp_error *err);

#endif
