/* Why a round did not end: one pure function over two samples of it, a moment apart.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_HANG_H
#define MP_WIRE_HANG_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/wire/crash.h"
#include "harness/wire/round_page.h"

enum mp_hang_class {
    MP_HANG_STOPPED,  /* stopped from outside: SIGSTOP, a debugger, a terminal */
    MP_HANG_SLOW,     /* its page counters still advance */
    MP_HANG_DEADLOCK, /* threads wait for each other's locks in a cycle */
    MP_HANG_SPINNING, /* a thread runs without progress */
    MP_HANG_DEVICE,   /* a thread waits for a command buffer that does not complete */
    MP_HANG_LOCKED,   /* threads wait for a lock, and no cycle is visible */
    MP_HANG_ASLEEP,   /* every thread sleeps in some other call */
    MP_HANG_CLASS_COUNT
};

/* The observable facts of a hang. */
struct mp_hang_facts {
    bool is_stopped;
    bool has_progress;
    bool has_lock_circle;
    bool has_runner;
    bool waits_for_device;
    bool waits_for_lock;
};

/* Pure: gathers the facts from both samples and from the page at their times. */
struct mp_hang_facts mp_hang_gather(const struct mp_crash *first,
                                    const struct mp_page_summary *first_page,
                                    const struct mp_crash *second,
                                    const struct mp_page_summary *second_page);
/* Pure: the first class, in the order of the enumeration, that the facts allow. */
enum mp_hang_class mp_hang_classify(const struct mp_hang_facts *facts);
/* "stopped", "slow", "deadlock", ... */
const char *mp_hang_name(enum mp_hang_class hang_class);
/* One clause of plain text. */
const char *mp_hang_words(enum mp_hang_class hang_class);
/* Writes the cycle of lock holders, "a (1) waits for b (2), ...", or "" if there is
 * none. Thread names are escaped. */
void mp_hang_describe_cycle(const struct mp_crash *sample, char *buf, size_t size);

/* Whether the thread is in a cycle of lock holders, rather than waiting for one. */
bool mp_hang_is_in_cycle(const struct mp_crash *sample, size_t thread);

#endif
