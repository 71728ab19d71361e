/* The assertions of Apple's frameworks that this driver can fail.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_ASSERTION_H
#define MP_MODEL_ASSERTION_H

#include "repro/model/runtime.h"

enum mp_assertion {
#define MP_ASSERTION(id, method, line, text) MP_ASSERTION_##id,
#include "repro/model/assertion.def"
#undef MP_ASSERTION
    MP_ASSERTION_COUNT
};

/* The method with its line, "-[Class selector:]:12", and what it says. */
struct mp_assertion_words {
    const char *method, *text;
};
extern const struct mp_assertion_words mp_assertion_words[MP_ASSERTION_COUNT];

/* Fails one. Inline, so that the method that calls it gives the crash its name. */
_Noreturn static inline void mp_assertion_raise(enum mp_assertion assertion) {
    mp_assertion_fail(mp_assertion_words[assertion].method,
                      mp_assertion_words[assertion].text);
}

#endif
