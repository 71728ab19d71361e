/* What the library does. Calls on one object follow each other, so that destroyImpl and
 * dealloc come after the calls that are active, not under them. A call that encodes and
 * comes after that is not made, is counted, and the first is said on stderr.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/call.h"

#include <stdio.h>
#include <time.h>

#include "repro/fix/class.h"
#include "repro/fix/counts.h"
#include "repro/fix/mechanism.h"

static void note_wait(uint64_t waited_ns) {
    uint64_t longest_ns = atomic_load(&mp_fix_counts.longest_wait_ns);
    if (waited_ns == 0)
        return;
    atomic_fetch_add(&mp_fix_counts.waits, 1);
    while (waited_ns > longest_ns &&
           !atomic_compare_exchange_weak(&mp_fix_counts.longest_wait_ns, &longest_ns,
                                         waited_ns))
        continue;
}

static void note_rejected(const struct mp_fix_row *row) {
    if (atomic_fetch_add(&mp_fix_counts.rejected, 1) == 0)
        fprintf(stderr,
                "%s: %s came after its object was ended or freed by another call, and "
                "was not made: its work is missing (further ones are only counted)\n",
                mp_fix_counts.name, row->selector);
}

static void note_skipped(const struct mp_fix_row *row, const char *reason) {
    if (atomic_fetch_add(&mp_fix_counts.skipped, 1) == 0)
        fprintf(stderr,
                "%s: %s was made without protection: %s (further ones are only "
                "counted)\n",
                mp_fix_counts.name, row->selector, reason);
}

/* Whether an encoder has no context any more. Its own variable says so where the class
 * has one, also for encoders that are older than this library. */
static bool is_late(const struct mp_fix_class *class, struct mp_fix_entry *entry) {
    if (!mp_fix_has(MP_FIX_HAS_TRACK))
        return !atomic_load(&entry->is_open);
    ptrdiff_t offset =
        mp_fix_has(MP_FIX_HAS_OFFSET) ? class->impl_offset : mp_fix_class_first_offset();
    if (offset < 0)
        return atomic_load(&entry->is_destroyed);
    return *(void *volatile *)((char *)entry->object + offset) == NULL;
}

/* Takes the lock of the entry, if there is one. */
static void protect(struct mp_fix_call *call, id self, const struct mp_fix_row *row) {
    uint64_t waited_ns = 0;
    call->entry = mp_fix_entry_find(self);
    if (!call->entry) {
        if (mp_fix_has(MP_FIX_HAS_UNKNOWN))
            note_skipped(row, "there is no memory");
        return;
    }
    if (!mp_fix_has(MP_FIX_HAS_LOCK))
        return;
    call->has_lock = mp_fix_lock_take(call->entry->lock, &waited_ns);
    note_wait(waited_ns);
    if (!call->has_lock)
        note_skipped(row, "another call on the object did not end");
}

/* The first call that another one waits for stays until that was made. For mechanism
 * PROMPT alone. */
static void stay(struct mp_fix_entry *entry) {
    static atomic_bool has_stayed;
    const struct timespec turn = {0, 100 * 1000};
    unsigned entered = atomic_load(&entry->entered);
    for (int i = 0; i < 10 && !mp_fix_lock_is_wanted(entry->lock); i++)
        nanosleep(&turn, NULL);
    if (!mp_fix_lock_is_wanted(entry->lock) || atomic_exchange(&has_stayed, true))
        return;
    while (atomic_load(&entry->entered) == entered)
        nanosleep(&turn, NULL);
}

/* Sends a message without an argument. */
static void send_message(id object, const char *selector_name) {
    SEL selector = sel_registerName(selector_name);
    mp_fix_imp *method = class_getMethodImplementation(mp_fix_class_of(object), selector);
    ((id(*)(id, SEL))method)(object, selector);
}

/* The encoder that was opened on a command buffer last; for end_open alone. */
static void end_open(struct mp_fix_entry *entry) {
    id encoder = atomic_exchange(&entry->opened, NULL);
    if (encoder)
        send_message(encoder, "endEncoding");
}

/* Until the open encoder of a command buffer has ended; for mechanism EVENT alone. */
static void wait_for_end(struct mp_fix_entry *entry) {
    const struct timespec turn = {0, 1000 * 1000};
    id encoder = atomic_load(&entry->opened);
    struct mp_fix_entry *open = encoder ? mp_fix_entry_find(encoder) : NULL;
    while (open && atomic_load(&open->is_open))
        nanosleep(&turn, NULL);
    mp_fix_entry_drop(open);
}

