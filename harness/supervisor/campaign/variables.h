/* Variables of the environment that change how Metal, malloc, the Objective-C runtime or
 * the loader behave in a round: they come from the shell in which mpstress was started.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_VARIABLES_H
#define MP_CAMPAIGN_VARIABLES_H

/* The next entry ("NAME=value") of this process's environment for whose name a round may
 * behave otherwise, borrowed; NULL if there is none left. `last` is the one before, NULL
 * in the first call. They come in the order of their bytes: the order of an environment
 * is an accident of who started us, and two runs with the same variables are of the same
 * environment.
 *
 * These are MTL_*, METAL_*, MPS_*, Malloc*, OBJC_*, DYLD_* and the zombies of Foundation
 * (manual pages MetalValidation(1), malloc(3), dyld(1); objc4's objc-env.h), those of
 * glibc's malloc (mallopt(3)), and those of Vulkan's loader and drivers. */
const char *mp_variables_next(const char *last);

#endif
