/* Stacks, names and faults of a made-up macOS task, true and false.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/supervisor/capture/images.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/supervisor/capture/record_task.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/capture/symbol.h"
#include "harness/supervisor/capture/walk_arm64.h"
#include "harness/tests/task_fixture.h"

#define STACK      UINT64_C(0x16f000000)
#define STACK_SIZE 0x4000
#define DRIVER     UINT64_C(0x10c000000)
#define CACHE      UINT64_C(0x190000000)
/* As a signed pointer looks: bits above the address. */
#define SIGNED(pointer)                                                                  \
    ((pointer) | UINT64_C(0xa54a000000000000) | UINT64_C(0x800000000000))

#define MOV_FP_SP UINT32_C(0x910003fd) /* mov x29, sp */
#define STP       UINT32_C(0xa9bf7bfd) /* stp x29, x30, [sp, #-16]! */
#define LDP       UINT32_C(0xa8c17bfd) /* ldp x29, x30, [sp], #16 */
#define PACIBSP   UINT32_C(0xd503237f)
#define RETAB     UINT32_C(0xd65f0fff)
#define NOP       UINT32_C(0xd503201f)

/* Longer than a record keeps. */
#define LONG_CXX                                                                         \
    "__ZN3AGX6HAL30014ComputeEncoderINS0_30DispatchPolicyOfComputeEncoderENS0_31"        \
    "ResidencyTrackerOfCommandBufferENS0_21HeapOfArgumentBuffersEE83"                    \
    "dispatchThreadsWithIndirectArgumentsAndBarriersBetweenThemOfTheKindThatIsNeeded"    \
    "HereINS1_IS3_S4_NS0_6BufferEEES4_EEvmPS2_PT_PT0_"

static const struct fake_symbol driver_symbols[] = {
    {"__mh_bundle_header", 0, 0},
    {"-[AGXG16XFamilyComputeContext setComputePipelineState:]", 0x1000, 0x0e},
    {"_agx_helper", 0x1100, 0x0e},
    {"/tmp/agx.o", 0x1108, 0x66}, /* a stab */
    {"_agx_exported", 0x1200, 0},
    {"__ZN3AGX7ContextEv", 0x1300, 0},
    {LONG_CXX, 0x1400, 0},
    {"_agx_data", 0x9000, 0}, /* not in __TEXT */
};
static const uint64_t driver_starts[] = {0x1000, 0x1100, 0x1200, 0x1280, 0x1300, 0x1400};
static const struct fake_symbol cache_symbols[] = {
    {"_objc_msgSend", 0x100, 0},
    {"-[MTLToolsCommandBuffer commit]", 0x200, 0x0e},
};
static const struct fake_image images[] = {
    {.base = DRIVER,
     .vmaddr = 0,
     .path = "/System/Library/Extensions/AGXMetalG16X.bundle/"
             "Contents/MacOS/AGXMetalG16X",
     .symbol = driver_symbols,
     .symbol_count = MP_COUNT(driver_symbols),
     .start = driver_starts,
     .start_count = 6,
     .uuid_byte = 0xab},
    {.base = CACHE,
     .vmaddr = UINT64_C(0x180000000),
     .path = "/usr/lib/libobjc.A.dylib",
     .symbol = cache_symbols,
     .symbol_count = 2,
     .uuid_byte = 0xcd},
};

static void add_code(struct fake_task *task, uint64_t at, const uint32_t *code,
                     size_t count) {
    fake_task_store(task, at, code, count * sizeof(*code));
}

