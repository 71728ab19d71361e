/* The life of an encoder's context between one thread that ends the encoder and one that
 * still calls it. A step is a load, a store, or a call that locks.
 *
 * READER_x  U: load once, no lock, no test; L: lock, test, load again, use, unlock;
 *           S: test under the lock, load again outside; P: lock, load once, test, use
 * patched   the store of NULL comes before the unlock (else after it)
 * FIX       FIX_none; FIX_mutex: one lock around both threads' calls; FIX_guard: the same,
 *           and a call on an encoder that was ended is rejected
 * CHECK     NO_NULL: no method uses NULL; NO_STALE: none uses a context that was given
 *           back
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define FIX_none  0
#define FIX_mutex 1
#define FIX_guard 2
#define NO_NULL   0
#define NO_STALE  1
#define NIL       0
#define CONTEXT   1

byte impl = CONTEXT;     /* the encoder's member */
bool given_back = false; /* the context is in the pool, or freed */
bool ended = false;      /* what the fix knows */
bool pool_locked = false;
bool fix_locked = false;

inline lock(mutex) { atomic { !mutex -> mutex = true } }
inline unlock(mutex) { mutex = false }

/* A method reads a field of the context that it loaded. */
inline use(context) {
    if
    :: CHECK == NO_NULL -> assert(context != NIL)
    :: CHECK == NO_STALE -> assert(context == NIL || !given_back)
    fi
}

inline destroy_impl() {
    lock(pool_locked);
    if
    :: given_back = true; /* path 1: onto the free list */
#ifdef patched
       impl = NIL;
       unlock(pool_locked)
#else
       unlock(pool_locked);
       impl = NIL
#endif
    :: skip; /* path 2: the pool is full */
#ifdef patched
       impl = NIL;
       unlock(pool_locked) /* and the context leaks */
#else
       unlock(pool_locked);
       given_back = true; /* free */
       impl = NIL
#endif
    fi
}

inline method() {
    byte context;
#if defined(READER_U)
    context = impl;
    use(context)
#elif defined(READER_L)
    lock(pool_locked);
    context = impl;
    if
    :: context != NIL -> context = impl; use(context)
    :: else
    fi;
    unlock(pool_locked)
#elif defined(READER_S)
    lock(pool_locked);
    context = impl;
    unlock(pool_locked);
    if
    :: context != NIL -> context = impl; use(context)
    :: else
    fi
#else
    lock(pool_locked);
    context = impl;
    if
    :: context != NIL -> use(context)
    :: else
    fi;
    unlock(pool_locked)
#endif
}

active proctype ends() {
#if FIX != FIX_none
    lock(fix_locked);
#endif
    ended = true;
    destroy_impl();
#if FIX != FIX_none
    unlock(fix_locked)
#endif
}

active proctype calls() {
    byte count = 0;
    do
    :: count < 2 ->
#if FIX != FIX_none
        lock(fix_locked);
#endif
#if FIX == FIX_guard
        if
        :: !ended -> method()
        :: else /* rejected, and counted */
        fi;
#else
        method();
#endif
#if FIX != FIX_none
        unlock(fix_locked);
#endif
        count++
    :: else -> break
    od
}
