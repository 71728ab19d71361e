/* What a library with a known defect lacks: MP_FIX_WITHOUT, names joined by +.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/mechanism.h"

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
    return !has_word(MP_FIX_WITHOUT, names[mechanism]);
}