/* A thread in agx_exported, called by agx_helper, called by setComputePipelineState:. */
static void open_true_task(struct fake_task *task) {
    const uint32_t frame[] = {PACIBSP, STP, MOV_FP_SP, NOP};
    *task = (struct fake_task){0};
    fake_task_map(task, STACK, STACK_SIZE);
    for (size_t i = 0; i < 2; i++)
        fake_task_add_image(task, &images[i]);
    fake_task_list_images(task, images, 2);
    add_code(task, DRIVER + 0x1000, frame, 4);
    add_code(task, DRIVER + 0x1100, frame, 4);
    add_code(task, DRIVER + 0x1200, frame, 4);
    fake_task_add_record(task, STACK + 0x100, SIGNED(STACK + 0x140),
                         SIGNED(DRIVER + 0x1120));
    fake_task_add_record(task, STACK + 0x140, STACK + 0x180, SIGNED(DRIVER + 0x1030));
    fake_task_add_record(task, STACK + 0x180, 0, SIGNED(CACHE + 0x210));
    task->thread_count = 1;
    task->thread[0] = (struct fake_thread){
        .facts = {.id = 77, .name = "com.Metal.Completion", .run_state = 'R'},
        .state = {.fp = STACK + 0x100,
                  .sp = STACK + 0xf0,
                  .lr = SIGNED(DRIVER + 0x1210),
                  .pc = DRIVER + 0x1220,
                  .cpsr = 0x60001000},
        .fault = {.far = 0x5c8, .esr = 0x92000046},
    };
}

static struct mp_crash *record(struct fake_task *fake, const uint64_t code[2]) {
    struct mp_task task = fake_task_open(fake);
    struct mp_apple_exception exception = {.type = "EXC_BAD_ACCESS",
                                           .signal = "SIGSEGV",
                                           .has_code = true,
                                           .has_address = true,
                                           .code = code[0],
                                           .address = code[1]};
    struct mp_task_stop stop = {.exception = &exception,
                                .thread = FAKE_HANDLE(0),
                                .until_ns = mp_clock_now_ns() + 60 * MP_CLOCK_NS_PER_S};
    struct mp_crash *crash = mp_task_record(&task, &stop);
    assert_int_equal(fake->held, 0);
    return crash;
}

static struct mp_crash *record_null_offset(struct fake_task *fake) {
    return record(fake, (const uint64_t[]){1, 0x5c8});
}

static void assert_frames(const struct mp_crash *crash, const char *const *name,
                          size_t count) {
    assert_true(crash->thread_count >= 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(i < crash->thread[0].frame_count);
        assert_string_equal(crash->thread[0].frame[i].symbol, name[i]);
    }
    assert_int_equal(crash->thread[0].frame_count, count);
}

