/* Finds them by name. Knows no values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/variables.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/environment.h"

#define VALUE_MAX 80

extern char **environ;

/* Whole names end in '='. */
static const char *const names[] = {
    "MTL_",
    "METAL_",
    "MPS_",
    "Malloc",
    "OBJC_",
    "DYLD_",
    "NSZombieEnabled=",
    "NSDeallocateZombies=",
};

bool mp_variable_matters(const char *entry) {
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

bool mp_variables_find(char *ret_name, size_t size) {
    for (char **entry = environ; *entry != NULL; entry++) {
        if (mp_variable_matters(*entry)) {
            snprintf(ret_name, size, "%.*s", (int)strcspn(*entry, "="), *entry);
            return true;
        }
    }
    return false;
}

void mp_variables_add(struct mp_environment *env) {
    for (char **entry = environ; *entry != NULL; entry++) {
        struct mp_strbuf text;
        size_t len = strlen(*entry), name_len = strcspn(*entry, "=");
        size_t room = name_len + 1 + VALUE_MAX;
        if (!mp_variable_matters(*entry))
            continue;
        mp_strbuf_init(&text);
        mp_strbuf_add_escaped(&text, *entry, len < room ? len : room, 0);
        mp_environment_add_fact(env, "env.%s%s", text.text, len > room ? "..." : "");
        mp_strbuf_release(&text);
    }
}
