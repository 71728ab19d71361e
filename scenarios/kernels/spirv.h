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
static const uint32_t mp_spirv_permute[] = {
#include "scenarios/kernels/permute.spv.inc"
};
static const uint32_t mp_spirv_bmm[] = {
#include "scenarios/kernels/bmm.spv.inc"
};
static const uint32_t mp_spirv_softmax[] = {
#include "scenarios/kernels/softmax.spv.inc"
};
static const uint32_t mp_spirv_relu[] = {
#include "scenarios/kernels/relu.spv.inc"
};
static const uint32_t mp_spirv_gelu[] = {
#include "scenarios/kernels/gelu.spv.inc"
};
static const uint32_t mp_spirv_add[] = {
#include "scenarios/kernels/add.spv.inc"
};
static const uint32_t mp_spirv_conv1d[] = {
#include "scenarios/kernels/conv1d.spv.inc"
};
static const uint32_t mp_spirv_lstm[] = {
#include "scenarios/kernels/lstm.spv.inc"
};
static const uint32_t mp_spirv_rank[] = {
#include "scenarios/kernels/rank.spv.inc"
};
static const uint32_t mp_spirv_scatter[] = {
#include "scenarios/kernels/scatter.spv.inc"
};

#endif
