/* The methods of the driver's classes that a client of Metal calls, and the two by which
 * the driver ends an encoder: where the code is that answers them now.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_DRIVER_METHODS_H
#define MP_ROUND_OBJC_DRIVER_METHODS_H

#include "harness/round/objc/runtime.h"

/* Calls `visit` for each such method of each class of command buffers, compute and blit
 * encoders that this process has, of AGX, of Apple's paravirtual GPU, and
 * MPSCommandBuffer. Sends no message. What stands before a method in its code, as a
 * library may that patches instructions, is not seen. `name` is "-[CLASS SELECTOR]",
 * borrowed for the call. */
void mp_objc_driver_methods(const struct mp_objc *objc,
                            void (*visit)(void *data, const char *name, const void *code),
                            void *data);

#endif
