/* Mach for tests on Linux, as much of it as capture on macOS uses, so that the very file
 * that a Mac compiles catches real crashes here: ports are numbers, a thread that traces
 * the rounds is the kernel, memory is read from the round, and its ELF files look like
 * Mach-O images of arm64. What a Mac would do otherwise, it does not show.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MACH_DOUBLE_H
#define MP_MACH_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/wire/crash.h"

/* The calls that a system can refuse. */
enum mach_double_call {
    DOUBLE_NO_CALL,
    DOUBLE_PORT_ALLOCATE,
    DOUBLE_PORT_INSERT_RIGHT,
    DOUBLE_PORT_MOD_REFS,
    DOUBLE_PORT_DEALLOCATE,
    DOUBLE_PORTS_REGISTER,
    DOUBLE_SEND,
    DOUBLE_RECEIVE,
    DOUBLE_KQUEUE,
    DOUBLE_KEVENT,
    DOUBLE_SET_EXCEPTION_PORTS,
    DOUBLE_SPAWN,
    DOUBLE_PID_FOR_TASK,
    DOUBLE_TASK_SUSPEND,
    DOUBLE_TASK_RESUME,
    DOUBLE_TASK_INFO,
    DOUBLE_TASK_THREADS,
    DOUBLE_THREAD_INFO,
    DOUBLE_THREAD_GET_STATE,
    DOUBLE_VM_READ,
    DOUBLE_VM_REGION,
    DOUBLE_VM_DEALLOCATE,
    DOUBLE_CALLS
};

/* What the double is to do otherwise than a willing system. */
struct mach_double_knobs {
    enum mach_double_call refused; /* fails once ... */
    unsigned refused_after;        /* ... after so many times in which it does not */
    int refused_with;              /* the error, of a receive or a send */

    bool refuses_spawn;     /* spawns with an exception port fail with EINVAL */
    bool refuses_port;      /* no port can be made */
    bool refuses_right;     /* no send right can be made */
    bool refuses_queue;     /* no port can be watched */
    bool has_no_hello;      /* the round says none */
    bool loses_replies;     /* sending fails, and the right stays with the sender */
    unsigned more_threads;  /* each thread is listed again until so many more are */
    uint64_t slow_state_ns; /* reading registers takes so long */
    int stuck_fd; /* not 0: reading registers writes a byte there and never ends */
};

/* What was seen since mach_double_reset. */
struct mach_double_counts {
    unsigned crashes;    /* messages of the kernel */
    unsigned replies;    /* answers to them */
    unsigned unanswered; /* whose right to answer was given up */
    int32_t last_reply;
    unsigned suspends, resumes;
    unsigned early_reads;       /* registers asked of a thread that runs */
    unsigned late_reads;        /* of a task whose crash was answered already */
    unsigned destroyed;         /* messages */
    int lists;                  /* of rights, in memory that was not given back */
    unsigned killed_unanswered; /* rounds that died while their crash waited */
    uint64_t bytes_read;        /* of tasks */
    unsigned spawned_marked, spawned_plain;
    unsigned refused;      /* calls that failed because a knob says so */
    unsigned bad_releases; /* of what was not held */
};

/* Forgets counts and knobs. No round may be running. */
void mach_double_reset(void);
struct mach_double_knobs *mach_double_knobs(void);
struct mach_double_counts mach_double_counts(void);
/* Rights that this process holds, and rights in flight. */
unsigned mach_double_rights(void);
/* Whether processes that are spawned now inherit a registered port. */
bool mach_double_is_registered(void);
/* Waits until the kernel has sent a crash message; false after a minute. */
bool mach_double_await_crash(void);
/* Sends bytes to the newest port that can be received from, as a round that knows its
 * port can. `carried` rights to tasks of process `pid` are put where descriptors name
 * them (at most two). */
void mach_double_send(const void *bytes, size_t size, unsigned carried, pid_t pid);

/* What the kernel does with the rights of a process that ends: ports are gone with the
 * messages in them, answers that are due fail, what was suspended goes on. The process
 * itself may live on, and so does what traces its rounds. */
void mach_double_end_rights(void);

/* The last crash as the Linux side of capture sees it: no code of macOS has a part in
 * it. Owned by the caller; NULL if there was none. */
struct mp_crash *mach_double_take_witness(void);

#endif
