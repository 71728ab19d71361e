/* The shared page of one round: the only thing both programs see at the same time.
 *
 * The supervisor makes it, writes the spec into it and maps it; the round writes
 * everything else with plain atomic stores. It survives any death of the round. The
 * supervisor trusts nothing in it: every index, length and enum is checked by
 * mp_round_page_summarise before use.
 *
 * Fixed layout, little endian, version in the header, static assertions in round_page.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_ROUND_PAGE_H
#define MP_WIRE_ROUND_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/wire/driver.h"
#include "harness/wire/figure.h"
#include "harness/wire/gpu_error.h"
#include "harness/wire/round_spec.h"

#define MP_PAGE_MAGIC       UINT32_C(0x4d505247) /* "MPRG" */
#define MP_PAGE_VERSION     8
#define MP_PAGE_THREADS_MAX 129 /* slot 0: the main thread; 1..128: workers */
#define MP_PAGE_EVENTS      256 /* records in one thread's ring; a power of two */
#define MP_PAGE_TEXT_MAX    512
#define MP_PAGE_FIGURES     32 /* room for those of figure.def */
/* For the table of loaded modules. A process with Apple's frameworks has several
 * hundred; unwritten pages cost no memory. */
#define MP_PAGE_MODULES_BYTES ((size_t)128 * 1024)
#define MP_PAGE_MODULES_MAX   1024
#define MP_PAGE_OWNERS_BYTES  ((size_t)8 * 1024) /* of these */

/* How far the round got. Written by the round, in this order. */
enum mp_page_phase {
    MP_PHASE_START,   /* not even main() was reached */
    MP_PHASE_WAITING, /* waits for the go flag */
    MP_PHASE_OPEN,    /* opens the device */
    MP_PHASE_SET_UP,
    MP_PHASE_RUN, /* threads are at or past the barrier */
    MP_PHASE_VERIFY,
    MP_PHASE_TEAR_DOWN,
    MP_PHASE_DONE, /* the result is complete */
    MP_PHASE_COUNT
};

/* What the round itself says about its end; valid from MP_PHASE_DONE on, or for
 * NONE/SKIP/BROKEN as soon as it is not MP_RESULT_NONE. The supervisor decides the
 * outcome (outcome.h). */
enum mp_page_result {
    MP_RESULT_NONE,
    MP_RESULT_OK,       /* every op ran and its output was right */
    MP_RESULT_MISMATCH, /* an output is wrong */
    MP_RESULT_DROPPED,  /* an op is missing, or a command buffer failed though the process
                           lived */
    MP_RESULT_GPU_ERROR, /* the device reported an error */
    MP_RESULT_SKIP,      /* device absent, or the arm does not apply */
    MP_RESULT_BROKEN,    /* harness or environment failed */
    MP_RESULT_HANG,      /* a wait for the device passed its own deadline */
    MP_RESULT_COUNT
};

/* The device calls that are counted and recorded, one for each slot of the device table
 * that does work, plus marks of the harness itself. */
enum mp_page_op {
    MP_PAGE_OP_NONE,
    MP_PAGE_OP_ENCODE,
    MP_PAGE_OP_END,
    MP_PAGE_OP_COMMIT,
    MP_PAGE_OP_WAIT,
    MP_PAGE_OP_BUFFER_CREATE,
    MP_PAGE_OP_STREAM_CREATE,
    MP_PAGE_OP_ACTION,
    MP_PAGE_OP_GATE, /* a hostile sync went through */
    MP_PAGE_OP_COUNT
};

/* State of a thread of the round. */
enum mp_page_state {
    MP_STATE_UNUSED,
    MP_STATE_STARTED,
    MP_STATE_AT_BARRIER,
    MP_STATE_RUNNING,
    MP_STATE_FINISHED,
    MP_STATE_COUNT
};

/* One record of the flight recorder, 32 bytes. */
struct mp_page_event {
    uint64_t time_ns; /* mp_clock_now_ns */
    /* stream index, buffer number: never a pointer to follow */
    uint64_t object;
    uint64_t arg;
    uint32_t seq;   /* 1, 2, ... per thread; 0: never written */
    uint16_t op;    /* enum mp_page_op */
    uint16_t phase; /* 0 enters, 1 leaves */
};

