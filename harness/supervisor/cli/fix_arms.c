/* Words for arms with libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/fix_arms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/wire/program.h"

#define WORD "fix="

enum mp_status mp_fix_arms_read(const struct mp_args *args, struct mp_fix_arms *ret_arms,
                                struct mp_error *err) {
    const char *path[MP_FIX_ARMS_MAX];
    size_t count = mp_args_texts(args, "fix", path, MP_FIX_ARMS_MAX);
    if (count > MP_FIX_ARMS_MAX)
        return mp_error_set(err, MP_LIMIT, "--fix is given more than %d times",
                            MP_FIX_ARMS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (strlen(path[i]) >= MP_SPEC_FIX_MAX)
            return mp_error_set(err, MP_LIMIT, "--fix: the path %.40s... is too long",
                                path[i]);
        if (count == 1)
            snprintf(ret_arms->arm[i], sizeof(ret_arms->arm[i]), "fix");
        else
            snprintf(ret_arms->arm[i], sizeof(ret_arms->arm[i]), WORD "%s", path[i]);
    }
    ret_arms->count = count;
    return MP_OK;
}

enum mp_status mp_fix_arms_expand(const struct mp_fix_arms *arms, const char **arm,
                                  size_t *count, size_t max, struct mp_error *err) {
    size_t at = 0;
    while (at < *count && strcmp(arm[at], "fix") != 0)
        at++;
    if (at == *count || arms->count < 2)
        return MP_OK;
    if (*count + arms->count - 1 > max)
        return mp_error_set(err, MP_LIMIT, "more than %zu arms", max);
    memmove(&arm[at + arms->count], &arm[at + 1], (*count - at - 1) * sizeof(*arm));
    for (size_t i = 0; i < arms->count; i++)
        arm[at + i] = arms->arm[i];
    *count += arms->count - 1;
    return MP_OK;
}

static bool is_file(const char *word, size_t name, const char *path) {
    char file[MP_SPEC_FIX_MAX];
    if (word[name] != '=')
        return true;
    snprintf(file, sizeof(file), "%.*s", (int)strcspn(word + name + 1, ":"),
             word + name + 1);
    char *resolved = realpath(file, NULL);
    bool is_same = resolved != NULL && strcmp(resolved, path) == 0;
    free(resolved);
    return is_same;
}

static bool has_word(const struct mp_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->word[i], word) == 0)
            return true;
    return false;
}

/* Whether all variables of the one arm are of the other. */
static bool holds_variables(const char *word, const char *arm, unsigned *ret_count) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words wanted = {0}, set = {0};
    struct mp_error ignored;
    bool holds = true;
    if (strchr(word, ':') != NULL)
        holds = mp_program_arm_split(word, &wanted, build, &ignored) == MP_OK;
    if (strchr(arm, ':') != NULL)
        (void)mp_program_arm_split(arm, &set, build, &ignored);
    for (size_t i = 0; holds && i < wanted.count; i++)
        holds = has_word(&set, wanted.word[i]);
    *ret_count = (unsigned)wanted.count;
    mp_words_release(&wanted);
    mp_words_release(&set);
    return holds;
}

unsigned mp_fix_arms_fit(const char *word, const struct mp_round_spec *spec) {
    size_t name = strcspn(word, "=:");
    unsigned count = 0;
    if (spec->fix[0] == '\0' || strcspn(spec->arm, "=:") != name ||
        strncmp(word, spec->arm, name) != 0 || !is_file(word, name, spec->fix) ||
        !holds_variables(word, spec->arm, &count))
        return 0;
    return 1 + count;
}
