/* Arrays of fixed size.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_ARRAY_H
#define MP_BASE_ARRAY_H

/* How many elements an array has. Not for a pointer, nor for a parameter. */
#define MP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
