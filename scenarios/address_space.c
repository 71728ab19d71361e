/* Limits of the address space, by RLIMIT_AS and what /proc tells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/address_space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Bytes of address space in use; 0: this system does not say. */
static uint64_t used_bytes(void) {
    uint64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%" SCNu64, &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum mp_status set_limit(rlim_t bytes, struct mp_error *err) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot read the limit of the address space");
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot set the limit of the address space");
    return MP_OK;
}

enum mp_status mp_address_space_limit(uint64_t room, struct mp_error *err) {
    uint64_t used = used_bytes();
    enum mp_status status = MP_OK;
    bool has_grown = true;
    if (used == 0)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "this system does not say how much address space is used");
    /* What other threads took before the limit stood is not taken from the room. */
    while (status == MP_OK && has_grown) {
        status = set_limit((rlim_t)(used + room), err);
        const uint64_t now = used_bytes();
        has_grown = now > used + room / 2;
        used = now;
    }
    return status;
}

void mp_address_space_lift(void) {
    struct mp_error ignored;
    (void)set_limit(RLIM_INFINITY, &ignored);
}
