/* Between the files of the Mach double: one lock over all of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MACH_DOUBLE_DOUBLE_H
#define MP_MACH_DOUBLE_DOUBLE_H

#include <mach/mach.h>
#include <pthread.h>
#include <signal.h>
#include <sys/user.h>

#include "harness/supervisor/capture/task.h"
#include "harness/tests/mach_double/mach_double.h"

#define DOUBLE_NAMES_MAX    4096
#define DOUBLE_TASKS_MAX    64
#define DOUBLE_THREADS_MAX  160
#define DOUBLE_MESSAGE_MAX  1024
#define DOUBLE_MESSAGES_MAX 2048

enum double_kind {
    KIND_FREE,
    KIND_PORT,
    KIND_TASK,
    KIND_THREAD,
    KIND_REPLY,
    KIND_OBJECT /* of memory */
};

/* A name of this process, and what is behind it. */
struct double_name {
    enum double_kind kind;
    bool has_receive;
    unsigned send_refs;
    pid_t pid, tid; /* of a task, a thread, a reply */
    int queue;      /* that watches it, -1 none */
};

struct double_message {
    mach_port_t to;
    size_t size;
    unsigned carried; /* names in it that the receiver gets a right to */
    mach_port_t right[3];
    uint8_t bytes[DOUBLE_MESSAGE_MAX];
};

struct double_thread {
    pid_t tid;
    bool is_stopped, is_faulting, is_reported;
    int status; /* of its stop */
    siginfo_t info;
    struct mp_arm64_state state;
    char name[16], run_state;
    uint64_t cpu_ns;
};

enum double_phase { PHASE_RUNS, PHASE_HALTS, PHASE_WAITS_FOR_REPLY, PHASE_DIES };

struct double_image {
    uint64_t base, size, linkedit;
    char path[MP_CRASH_PATH_MAX];
    uint8_t *header; /* owned: what stands at base */
    size_t header_size;
    uint8_t *edit; /* owned: symbols and strings */
    size_t edit_size;
};

struct double_task {
    pid_t pid;       /* 0: free */
    pid_t leader_of; /* the round that it comes from */
    mach_port_t port;
    enum double_phase phase;
    unsigned suspended;
    bool wants_halt;       /* for a suspend */
    bool is_group_stopped; /* by SIGSTOP */
    struct double_thread thread[DOUBLE_THREADS_MAX];
    size_t thread_count;
    pid_t crashed;
    struct double_image image[MP_CRASH_MODULES_MAX];
    size_t image_count;
};

struct double_kernel {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_running;
    pthread_t tracer;
    struct double_name name[DOUBLE_NAMES_MAX];
    struct double_message *message[DOUBLE_MESSAGES_MAX];
    size_t message_count;
    struct double_task task[DOUBLE_TASKS_MAX];
    mach_port_t registered;
    const void *marked_attr;
    mach_port_t marked_port;
    pid_t child[DOUBLE_TASKS_MAX]; /* that this process has spawned */
    size_t child_count;
    pid_t to_seize;
    mach_port_t seize_port;
    struct mach_double_knobs knobs;
    struct mach_double_counts counts;
    struct mp_crash *witness;
};

struct double_kernel *double_kernel(void);

/* All of these are called with the lock held. */
struct double_task *double_find_task(struct double_kernel *kernel, pid_t pid);
/* Whether the call is to fail now. */
bool double_refuses(struct double_kernel *kernel, enum mach_double_call call);
mach_port_t double_name_of(struct double_kernel *kernel, enum double_kind kind, pid_t pid,
                           pid_t tid);
struct double_name *double_look_up(struct double_kernel *kernel, mach_port_t name);
/* Queues a message; `right` are names that its receiver gets. */
void double_post(struct double_kernel *kernel, const void *bytes, size_t size,
                 const mach_port_t *right, unsigned carried, mach_port_t to);
void double_post_crash(struct double_kernel *kernel, struct double_task *task,
                       uint64_t code, uint64_t subcode);
void double_post_hello(struct double_kernel *kernel, mach_port_t to, pid_t pid);
/* The answer to the crash of process `pid`. */
void double_answered(struct double_kernel *kernel, pid_t pid);

/* images.c */
void double_images_make(struct double_task *task, const struct mp_crash *witness);
void double_images_release(struct double_task *task);
bool double_images_read(const struct double_task *task, uint64_t address, void *buf,
                        size_t size);
/* The made-up region at or above an address. */
bool double_images_region(const struct double_task *task, uint64_t address,
                          struct mp_task_region *ret_region);
#define DOUBLE_DYLD_INFOS UINT64_C(0x600000000000)

/* tracer.c */
void double_tracer_start(struct double_kernel *kernel);

#endif
