/* The kernels for Vulkan: the words of SPIR-V that scripts/check_spirv makes from the
 * .comp files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_KERNELS_SPIRV_H
#define MP_KERNELS_SPIRV_H

#include <stdint.h>

static const uint32_t mp_spirv_noop[] = {
#include "scenarios/kernels/noop.spv.inc"
};
static const uint32_t mp_spirv_mm[] = {
#include "scenarios/kernels/mm.spv.inc"
};
static const uint32_t mp_spirv_linear[] = {
#include "scenarios/kernels/linear.spv.inc"
};
static const uint32_t mp_spirv_layernorm[] = {
#include "scenarios/kernels/layernorm.spv.inc"
};
static const uint32_t mp_spirv_contiguous[] = {
#include "scenarios/kernels/contiguous.spv.inc"
};

#endif
