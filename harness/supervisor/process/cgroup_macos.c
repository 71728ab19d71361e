/* macOS has none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/cgroup.h"

enum mp_status mp_cgroup_make(uint64_t id, char *buf, struct mp_error *err) {
    (void)id;
    buf[0] = '\0';
    return mp_error_set(err, MP_UNSUPPORTED, "macOS has no groups of this kind");
}

bool mp_cgroup_enter(const char *path) {
    (void)path;
    return false;
}

bool mp_cgroup_leave(const char *path) {
    (void)path;
    return false;
}

bool mp_cgroup_end(const char *path) {
    (void)path;
    return true;
}
