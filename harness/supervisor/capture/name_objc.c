/* Names of Objective-C's methods and their blocks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/supervisor/capture/frame_language.h"

/* Where "-[Class selector]" begins, also inside "__52-[Class selector]_block_invoke"; or
 * NULL. */
static const char *find_method(const char *symbol) {
    const char *open = strchr(symbol, '[');
    if (open == NULL || open == symbol || (open[-1] != '-' && open[-1] != '+'))
        return NULL;
    return strchr(open, ']') != NULL ? open - 1 : NULL;
}

bool mp_name_objc(const char *symbol, char *buf, size_t size) {
    size_t out = 0;
    bool in_category = false;
    const char *at = find_method(symbol);
    if (at == NULL)
        return false;
    for (; *at != '\0' && out + 1 < size; at++) {
        if (*at == '(')
            in_category = true;
        if (!in_category)
            buf[out++] = *at;
        if (*at == ')')
            in_category = false;
        if (*at == ']')
            break;
    }
    buf[out] = '\0';
    if (*at == ']' && strstr(at, "_block_invoke") != NULL)
        snprintf(buf + out, size - out, "{block}");
    return true;
}
