/* One of several things that have names, as a user writes it: by index, by name, or by a
 * part that only one of the names has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_CHOICE_H
#define MP_BASE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

/* The index of the one among `count` names that `wanted` means, or `count` if it means
 * none or several; *ret_is_ambiguous tells which. */
size_t mp_choice_find(const char *const *names, size_t count, const char *wanted,
                      bool *ret_is_ambiguous);

/* Writes "0 FIRST, 2 THIRD": all but the one at `but` (`count`: all), as far as there is
 * room. */
void mp_choice_list(const char *const *names, size_t count, size_t but, char *buf,
                    size_t size);

#endif
