/* The environment of a round: ours, plus what marks and watches the round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_ROUND_ENV_H
#define MP_PROCESS_ROUND_ENV_H

#include <stdbool.h>

#include "harness/base/words.h"
#include "harness/wire/finder.h"

/* Owned entries are listed here to be freed; the others are borrowed from `environ`. */
struct mp_round_env {
    char **envp; /* NULL-ended */
    char *lsan, *preload;
    struct mp_words arm;
};

/* `token` ("NAME=value") is borrowed; the variables of `finder` replace those of this
 * process, NULL: none. In a traced round LeakSanitizer is off, since it
 * does not work under a tracer. `fix` is the library to preload before any other, ""
 * for none. `arm`: one that sets variables ("env:NAME=VALUE") does, another does nothing
 * here. */
void mp_round_env_make(char *token, bool is_traced, const char *fix,
                       const struct mp_finder *finder, const char *arm,
                       struct mp_round_env *ret_env);
void mp_round_env_release(struct mp_round_env *env);

#endif
