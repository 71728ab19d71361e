/* What a program may say about itself while it is a round of mpstress:
 *
 *     mpstress run --exec './yours --seed {seed}'
 *
 * One file for C (C99) and C++ (C++98), for gcc and clang; nothing to link. Outside
 * mpstress every call returns at once. In a round the calls write a few words into a page
 * of memory that mpstress reads when the round has ended, however it ended; they take no
 * lock and make no system call but for the first one of a thread, and pauses. Any thread
 * may make them.
 *
 * A child process that was made by fork says the same about itself: its counts are added,
 * and its ops stand in the record among those of the thread that made it.
 *
 *     mpstress_plan(100);                        what is coming; lost work then shows
 *     mpstress_begin(queue, 0);                  a call that should meet others
 *     submit(queue, job);
 *     mpstress_end(queue, 0);
 *     mpstress_point();                          a pause may fall here (run --delay)
 *     wait(job);
 *     if (mpstress_check("sum", job.sum == expected))
 *         mpstress_done(1);
 *     else
 *         mpstress_wrong(1);
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MPSTRESS_H
#define MPSTRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifndef CLOCK_MONOTONIC
#error "mpstress.h needs POSIX: compile with -std=gnu17, or -D_POSIX_C_SOURCE=200809L"
#endif

/* The page, in version 8. Every offset is a part of it; whoever changes one raises the
 * version. `magic`, `version`, `size` and `client_version` stay where they are in all
 * versions. Numbers are little endian. The program maps the file whose descriptor stands
 * in $MPSTRESS_PAGE. */
#define MPSTRESS_PAGE_MAGIC   0x4d505247u /* "MPRG" */
#define MPSTRESS_PAGE_VERSION 8u
#define MPSTRESS_PAGE_EVENTS  256u /* in the ring of a thread */
#define MPSTRESS_MESSAGE_MAX  512u

#define MPSTRESS_RESULT_MISMATCH 2u /* a named check failed */
#define MPSTRESS_OP_CALL         7u /* what begin and end enclose */
#define MPSTRESS_STATE_RUNNING   3u /* of a thread that has used the page */

struct mpstress_event { /* 32 bytes */
    uint64_t time_ns;   /* CLOCK_MONOTONIC; on macOS CLOCK_UPTIME_RAW */
    uint64_t object, arg;
    uint32_t seq; /* 1, 2, ... per thread */
    uint16_t op;
    uint16_t phase; /* 0 begins, 1 ends */
};

struct mpstress_slot { /* of a thread: 64 bytes and its ring */
    uint32_t state, inside;
    uint64_t tid, ops_started, ops_done, ops_wrong, ops_dropped;
    uint32_t event_next, unused[3];
    struct mpstress_event event[MPSTRESS_PAGE_EVENTS];
};

struct mpstress_page {
    uint32_t magic, version;
    uint64_t size;
    uint32_t client_version; /* what the program knows; 0: it is silent */
    uint32_t thread_slots;
    char spec[4144]; /* and other things that a program leaves alone */
    uint32_t result; /* at 4168 */
    uint32_t promised_overlap, arm_serialises, child_crashed;
    uint64_t ops_planned, ops_device, buffers_failed, hostile_syncs;
    uint64_t go_ns, end_ns;             /* of its first and its latest op */
    uint32_t slots_taken, slots_python; /* from slot 1 up, from the last one down */
    uint32_t delay_us, unused;
    uint64_t seed, number;
    char gap1[24];
    uint32_t overlap_now, gap2[15]; /* at 4288 */
    uint32_t overlap_max;           /* at 4352 */
    char driver[680];
    char message[MPSTRESS_MESSAGE_MAX]; /* why the check failed */
    char others[1236];
    struct mpstress_slot slot[1]; /* at 6784; thread_slots of them */
};

/* One for the whole program, however many files include this. */
#define MPSTRESS_SHARED __attribute__((weak))

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of the page: 0 not looked yet, 1 there is none, else its address. */
MPSTRESS_SHARED uintptr_t mpstress_page_;
/* Of the calling thread: its slot once it has one, its points, and who it says it is. */
MPSTRESS_SHARED __thread struct mpstress_slot *mpstress_slot_;
MPSTRESS_SHARED __thread uint64_t mpstress_points_;
MPSTRESS_SHARED __thread uint64_t mpstress_thread_;

