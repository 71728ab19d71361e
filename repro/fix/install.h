/* Replaces the methods of a class.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_INSTALL_H
#define MP_FIX_INSTALL_H

#include "repro/fix/runtime.h"

/* A class exists now. If class.def has it, its own methods are replaced; in front of an
 * inherited one a method is added to this class, and the superclass stays as it is. From
 * any thread; a second time does nothing. */
void mp_fix_class_appeared(Class class);

/* For every class that exists already. */
void mp_fix_classes_visit(void);

#endif
