/* What is known of one object of the driver while it lives. Nothing here is a reference
 * to the object: who holds it, and when it goes, is left as it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_ENTRY_H
#define MP_FIX_ENTRY_H

#include <stdatomic.h>

#include "repro/fix/lock.h"
#include "repro/fix/runtime.h"

struct mp_fix_entry {
    id object;
    struct mp_fix_lock own, *lock; /* fix_global: `lock` is the same for all */
    atomic_uint refs;
    atomic_bool is_destroyed; /* the context was, and the encoder not opened again */
    atomic_bool is_gone;      /* inside dealloc, of thread `dying` */
    pthread_t dying;
    atomic_uint entered; /* mechanism PROMPT, for tests: calls so far */
    id _Atomic opened;   /* mechanisms OPEN, EVENT and TRACK, for tests */
    atomic_bool is_open; /* mechanisms EVENT and TRACK */
    struct mp_fix_entry *next;
};

/* The entry of `object`, made if there is none; +1. NULL: there is no memory. The thread
 * that deallocates an object finds the entry marked gone; to others the address may
 * already be that of a new one. */
struct mp_fix_entry *mp_fix_entry_find(id object);

void mp_fix_entry_drop(struct mp_fix_entry *entry);

/* The calling thread is about to deallocate the object. */
void mp_fix_entry_mark_gone(struct mp_fix_entry *entry);

/* Takes it out of the table. */
void mp_fix_entry_forget(struct mp_fix_entry *entry);

/* True for all threads but the one that deallocates it. */
bool mp_fix_entry_is_gone(struct mp_fix_entry *entry);

#endif
