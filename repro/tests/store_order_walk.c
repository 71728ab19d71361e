/* Walks every interleaving of destroyImpl's end and a reader, instruction by instruction,
 * in an emulator of arm64: which end in a NULL dereference, which in a use of a context
 * that was given back. The driver's routine comes from a file, as it is and patched; its
 * first six instructions, the push and the readers were written for the test.
 *
 * Usage: store_order_walk DRIVER READERS (readers.s as bytes)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "harness/base/memory.h"
#include "repro/patch/driver_file.h"

#define DATA         UINT64_C(0x10000000)
#define ENCODER      DATA
#define IMPL_OFFSET  0x20
#define POOL         (DATA + 0x1000)
#define CONTEXT      (DATA + 0x2000)
#define READERS      UINT64_C(0x20000000)
#define ENTRY_BEFORE 24 /* destroy_impl.s begins so many bytes before the routine */
#define SVC(number)  (0xd4000001U | (number) << 5)
#define BLOCK_WORDS  16 /* readers.s: a reader's size */
#define STATES_MAX   20000

enum thread { DESTROYER, READER, THREADS };
enum { X0, X8, X9, X10, X11, X20, X30, REGISTERS };
enum ending { FINE, NULL_DEREFERENCE, STALE_USE, ENDINGS };

static const int register_id[REGISTERS] = {
    UC_ARM64_REG_X0,  UC_ARM64_REG_X8,  UC_ARM64_REG_X9, UC_ARM64_REG_X10,
    UC_ARM64_REG_X11, UC_ARM64_REG_X20, UC_ARM64_REG_X30};

/* All that an instruction can change. */
struct state {
    uint64_t pc[THREADS];
    uint64_t reg[THREADS][REGISTERS];
    uint64_t flags[THREADS];
    uint64_t impl, head, count, link; /* memory: _impl, pool, first word of the context */
    int lock_owner;                   /* a thread, or THREADS */
    bool is_done[THREADS];
    bool is_given_back, is_stale, is_null;
};

struct walk {
    uc_engine *engine;
    uint64_t entry, end, lock, unlock, release;
    const char *name;
    struct seen {
        struct state state;
        uint64_t ways[ENDINGS];
    } seen[STATES_MAX];
    size_t seen_count;
};

static void must(uc_err error, const char *what) {
    if (error == UC_ERR_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, uc_strerror(error));
    exit(1);
}

static uint64_t *memory_of(struct state *state, unsigned index, uint64_t *ret_address) {
    uint64_t address[] = {ENCODER + IMPL_OFFSET, POOL, POOL + 8, CONTEXT};
    uint64_t *value[] = {&state->impl, &state->head, &state->count, &state->link};

    *ret_address = address[index];
    return value[index];
}

static void load(struct walk *walk, struct state *state, enum thread thread) {
    const uint64_t fixed[] = {ENCODER, IMPL_OFFSET, POOL, 16};
    const int fixed_id[] = {UC_ARM64_REG_X19, UC_ARM64_REG_X24, UC_ARM64_REG_X25,
                            UC_ARM64_REG_X21};

    for (unsigned i = 0; i < 4; i++) {
        uint64_t address;
        const uint64_t *value = memory_of(state, i, &address);

        must(uc_reg_write(walk->engine, fixed_id[i], &fixed[i]), "register");
        must(uc_mem_write(walk->engine, address, value, 8), "memory");
    }
    for (unsigned i = 0; i < REGISTERS; i++)
        must(uc_reg_write(walk->engine, register_id[i], &state->reg[thread][i]),
             "register");
    must(uc_reg_write(walk->engine, UC_ARM64_REG_NZCV, &state->flags[thread]), "flags");
}

static void save(struct walk *walk, struct state *state, enum thread thread) {
    for (unsigned i = 0; i < 4; i++) {
        uint64_t address;
        uint64_t *value = memory_of(state, i, &address);

        must(uc_mem_read(walk->engine, address, value, 8), "memory");
    }
    for (unsigned i = 0; i < REGISTERS; i++)
        must(uc_reg_read(walk->engine, register_id[i], &state->reg[thread][i]),
             "register");
    must(uc_reg_read(walk->engine, UC_ARM64_REG_NZCV, &state->flags[thread]), "flags");
    must(uc_reg_read(walk->engine, UC_ARM64_REG_PC, &state->pc[thread]), "pc");
    state->is_given_back = state->is_given_back || state->head == CONTEXT;
}

