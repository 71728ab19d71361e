/* A round as a pool of worker processes: its threads are divided among several processes,
 * each of which loads the driver for itself. Every one is a round of its own, started by
 * this program in this program's place (posix_spawn: the driver is never loaded here, and
 * nothing is forked); this process adds up what they say.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_CREW_H
#define MP_ROUND_CREW_H

#include "harness/round/recorder.h"
#include "harness/wire/round_page.h"

struct mp_crew_end {
    enum mp_page_result result;
    char message[MP_PAGE_TEXT_MAX];
};

/* Runs the round of `spec`, which has so many threads, in so many processes, or in as
 * many as it has threads if that is less. They begin together. Their counts and figures
 * are added to the worker's page, whose slot i is that of process i.
 *
 * The result is that of the first process that had another than MP_RESULT_OK; one that a
 * signal ended is the crash of the round if it was a fault (child.h), else its work is
 * missing. Past the limit of the round all are killed. */
void mp_crew_run(const struct mp_round_spec *spec, unsigned threads, unsigned processes,
                 struct mp_worker *worker, struct mp_crew_end *ret_end);

#endif
