/* Variables of the environment that change how Metal, malloc, the Objective-C runtime or
 * the loader behave in a round: they come from the shell in which mpstress was started.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_VARIABLES_H
#define MP_CAMPAIGN_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a round may behave otherwise for an entry ("NAME=value") of this name: MTL_*,
 * METAL_*, MPS_*, Malloc*, OBJC_*, DYLD_* and the zombies of Foundation (manual pages
 * MetalValidation(1), malloc(3), dyld(1); objc4's objc-env.h), and those of glibc's
 * malloc (mallopt(3)). */
bool mp_variable_matters(const char *entry);

/* The first such entry of this process's environment, copied up to its '='; false if
 * there is none. */
bool mp_variables_find(char *ret_name, size_t size);

#endif
