/* The signature of a bug: which frames count. Their names are normalised in frame_name.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/signature.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/frame_language.h"
#include "harness/supervisor/capture/frame_name.h"

#define KEY_FRAMES      3
#define RUNTIME_FRAMES  6 /* of a stack that has no others: each tells less */
#define CYCLE_MAX       10
#define CYCLE_TURNS     3
#define OTHER_FRAMES    3
#define FAMILY_TEXT_MAX 40
#define TITLE_SYMBOL    160
#define NOWHERE         "/no module" /* in the key of frames without module and name */

/* What a thread inside the driver is doing, by the methods on its stack; the first
 * match counts. As the other side of a race, a thread that ends or frees something
 * ranks before those that only use it. */
enum other_rank { RANK_ENDS, RANK_USES, RANK_WAITS };
static const struct {
    const char *words;
    enum other_rank rank;
} other_kinds[] = {
    {"destroyImpl", RANK_ENDS}, {"deferredEndEncoding", RANK_ENDS},
    {"endEncoding", RANK_ENDS}, {"dealloc", RANK_ENDS},
    {" commit", RANK_ENDS},     {" waitUntil", RANK_WAITS},
};

/* The frames of a thread that can identify a bug, newest first. */
struct chosen {
    const struct mp_crash_frame *frame[MP_CRASH_FRAMES_MAX];
    size_t count;
    const char *via;      /* kind of the runtime function it happened in, "" none */
    bool has_frames;      /* the stack has some, even if nothing is known of them */
    bool is_only_runtime; /* only frames of the runtime: use them */
    bool has_builds;      /* offsets are told apart by the build of their module */
    size_t cycle_len;     /* frames of the repeating cycle, 0: none */
};

/* An exception that ended the process was thrown where its own stack says: the thread
 * stands in the handler of last resort by then. A fault behind it does not belong to
 * it. */
static const struct mp_crash_thread *choose_stack(const struct mp_crash *crash) {
    bool is_stop =
        crash->fault_class == MP_FAULT_NONE || crash->fault_class == MP_FAULT_INSTRUCTION;
    for (size_t i = 1; i < crash->thread_count && is_stop; i++)
        if (crash->thread[i].is_exception && crash->thread[i].frame_count > 0)
            return &crash->thread[i];
    return crash->thread_count > 0 ? &crash->thread[0] : NULL;
}

/* Whether anything is known of where the frame is. */
static bool has_name(const struct mp_crash *crash, const struct mp_crash_frame *frame) {
    char name[MP_FRAME_NAME_MAX];
    mp_frame_name(crash, frame, name, sizeof(name));
    return strcmp(name, "?") != 0;
}

static void choose_frames_of(const struct mp_crash *crash,
                             const struct mp_crash_thread *thread,
                             struct chosen *ret_chosen) {
    size_t total = thread != NULL ? thread->frame_count : 0;
    struct chosen chosen = {.via = "", .has_frames = total > 0};
    /* The target of a wild jump identifies nothing: it is data, or unrelated code. */
    size_t first = crash->access == MP_ACCESS_EXECUTE && total > 1 ? 1 : 0;
    for (size_t i = first; i < total && i < MP_CRASH_FRAMES_MAX; i++) {
        const char *kind = "";
        if (!mp_frame_is_runtime(crash, &thread->frame[i], &kind))
            chosen.frame[chosen.count++] = &thread->frame[i];
        else if (i == 0)
            chosen.via = kind;
    }
    chosen.is_only_runtime = chosen.count == 0;
    for (size_t i = first; chosen.is_only_runtime && i < total && i < MP_CRASH_FRAMES_MAX;
         i++)
        if (chosen.count < RUNTIME_FRAMES && has_name(crash, &thread->frame[i]))
            chosen.frame[chosen.count++] = &thread->frame[i];
    *ret_chosen = chosen;
}

/* The stack of an exception may be that of the machinery alone: then the thread's own
 * says more, if it does. */
static void choose_frames(const struct mp_crash *crash, struct chosen *ret_chosen) {
    const struct mp_crash_thread *stack = choose_stack(crash);
    choose_frames_of(crash, stack, ret_chosen);
    if (!ret_chosen->is_only_runtime || stack == NULL || stack == crash->thread)
        return;
    struct chosen own;
    choose_frames_of(crash, crash->thread, &own);
    own.has_frames |= ret_chosen->has_frames;
    if (!own.is_only_runtime || ret_chosen->count == 0)
        *ret_chosen = own;
}

