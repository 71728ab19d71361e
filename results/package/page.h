/* The two letters about a crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_PAGE_H
#define MP_PACKAGE_PAGE_H

#include "results/package/parts.h"

/* For the vendor of a driver: steps, expected, actual, the claim, what it rests on. */
void mp_page_write(const struct mp_writing *writing);
/* For a project that uses the driver: the same data as an advisory. */
void mp_advisory_write(const struct mp_writing *writing);

#endif
