/* A round that is a user's program: this process becomes it. It was seized before,
 * so that even the program's loader is watched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_PROGRAM_H
#define MP_ROUND_PROGRAM_H

#include "harness/wire/catalog.h"
#include "harness/wire/round_page.h"

/* The variables that a program finds: the seed in decimal, the number of its round in the
 * campaign, and the descriptor of the shared page (mpstress.h). */
#define MP_PROGRAM_VARIABLE_SEED  "MPSTRESS_SEED"
#define MP_PROGRAM_VARIABLE_ROUND "MPSTRESS_ROUND"
#define MP_PROGRAM_VARIABLE_PAGE  "MPSTRESS_PAGE"

/* Becomes the program of `spec`; returns only if it cannot, with why. `page` (NULL: there
 * is none) lies at descriptor `page_fd`. */
enum mp_status mp_program_become(const struct mp_round_spec *spec,
                                 struct mp_round_page *page, int page_fd,
                                 struct mp_error *err);

/* The catalog's items: device, scenario and arms of programs, ended by one without a
 * name. */
const struct mp_catalog_item *mp_program_items(void);

#endif
