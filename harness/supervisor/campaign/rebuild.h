/* Whether the programs of a campaign are still the builds that its cells name. A round of
 * another build is none of its cell's, so it loses its verdict, and no more are started.
 *
 * The files are compared by what the system says of them (size, times, inode), which
 * costs a microsecond; they are read again only if that has changed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_REBUILD_H
#define MP_CAMPAIGN_REBUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/supervisor/campaign/judgement.h"
#include "harness/supervisor/campaign/plan.h"

#define MP_REBUILD_WORDS_MAX 512

struct mp_rebuild;

/* The programs of `plan`, as they are now; a plan without programs is watched too.
 * Release with mp_rebuild_release. */
struct mp_rebuild *mp_rebuild_make(const struct mp_plan *plan);
void mp_rebuild_release(struct mp_rebuild *rebuild);

/* Looks at the files of `cell`; true if they are another build, or gone. It stays so,
 * even if the old files come back: rounds in between have run something else. */
bool mp_rebuild_look(struct mp_rebuild *rebuild, size_t cell);
/* A round of such a cell that has ended loses its verdict, and its detail says so. */
void mp_rebuild_judge(struct mp_rebuild *rebuild, size_t cell,
                      struct mp_judgement *judgement);

/* Of the first cell that was rebuilt, in words, for the user; "" if none was.
 * Borrowed. */
const char *mp_rebuild_words(const struct mp_rebuild *rebuild);

#endif
