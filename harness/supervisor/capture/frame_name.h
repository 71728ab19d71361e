/* Names of stack frames that are the same for every build, machine, GPU family and round.
 * Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_FRAME_NAME_H
#define MP_CAPTURE_FRAME_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/wire/crash.h"

#define MP_FRAME_NAME_MAX  128
#define MP_FRAME_BUILD_MAX 9

/* True for frames of the runtime (skip.def) and for those of which nothing is known.
 * `ret_kind` (may be NULL) is the name for a fault in it, "" if that says nothing. */
bool mp_frame_is_runtime(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                         const char **ret_kind);

/* The name: Objective-C methods whole but for their category, blocks marked, C++ without
 * arguments and template arguments, no suffix of a compiler, GPU families as '*'. A frame
 * without a symbol is its module and the offset in it. Cut to `size`. */
void mp_frame_name(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                   char *buf, size_t size);

/* The same; but where the name is an offset, the build of the module stands behind it
 * ("libvulkan_lvp.so!+0x299af9@24e14fcf"), if it is known: in another build the same
 * offset is another place. */
void mp_frame_name_in_build(const struct mp_crash *crash,
                            const struct mp_crash_frame *frame, char *buf, size_t size);

/* Writes the first digits of the id of the frame's module, "" if it is unknown. */
void mp_frame_build(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                    char buf[MP_FRAME_BUILD_MAX]);

/* File name of the frame's module, "" if it has none. */
const char *mp_frame_module(const struct mp_crash *crash,
                            const struct mp_crash_frame *frame);

/* Copies `text` with its GPU families replaced: AGXG16X, AGXMetalG13X, HAL200,
 * G16G_B0. */
void mp_frame_normalise(const char *text, char *buf, size_t size);

#endif