/* One thread of the round, on its own cache lines. */
struct mp_page_thread {
    _Alignas(64) _Atomic uint32_t state; /* enum mp_page_state */
    _Atomic uint32_t inside;             /* enum mp_page_op it is in now, or NONE */
    _Atomic uint64_t tid;                /* as the kernel names it; 0 unknown */
    _Atomic uint64_t ops_started;        /* ops handed to the device */
    _Atomic uint64_t ops_done;           /* ops whose output was checked and right */
    _Atomic uint64_t ops_wrong;          /* checked and wrong */
    _Atomic uint64_t ops_dropped;        /* checked and found never to have run */
    _Atomic uint32_t event_next;         /* seq of the newest record */
    _Alignas(64) struct mp_page_event event[MP_PAGE_EVENTS];
};

/* Where the first error of a command buffer goes, one of these for each kind of blame. */
struct mp_page_gpu_error {
    _Atomic uint32_t state; /* 0 none, 1 being written, 2 complete */
    uint32_t callback;
    int64_t code;
    char domain[MP_GPU_ERROR_DOMAIN_MAX];
    char text[MP_GPU_ERROR_TEXT_MAX];
};

struct mp_round_page {
    /* These four stay where they are in every version, so that a program that was built
     * with the header of another one can be told so. */
    uint32_t magic;
    uint32_t version;
    uint64_t size;                   /* bytes of the whole mapping */
    _Atomic uint32_t client_version; /* that a program's mpstress.h or mpstress.py knows,
                                        set at its first use; 0: none was used */

    uint32_t thread_slots;
    uint32_t spec_len;
    uint32_t turn; /* the round is the turn-th of its process ... */
    char spec[MP_SPEC_TEXT_MAX];
    uint64_t supervisor_pid; /* the round exits under another parent; 0: standalone */

    _Alignas(
        64) _Atomic uint32_t go; /* set by the supervisor once it has seized the round */
    _Atomic uint32_t phase;      /* enum mp_page_phase */
    _Atomic uint32_t result;     /* enum mp_page_result */
    _Atomic uint32_t promised_overlap; /* 1 if the scenario promised concurrency */
    _Atomic uint32_t arm_serialises;   /* 1 if the arm removes it on purpose */
    _Atomic uint32_t
        child_crashed; /* 1 if a process that the round started died of a fault */
    _Atomic uint64_t ops_planned;    /* set before the threads start */
    _Atomic uint64_t ops_device;     /* ops that the device itself says it executed */
    _Atomic uint64_t buffers_failed; /* command buffers that ended with an error */
    _Atomic uint64_t
        hostile_syncs;       /* gate: syncs that landed inside another's encoding */
    _Atomic uint64_t go_ns;  /* clock when the threads passed the barrier */
    _Atomic uint64_t end_ns; /* clock when the last thread finished */

    /* Of a user's program (program.h), which may know this page by mpstress.h,
     * which takes thread slots from the first one up, or mpstress.py, which takes them
     * from the last one down; slot 0 is for threads that found none. */
    _Atomic uint32_t slots_taken;  /* by mpstress.h */
    _Atomic uint32_t slots_python; /* by mpstress.py */
    uint32_t delay_us;             /* longest pause where the program allows one */
    uint32_t turns;                /* ... which ends after this many; 0: after one */
    uint64_t seed, number;         /* of the round */

    /* Threads inside encode, end, commit or action at the same time. Waiting for
     * completion does not count: it adds no concurrency inside the driver. */
    _Alignas(64) _Atomic uint32_t overlap_now;
    uint32_t notes_sender;    /* 1: nobody sees signals arrive: the round notes them */
    _Atomic uint64_t sent_by; /* mp_round_page_note_sender */
    _Alignas(64) _Atomic uint32_t overlap_max;

    struct mp_driver driver;        /* written once, when the device is open */
    char message[MP_PAGE_TEXT_MAX]; /* why SKIP, BROKEN, MISMATCH...; NUL-ended */

    /* [0]: of MP_GPU_BLAME_OWN; [1]: of MP_GPU_BLAME_OTHER. */
    struct mp_page_gpu_error gpu_error[2];

    /* Those of the arm and the gate as they happen, those of the driver at the end. */
    _Atomic uint64_t figure[MP_PAGE_FIGURES];
    _Atomic uint32_t arm_acts; /* 1 if the arm does something that it counts */
    _Atomic uint32_t arm_now;  /* threads that are past the arm at this moment */

    struct mp_page_thread thread[]; /* thread_slots of them */
};

/* Which module has the code of which method of the driver, as lines: "PATH\t-[CLASS
 * SELECTOR]\t-[CLASS SELECTOR]". */