static bool is_refused(struct mp_fix_entry *entry, const struct mp_fix_class *class,
                       const struct mp_fix_row *row) {
    return mp_fix_entry_is_gone(entry) ||
           (row->role == MP_FIX_ROLE_CALL && mp_fix_has(MP_FIX_HAS_LATE) &&
            is_late(class, entry));
}

mp_fix_imp *mp_fix_enter(struct mp_fix_call *call, id self, enum mp_fix_row_id number) {
    const struct mp_fix_row *row = &mp_fix_row[number];
    const struct mp_fix_class *class = mp_fix_class_find(self);
    mp_fix_imp *original = class ? mp_fix_original(class, number) : NULL;
    *call = (struct mp_fix_call){NULL, false, false};
    atomic_fetch_add(&mp_fix_counts.calls, 1);
    if (original)
        protect(call, self, row);
    if (!original || (call->entry && is_refused(call->entry, class, row))) {
        note_rejected(row);
        return NULL;
    }
    if (!call->entry)
        return row->role == MP_FIX_ROLE_CALL && !mp_fix_has(MP_FIX_HAS_UNKNOWN)
                   ? NULL
                   : original;
    if (!mp_fix_has(MP_FIX_HAS_PROMPT)) {
        atomic_fetch_add(&call->entry->entered, 1);
        if (call->has_lock && row->role == MP_FIX_ROLE_CALL)
            stay(call->entry);
    }
    if (number == MP_FIX_ROW_COMPUTE_destroy)
        atomic_store(&call->entry->is_destroyed, true);
    if (number == MP_FIX_ROW_COMPUTE_end)
        atomic_store(&call->entry->is_open, false);
    if ((number == MP_FIX_ROW_BUFFER_signal || number == MP_FIX_ROW_BUFFER_wait) &&
        !mp_fix_has(MP_FIX_HAS_EVENT))
        wait_for_end(call->entry);
    if (call->has_lock && row->role == MP_FIX_ROLE_END &&
        !mp_fix_has(MP_FIX_HAS_DESTROY)) {
        mp_fix_lock_leave(call->entry->lock);
        call->has_lock = false;
    }
    if (number == MP_FIX_ROW_BUFFER_commit && !mp_fix_has(MP_FIX_HAS_OPEN))
        end_open(call->entry);
    if (row->role == MP_FIX_ROLE_DEALLOC) {
        call->is_last = true;
        mp_fix_entry_mark_gone(call->entry);
        if (call->has_lock) /* dealloc may free other objects, whose locks come first */
            mp_fix_lock_leave(call->entry->lock);
        call->has_lock = false;
    }
    return original;
}

void mp_fix_leave(struct mp_fix_call *call) {
    if (!call->entry)
        return;
    if (call->has_lock)
        mp_fix_lock_leave(call->entry->lock);
    if (call->is_last)
        mp_fix_entry_forget(call->entry);
    mp_fix_entry_drop(call->entry);
}

/* An encoder that was open before is open again and not known to be: until calls were
 * lost to that, for at most 2 s and a while. For mechanism TRACK alone. */
static void linger(struct mp_fix_entry *entry, id encoder) {
    const struct timespec turn = {0, 1000 * 1000}, a_while = {0, 500 * 1000 * 1000};
    uint64_t before = atomic_load(&mp_fix_counts.rejected);
    if (atomic_load(&entry->is_open) || !atomic_exchange(&entry->opened, encoder))
        return;
    for (int i = 0; i < 2000 && atomic_load(&mp_fix_counts.rejected) == before; i++)
        nanosleep(&turn, NULL);
    nanosleep(&a_while, NULL);
}

void mp_fix_opened(struct mp_fix_call *call, id encoder) {
    if (encoder && call->entry &&
        (!mp_fix_has(MP_FIX_HAS_OPEN) || !mp_fix_has(MP_FIX_HAS_EVENT)))
        atomic_store(&call->entry->opened, encoder);
    if (encoder && !mp_fix_has(MP_FIX_HAS_BORROW))
        send_message(encoder, "retain");
    if (!encoder || !mp_fix_class_find(encoder))
        return;
    struct mp_fix_entry *entry = mp_fix_entry_find(encoder);
    if (entry && !mp_fix_has(MP_FIX_HAS_TRACK))
        linger(entry, encoder);
    if (entry) {
        atomic_store(&entry->is_destroyed, false);
        atomic_store(&entry->is_open, true);
    }
    mp_fix_entry_drop(entry);
}
