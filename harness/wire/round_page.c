/* The shared page: its fixed layout, and reading it without trusting a byte of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/round_page.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/strbuf.h"

/* Shared by two programs, perhaps of different builds: changing any of these lines
 * requires a new MP_PAGE_VERSION. */
_Static_assert(sizeof(_Atomic uint32_t) == 4 && sizeof(_Atomic uint64_t) == 8,
               "atomics are plain");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
               "atomics cross processes");
_Static_assert(sizeof(struct mp_page_event) == 32, "page layout");
_Static_assert(offsetof(struct mp_page_thread, ops_started) == 16, "page layout");
_Static_assert(offsetof(struct mp_page_thread, event_next) == 48, "page layout");
_Static_assert(offsetof(struct mp_page_thread, event) == 64, "page layout");
_Static_assert(sizeof(struct mp_page_thread) == 64 + 32 * MP_PAGE_EVENTS, "page layout");
_Static_assert(offsetof(struct mp_round_page, client_version) == 16, "page layout");
_Static_assert(offsetof(struct mp_round_page, spec) == 32, "page layout");
_Static_assert(offsetof(struct mp_round_page, supervisor_pid) == 4128, "page layout");
_Static_assert(offsetof(struct mp_round_page, go) == 4160, "page layout");
_Static_assert(offsetof(struct mp_round_page, child_crashed) == 4180, "page layout");
_Static_assert(offsetof(struct mp_round_page, ops_planned) == 4184, "page layout");
_Static_assert(offsetof(struct mp_round_page, end_ns) == 4224, "page layout");
_Static_assert(offsetof(struct mp_round_page, slots_taken) == 4232, "page layout");
_Static_assert(offsetof(struct mp_round_page, seed) == 4248, "page layout");
_Static_assert(offsetof(struct mp_round_page, overlap_now) == 4288, "page layout");
_Static_assert(offsetof(struct mp_round_page, overlap_max) == 4352, "page layout");
_Static_assert(offsetof(struct mp_round_page, driver) == 4356, "page layout");
_Static_assert(offsetof(struct mp_driver, path) == 96, "page layout");
_Static_assert(offsetof(struct mp_driver, facts) == 424, "page layout");
_Static_assert(sizeof(struct mp_driver) == 680, "page layout");
_Static_assert(offsetof(struct mp_round_page, message) == 5036, "page layout");
_Static_assert(offsetof(struct mp_round_page, gpu_error) == 5552, "page layout");
_Static_assert(sizeof(struct mp_page_gpu_error) == 464, "page layout");
_Static_assert(offsetof(struct mp_round_page, figure) == 6480, "page layout");
_Static_assert(offsetof(struct mp_round_page, arm_acts) == 6736, "page layout");
_Static_assert(MP_FIGURES <= MP_PAGE_FIGURES, "all figures have a place in the page");
_Static_assert(offsetof(struct mp_round_page, thread) == 6784, "page layout");
_Static_assert(sizeof(struct mp_round_page) == 6784, "page layout");
_Static_assert(offsetof(struct mp_page_modules, record) == 12, "page layout");
_Static_assert(sizeof(struct mp_page_modules) == MP_PAGE_MODULES_BYTES, "page layout");
_Static_assert(offsetof(struct mp_page_modules, owners) ==
                   MP_PAGE_MODULES_BYTES - MP_PAGE_OWNERS_BYTES,
               "page layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the page is little endian");

size_t mp_round_page_size(uint32_t thread_slots) {
    return sizeof(struct mp_round_page) + thread_slots * sizeof(struct mp_page_thread) +
           MP_PAGE_MODULES_BYTES;
}

size_t mp_round_page_slots(const struct mp_round_page *page, size_t size) {
    size_t others = sizeof(*page) + MP_PAGE_MODULES_BYTES;
    if (size < others)
        return 0;
    /* Read once: it may change. */
    size_t slots = *(const volatile uint32_t *)&page->thread_slots;
    size_t mapped = (size - others) / sizeof(page->thread[0]);
    slots = slots < mapped ? slots : mapped;
    return slots < MP_PAGE_THREADS_MAX ? slots : MP_PAGE_THREADS_MAX;
}

