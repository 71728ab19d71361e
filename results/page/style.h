/* The style sheet of all pages: light and dark, from 320 pixels on, and for paper.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PAGE_STYLE_H
#define MP_PAGE_STYLE_H

#include <stddef.h>

/* A part of it; NULL after the last. */
const char *mp_style_part(size_t index);

#endif
