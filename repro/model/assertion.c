/* The words of the assertions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/assertion.h"

/* NOLINTNEXTLINE(bugprone-macro-parentheses): texts that are joined */
#define WITH_LINE(method, line) ((line) ? method ":" #line : method)

const struct mp_assertion_words mp_assertion_words[MP_ASSERTION_COUNT] = {
#define MP_ASSERTION(id, method, line, text) {WITH_LINE(method, line), text},
#include "repro/model/assertion.def"
#undef MP_ASSERTION
};
