/* The role of a cell in a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_ROLE_H
#define MP_WIRE_ROLE_H

enum mp_role {
#define MP_ROLE(id, name) MP_ROLE_##id,
#include "harness/wire/role.def"
#undef MP_ROLE
    MP_ROLE_COUNT
};

const char *mp_role_name(enum mp_role role);
/* The role called `name`, MP_ROLE_SUBJECT if there is none. */
enum mp_role mp_role_find(const char *name);

#endif