static void
a_crash_has_fault_registers_and_a_named_stack_without_signature_bits(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    struct mp_crash *crash = record_null_offset(&task);
    assert_frames(
        crash,
        (const char *const[]){"agx_exported", "agx_helper",
                              "-[AGXG16XFamilyComputeContext setComputePipelineState:]",
                              "-[MTLToolsCommandBuffer commit]"},
        4);
    assert_true(crash->thread[0].frame[1].pc == DRIVER + 0x1120);
    assert_true(crash->thread[0].frame[1].offset == 0x20);
    assert_true(crash->has_address && crash->address == 0x5c8);
    assert_int_equal(crash->access, MP_ACCESS_WRITE);
    assert_int_equal(crash->fault_class, MP_FAULT_NULL);
    assert_int_equal(crash->thread[0].tid, 77);
    assert_string_equal(crash->thread[0].name, "com.Metal.Completion");
    assert_int_equal(crash->thread[0].register_count, 36);
    assert_string_equal(crash->thread[0].reg[30].name, "lr");
    assert_true(crash->thread[0].reg[30].value == SIGNED(DRIVER + 0x1210));
    assert_int_equal(crash->module_count, 2);
    assert_string_equal(crash->module[0].id, "abababababababababababababababab");
    assert_true(crash->module[0].base == DRIVER);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void only_images_that_frames_use_become_modules(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    fake_task_add_record(&task, STACK + 0x100, 0, 0);
    struct mp_crash *crash = record_null_offset(&task);
    assert_int_equal(crash->thread[0].frame_count, 1);
    assert_int_equal(crash->module_count, 1);
    assert_non_null(strstr(crash->module[0].path, "AGXMetalG16X"));
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void the_caller_of_a_leaf_and_of_a_prologue_comes_from_lr(void **state) {
    static const struct {
        const uint32_t code[6];
        size_t count;
        enum mp_arm64_caller want;
    } row[] = {
        {{0}, 0, MP_ARM64_IN_LR},
        {{PACIBSP, STP}, 2, MP_ARM64_IN_LR},
        {{PACIBSP, STP, MOV_FP_SP}, 3, MP_ARM64_IN_FRAME},
        {{NOP, NOP, NOP, NOP}, 4, MP_ARM64_IN_LR},
        {{STP, 0x910043fd /* add x29, sp, #16 */, NOP}, 3, MP_ARM64_IN_FRAME},
        {{STP, MOV_FP_SP, LDP}, 3, MP_ARM64_IN_LR},
        {{STP, MOV_FP_SP, LDP, RETAB}, 4, MP_ARM64_IN_FRAME},
        {{STP, MOV_FP_SP, LDP, 0xd65f03c0 /* ret */, NOP}, 5, MP_ARM64_IN_FRAME},
        {{STP, MOV_FP_SP, 0xa9427bfd /* ldp x29, x30, [sp, #32] */}, 3, MP_ARM64_IN_LR},
        {{STP, MOV_FP_SP, LDP, 0x14000010 /* b */}, 4, MP_ARM64_IN_FRAME},
        {{NOP, 0xd65f03c0, NOP}, 3, MP_ARM64_IN_LR},
        {{STP, MOV_FP_SP, 0xa94153f3 /* ldp x19, x20 */}, 3, MP_ARM64_IN_FRAME},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++)
        if (mp_arm64_find_caller(row[i].code, row[i].count) != row[i].want)
            fail_msg("row %zu", i);
    struct fake_task task;
    open_true_task(&task);
    /* In the first instruction: x29 is still the caller's. */
    task.thread[0].state.pc = DRIVER + 0x1200;
    task.thread[0].state.lr = SIGNED(DRIVER + 0x1310);
    struct mp_crash *crash = record_null_offset(&task);
    assert_frames(
        crash,
        (const char *const[]){"agx_exported", "AGX::Context()", "agx_helper",
                              "-[AGXG16XFamilyComputeContext setComputePipelineState:]",
                              "-[MTLToolsCommandBuffer commit]"},
        5);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void a_jump_to_nowhere_keeps_who_jumped(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    task.thread[0].state.pc = 0;
    task.thread[0].state.lr = SIGNED(DRIVER + 0x1214);
    task.thread[0].fault.esr = 0x82000006;
    struct mp_crash *crash = record(&task, (const uint64_t[]){1, 0});
    assert_int_equal(crash->fault_class, MP_FAULT_JUMP_NULL);
    assert_int_equal(crash->thread[0].frame[0].module, -1);
    assert_string_equal(crash->thread[0].frame[1].symbol, "agx_exported");
    assert_string_equal(crash->thread[0].frame[2].symbol, "agx_helper");
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void
a_return_address_that_stands_in_lr_and_in_the_frame_is_one_frame(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    task.thread[0].state.pc = DRIVER + 0x1204; /* before the record, as the code says */
    task.thread[0].state.lr = SIGNED(DRIVER + 0x1120);
    struct mp_crash *crash = record_null_offset(&task);
    assert_int_equal(crash->thread[0].frame_count, 4);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void a_stripped_function_is_not_called_by_its_neighbours_name(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    task.thread[0].state.pc = DRIVER + 0x1284;
    struct mp_crash *crash = record_null_offset(&task);
    assert_string_equal(crash->thread[0].frame[0].symbol, "");
    assert_int_equal(crash->thread[0].frame[0].module, 0);
    assert_true(crash->thread[0].frame[0].offset == 0x1284);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

/* Records the leaf in the driver; returns how much was read of the task. */
static size_t record_with(struct fake_task *fake, struct mp_symbol_store *store,
                          const char *want) {
    struct mp_task task = fake_task_open(fake);
    struct mp_apple_exception exception = {.type = "EXC_BAD_ACCESS", .signal = "SIGSEGV"};
    struct mp_task_stop stop = {.exception = &exception,
                                .thread = FAKE_HANDLE(0),
                                .until_ns = UINT64_MAX,
                                .store = store};
    fake->bytes_read = 0;
    struct mp_crash *crash = mp_task_record(&task, &stop);
    assert_string_equal(crash->thread[0].frame[0].symbol, want);
    mp_crash_destroy(crash);
    return fake->bytes_read;
}

/* Tables make up most of what is read. */
static void symbols_of_an_image_are_read_once_for_all_tasks(void **state) {
    struct mp_symbol_store *store = mp_symbol_store_open(MP_SYMBOL_STORE_BYTES);
    struct fake_task task, moved;
    struct fake_image image = images[0];
    (void)state;
    open_true_task(&task);
    size_t first = record_with(&task, store, "agx_exported");
    size_t again = record_with(&task, store, "agx_exported");
    assert_true(again + 7 * sizeof(struct mp_macho_symbol) <= first);
    /* The same image lies elsewhere in the next task. */
    image.base = DRIVER + 0x400000;
    moved = (struct fake_task){.thread_count = 1};
    fake_task_add_image(&moved, &image);
    fake_task_list_images(&moved, &image, 1);
    moved.thread[0].state.pc = image.base + 0x1304;
    size_t alone = record_with(&moved, NULL, "AGX::Context()");
    assert_true(record_with(&moved, store, "AGX::Context()") < alone);
    fake_task_close(&moved);
    /* Another build of it has tables of its own. */
    image.uuid_byte = 0xac;
    moved = (struct fake_task){.thread_count = 1};
    fake_task_add_image(&moved, &image);
    fake_task_list_images(&moved, &image, 1);
    moved.thread[0].state.pc = image.base + 0x1304;
    assert_int_equal(record_with(&moved, store, "AGX::Context()"), alone);
    fake_task_close(&moved);
    fake_task_close(&task);
    mp_symbol_store_close(store);
}

static void symbols_that_cannot_be_read_whole_are_not_kept(void **state) {
    struct mp_symbol_store *store = mp_symbol_store_open(MP_SYMBOL_STORE_BYTES);
    struct mp_symbol_store *full = mp_symbol_store_open(16);
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    for (size_t i = 0; i < task.piece_count; i++)
        task.piece[i].is_unreadable = task.piece[i].start == DRIVER + FAKE_TEXT_SIZE;
    (void)record_with(&task, store, "");
    for (size_t i = 0; i < task.piece_count; i++)
        task.piece[i].is_unreadable = false;
    (void)record_with(&task, store, "agx_exported");
    size_t first = record_with(&task, full, "agx_exported");
    assert_int_equal(record_with(&task, full, "agx_exported"), first);
    fake_task_close(&task);
    mp_symbol_store_close(store);
    mp_symbol_store_close(full);
}

/* As an import shortens it: it still ends in the name of its function. */
static void a_name_of_cxx_is_demangled_while_it_is_whole(void **state) {
    struct fake_task task;
    char want[MP_CRASH_SYMBOL_MAX];
    (void)state;
    mp_symbol_copy(LONG_CXX, want, sizeof(want));
    assert_non_null(strstr(want, "dispatchThreadsWithIndirectArguments"));
    open_true_task(&task);
    task.thread[0].state.pc = DRIVER + 0x1404;
    struct mp_crash *crash = record_null_offset(&task);
    assert_string_equal(crash->thread[0].frame[0].symbol, want);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void a_stack_is_followed_only_upwards_and_only_where_memory_is(void **state) {
    static const struct {
        uint64_t next;
        size_t frames;
    } row[] = {
        {STACK + 0x100, 2},          /* itself */
        {STACK + 0x80, 2},           /* downwards */
        {STACK + 0x148, 2},          /* not aligned */
        {STACK + STACK_SIZE - 8, 2}, /* half of it outside */
        {STACK + STACK_SIZE + 0x100, 2},
        {DRIVER + 0x2000, 2}, /* memory, but behind a gap */
        {UINT64_MAX, 2},
        {0, 2},
        {STACK + 0x180, 3},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++) {
        struct fake_task task;
        open_true_task(&task);
        fake_task_add_record(&task, STACK + 0x100, row[i].next, DRIVER + 0x1120);
        struct mp_crash *crash = record_null_offset(&task);
        if (crash->thread[0].frame_count != row[i].frames)
            fail_msg("row %zu: %zu frames", i, crash->thread[0].frame_count);
        mp_crash_destroy(crash);
        fake_task_close(&task);
    }
}

static void a_deep_stack_is_cut_and_says_so(void **state) {
    struct fake_task task;
    (void)state;
    for (size_t depth = MP_CRASH_FRAMES_MAX - 2; depth <= MP_CRASH_FRAMES_MAX; depth++) {
        open_true_task(&task);
        for (size_t i = 0; i < depth; i++)
            fake_task_add_record(&task, STACK + 0x100 + 16 * i,
                                 i + 1 < depth ? STACK + 0x110 + 16 * i : 0,
                                 SIGNED(DRIVER + 0x1120));
        struct mp_crash *crash = record_null_offset(&task);
        size_t want = depth + 1 < MP_CRASH_FRAMES_MAX ? depth + 1 : MP_CRASH_FRAMES_MAX;
        assert_int_equal(crash->thread[0].frame_count, want);
        assert_int_equal(crash->thread[0].frames_total, depth + 1);
        mp_crash_destroy(crash);
        fake_task_close(&task);
    }
}

static void images_are_found_in_memory_while_dyld_changes_its_list(void **state) {
    struct fake_task task;
    struct fake_image own = images[0];
    (void)state;
    own.own_name = "@rpath/AGXMetalG16X";
    own.path = NULL;
    task = (struct fake_task){0};
    fake_task_map(&task, STACK, STACK_SIZE);
    fake_task_add_image(&task, &own);
    fake_task_list_images(&task, &own, 1);
    const uint64_t none = 0;
    fake_task_store(&task, task.image_info + offsetof(struct mp_dyld_infos, images),
                    &none, sizeof(none));
    task.thread_count = 1;
    task.thread[0].state = (struct mp_arm64_state){.pc = DRIVER + 0x1220};
    struct mp_crash *crash = record_null_offset(&task);
    assert_string_equal(crash->thread[0].frame[0].symbol, "agx_exported");
    assert_string_equal(crash->module[0].path, "@rpath/AGXMetalG16X");
    mp_crash_destroy(crash);
    task.image_info = 0;
    crash = record_null_offset(&task);
    assert_string_equal(crash->thread[0].frame[0].symbol, "agx_exported");
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

static void every_thread_is_recorded_once_and_a_dead_one_is_missed(void **state) {
    struct fake_task task;
    (void)state;
    open_true_task(&task);
    task.thread_count = 3;
    task.thread[1] = task.thread[0];
    task.thread[1].facts =
        (struct mp_task_thread){.id = 78, .run_state = 'S', .cpu_ns = 5};
    task.thread[2].is_gone = true;
    struct mp_crash *crash = record_null_offset(&task);
    assert_int_equal(crash->thread_count, 2);
    assert_int_equal(crash->threads_missed, 1);
    assert_true(crash->thread[0].is_faulting && !crash->thread[1].is_faulting);
    assert_int_equal(crash->thread[0].signal, crash->signal);
    assert_int_equal(crash->thread[1].tid, 78);
    assert_int_equal(crash->thread[1].register_count, 34);
    mp_crash_destroy(crash);
    task.claimed_threads = 100000;
    crash = record_null_offset(&task);
    assert_true(crash->threads_missed >= 100000 - MP_CRASH_THREADS_MAX);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

/* No other may stand in its place: its stack would be taken for that of the crash. */
static void a_thread_that_died_and_cannot_be_read_is_still_the_first(void **state) {
    struct fake_task task;
    struct mp_signature signature;
    (void)state;
    open_true_task(&task);
    task.thread_count = 2;
    task.thread[1] = task.thread[0];
    task.thread[1].facts.id = 78;
    task.thread[0].is_gone = true;
    struct mp_crash *crash = record_null_offset(&task);
    assert_int_equal(crash->thread_count, 2);
    assert_int_equal(crash->threads_missed, 1);
    assert_true(crash->thread[0].is_faulting && !crash->thread[1].is_faulting);
    assert_int_equal(crash->thread[0].frame_count, 0);
    assert_int_equal(crash->thread[0].register_count, 0);
    mp_signature_make(crash, &signature);
    assert_true(signature.is_incomplete);
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

/* The message and the list may name one thread by different rights. One without an id is
 * nobody else's. */
static void
the_thread_that_died_is_there_once_whatever_its_right_is_called(void **state) {
    (void)state;
    for (uint64_t id = 0; id < 80; id += 77) {
        struct fake_task task;
        open_true_task(&task);
        task.thread_count = 2;
        task.thread[0].facts.id = id;
        task.thread[1] = task.thread[0];
        struct mp_crash *crash = record_null_offset(&task);
        assert_int_equal(crash->thread_count, id == 0 ? 2 : 1);
        assert_true(crash->thread[0].is_faulting);
        mp_crash_destroy(crash);
        fake_task_close(&task);
    }
}

static void what_threads_did_is_asked_before_they_are_held(void **state) {
    struct fake_task fake;
    struct mp_task_states states;
    struct mp_task_stop stop = {.until_ns = UINT64_MAX, .states = &states};
    (void)state;
    open_true_task(&fake);
    fake.thread_count = 2;
    fake.thread[1] = fake.thread[0];
    fake.thread[1].facts = (struct mp_task_thread){.id = 78, .run_state = 'D'};
    struct mp_task task = fake_task_open(&fake);
    mp_task_states_read(&task, &states);
    assert_int_equal(fake.held, 0);
    for (size_t i = 0; i < 2; i++)
        fake.thread[i].facts.run_state = 'S';
    struct mp_crash *crash = mp_task_record(&task, &stop);
    assert_int_equal(crash->thread[0].run_state, 'R');
    assert_int_equal(crash->thread[1].run_state, 'D');
    mp_crash_destroy(crash);
    /* One that came later is not known; one that somebody else holds is stopped. */
    fake.thread[1].facts.id = 79;
    crash = mp_task_record(&task, &stop);
    assert_int_equal(crash->thread[1].run_state, 0);
    mp_crash_destroy(crash);
    fake.is_held = true;
    mp_task_states_read(&task, &states);
    assert_int_equal(states.count, 2);
    assert_int_equal(mp_task_states_find(&states, 77), 'T');
    fake.claimed_threads = 100000;
    mp_task_states_read(&task, &states);
    assert_int_equal(states.count, 2);
    fake_task_close(&fake);
}

static void past_its_time_only_the_thread_that_died_is_read(void **state) {
    struct fake_task fake;
    struct mp_apple_exception exception = {.type = "EXC_CRASH", .signal = "SIGABRT"};
    struct mp_task_stop stop = {
        .exception = &exception, .thread = FAKE_HANDLE(0), .until_ns = 1};
    (void)state;
    open_true_task(&fake);
    fake.thread_count = 2;
    fake.thread[1].facts.id = 78;
    struct mp_task task = fake_task_open(&fake);
    struct mp_crash *crash = mp_task_record(&task, &stop);
    assert_int_equal(crash->thread_count, 1);
    assert_int_equal(crash->threads_missed, 1);
    assert_int_equal(crash->signal, 6);
    mp_crash_destroy(crash);
    fake_task_close(&fake);
}

static void a_hang_shows_who_waits_for_a_lock(void **state) {
    static const struct fake_symbol symbols[] = {{"___psynch_mutexwait", 0x100, 0}};
    static const struct fake_image kernel = {.base = CACHE,
                                             .vmaddr = CACHE,
                                             .path =
                                                 "/usr/lib/system/libsystem_kernel.dylib",
                                             .symbol = symbols,
                                             .symbol_count = 1};
    struct fake_task fake = {0};
    struct mp_task_stop stop = {.until_ns = UINT64_MAX};
    (void)state;
    fake_task_add_image(&fake, &kernel);
    fake_task_list_images(&fake, &kernel, 1);
    fake.thread_count = 2;
    fake.thread[0].facts = (struct mp_task_thread){.id = 5, .run_state = 'S'};
    fake.thread[0].state.pc = CACHE + 0x108;
    fake.thread[1].facts =
        (struct mp_task_thread){.id = 6, .run_state = 'R', .cpu_ns = 9};
    struct mp_task task = fake_task_open(&fake);
    struct mp_crash *crash = mp_task_record(&task, &stop);
    assert_int_equal(crash->kind, MP_CRASH_OF_HANG);
    assert_true(crash->thread[0].is_at_lock);
    assert_false(crash->thread[1].is_at_lock);
    assert_int_equal(crash->thread[1].run_state, 'R');
    assert_int_equal(fake.held, 0);
    mp_crash_destroy(crash);
    fake_task_close(&fake);
}

/* Every word of header, load commands, list and symbols in turn is a number that a sound
 * task could not have. */
static void a_task_that_lies_is_harmless(void **state) {
    static const uint32_t lies[] = {0, 1, 7, 0x7fffffff, 0x80000000, UINT32_MAX};
    static const uint64_t places[] = {DRIVER, DRIVER + FAKE_TEXT_SIZE, STACK + 0x100,
                                      UINT64_C(0x700000000), UINT64_C(0x700001000)};
    (void)state;
    for (size_t place = 0; place < MP_COUNT(places); place++)
        for (uint64_t at = 0; at < 0x180; at += 4)
            for (size_t lie = 0; lie < MP_COUNT(lies); lie++) {
                struct fake_task task;
                open_true_task(&task);
                fake_task_store(&task, places[place] + at, &lies[lie], 4);
                struct mp_crash *crash = record_null_offset(&task);
                assert_true(crash->thread_count == 1);
                assert_true(crash->thread[0].frame_count >= 1);
                assert_true(crash->address == 0x5c8);
                mp_crash_destroy(crash);
                fake_task_close(&task);
            }
}

static void a_library_out_of_the_shared_cache_names_by_its_slide(void **state) {
    struct fake_task fake;
    struct mp_crash_frame frame = {.pc = CACHE + 0x120, .module = -1};
    (void)state;
    open_true_task(&fake);
    struct mp_task task = fake_task_open(&fake);
    struct mp_images *list = mp_images_open(&task, NULL);
    struct mp_crash *crash = mp_crash_create();
    mp_images_name(list, crash, &frame, false);
    assert_string_equal(frame.symbol, "objc_msgSend");
    assert_true(frame.offset == 0x20);
    /* A return address right behind a function is in the call before it. */
    frame = (struct mp_crash_frame){.pc = CACHE + 0x200, .module = -1};
    mp_images_name(list, crash, &frame, true);
    assert_string_equal(frame.symbol, "objc_msgSend");
    frame = (struct mp_crash_frame){.pc = CACHE - 1, .module = -1};
    mp_images_name(list, crash, &frame, false);
    assert_int_equal(frame.module, -1);
    frame = (struct mp_crash_frame){.pc = CACHE + FAKE_TEXT_SIZE, .module = -1};
    mp_images_name(list, crash, &frame, false);
    assert_int_equal(frame.module, -1);
    mp_crash_destroy(crash);
    mp_images_close(list);
    fake_task_close(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_crash_has_fault_registers_and_a_named_stack_without_signature_bits),
        cmocka_unit_test(only_images_that_frames_use_become_modules),
        cmocka_unit_test(the_caller_of_a_leaf_and_of_a_prologue_comes_from_lr),
        cmocka_unit_test(a_jump_to_nowhere_keeps_who_jumped),
        cmocka_unit_test(
            a_return_address_that_stands_in_lr_and_in_the_frame_is_one_frame),
        cmocka_unit_test(a_stripped_function_is_not_called_by_its_neighbours_name),
        cmocka_unit_test(symbols_of_an_image_are_read_once_for_all_tasks),
        cmocka_unit_test(symbols_that_cannot_be_read_whole_are_not_kept),
        cmocka_unit_test(a_name_of_cxx_is_demangled_while_it_is_whole),
        cmocka_unit_test(a_stack_is_followed_only_upwards_and_only_where_memory_is),
        cmocka_unit_test(a_deep_stack_is_cut_and_says_so),
        cmocka_unit_test(images_are_found_in_memory_while_dyld_changes_its_list),
        cmocka_unit_test(every_thread_is_recorded_once_and_a_dead_one_is_missed),
        cmocka_unit_test(a_thread_that_died_and_cannot_be_read_is_still_the_first),
        cmocka_unit_test(the_thread_that_died_is_there_once_whatever_its_right_is_called),
        cmocka_unit_test(what_threads_did_is_asked_before_they_are_held),
        cmocka_unit_test(past_its_time_only_the_thread_that_died_is_read),
        cmocka_unit_test(a_hang_shows_who_waits_for_a_lock),
        cmocka_unit_test(a_task_that_lies_is_harmless),
        cmocka_unit_test(a_library_out_of_the_shared_cache_names_by_its_slide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