enum mp_status mp_round_page_format(struct mp_round_page *page, size_t size,
                                    uint32_t thread_slots,
                                    const struct mp_round_spec *spec,
                                    struct mp_error *err) {
    if (thread_slots == 0 || thread_slots > MP_PAGE_THREADS_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "a round page has 1 to %d thread slots, not %u",
                            MP_PAGE_THREADS_MAX, thread_slots);
    if (size < mp_round_page_size(thread_slots))
        return mp_error_set(err, MP_LIMIT,
                            "a round page with %u slots needs %zu bytes, not %zu",
                            thread_slots, mp_round_page_size(thread_slots), size);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_round_spec_format(spec, &text);
    /* A spec that does not read back must fail here, where it can still be reported. */
    struct mp_round_spec readback;
    enum mp_status status =
        mp_round_spec_parse(text.text, text.len, "the spec of a round", &readback, err);
    if (status == MP_OK) {
        page->magic = MP_PAGE_MAGIC;
        page->version = MP_PAGE_VERSION;
        page->size = size;
        page->thread_slots = thread_slots;
        page->spec_len = (uint32_t)text.len;
        memcpy(page->spec, text.text, text.len + 1);
    }
    mp_strbuf_release(&text);
    return status;
}

/* Why a mapping of `size` bytes is not a round page, or NULL if its header is sound. */
static const char *header_flaw(const struct mp_round_page *page, size_t size) {
    if (size < sizeof(*page))
        return "it is too short";
    if (page->magic != MP_PAGE_MAGIC)
        return "it does not start with the magic number of a round page";
    if (page->version != MP_PAGE_VERSION)
        return "it has another version: use mpstress and mpstress-round from the same "
               "build";
    if (page->thread_slots == 0 || page->thread_slots > MP_PAGE_THREADS_MAX)
        return "its thread count is impossible";
    /* The mapping may be longer: memory that is shared comes in whole pages on macOS. */
    if (page->size > size || page->size < mp_round_page_size(page->thread_slots))
        return "its size is not the one in its header";
    if (page->spec_len >= MP_SPEC_TEXT_MAX)
        return "its spec is too long";
    return NULL;
}

enum mp_status mp_round_page_open(const struct mp_round_page *page, size_t size,
                                  struct mp_round_spec *ret_spec, struct mp_error *err) {
    const char *flaw = header_flaw(page, size);
    if (flaw != NULL)
        return mp_error_set(err, MP_FORMAT, "cannot use the round page: %s", flaw);
    return mp_round_spec_parse(page->spec, page->spec_len, "the round page", ret_spec,
                               err);
}

void mp_round_page_note_error(struct mp_page_gpu_error *slots, const char *domain,
                              long code, const char *text) {
    struct mp_gpu_error error = {.code = code, .callback = mp_gpu_error_callback(text)};
    struct mp_page_gpu_error *slot = slots;
    uint32_t none = 0;
    if (slots == NULL)
        return;
    snprintf(error.domain, sizeof(error.domain), "%s", domain);
    snprintf(error.text, sizeof(error.text), "%s", text);
    if (mp_gpu_error_blame(&error) == MP_GPU_BLAME_OTHER)
        slot++;
    if (!atomic_compare_exchange_strong(&slot->state, &none, 1))
        return;
    slot->callback = error.callback;
    slot->code = error.code;
    memcpy(slot->domain, error.domain, sizeof(slot->domain));
    memcpy(slot->text, error.text, sizeof(slot->text));
    atomic_store_explicit(&slot->state, 2, memory_order_release);
}

#define SENT_BY_CALL (UINT64_C(1) << 40) /* above pid and signal */

