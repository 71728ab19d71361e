/* The classes as rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_CLASS_TABLE_H
#define MP_MODEL_CLASS_TABLE_H

#include "repro/model/classes.h"

extern const struct mp_class_row mp_class_table[MP_CLASS_COUNT];

#endif
