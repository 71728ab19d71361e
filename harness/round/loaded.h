/* Reports to the supervisor, through the page, what is loaded in this process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_LOADED_H
#define MP_ROUND_LOADED_H

#include "harness/wire/round_page.h"

/* Writes the table of loaded modules into `page` unless it is up to date: `changes` is
 * 0 at first and kept by the caller between calls. Takes the loader's lock. */
void mp_loaded_record(struct mp_round_page *page, uint64_t *changes);

#endif