struct names {
    char text[MP_CRASH_FRAMES_MAX][MP_FRAME_NAME_MAX];
    size_t count;
};

static bool is_cycle(const struct names *names, size_t start, size_t len) {
    if (start + CYCLE_TURNS * len > names->count)
        return false;
    for (size_t i = start; i < start + (CYCLE_TURNS - 1) * len; i++)
        if (strcmp(names->text[i], names->text[i + len]) != 0)
            return false;
    return true;
}

/* Where in the cycle the stack ended is chance: the cycle starts at its alphabetically
 * first frame. */
static size_t first_turn(const struct names *names, size_t start, size_t len) {
    size_t first = start;
    for (size_t turn = start + 1; turn < start + len; turn++) {
        int order = 0;
        for (size_t i = 0; i < len && order == 0; i++)
            order = strcmp(names->text[turn + i], names->text[first + i]);
        if (order < 0)
            first = turn;
    }
    return first;
}

/* Looks for the frames that a recursion repeats and makes them the choice. */
static void find_cycle(const struct mp_crash *crash, struct chosen *chosen) {
    struct names names = {.count = chosen->count};
    for (size_t i = 0; i < chosen->count; i++)
        mp_frame_name(crash, chosen->frame[i], names.text[i], sizeof(names.text[i]));
    for (size_t start = 0; start < CYCLE_MAX && chosen->cycle_len == 0; start++) {
        for (size_t len = 1; len <= CYCLE_MAX && chosen->cycle_len == 0; len++) {
            if (!is_cycle(&names, start, len))
                continue;
            size_t first = first_turn(&names, start, len);
            for (size_t i = 0; i < len; i++)
                chosen->frame[i] = chosen->frame[first + i];
            chosen->count = len;
            chosen->cycle_len = len;
        }
    }
}

/* "at NULL+0x5c8", "jumping to 0x...": where the fault was. */
static void place_words(const struct mp_crash *crash, char *buf, size_t size) {
    const char *verb = crash->access == MP_ACCESS_EXECUTE ? "jumping to" : "at";
    char address[40];
    buf[0] = '\0';
    if (crash->fault_class == MP_FAULT_NULL || crash->fault_class == MP_FAULT_JUMP_NULL)
        snprintf(address, sizeof(address), "NULL+0x%" PRIx64, crash->address);
    else
        snprintf(address, sizeof(address), "0x%016" PRIx64, crash->address);
    switch (crash->fault_class) {
    case MP_FAULT_NONE:
    case MP_FAULT_ARITHMETIC:
    case MP_FAULT_INSTRUCTION:
        return;
    case MP_FAULT_STACK_OVERFLOW:
        snprintf(buf, size, " by stack overflow");
        return;
    case MP_FAULT_NON_CANONICAL:
        if (!crash->has_address)
            snprintf(buf, size, " at a non-canonical address");
        break;
    default:
        break;
    }
    if (crash->has_address)
        snprintf(buf, size, " %s %s", verb, address);
}

static void make_title(const struct mp_crash *crash, const struct mp_assertion *assertion,
                       const struct chosen *chosen, struct mp_signature *signature) {
    char number[16];
    char place[64];
    char *title = signature->title;
    size_t size = sizeof(signature->title);
    const char *name = mp_crash_signal_name(crash->signal, number, sizeof(number));
    if (assertion != NULL) {
        snprintf(title, size, "%s%s%s%s: %.200s", name,
                 assertion->known != NULL ? " (" : "",
                 assertion->known != NULL ? assertion->known->name : "",
                 assertion->known != NULL ? ")" : "", assertion->text);
        return;
    }
    place_words(crash, place, sizeof(place));
    int at = snprintf(title, size, "%s%s", name, place);
    if (at < 0 || (size_t)at >= size)
        return;
    if (chosen->count == 0) {
        if (chosen->has_frames)
            snprintf(title + at, size - (size_t)at, " in code of no module");
        return;
    }
    const struct mp_crash_frame *frame = chosen->frame[0];
    const char *symbol =
        frame->symbol[0] != '\0' ? frame->symbol : mp_frame_module(crash, frame);
    size_t len = mp_name_rust_len(symbol);
    char build[MP_FRAME_BUILD_MAX] = "";
    if (chosen->has_builds && frame->symbol[0] == '\0')
        mp_frame_build(crash, frame, build);
    if (len > 0)
        snprintf(title + at, size - (size_t)at, " in %.*s + %" PRIu64 "%s%s%s",
                 len < TITLE_SYMBOL ? (int)len : TITLE_SYMBOL, symbol, frame->offset,
                 build[0] != '\0' ? " (build " : "", build, build[0] != '\0' ? ")" : "");
}

