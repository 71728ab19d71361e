/* libunwind over our own memory reader and libdwfl's list of modules. What it runs are
 * programs of the files that crashed (DWARF expressions): they may have no end, and may
 * fault. So it is called only where both is harmless (reading.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/unwind_linux.h"

#include <libunwind.h>
#include <stdlib.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"

/* Exported by libunwind for programs that find the tables themselves, but in no public
 * header. */
#define search_table UNW_OBJ(dwarf_search_unwind_table)
int search_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *di,
                 unw_proc_info_t *ret_info, int needs_info, void *arg);

struct mp_unwinder {
    unw_addr_space_t space;
    struct mp_copy_memory *memory;
    struct mp_symbols *symbols;
    struct user_regs_struct regs; /* of the thread being unwound */
};

static int find_proc_info(unw_addr_space_t space, unw_word_t ip,
                          unw_proc_info_t *ret_info, int needs_info, void *arg) {
    struct mp_unwinder *unwinder = arg;
    struct mp_unwind_table table;
    if (!mp_symbols_find_table(unwinder->symbols, ip, &table))
        return -UNW_ENOINFO;
    unw_dyn_info_t di = {
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .start_ip = table.start,
        .end_ip = table.end,
    };
    di.u.rti.segbase = table.header;
    di.u.rti.table_data = table.entries;
    di.u.rti.table_len = table.entry_count * MP_UNWIND_ENTRY_SIZE / sizeof(unw_word_t);
    return search_table(space, ip, &di, ret_info, needs_info, arg);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *arg) {
    (void)space, (void)info, (void)arg;
}

static int find_dynamic_list(unw_addr_space_t space, unw_word_t *ret_address, void *arg) {
    (void)space, (void)ret_address, (void)arg;
    return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *word,
                         int writes, void *arg) {
    struct mp_unwinder *unwinder = arg;
    uint64_t value = 0;
    (void)space;
    if (writes || !mp_copy_memory_read(unwinder->memory, address, &value))
        return -UNW_EINVAL;
    *word = value;
    return 0;
}

#if defined(__x86_64__)
static const unsigned long long *find_register(const struct user_regs_struct *r,
                                               unw_regnum_t n) {
    const unsigned long long *const all[] = {
        &r->rax, &r->rdx, &r->rcx, &r->rbx, &r->rsi, &r->rdi, &r->rbp, &r->rsp, &r->r8,
        &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15, &r->rip,
    };
    return n >= 0 && (size_t)n < MP_COUNT(all) ? all[n] : NULL;
}
#else
static const unsigned long long *find_register(const struct user_regs_struct *r,
                                               unw_regnum_t n) {
    if (n >= UNW_AARCH64_X0 && n <= UNW_AARCH64_X30)
        return &r->regs[n - UNW_AARCH64_X0];
    return n == UNW_AARCH64_SP ? &r->sp : n == UNW_AARCH64_PC ? &r->pc : NULL;
}
#endif

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value,
                           int writes, void *arg) {
    struct mp_unwinder *unwinder = arg;
    const unsigned long long *reg = find_register(&unwinder->regs, number);
    (void)space;
    if (writes || reg == NULL)
        return -UNW_EBADREG;
    *value = *reg;
    return 0;
}

static int access_float(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
                        int writes, void *arg) {
    (void)space, (void)number, (void)value, (void)writes, (void)arg;
    return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg) {
    (void)space, (void)cursor, (void)arg;
    return -UNW_EINVAL;
}

static int get_name(unw_addr_space_t space, unw_word_t ip, char *buf, size_t size,
                    unw_word_t *offset, void *arg) {
    (void)space, (void)ip, (void)buf, (void)size, (void)offset, (void)arg;
    return -UNW_ENOINFO;
}

struct mp_unwinder *mp_unwinder_open(struct mp_copy_memory *memory,
                                     struct mp_symbols *symbols) {
    unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = find_dynamic_list,
        .access_mem = access_memory,
        .access_reg = access_register,
        .access_fpreg = access_float,
        .resume = resume,
        .get_proc_name = get_name,
    };
    struct mp_unwinder *unwinder = mp_memory_zeroed(1, sizeof(*unwinder));
    unwinder->memory = memory;
    unwinder->symbols = symbols;
    unwinder->space = unw_create_addr_space(&accessors, 0);
    if (unwinder->space != NULL)
        unw_set_caching_policy(unwinder->space, UNW_CACHE_GLOBAL);
    return unwinder;
}

size_t mp_unwinder_walk(struct mp_unwinder *unwinder, const struct user_regs_struct *regs,
                        bool is_exact, struct mp_unwind_frame *ret_frames, size_t max) {
    unw_cursor_t cursor;
    size_t count = 0;
    unwinder->regs = *regs;
    if (unwinder->space == NULL ||
        unw_init_remote(&cursor, unwinder->space, unwinder) != 0)
        return 0;
    while (count < MP_CRASH_FRAMES_COUNTED) {
        unw_word_t pc = 0;
        if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || (pc == 0 && count > 0))
            break;
        if (count < max)
            ret_frames[count] = (struct mp_unwind_frame){.pc = pc, .is_exact = is_exact};
        count++;
        is_exact = unw_is_signal_frame(&cursor) > 0;
        if (unw_step(&cursor) <= 0)
            break;
    }
    return count;
}

uint64_t mp_unwinder_function(struct mp_unwinder *unwinder, uint64_t address) {
    unw_proc_info_t info;
    if (unwinder->space == NULL ||
        unw_get_proc_info_by_ip(unwinder->space, address, &info, unwinder) != 0 ||
        address < info.start_ip || address >= info.end_ip)
        return 0;
    return info.start_ip;
}

void mp_unwinder_close(struct mp_unwinder *unwinder) {
    if (unwinder == NULL)
        return;
    if (unwinder->space != NULL)
        unw_destroy_addr_space(unwinder->space);
    free(unwinder);
}
