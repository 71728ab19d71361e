/* Deeds of the victim that are meant for those who look at its crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_VICTIM_HOSTILE_H
#define MP_TESTS_VICTIM_HOSTILE_H

#include <stdbool.h>

/* Does the deed of that name; false if there is none (or it came back). */
bool victim_do_hostile(const char *deed);

#endif
