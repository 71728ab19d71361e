/* The kernels as given to devices: name, shape of the call, source text for each language
 * and the CPU reference. The Metal texts are the .metal files of this folder, the SPIR-V
 * is what their .comp twins compile to; both are carried in the program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_KERNELS_KERNELS_H
#define MP_KERNELS_KERNELS_H

#include "harness/round/device.h"

extern const struct mp_kernel mp_kernel_noop;
extern const struct mp_kernel mp_kernel_mm;
extern const struct mp_kernel mp_kernel_linear;
extern const struct mp_kernel mp_kernel_layernorm;
extern const struct mp_kernel mp_kernel_contiguous;
extern const struct mp_kernel mp_kernel_permute;
extern const struct mp_kernel mp_kernel_bmm;
extern const struct mp_kernel mp_kernel_softmax;
extern const struct mp_kernel mp_kernel_relu;
extern const struct mp_kernel mp_kernel_gelu;
extern const struct mp_kernel mp_kernel_add;
extern const struct mp_kernel mp_kernel_conv1d;
extern const struct mp_kernel mp_kernel_lstm;
extern const struct mp_kernel mp_kernel_rank;
extern const struct mp_kernel mp_kernel_scatter;

/* Most threads a group of mp_layernorm or mp_softmax may have: the size of their
 * threadgroup arrays. */
#define MP_KERNEL_ROW_GROUP_MAX 256

/* All kernels, NULL-ended. */
const struct mp_kernel *const *mp_kernel_list(void);

#endif
