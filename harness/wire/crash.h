/* What capture found when a round stopped: plain data, the same for every system.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_CRASH_H
#define MP_WIRE_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_CRASH_FRAMES_MAX 64
/* Live, frames of a thread are counted up to this many. */
#define MP_CRASH_FRAMES_COUNTED 32768
#define MP_CRASH_THREADS_MAX    136
#define MP_CRASH_MODULES_MAX    1024
#define MP_CRASH_REGISTERS_MAX  64
#define MP_CRASH_SYMBOL_MAX     256
#define MP_CRASH_PATH_MAX       512
#define MP_CRASH_ID_MAX         64
#define MP_CRASH_SAID_MAX       512
#define MP_CRASH_UNREAD_MAX     256

enum mp_crash_access {
    MP_ACCESS_UNKNOWN,
    MP_ACCESS_READ,
    MP_ACCESS_WRITE,
    MP_ACCESS_EXECUTE
};

/* How the faulting address is classified. */
enum mp_fault_class {
    MP_FAULT_NONE,          /* no address: abort, trap */
    MP_FAULT_NULL,          /* NULL plus an offset below 0x10000 */
    MP_FAULT_JUMP_NULL,     /* jumped there */
    MP_FAULT_WILD,          /* not mapped */
    MP_FAULT_PROTECTION,    /* mapped, but not for this access */
    MP_FAULT_NON_CANONICAL, /* x86-64: bits 63..47 differ; the kernel reports no
                               address */
    MP_FAULT_MISALIGNED,
    MP_FAULT_STACK_OVERFLOW,
    MP_FAULT_BUS, /* past the end of a mapped file, memory error */
    MP_FAULT_ARITHMETIC,
    MP_FAULT_INSTRUCTION, /* illegal instruction, trap */
    MP_FAULT_CLASS_COUNT
};

/* Whether a round could be inspected, or why not. */
enum mp_trace {
    MP_TRACE_NONE,    /* it never started */
    MP_TRACE_OFF,     /* not requested */
    MP_TRACE_REFUSED, /* refused by the host */
    MP_TRACE_ON
};

enum mp_crash_kind { MP_CRASH_OF_SIGNAL, MP_CRASH_OF_HANG };

struct mp_crash_frame {
    uint64_t pc;
    int module;      /* index into modules, or -1 */
    uint64_t offset; /* pc minus start of the symbol, or minus base of the module */
    /* Of a frame without a symbol: where its function begins in the module, 0 unknown. */
    uint64_t function;
    char symbol[MP_CRASH_SYMBOL_MAX]; /* "" unknown */
    size_t symbol_bytes;              /* of the whole name if it was cut, else 0 */
    char file[MP_CRASH_PATH_MAX];     /* "" unknown */
    unsigned line;
};

struct mp_crash_register {
    char name[8];
    uint64_t value;
};

struct mp_crash_thread {
    uint64_t tid;
    unsigned number; /* its place in a report of the system; live: 0 */
    char name[64];
    bool is_faulting;
    bool is_exception; /* no thread: where the exception was thrown that ended the
                          process */
    int signal, code;  /* of this thread if it is faulting */
    struct mp_crash_register reg[MP_CRASH_REGISTERS_MAX];
    size_t register_count;
    struct mp_crash_frame *frame; /* owned */
    size_t frame_count;
    char run_state;      /* of a hang: 'R' running, 'S' sleeping, 'T' stopped; 0 */
    uint64_t cpu_ns;     /* of a hang: CPU time so far */
    bool is_at_lock;     /* of a hang: it waits for a lock ... */
    uint64_t lock_owner; /* ... of this thread, 0 unknown */
    size_t frames_total; /* that it had, kept or not; 0: nobody counted them */
};

struct mp_crash_module {
    char path[MP_CRASH_PATH_MAX];
    uint64_t base, size;
    char id[MP_CRASH_ID_MAX]; /* build id or UUID in hex, "" unknown */
};

/* One stop of a round. The first faulting thread is thread[0]; of a hang, the main
 * thread. */
struct mp_crash {
    enum mp_crash_kind kind;
    unsigned sample;  /* of a hang: 1, 2; 0: a crash */
    bool is_of_child; /* of a process that the round started, not of the round itself */
    int signal, code;
    bool has_address;
    uint64_t address; /* the true address, even if the kernel hides it (non-canonical) */
    bool address_is_derived; /* not reported by the kernel */
    enum mp_crash_access access;
    enum mp_fault_class fault_class;
    struct mp_crash_thread *thread; /* owned */
    size_t thread_count;
    struct mp_crash_module *module; /* owned */
    size_t module_count;
    char said[MP_CRASH_SAID_MAX]; /* why, by its libraries (macOS); raw, "" none; an
                                     excerpt ends in "…" */
    char
        unread[MP_CRASH_UNREAD_MAX]; /* why frames or names are missing, in words; "": all
                                         were read */
    unsigned threads_missed;         /* too many, or they did not stop in time */
    unsigned modules_missed; /* too many: live of them, in a report of frames in them */
};

/* Zeroed record on the heap; never NULL. */
struct mp_crash *mp_crash_create(void);
/* Adds a zeroed thread or module and returns it (valid until the next addition); NULL
 * when full. */
struct mp_crash_thread *mp_crash_add_thread(struct mp_crash *crash);
struct mp_crash_module *mp_crash_add_module(struct mp_crash *crash);
/* Adds a zeroed frame (module -1); NULL when the thread has MP_CRASH_FRAMES_MAX. */
struct mp_crash_frame *mp_crash_add_frame(struct mp_crash_thread *thread);
void mp_crash_destroy(struct mp_crash *crash);

/* "none", "off", "refused", "on". */
const char *mp_trace_name(enum mp_trace trace);
const char *mp_crash_access_name(enum mp_crash_access access);
const char *mp_fault_class_name(enum mp_fault_class fault_class);
/* True for signals that a process causes itself: faults, traps and SIGABRT. */
bool mp_crash_is_crash_signal(int signal);
/* "SIGSEGV" or "signal 77". Static text or `buf` (at least 16 bytes). */
const char *mp_crash_signal_name(int signal, char *buf, size_t size);

#endif
