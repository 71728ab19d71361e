/* Words for arms with libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/fix_arms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool mp_fix_arms_is(const char *arm, const char *path) {
    if (strncmp(arm, WORD, strlen(WORD)) != 0)
        return false;
    char *resolved = realpath(arm + strlen(WORD), NULL);
    bool is_same = resolved != NULL && strcmp(resolved, path) == 0;
    free(resolved);
    return is_same;
}
