/* Variants of a setting, which a comparison takes as arms: --vary order=original|patched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_VARIANTS_H
#define MP_CLI_VARIANTS_H

#include <stddef.h>

#include "harness/base/status.h"
#include "harness/wire/round_spec.h"

/* Writes the arm of each variant, "set:order=original", in order; at most `max`. MP_USAGE
 * unless there are two or more. */
enum mp_status mp_variants_read(const char *text, char (*ret_arm)[MP_SPEC_ARM_MAX],
                                size_t max, size_t *ret_count, struct mp_error *err);

#endif