struct mp_page_owners {
    _Atomic uint32_t state; /* 0 nothing, 1 all, 2 as many as fit */
    uint32_t used;          /* bytes of the text, which has no NUL */
    char text[MP_PAGE_OWNERS_BYTES - 8];
};

/* What is loaded in the round, in the last MP_PAGE_MODULES_BYTES of the page; see
 * modules.h. */
struct mp_page_modules {
    _Alignas(64) _Atomic uint32_t state; /* 0 nothing, 1 all, 2 as many as fit */
    uint32_t count;                      /* records */
    uint32_t used;                       /* bytes of them */
    uint8_t record[MP_PAGE_MODULES_BYTES - MP_PAGE_OWNERS_BYTES - 12];
    struct mp_page_owners owners;
};

/* Bytes of a page with `thread_slots` slots. */
size_t mp_round_page_size(uint32_t thread_slots);
/* Slots that may be read in a mapping of `size` bytes; the header may claim more than
 * exist. */
size_t mp_round_page_slots(const struct mp_round_page *page, size_t size);

/* Fills a zeroed mapping of `size` bytes: header and spec text. Supervisor, or a
 * standalone round. */
enum mp_status mp_round_page_format(struct mp_round_page *page, size_t size,
                                    uint32_t thread_slots,
                                    const struct mp_round_spec *spec,
                                    struct mp_error *err);
/* Checks magic, version and size of a mapping of `size` bytes and reads the spec out of
 * it. Round.
 */
enum mp_status mp_round_page_open(const struct mp_round_page *page, size_t size,
                                  struct mp_round_spec *ret_spec, struct mp_error *err);

/* Writes the error with which a driver ended a command buffer, its parts as the driver
 * gives them, into the slot of its blame in `slots` (gpu_error of a page; NULL: nowhere),
 * if it is the first there. Round, any thread. */
void mp_round_page_note_error(struct mp_page_gpu_error *slots, const char *domain,
                              long code, const char *text);

/* Notes that signal `signal` is about to end the round; `is_sent`: by a call, of process
 * `pid` (0: of another pid namespace), else it has no sender. The first one counts.
 * Async-signal-safe. */
void mp_round_page_note_sender(struct mp_round_page *page, int signal, bool is_sent,
                               int64_t pid);

/* What the supervisor reads from a page once the round is gone (or at any moment):
 * plain numbers, all checked. `is_torn`: the page was overwritten or truncated: a bad
 * header, a number out of its range (it reads as 0: NONE, START), a text without an
 * end (cut), an end before its beginning. Sums over threads saturate. Texts are raw
 * bytes: escape them where shown. */
struct mp_page_summary {
    enum mp_page_phase phase;
    enum mp_page_result result;
    bool promised_overlap;
    bool arm_serialises;
    bool child_crashed;
    bool is_torn;
    bool speaks;             /* a user's program has used the page */
    uint32_t client_version; /* the version that such a program knows, 0 none */
    /* The signal that the round saw coming, 0 none: sent by a call of this process, or by
     * none. */
    int sent_signal;
    bool is_sent;
    int64_t sent_pid;
    uint32_t overlap_max;
    uint32_t threads_started; /* workers; the main thread does not count */
    uint32_t threads_unfinished;
    uint64_t ops_planned, ops_started, ops_done, ops_wrong, ops_dropped, ops_device;
    uint64_t buffers_failed, hostile_syncs;
    uint64_t events; /* records that the flight recorder has taken, over all threads */
    uint32_t threads_waiting; /* threads that wait for a command buffer right now */
    uint64_t run_ns;          /* barrier to last thread, 0 if it did not finish */
    struct mp_driver driver;
    char message[MP_PAGE_TEXT_MAX];
    uint64_t figure[MP_FIGURES];
    bool arm_acts; /* so that 0 passes mean that it did nothing */
    /* The first error of the round's own, else the first of another's. */
    enum mp_gpu_blame gpu_blame;
    struct mp_gpu_error gpu_error; /* if gpu_blame is not MP_GPU_NO_ERROR */
};
/* `page` is a mapping of `size` bytes; any bytes and any size are safe. */
void mp_round_page_summarise(const struct mp_round_page *page, size_t size,
                             struct mp_page_summary *ret_summary);

const char *mp_page_phase_name(enum mp_page_phase phase);
const char *mp_page_op_name(enum mp_page_op op);

#endif
