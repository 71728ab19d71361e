/* The texts of the .metal files, NUL-ended. CMake makes the definitions (mp_embed_text).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_KERNELS_MSL_H
#define MP_KERNELS_MSL_H

extern const char mp_msl_noop[];
extern const char mp_msl_mm[];
extern const char mp_msl_linear[];
extern const char mp_msl_layernorm[];
extern const char mp_msl_contiguous[];
extern const char mp_msl_permute[];
extern const char mp_msl_bmm[];
extern const char mp_msl_softmax[];
extern const char mp_msl_relu[];
extern const char mp_msl_gelu[];
extern const char mp_msl_add[];
extern const char mp_msl_conv1d[];
extern const char mp_msl_lstm[];
extern const char mp_msl_rank[];
extern const char mp_msl_scatter[];

#endif
