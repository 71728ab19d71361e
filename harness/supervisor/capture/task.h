/* A task of macOS, as the code that records it sees it: about a dozen questions,
 * answered by Mach (task_macos.c) or, in tests, by something that lies as much as it
 * can. All that is asked is copied before it is looked at, and no answer is believed:
 * everything above this file is portable and safe against any task.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_TASK_H
#define MP_CAPTURE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Threads that are asked for; the rest are counted as missed. */
#define MP_TASK_THREADS_MAX 512
#define MP_TASK_NAME_MAX    64
#define MP_ARM64_X_COUNT    29 /* x0 to x28 */

struct mp_task_region {
    uint64_t start, size;
    bool is_readable;
};

/* What the kernel knows of a thread. */
struct mp_task_thread {
    uint64_t id; /* as pthread_threadid_np gives it */
    char name[MP_TASK_NAME_MAX];
    char run_state; /* as in crash.h; 0 unknown. Of a task that is held: 'S' */
    uint64_t cpu_ns;
};

/* Raw: pointers may carry authentication bits. */
struct mp_arm64_state {
    uint64_t x[MP_ARM64_X_COUNT];
    uint64_t fp, lr, sp, pc;
    uint32_t cpsr;
};

struct mp_arm64_fault {
    uint64_t far;
    uint32_t esr;
};

struct mp_task_ops {
    /* Copies `size` bytes; false if one of them cannot be read. */
    bool (*read)(void *at, uint64_t address, void *buf, size_t size);
    /* The region that holds `address`, else the next one above it; false if there is
     * none. */
    bool (*region)(void *at, uint64_t address, struct mp_task_region *ret_region);
    /* Where dyld keeps its list of images (struct dyld_all_image_infos). */
    bool (*image_info)(void *at, uint64_t *ret_address);
    /* Whether somebody holds it: SIGSTOP, a debugger. False if that is not known. */
    bool (*is_held)(void *at);
    /* Lists up to `max` handles of threads; returns how many there are. Each listed one
     * must be released. */
    size_t (*threads)(void *at, uint32_t *ret_threads, size_t max);
    void (*release)(void *at, uint32_t thread);
    bool (*facts)(void *at, uint32_t thread, struct mp_task_thread *ret_facts);
    bool (*state)(void *at, uint32_t thread, struct mp_arm64_state *ret_state);
    bool (*fault)(void *at, uint32_t thread, struct mp_arm64_fault *ret_fault);
};

struct mp_task {
    const struct mp_task_ops *ops;
    void *at;
};

/* The bits of a pointer that say where it points: authentication codes and tags lie above
 * them. The limit of a program's addresses is 0x7ffffe000000 (XNU, vm_param.h). */
uint64_t mp_task_strip(uint64_t pointer);

bool mp_task_read(const struct mp_task *task, uint64_t address, void *buf, size_t size);
/* Copies a text that ends with NUL, cut to `size`; pages behind its end need not be
 * readable. Returns its length; 0 if it cannot be read. */
size_t mp_task_read_text(const struct mp_task *task, uint64_t address, char *buf,
                         size_t size);

#endif
