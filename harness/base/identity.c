/* The portable part of an identity.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/identity.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/base/rng.h"

void mp_identity_self(struct mp_identity *ret_identity) {
    struct utsname name;
    char machine[64] = "";
    char all[sizeof(machine) + sizeof(name.nodename) + 2] = "";
    memset(ret_identity, 0, sizeof(*ret_identity));
    mp_identity_read_system(ret_identity, machine);
    /* Includes the name, because containers of one image share a machine id. */
    snprintf(all, sizeof(all), "%s\n%s", machine, uname(&name) == 0 ? name.nodename : "");
    snprintf(ret_identity->host, sizeof(ret_identity->host), "%016llx",
             (unsigned long long)mp_rng_hash_bytes(all, strlen(all)));
    ret_identity->pid = getpid();
    ret_identity->started = mp_identity_read_start(ret_identity->pid);
}

enum mp_life mp_identity_life(const struct mp_identity *identity) {
    struct mp_identity self;
    mp_identity_self(&self);
    if (strcmp(identity->host, self.host) != 0)
        return MP_LIFE_ELSEWHERE;
    if (strcmp(identity->boot, self.boot) != 0)
        return MP_LIFE_GONE;
    if (strcmp(identity->space, self.space) != 0)
        return MP_LIFE_ELSEWHERE;
    uint64_t started = mp_identity_read_start(identity->pid);
    return started != 0 && started == identity->started ? MP_LIFE_ALIVE : MP_LIFE_GONE;
}
