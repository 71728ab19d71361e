/* Whose the methods of an open driver are: which module has the code that answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METHOD_OWNERS_H
#define MP_ROUND_METHOD_OWNERS_H

#include "harness/round/device.h"

/* Writes them into the page; `fix` is the path of the library that the arm injects. Main
 * thread. */
void mp_method_owners_record(struct mp_device *device, const char *fix,
                             struct mp_round_page *page);

#endif
