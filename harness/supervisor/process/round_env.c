/* Builds the environment of a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/round_env.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/process/host.h"
#include "harness/wire/program.h"

#define LSAN_NAME "LSAN_OPTIONS"
#define LSAN_OFF  "detect_leaks=0"
#define ADDED_MAX (3 + MP_FINDER_VARIABLES_MAX)
#define NAMES_MAX 3

extern char **environ;

/* "NAME=first:second", without what is NULL or empty. */
static char *join(const char *name, const char *first, const char *second) {
    bool has_both =
        first != NULL && first[0] != '\0' && second != NULL && second[0] != '\0';
    first = first != NULL ? first : "";
    second = second != NULL ? second : "";
    size_t size = strlen(name) + strlen(first) + strlen(second) + 3;
    char *entry = mp_memory_zeroed(size, 1);
    snprintf(entry, size, "%s=%s%s%s", name, first, has_both ? ":" : "", second);
    return entry;
}

static bool has_name(const char *entry, const char *name, size_t len) {
    return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

/* The variables of arm env:, or of a library; an arm that was planned reads well. */
static void read_arm(const char *arm, struct mp_words *ret_words) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_error ignored;
    if (mp_program_arm_has_variables(arm))
        (void)mp_program_arm_split(arm, ret_words, build, &ignored);
}

void mp_round_env_make(char *token, bool is_traced, const char *fix,
                       const struct mp_finder *finder, const char *arm,
                       struct mp_round_env *ret_env) {
    const char *preload = mp_host_preload_variable();
    const char *replaced[NAMES_MAX] = {token, is_traced ? LSAN_NAME : NULL,
                                       fix[0] != '\0' ? preload : NULL};
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    struct mp_round_env env = {0};
    read_arm(arm, &env.arm);
    env.envp = mp_memory_zeroed(count + ADDED_MAX + env.arm.count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        bool is_replaced =
            mp_finder_sets(finder, environ[i]) || mp_program_arm_sets(arm, environ[i]);
        for (size_t k = 0; k < NAMES_MAX; k++)
            is_replaced |= replaced[k] != NULL &&
                           has_name(environ[i], replaced[k], strcspn(replaced[k], "="));
        if (!is_replaced)
            env.envp[kept++] = environ[i];
    }
    env.envp[kept++] = token;
    for (size_t i = 0; finder != NULL && finder->variable[i] != NULL; i++)
        env.envp[kept++] = (char *)finder->variable[i]; /* execve changes none */
    for (size_t i = 0; i < env.arm.count; i++)
        env.envp[kept++] = env.arm.word[i];
    if (is_traced)
        env.envp[kept++] = env.lsan = join(LSAN_NAME, getenv(LSAN_NAME), LSAN_OFF);
    if (fix[0] != '\0')
        env.envp[kept++] = env.preload = join(preload, fix, getenv(preload));
    *ret_env = env;
}

void mp_round_env_release(struct mp_round_env *env) {
    free(env->envp);
    free(env->lsan);
    free(env->preload);
    mp_words_release(&env->arm);
    *env = (struct mp_round_env){0};
}