/* One instruction of the processor. */
static void execute(struct walk *walk, struct state *state, enum thread thread) {
    uint64_t pc = state->pc[thread];
    uc_err error;

    load(walk, state, thread);
    error = uc_emu_start(walk->engine, pc, 0, 0, 1);
    if (error == UC_ERR_READ_UNMAPPED && thread == READER) {
        state->is_null = true; /* it dies here, and with it the process */
        return;
    }
    must(error, "instruction");
    save(walk, state, thread);
}

/* True if the lock could be taken. */
static bool take_lock(struct state *state, enum thread thread) {
    if (state->lock_owner != THREADS)
        return false;
    state->lock_owner = (int)thread;
    return true;
}

/* The destroyer's next step; false if it has to wait. */
static bool step_destroyer(struct walk *walk, struct state *state) {
    uint64_t pc = state->pc[DESTROYER];

    if (pc == walk->lock && !take_lock(state, DESTROYER))
        return false;
    if (pc == walk->unlock)
        state->lock_owner = THREADS;
    if (pc == walk->release)
        state->is_given_back = true;
    if (pc == walk->lock || pc == walk->unlock || pc == walk->release)
        state->pc[DESTROYER] = state->reg[DESTROYER][X30];
    else
        execute(walk, state, DESTROYER);
    state->is_done[DESTROYER] = state->pc[DESTROYER] == walk->end;
    return true;
}

static bool step_reader(struct walk *walk, struct state *state) {
    uint64_t pc = state->pc[READER];
    uint32_t word;

    must(uc_mem_read(walk->engine, pc, &word, 4), "code");
    if (word == SVC(1U) && !take_lock(state, READER))
        return false;
    if (word == SVC(2U))
        state->lock_owner = THREADS;
    state->is_done[READER] = word == SVC(0U);
    if ((word & 0xffe0001fU) == 0xd4000001U) {
        state->pc[READER] += 4;
        return true;
    }
    bool is_use = (word & 0xfffffc1fU) == 0xf942e40bU; /* ldr x11, [xN, #0x5c8] */
    execute(walk, state, READER);
    state->is_stale =
        state->is_stale || (is_use && !state->is_null && state->is_given_back);
    return true;
}

static enum ending ending_of(const struct state *state) {
    if (state->is_null)
        return NULL_DEREFERENCE;
    return state->is_stale ? STALE_USE : FINE;
}

static bool is_same_thread(const struct state *a, const struct state *b,
                           enum thread thread) {
    bool is_same = a->pc[thread] == b->pc[thread] &&
                   a->flags[thread] == b->flags[thread] &&
                   a->is_done[thread] == b->is_done[thread];

    for (unsigned i = 0; i < REGISTERS; i++)
        is_same = is_same && a->reg[thread][i] == b->reg[thread][i];
    return is_same;
}

static bool is_same(const struct state *a, const struct state *b) {
    return is_same_thread(a, b, DESTROYER) && is_same_thread(a, b, READER) &&
           a->impl == b->impl && a->head == b->head && a->count == b->count &&
           a->link == b->link && a->lock_owner == b->lock_owner &&
           a->is_given_back == b->is_given_back && a->is_stale == b->is_stale &&
           a->is_null == b->is_null;
}

static struct seen *find_seen(struct walk *walk, const struct state *state) {
    for (size_t i = 0; i < walk->seen_count; i++)
        if (is_same(&walk->seen[i].state, state))
            return &walk->seen[i];
    return NULL;
}

