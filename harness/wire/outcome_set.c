/* Sets of kinds of failure. Knows no kind by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/outcome_set.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/option.h"

static bool is_failure(enum mp_outcome outcome) {
    return mp_outcome_class(outcome) == MP_CLASS_FAILURE;
}

static unsigned bit_of(enum mp_outcome outcome) {
    return 1U << (unsigned)outcome;
}

static unsigned all_bits(void) {
    unsigned bits = 0;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        bits |= is_failure((enum mp_outcome)i) ? bit_of((enum mp_outcome)i) : 0;
    return bits;
}

bool mp_outcome_set_counts(struct mp_outcome_set set, enum mp_outcome outcome) {
    return is_failure(outcome) && (set.bits == 0 || (set.bits & bit_of(outcome)) != 0);
}

bool mp_outcome_set_leaves(struct mp_outcome_set set, enum mp_outcome outcome) {
    return is_failure(outcome) && !mp_outcome_set_counts(set, outcome);
}

static enum mp_status add_kind(const char *word, struct mp_outcome_set *set,
                               struct mp_error *err) {
    const char *words[MP_OUTCOME_COUNT + 1] = {NULL};
    size_t count = 0;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        enum mp_outcome outcome = (enum mp_outcome)i;
        if (!is_failure(outcome))
            continue;
        words[count++] = mp_outcome_name(outcome);
        if (strcmp(word, mp_outcome_name(outcome)) == 0) {
            set->bits |= bit_of(outcome);
            return MP_OK;
        }
    }
    mp_option_unknown(err, "kind of failure", word, words);
    return MP_USAGE;
}

enum mp_status mp_outcome_set_parse(const char *text, struct mp_outcome_set *set,
                                    struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (const char *at = text; status == MP_OK; at++) {
        char word[40];
        size_t len = strcspn(at, ",|");
        snprintf(word, sizeof(word), "%.*s", (int)len, at);
        status = add_kind(word, set, err);
        at += len;
        if (*at == '\0')
            break;
    }
    if (set->bits == all_bits())
        set->bits = 0;
    return status;
}

void mp_outcome_set_write(struct mp_outcome_set set, const char *between,
                          const char *last, struct mp_strbuf *buf) {
    unsigned left = set.bits;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        unsigned bit = bit_of((enum mp_outcome)i);
        if ((left & bit) == 0)
            continue;
        left &= ~bit;
        if (left != (set.bits & ~bit))
            mp_strbuf_addstr(buf, left == 0 ? last : between);
        mp_strbuf_addstr(buf, mp_outcome_name((enum mp_outcome)i));
    }
}
