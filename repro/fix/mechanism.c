/* Reads MP_FIX_WITHOUT, in the build for tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/mechanism.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[MP_FIX_MECHANISMS] = {
#define MP_FIX_MECHANISM(id, name, words) (name),
#include "repro/fix/mechanism.def"
#undef MP_FIX_MECHANISM
};

static bool has_word(const char *list, const char *word) {
    size_t len = strlen(word);
    while (*list != '\0') {
        size_t span = strcspn(list, "+");
        if (span == len && strncmp(list, word, len) == 0)
            return true;
        list += span + (list[span] == '+');
    }
    return false;
}

bool mp_fix_has(enum mp_fix_mechanism mechanism) {
    const char *without = getenv("MP_FIX_WITHOUT");
    return !without || !has_word(without, names[mechanism]);
}
