/* The table of entries, by the address of the object.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/entry.h"

#include <stdlib.h>

#include "repro/fix/counts.h"
#include "repro/fix/mechanism.h"

#define BUCKETS 256

static struct bucket {
    pthread_mutex_t lock;
    struct mp_fix_entry *first;
} bucket[BUCKETS];
#ifdef MP_FIX_GLOBAL
static struct mp_fix_lock global;
#endif
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
    for (size_t i = 0; i < BUCKETS; i++)
        pthread_mutex_init(&bucket[i].lock, NULL);
#ifdef MP_FIX_GLOBAL
    mp_fix_lock_init(&global);
#endif
}

static struct bucket *bucket_of(id object) {
    uintptr_t word = (uintptr_t)object >> 4;
    pthread_once(&once, prepare);
    return &bucket[(word ^ word >> 8 ^ word >> 16) % BUCKETS];
}

bool mp_fix_entry_is_gone(struct mp_fix_entry *entry) {
    return atomic_load(&entry->is_gone) && !pthread_equal(entry->dying, pthread_self());
}

static struct mp_fix_entry *entry_create(id object) {
    struct mp_fix_entry *entry =
        mp_fix_has(MP_FIX_HAS_ROOM) ? calloc(1, sizeof(*entry)) : NULL;
    if (!entry && !mp_fix_has(MP_FIX_HAS_MEMORY))
        abort(); /* as an exception of C++ does that nobody catches */
    if (!entry)
        return NULL;
    entry->object = object;
    atomic_init(&entry->refs, 1); /* the table's */
    mp_fix_lock_init(&entry->own);
#ifdef MP_FIX_GLOBAL
    entry->lock = &global;
#else
    entry->lock = &entry->own;
#endif
    atomic_fetch_add(&mp_fix_counts.tracked, 1);
    return entry;
}

struct mp_fix_entry *mp_fix_entry_find(id object) {
    struct bucket *place = bucket_of(object);
    pthread_mutex_lock(&place->lock);
    struct mp_fix_entry *entry = place->first;
    while (entry && (entry->object != object || mp_fix_entry_is_gone(entry)))
        entry = entry->next;
    if (!entry && (entry = entry_create(object))) {
        entry->next = place->first;
        place->first = entry;
    }
    if (entry)
        atomic_fetch_add(&entry->refs, 1);
    pthread_mutex_unlock(&place->lock);
    return entry;
}

void mp_fix_entry_drop(struct mp_fix_entry *entry) {
    if (!entry || atomic_fetch_sub(&entry->refs, 1) > 1)
        return;
    mp_fix_lock_destroy(&entry->own);
    free(entry);
    atomic_fetch_sub(&mp_fix_counts.tracked, 1);
}

void mp_fix_entry_mark_gone(struct mp_fix_entry *entry) {
    struct bucket *place = bucket_of(entry->object);
    pthread_mutex_lock(&place->lock);
    entry->dying = pthread_self();
    atomic_store(&entry->is_gone, true);
    pthread_mutex_unlock(&place->lock);
}

void mp_fix_entry_forget(struct mp_fix_entry *entry) {
    struct bucket *place = bucket_of(entry->object);
    pthread_mutex_lock(&place->lock);
    struct mp_fix_entry **link = &place->first;
    while (*link && *link != entry)
        link = &(*link)->next;
    bool was_known = *link != NULL;
    if (was_known)
        *link = entry->next;
    pthread_mutex_unlock(&place->lock);
    if (was_known)
        mp_fix_entry_drop(entry);
}
