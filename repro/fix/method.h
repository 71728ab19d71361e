/* Replacing the methods of one class, where the runtimes differ.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_METHOD_H
#define MP_FIX_METHOD_H

#include "repro/fix/runtime.h"

/* `method` is one that its class has itself; no other class changes. */
void mp_fix_method_set(struct objc_method *method, mp_fix_imp *to);

/* After the last of them: messages to `class` find what was set. */
void mp_fix_methods_refresh(Class class);

#endif