void mp_round_page_note_sender(struct mp_round_page *page, int signal, bool is_sent,
                               int64_t pid) {
    uint64_t none = 0, word = (uint64_t)(uint8_t)signal << 32;
    if (is_sent)
        word |= SENT_BY_CALL | (uint32_t)pid;
    (void)atomic_compare_exchange_strong(&page->sent_by, &none, word);
}

static uint32_t load32(const _Atomic uint32_t *word) {
    return atomic_load_explicit(word, memory_order_acquire);
}

static uint64_t load64(const _Atomic uint64_t *word) {
    return atomic_load_explicit(word, memory_order_acquire);
}

/* A number of at most `max`; anything larger marks the page as torn and reads as 0. */
static uint32_t load_bounded(const _Atomic uint32_t *word, uint32_t max, bool *is_torn) {
    uint32_t value = load32(word);
    if (value <= max)
        return value;
    *is_torn = true;
    return 0;
}

static void add_saturated(uint64_t *total, const _Atomic uint64_t *word) {
    uint64_t value = load64(word);
    *total = value > UINT64_MAX - *total ? UINT64_MAX : *total + value;
}

/* Copies text that should end within its field of `size` bytes. */
static void copy_text(char *ret_text, const char *text, size_t size, bool *is_torn) {
    size_t len = 0;
    for (; len < size - 1 && text[len] != '\0'; len++)
        ret_text[len] = text[len];
    ret_text[len] = '\0';
    if (len == size - 1 && text[len] != '\0')
        *is_torn = true;
}

static void copy_driver(struct mp_driver *ret_driver, const struct mp_driver *driver,
                        bool *is_torn) {
    copy_text(ret_driver->name, driver->name, sizeof(driver->name), is_torn);
    copy_text(ret_driver->gpu, driver->gpu, sizeof(driver->gpu), is_torn);
    copy_text(ret_driver->path, driver->path, sizeof(driver->path), is_torn);
    copy_text(ret_driver->id, driver->id, sizeof(driver->id), is_torn);
    copy_text(ret_driver->facts, driver->facts, sizeof(driver->facts), is_torn);
}

/* A record whose writer died in the middle does not count. */
static void copy_gpu_error(struct mp_page_summary *summary,
                           const struct mp_page_gpu_error *error,
                           enum mp_gpu_blame blame) {
    if (load_bounded(&error->state, 2, &summary->is_torn) != 2 ||
        summary->gpu_blame != MP_GPU_NO_ERROR)
        return;
    struct mp_gpu_error *copy = &summary->gpu_error;
    summary->gpu_blame = blame;
    copy->code = error->code;
    copy->callback = error->callback;
    copy_text(copy->domain, error->domain, sizeof(copy->domain), &summary->is_torn);
    copy_text(copy->text, error->text, sizeof(copy->text), &summary->is_torn);
}

static void add_thread(struct mp_page_summary *summary,
                       const struct mp_page_thread *thread, bool is_worker) {
    uint32_t state = load_bounded(&thread->state, MP_STATE_COUNT - 1, &summary->is_torn);
    uint32_t inside =
        load_bounded(&thread->inside, MP_PAGE_OP_COUNT - 1, &summary->is_torn);
    summary->threads_waiting += inside == MP_PAGE_OP_WAIT;
    summary->events += load32(&thread->event_next);
    if (is_worker && state != MP_STATE_UNUSED) {
        summary->threads_started++;
        summary->threads_unfinished += state < MP_STATE_FINISHED;
    }
    add_saturated(&summary->ops_started, &thread->ops_started);
    add_saturated(&summary->ops_done, &thread->ops_done);
    add_saturated(&summary->ops_wrong, &thread->ops_wrong);
    add_saturated(&summary->ops_dropped, &thread->ops_dropped);
}

