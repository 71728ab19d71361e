/* What Khronos's validation layer objects to, counted by the rule that it names. The
 * layer is on if the environment asks for it (arm validation, harness/wire/finder.def).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_VULKAN_VALIDATION_H
#define MP_ROUND_VULKAN_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/round/vulkan/client.h"

/* Whether the layer is asked for. */
bool mp_vulkan_validation_is_wanted(void);
/* MP_UNSUPPORTED: the layer is not installed. Before the instance. */
enum mp_status mp_vulkan_validation_check(const struct mp_vulkan_device *vulkan,
                                          struct mp_error *err);
/* Lets the instance report its objections; begins to count. */
enum mp_status mp_vulkan_validation_begin(struct mp_vulkan_device *vulkan,
                                          struct mp_error *err);
/* Before the instance is destroyed. NULL safe in its members. */
void mp_vulkan_validation_end(struct mp_vulkan_device *vulkan);

#endif
