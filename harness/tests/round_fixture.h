/* What the tests of the round's side share: a page in memory, workers on it, and waiting
 * for a flag with a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_ROUND_FIXTURE_H
#define MP_TESTS_ROUND_FIXTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/round/recorder.h"

/* A limit for what must happen: long, since a loaded machine only makes it late. */
#define FIXTURE_LONG_NS UINT64_C(20000000000)
/* A limit for what must not happen: how long a wrong implementation is given to show
 * it. */
#define FIXTURE_SHORT_NS UINT64_C(20000000)

/* A formatted page with `slots` slots and the go given, shared with forked children; free
 * with fixture_page_free. */
struct mp_round_page *fixture_page(const struct mp_round_spec *spec, uint32_t slots);
void fixture_page_free(struct mp_round_page *page);

/* A recording worker on slot `index`, marked as running. */
struct mp_worker fixture_worker(struct mp_round_page *page, unsigned index);

/* Waits until `flag` is at least `value`; false if `limit_ns` passed first. */
bool fixture_wait_for(const _Atomic unsigned *flag, unsigned value, uint64_t limit_ns);

#endif
