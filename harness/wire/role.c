/* Names of the roles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/role.h"

#include <string.h>

static const char *const names[MP_ROLE_COUNT] = {
#define MP_ROLE(id, name) [MP_ROLE_##id] = (name),
#include "harness/wire/role.def"
#undef MP_ROLE
};

const char *mp_role_name(enum mp_role role) {
    return (unsigned)role < MP_ROLE_COUNT ? names[role] : "unknown";
}

enum mp_role mp_role_find(const char *name) {
    for (int i = 0; i < MP_ROLE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum mp_role)i;
    return MP_ROLE_SUBJECT;
}
