/* posix_spawn with what macOS adds to it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MACH_DOUBLE_SPAWN_H
#define MP_MACH_DOUBLE_SPAWN_H

#include_next <spawn.h>

#include <mach/mach.h>

int posix_spawnattr_setexceptionports_np(posix_spawnattr_t *attr, exception_mask_t mask,
                                         mach_port_t port, exception_behavior_t behavior,
                                         thread_state_flavor_t flavor);

#endif