void mp_round_page_summarise(const struct mp_round_page *page, size_t size,
                             struct mp_page_summary *ret_summary) {
    struct mp_page_summary sum = {.is_torn = header_flaw(page, size) != NULL};
    if (size < sizeof(*page)) {
        *ret_summary = sum;
        return;
    }
    sum.phase =
        (enum mp_page_phase)load_bounded(&page->phase, MP_PHASE_COUNT - 1, &sum.is_torn);
    sum.result = (enum mp_page_result)load_bounded(&page->result, MP_RESULT_COUNT - 1,
                                                   &sum.is_torn);
    sum.promised_overlap = load_bounded(&page->promised_overlap, 1, &sum.is_torn) != 0;
    sum.arm_serialises = load_bounded(&page->arm_serialises, 1, &sum.is_torn) != 0;
    sum.child_crashed = load_bounded(&page->child_crashed, 1, &sum.is_torn) != 0;
    uint64_t sent_by = load64(&page->sent_by);
    sum.sent_signal = (int)(sent_by >> 32 & 0xff);
    sum.is_sent = (sent_by & SENT_BY_CALL) != 0;
    sum.sent_pid = (int64_t)(sent_by & INT32_MAX);
    sum.client_version = load32(&page->client_version);
    sum.speaks = sum.client_version == MP_PAGE_VERSION;
    sum.overlap_max = load_bounded(&page->overlap_max, MP_PAGE_THREADS_MAX, &sum.is_torn);
    sum.ops_planned = load64(&page->ops_planned);
    sum.ops_device = load64(&page->ops_device);
    sum.buffers_failed = load64(&page->buffers_failed);
    sum.hostile_syncs = load64(&page->hostile_syncs);
    for (size_t i = 0; i < MP_FIGURES; i++)
        sum.figure[i] = load64(&page->figure[i]);
    sum.arm_acts = load_bounded(&page->arm_acts, 1, &sum.is_torn) != 0;

    uint64_t go_ns = load64(&page->go_ns);
    uint64_t end_ns = load64(&page->end_ns);
    if (end_ns != 0 && (go_ns == 0 || end_ns < go_ns))
        sum.is_torn = true;
    else if (end_ns != 0)
        sum.run_ns = end_ns - go_ns;

    size_t slots = mp_round_page_slots(page, size);
    for (size_t i = 0; i < slots; i++)
        add_thread(&sum, &page->thread[i], i > 0);

    copy_driver(&sum.driver, &page->driver, &sum.is_torn);
    copy_gpu_error(&sum, &page->gpu_error[0], MP_GPU_BLAME_OWN);
    copy_gpu_error(&sum, &page->gpu_error[1], MP_GPU_BLAME_OTHER);
    copy_text(sum.message, page->message, sizeof(sum.message), &sum.is_torn);
    *ret_summary = sum;
}

const char *mp_page_phase_name(enum mp_page_phase phase) {
    static const char *const names[MP_PHASE_COUNT] = {
        [MP_PHASE_START] = "start",
        [MP_PHASE_WAITING] = "waiting",
        [MP_PHASE_OPEN] = "open",
        [MP_PHASE_SET_UP] = "set_up",
        [MP_PHASE_RUN] = "run",
        [MP_PHASE_VERIFY] = "verify",
        [MP_PHASE_TEAR_DOWN] = "tear_down",
        [MP_PHASE_DONE] = "done",
    };
    return (unsigned)phase < MP_PHASE_COUNT ? names[phase] : "unknown";
}

const char *mp_page_op_name(enum mp_page_op op) {
    static const char *const names[MP_PAGE_OP_COUNT] = {
        [MP_PAGE_OP_NONE] = "none",
        [MP_PAGE_OP_ENCODE] = "encode",
        [MP_PAGE_OP_END] = "end",
        [MP_PAGE_OP_COMMIT] = "commit",
        [MP_PAGE_OP_WAIT] = "wait",
        [MP_PAGE_OP_BUFFER_CREATE] = "buffer_create",
        [MP_PAGE_OP_STREAM_CREATE] = "stream_create",
        [MP_PAGE_OP_ACTION] = "action",
        [MP_PAGE_OP_GATE] = "gate",
    };
    return (unsigned)op < MP_PAGE_OP_COUNT ? names[op] : "unknown";
}
