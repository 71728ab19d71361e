/* Each text is taken to end only where its NUL is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/procargs.h"

#include <string.h>

/* The byte after the text at `at`; NULL if its end is not there. */
static const char *next_text(const char *at, const char *end) {
    const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
    return nul != NULL ? nul + 1 : NULL;
}

/* Where the environment begins; NULL if nothing is left for it. */
static const char *find_environment(const char *buf, const char *end) {
    int count = 0;
    if ((size_t)(end - buf) < sizeof(count))
        return NULL;
    memcpy(&count, buf, sizeof(count));
    const char *at = next_text(buf + sizeof(count), end);
    while (at != NULL && at < end && *at == '\0')
        at++;
    for (int i = 0; at != NULL && i < count; i++)
        at = next_text(at, end);
    return count >= 0 ? at : NULL;
}

const char *mp_procargs_find(const char *buf, size_t len, const char *text,
                             size_t text_len) {
    const char *end = buf + len;
    const char *at = find_environment(buf, end);
    while (at != NULL) {
        const char *next = next_text(at, end);
        if (next != NULL && strncmp(at, text, text_len) == 0)
            return at;
        at = next;
    }
    return NULL;
}