/* Adds to `ways` how many interleavings from here have each ending. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as both programs are long */
static void follow(struct walk *walk, const struct state *state, uint64_t ways[ENDINGS]) {
    struct seen *known = find_seen(walk, state);
    uint64_t own[ENDINGS] = {0, 0, 0};
    bool has_moved = false;

    for (unsigned thread = 0; !known && thread < THREADS && !state->is_null; thread++) {
        struct state next = *state;

        if (state->is_done[thread])
            continue;
        if (!(thread == READER ? step_reader(walk, &next) : step_destroyer(walk, &next)))
            continue;
        has_moved = true;
        follow(walk, &next, own);
    }
    if (!known && !has_moved)
        own[ending_of(state)] = 1;
    if (!known && walk->seen_count < STATES_MAX) {
        known = &walk->seen[walk->seen_count++];
        known->state = *state;
        memcpy(known->ways, own, sizeof(own));
    }
    for (unsigned i = 0; i < ENDINGS; i++)
        ways[i] += known ? known->ways[i] : own[i];
}

static void begin(const struct walk *walk, unsigned reader, unsigned path,
                  struct state *ret_state) {
    memset(ret_state, 0, sizeof(*ret_state));
    ret_state->pc[DESTROYER] = walk->entry;
    ret_state->pc[READER] = READERS + reader * (uint64_t)BLOCK_WORDS * 4;
    ret_state->impl = CONTEXT;
    ret_state->count = path == 2 ? 8 : 0;
    ret_state->lock_owner = THREADS;
}

/* Prints a line of the table. */
static void walk_all(struct walk *walk, unsigned reader, unsigned path) {
    uint64_t ways[ENDINGS] = {0, 0, 0};
    struct state state;

    begin(walk, reader, path, &state);
    walk->seen_count = 0;
    follow(walk, &state, ways);
    printf("%c  path %u  %-8s  %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", "ULSP"[reader],
           path, walk -> name, ways[FINE], ways[NULL_DEREFERENCE], ways[STALE_USE]);
}

static void open_engine(struct walk *walk, const struct mp_driver_file *file,
                        const uint8_t *readers, size_t readers_size) {
    uint64_t code = (file->size + 0xfff) & ~UINT64_C(0xfff);

    must(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &walk->engine), "engine");
    must(uc_mem_map(walk->engine, 0x4000, code - 0x4000, UC_PROT_ALL), "code");
    must(uc_mem_write(walk->engine, file->macho.text_address,
                      file->bytes + file->macho.text_offset, file->macho.text_size),
         "code");
    must(uc_mem_map(walk->engine, DATA, 0x4000, UC_PROT_ALL), "data");
    must(uc_mem_map(walk->engine, READERS, 0x1000, UC_PROT_ALL), "readers");
    must(uc_mem_write(walk->engine, READERS, readers, readers_size), "readers");
}

static void walk_file(struct mp_driver_file *file, const uint8_t *readers, size_t size) {
    struct walk *walk = mp_memory_zeroed(1, sizeof(*walk));

    walk->entry = file->address - ENTRY_BEFORE;
    walk->end = file->address + MP_STORE_ORDER_SIZE;
    walk->unlock = 0x6d49e4; /* where destroy_impl.s has them */
    walk->lock = 0x6d49e8;
    walk->release = 0x6d46c4;
    walk->name = file->order == MP_STORE_ORDER_PATCHED ? "patched" : "original";
    open_engine(walk, file, readers, size);
    for (unsigned reader = 0; reader < 4; reader++)
        for (unsigned path = 1; path <= 2; path++)
            walk_all(walk, reader, path);
    uc_close(walk->engine);
    free(walk);
}

int main(int argc, char **argv) {
    uint8_t readers[4096];
    struct mp_driver_file file;
    struct mp_error err;
    FILE *stream = argc == 3 ? fopen(argv[2], "rb") : NULL;

    if (!stream) {
        fprintf(stderr, "usage: store_order_walk DRIVER READERS\n");
        return 2;
    }
    size_t size = fread(readers, 1, sizeof(readers), stream);
    fclose(stream);
    if (mp_driver_file_read(argv[1], &file, &err) != MP_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    printf("interleavings        that end  well     NULL    stale\n");
    walk_file(&file, readers, size);
    mp_store_order_patch(file.bytes + file.offset);
    file.order = mp_store_order_of(file.bytes + file.offset);
    walk_file(&file, readers, size);
    mp_driver_file_release(&file);
    return 0;
}