/* "AGX*ComputeContext" of "-[AGX*FamilyComputeContext setComputePipelineState:]"; a
 * function as it is; the module of a frame without a symbol. */
static void make_family(const struct mp_crash *crash,
                        const struct mp_assertion *assertion, const char *first,
                        struct mp_signature *signature) {
    if (assertion != NULL) {
        snprintf(signature->family, sizeof(signature->family), "abort:%.*s",
                 FAMILY_TEXT_MAX,
                 assertion->known != NULL ? assertion->known->name : assertion->key);
        return;
    }
    const char *bracket = strchr(first, '[');
    const char *start = bracket != NULL ? bracket + 1 : first;
    int len = (int)(bracket != NULL ? strcspn(start, " ]") : strcspn(start, "!"));
    const char *stem = "";
    if (strncmp(start, "AGX*Family", 10) == 0) {
        stem = "AGX*";
        start += 10;
        len -= 10;
    }
    snprintf(signature->family, sizeof(signature->family), "%s%s:%s%.*s",
             mp_fault_class_name(crash->fault_class),
             crash->fault_class == MP_FAULT_NULL ? "-offset" : "", stem, len, start);
}

/* Appends as much as fits in `size` bytes. */
static void append(char *text, size_t size, const char *more) {
    size_t len = strlen(text);
    while (*more != '\0' && len + 1 < size)
        text[len++] = *more++;
    text[len] = '\0';
}

static void make_key(const struct mp_crash *crash, const struct mp_assertion *assertion,
                     const struct chosen *chosen, struct mp_signature *signature) {
    char number[16], name[MP_FRAME_NAME_MAX];
    char *key = signature->key;
    size_t size = sizeof(signature->key);
    append(key, size, mp_crash_signal_name(crash->signal, number, sizeof(number)));
    append(key, size, "/");
    /* The class already says that it was a jump to NULL. */
    if (crash->access == MP_ACCESS_EXECUTE && crash->fault_class != MP_FAULT_JUMP_NULL)
        append(key, size, "jump_");
    append(key, size,
           assertion != NULL ? assertion->key : mp_fault_class_name(crash->fault_class));
    if (chosen->via[0] != '\0' && crash->signal != SIGABRT) {
        append(key, size, "/via ");
        append(key, size, chosen->via);
    }
    bool is_turn = chosen->cycle_len > 0;
    size_t count = chosen->is_only_runtime ? RUNTIME_FRAMES : KEY_FRAMES;
    if (assertion != NULL || is_turn)
        count = assertion != NULL ? 1 : chosen->cycle_len;
    for (size_t i = 0; i < count && i < chosen->count; i++) {
        if (chosen->has_builds)
            mp_frame_name_in_build(crash, chosen->frame[i], name, sizeof(name));
        else
            mp_frame_name(crash, chosen->frame[i], name, sizeof(name));
        append(key, size, i == 0 ? "/" : is_turn ? ">" : "|");
        append(key, size, name);
    }
    if (chosen->count == 0 && chosen->has_frames && assertion == NULL)
        append(key, size, NOWHERE);
}

/* Whether `name` begins with one of the prefixes in `frames`. */
static bool begins_with_any(const char *name, const char *frames) {
    while (*frames != '\0') {
        size_t len = strcspn(frames, " ");
        if (len > 0 && strncmp(name, frames, len) == 0)
            return true;
        frames += len + (frames[len] == ' ');
    }
    return false;
}

static bool is_driver(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                      const char *frames) {
    return begins_with_any(mp_frame_module(crash, frame), frames) ||
           begins_with_any(frame->symbol, frames);
}

/* The newest driver frame on a stack that was entered from outside the driver, or
 * NULL: the driver's own threads are not a side of a race between its users. */