/* Maps the page; NULL if this process is not a round, or mpstress has another page. */
static inline struct mpstress_page *mpstress_map_(void) {
    const char *text = getenv("MPSTRESS_PAGE");
    struct stat info;
    char *end = NULL;
    int fd = text != NULL ? (int)strtol(text, &end, 10) : -1;
    struct mpstress_page *page;
    if (fd < 0 || end == text || fstat(fd, &info) != 0 ||
        info.st_size < (off_t)sizeof(*page))
        return NULL;
    page = (struct mpstress_page *)mmap(NULL, (size_t)info.st_size,
                                        PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if ((void *)page == MAP_FAILED)
        return NULL;
    /* The descriptor may have been closed and be another file by now. Shared memory is
     * longer than what it was made for on macOS: whole pages. */
    if (page->magic == MPSTRESS_PAGE_MAGIC && page->size >= sizeof(*page) &&
        page->size <= (uint64_t)info.st_size) {
        __atomic_store_n(&page->client_version, MPSTRESS_PAGE_VERSION, __ATOMIC_RELEASE);
        if (page->version == MPSTRESS_PAGE_VERSION)
            return page;
        fprintf(stderr,
                "mpstress.h: it is of page version %u, but the mpstress that runs this "
                "program of %u: use the file that was installed with it\n",
                (unsigned)MPSTRESS_PAGE_VERSION, (unsigned)page->version);
    }
    munmap(page, (size_t)info.st_size);
    return NULL;
}

/* The first look; several threads may take it at once. */
static inline struct mpstress_page *mpstress_look_(void) {
    struct mpstress_page *page = mpstress_map_();
    uintptr_t found = page != NULL ? (uintptr_t)page : 1, before = 0;
    if (!__atomic_compare_exchange_n(&mpstress_page_, &before, found, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        if (page != NULL)
            munmap(page, (size_t)page->size);
        found = before;
    }
    return found != 1 ? (struct mpstress_page *)found : NULL;
}

static inline struct mpstress_page *mpstress_find_(void) {
    uintptr_t known = __atomic_load_n(&mpstress_page_, __ATOMIC_ACQUIRE);
    if (__builtin_expect(known == 1, 1))
        return NULL;
    return known != 0 ? (struct mpstress_page *)known : mpstress_look_();
}

static inline uint64_t mpstress_now_(void) {
    struct timespec now;
#ifdef __APPLE__
    clock_gettime(CLOCK_UPTIME_RAW, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A well mixed number (the finalizer of splitmix64). */
static inline uint64_t mpstress_hash_(uint64_t seed, uint64_t counter) {
    uint64_t mixed = seed + (counter + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* The slot of the calling thread; slot 0, which has no record, if none is left. */
static inline struct mpstress_slot *mpstress_take_slot_(struct mpstress_page *page) {
    uint32_t last =
        page->thread_slots - 1 - __atomic_load_n(&page->slots_python, __ATOMIC_ACQUIRE);
    uint32_t taken = __atomic_add_fetch(&page->slots_taken, 1, __ATOMIC_ACQ_REL);
    struct mpstress_slot *slot = &page->slot[taken <= last ? taken : 0];
    uint64_t none = 0;
    if (taken <= last) {
#if defined(__linux__) && (defined(_DEFAULT_SOURCE) || defined(_GNU_SOURCE))
        slot->tid = (uint64_t)syscall(SYS_gettid);
#endif
        __atomic_store_n(&slot->state, MPSTRESS_STATE_RUNNING, __ATOMIC_RELEASE);
    }
    __atomic_compare_exchange_n(&page->go_ns, &none, mpstress_now_(), 0, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    mpstress_slot_ = slot;
    return slot;
}

static inline struct mpstress_slot *mpstress_slot_of_(struct mpstress_page *page) {
    return mpstress_slot_ != NULL ? mpstress_slot_ : mpstress_take_slot_(page);
}

static inline void mpstress_record_(struct mpstress_page *page,
                                    struct mpstress_slot *slot, uint16_t phase,
                                    uint64_t object, uint64_t arg) {
    uint32_t seq = __atomic_load_n(&slot->event_next, __ATOMIC_RELAXED) + 1;
    struct mpstress_event *event = &slot->event[(seq - 1) % MPSTRESS_PAGE_EVENTS];
    if (slot == &page->slot[0]) /* it belongs to no thread */
        return;
    event->seq = seq; /* first: a record that is cut off is recognised */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    event->time_ns = mpstress_now_();
    event->object = object;
    event->arg = arg;
    event->op = MPSTRESS_OP_CALL;
    event->phase = phase;
    __atomic_store_n(&slot->event_next, seq, __ATOMIC_RELEASE);
}

/* 1 in a round of mpstress, else 0. */
static inline int mpstress_is_round(void) {
    return mpstress_find_() != NULL;
}

/* The seed of the round; outside what $MPSTRESS_SEED says, else 0. */
static inline uint64_t mpstress_seed(void) {
    struct mpstress_page *page = mpstress_find_();
    const char *text = page == NULL ? getenv("MPSTRESS_SEED") : NULL;
    if (page != NULL)
        return page->seed;
    return text != NULL ? (uint64_t)strtoull(text, NULL, 10) : 0;
}

/* The number of the round in its campaign, from 1; outside 0. */
static inline uint64_t mpstress_number(void) {
    struct mpstress_page *page = mpstress_find_();
    return page != NULL ? page->number : 0;
}

/* Says that the calling thread is number `index` (not 0) of the program, so that its
 * pauses follow from the seed alone, and not from which thread came first. */
static inline void mpstress_thread(uint64_t index) {
    if (mpstress_find_() != NULL)
        mpstress_thread_ = index;
}

/* `ops` more ops are planned: a round in which fewer are done has lost work. A program
 * that never plans has lost those that it began and did not call done or wrong. */
static inline void mpstress_plan(uint64_t ops) {
    struct mpstress_page *page = mpstress_find_();
    if (page != NULL)
        __atomic_fetch_add(&page->ops_planned, ops, __ATOMIC_RELAXED);
}

/* An op begins; it stands in the record of the last 256 of its thread, and counts for
 * overlap until its end. `object` and `arg` are numbers that the record shows, such as
 * which queue and which size. Ops of a thread do not nest. */
static inline void mpstress_begin(uint64_t object, uint64_t arg) {
    struct mpstress_page *page = mpstress_find_();
    struct mpstress_slot *slot;
    uint32_t now, most;
    if (page == NULL)
        return;
    slot = mpstress_slot_of_(page);
    mpstress_record_(page, slot, 0, object, arg);
    __atomic_fetch_add(&slot->ops_started, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->inside, MPSTRESS_OP_CALL, __ATOMIC_RELEASE);
    now = __atomic_add_fetch(&page->overlap_now, 1, __ATOMIC_RELAXED);
    if (now > page->thread_slots) /* the most that a report counts */
        now = page->thread_slots;
    most = __atomic_load_n(&page->overlap_max, __ATOMIC_RELAXED);
    while (now > most &&
           !__atomic_compare_exchange_n(&page->overlap_max, &most, now, 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

/* The op that the calling thread began ends. */
static inline void mpstress_end(uint64_t object, uint64_t arg) {
    struct mpstress_page *page = mpstress_find_();
    struct mpstress_slot *slot;
    if (page == NULL)
        return;
    slot = mpstress_slot_of_(page);
    __atomic_fetch_sub(&page->overlap_now, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->inside, 0, __ATOMIC_RELEASE);
    mpstress_record_(page, slot, 1, object, arg);
}

/* The result of `ops` ops was looked at and is right. */
static inline void mpstress_done(uint64_t ops) {
    struct mpstress_page *page = mpstress_find_();
    if (page == NULL)
        return;
    __atomic_fetch_add(&mpstress_slot_of_(page)->ops_done, ops, __ATOMIC_RELAXED);
    __atomic_store_n(&page->end_ns, mpstress_now_(), __ATOMIC_RELAXED);
}

/* ... and is wrong: the round fails as mismatch, whatever its exit code. */
static inline void mpstress_wrong(uint64_t ops) {
    struct mpstress_page *page = mpstress_find_();
    if (page != NULL)
        __atomic_fetch_add(&mpstress_slot_of_(page)->ops_wrong, ops, __ATOMIC_RELAXED);
}

/* Returns `holds`, inside and outside. If it is 0, the round fails as mismatch, whatever
 * its exit code, and the first such `name` stands in its report. */
static inline int mpstress_check(const char *name, int holds) {
    struct mpstress_page *page = holds ? NULL : mpstress_find_();
    uint32_t none = 0;
    if (page != NULL &&
        __atomic_compare_exchange_n(&page->result, &none, MPSTRESS_RESULT_MISMATCH, 0,
                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        snprintf(page->message, MPSTRESS_MESSAGE_MAX, "check '%s' failed", name);
    return holds;
}

/* Says that threads should be between begin and end at the same time: a round that passes
 * though no two of them were counts as no_overlap. */
static inline void mpstress_expect_overlap(void) {
    struct mpstress_page *page = mpstress_find_();
    if (page != NULL)
        __atomic_store_n(&page->promised_overlap, 1, __ATOMIC_RELAXED);
}

/* Sleeps from 0 to the longest pause of `run --delay`. */
static inline void mpstress_pause_(struct mpstress_page *page) {
    struct mpstress_slot *slot = mpstress_slot_of_(page);
    uint64_t thread =
        mpstress_thread_ != 0 ? mpstress_thread_ : (uint64_t)(slot - page->slot);
    uint64_t mixed =
        mpstress_hash_(mpstress_hash_(page->seed, thread), mpstress_points_++);
    uint64_t pause_ns = mixed % ((uint64_t)page->delay_us * 1000 + 1);
    struct timespec pause;
    pause.tv_sec = (time_t)(pause_ns / 1000000000u);
    pause.tv_nsec = (long)(pause_ns % 1000000000u);
    (void)nanosleep(&pause, NULL);
}

/* A place where a pause does no harm but changes who meets whom. With `run --delay T` the
 * thread sleeps there from 0 to T, by a hash of seed, thread and how many such places it
 * has passed; without it nothing happens. */
static inline void mpstress_point(void) {
    struct mpstress_page *page = mpstress_find_();
    if (page != NULL && page->delay_us != 0)
        mpstress_pause_(page);
}

#ifdef __cplusplus
}
#endif

#endif