static const struct mp_crash_frame *
find_driver_frame(const struct mp_crash *crash, const struct mp_crash_thread *thread,
                  const char *frames, enum other_rank *ret_rank) {
    const struct mp_crash_frame *newest = NULL;
    bool is_called = false;
    enum other_rank rank = RANK_USES;
    for (size_t i = 0; i < thread->frame_count; i++) {
        const struct mp_crash_frame *frame = &thread->frame[i];
        if (mp_frame_is_runtime(crash, frame, NULL))
            continue;
        if (!is_driver(crash, frame, frames)) {
            is_called |= newest != NULL;
            continue;
        }
        newest = newest != NULL ? newest : frame;
        for (size_t k = 0; k < MP_COUNT(other_kinds) && rank == RANK_USES; k++)
            if (strstr(frame->symbol, other_kinds[k].words) != NULL)
                rank = other_kinds[k].rank;
    }
    *ret_rank = rank;
    return is_called ? newest : NULL;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

/* The other side: threads that end something if any, else those that use it. Names are
 * sorted and unique, so that neither order nor number of threads matters. */
static void make_other_key(const struct mp_crash *crash, const char *frames,
                           struct mp_signature *signature) {
    char name[MP_CRASH_THREADS_MAX][MP_FRAME_NAME_MAX];
    size_t count = 0;
    enum other_rank best = RANK_WAITS;
    for (size_t i = 1; i < crash->thread_count && i < MP_CRASH_THREADS_MAX; i++) {
        enum other_rank rank;
        if (crash->thread[i].is_exception)
            continue;
        const struct mp_crash_frame *frame =
            find_driver_frame(crash, &crash->thread[i], frames, &rank);
        if (frame == NULL || rank > best || rank == RANK_WAITS)
            continue;
        if (rank < best)
            count = 0;
        best = rank;
        mp_frame_name_in_build(crash, frame, name[count++], sizeof(name[0]));
    }
    qsort(name, count, sizeof(name[0]), compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < OTHER_FRAMES; i++) {
        if (i > 0 && strcmp(name[i], name[i - 1]) == 0)
            continue;
        if (kept++ > 0)
            append(signature->other_key, sizeof(signature->other_key), "|");
        append(signature->other_key, sizeof(signature->other_key), name[i]);
    }
}

void mp_signature_place(const struct mp_crash *crash,
                        const struct mp_crash_thread *thread, const char *frames,
                        char *buf, size_t size) {
    struct chosen chosen;
    char name[MP_FRAME_NAME_MAX];
    buf[0] = '\0';
    choose_frames_of(crash, thread, &chosen);
    size_t count = chosen.is_only_runtime ? RUNTIME_FRAMES : KEY_FRAMES;
    bool is_inside =
        frames != NULL && chosen.count > 0 && is_driver(crash, chosen.frame[0], frames);
    for (size_t i = 0; i < count && i < chosen.count; i++) {
        if (is_inside && !is_driver(crash, chosen.frame[i], frames))
            break;
        mp_frame_name_in_build(crash, chosen.frame[i], name, sizeof(name));
        append(buf, size, i > 0 ? "|" : "");
        append(buf, size, name);
    }
}

void mp_signature_make_assertion(const struct mp_crash *crash,
                                 const struct mp_assertion *assertion, const char *frames,
                                 struct mp_signature *ret_signature) {
    struct mp_signature signature = {0};
    struct chosen chosen;
    char first[MP_FRAME_NAME_MAX] = "?";
    if (crash->signal != SIGABRT)
        assertion = NULL; /* an earlier message does not explain a fault */
    choose_frames(crash, &chosen);
    chosen.has_builds = frames != NULL;
    if (crash->fault_class == MP_FAULT_STACK_OVERFLOW)
        find_cycle(crash, &chosen);
    if (chosen.count > 0)
        mp_frame_name(crash, chosen.frame[0], first, sizeof(first));
    if (assertion != NULL && chosen.is_only_runtime)
        chosen.count = 0; /* the message says more than they do */
    make_key(crash, assertion, &chosen, &signature);
    make_title(crash, assertion, &chosen, &signature);
    make_family(crash, assertion, first, &signature);
    if (frames != NULL)
        make_other_key(crash, frames, &signature);
    signature.is_incomplete =
        chosen.count == 0 && !chosen.has_frames && assertion == NULL;
    *ret_signature = signature;
}

void mp_signature_make(const struct mp_crash *crash, struct mp_signature *ret_signature) {
    mp_signature_make_assertion(crash, NULL, NULL, ret_signature);
}
