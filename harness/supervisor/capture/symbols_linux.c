/* Names through elfutils' libdwfl, which reads .symtab and so knows static functions too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/symbols_linux.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/copy_memory_linux.h"
#include "harness/supervisor/capture/symbol.h"

/* Version, three encodings, the address of .eh_frame, the number of entries. */
#define TABLE_HEADER_SIZE 12
/* Compilation units that are searched for a line. */
#define UNITS_MAX 4096

/* Cache of names; the threads of a round are in few places. A power of two. */
#define NAMES_MAX 128

struct name {
    bool is_known, is_exact;
    struct mp_crash_frame frame;
};

/* One module as libdwfl knows it. */
struct module {
    const struct mp_symbols *symbols;
    const struct mp_crash_module *as_found;
    bool is_known, is_usable; /* its file is there and of that build */
};

struct mp_symbols {
    Dwfl *dwfl;
    const struct mp_copy *copy;
    struct module *module;        /* owned */
    struct mp_unwind_table table; /* of the module asked for last */
    struct name name[NAMES_MAX];
};

/* libdwfl's own finder may query debuginfod servers. */
static int find_no_debuginfo(Dwfl_Module *mod, void **user, const char *name,
                             Dwarf_Addr base, const char *file, const char *link,
                             GElf_Word crc, char **ret_name) {
    (void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc;
    (void)ret_name;
    return -1;
}

/* What has no file stands in the copy. */
static int find_elf(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
                    char **ret_name, Elf **ret_elf) {
    const struct module *module = *user;
    (void)mod;
    if (name[0] == '/') {
        *ret_name = mp_memory_copy_text(name);
        return mp_copy_memory_open_file(name);
    }
    for (size_t i = 0; i < module->symbols->copy->region_count; i++) {
        const struct mp_copy_region *region = &module->symbols->copy->region[i];
        if (region->start == base)
            *ret_elf = elf_memory((char *)region->bytes, region->len);
    }
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = find_elf,
    .find_debuginfo = find_no_debuginfo,
};

/* The names of the record may be cut. */
static const char *find_path(const struct mp_copy *copy,
                             const struct mp_crash_module *module) {
    const struct mp_mapping *m = mp_maps_find(&copy->maps, module->base);
    return m != NULL ? m->name : module->path;
}

struct mp_symbols *mp_symbols_open(const struct mp_copy *copy,
                                   const struct mp_crash *crash) {
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (dwfl == NULL)
        return NULL;
    struct mp_symbols *symbols = mp_memory_zeroed(1, sizeof(*symbols));
    symbols->dwfl = dwfl;
    symbols->copy = copy;
    symbols->module = mp_memory_zeroed(crash->module_count, sizeof(*symbols->module));
    for (size_t i = 0; i < crash->module_count; i++) {
        const struct mp_crash_module *found = &crash->module[i];
        void **user = NULL;
        symbols->module[i] = (struct module){.symbols = symbols, .as_found = found};
        Dwfl_Module *mod = dwfl_report_module(dwfl, find_path(copy, found), found->base,
                                              found->base + found->size);
        if (mod != NULL &&
            dwfl_module_info(mod, &user, NULL, NULL, NULL, NULL, NULL, NULL) != NULL)
            *user = &symbols->module[i];
    }
    (void)dwfl_report_end(dwfl, NULL, NULL);
    return symbols;
}

/* Whether the file is what was loaded: it may have been built anew since. */
static bool is_same_build(Dwfl_Module *mod, const struct mp_crash_module *as_found) {
    const unsigned char *bytes = NULL;
    GElf_Addr bias = 0, where = 0;
    char text[MP_CRASH_ID_MAX] = "";
    size_t at = 0;
    if (dwfl_module_getelf(mod, &bias) == NULL)
        return false;
    int len = dwfl_module_build_id(mod, &bytes, &where);
    for (int i = 0; i < len && at + 2 < sizeof(text); i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x", bytes[i]);
    return at == 0 || as_found->id[0] == '\0' || strcmp(text, as_found->id) == 0;
}

static Dwfl_Module *find_module(struct mp_symbols *symbols, uint64_t address) {
    Dwfl_Module *mod = dwfl_addrmodule(symbols->dwfl, address);
    void **user = NULL;
    if (mod == NULL ||
        dwfl_module_info(mod, &user, NULL, NULL, NULL, NULL, NULL, NULL) == NULL ||
        *user == NULL)
        return NULL;
    struct module *module = *user;
    if (!module->is_known) {
        module->is_known = true;
        module->is_usable = is_same_build(mod, module->as_found);
    }
    return module->is_usable ? mod : NULL;
}

/* The line record of `address`. clang writes no .debug_aranges, on which
 * dwfl_module_getsrc relies: then the units are asked one by one. */
static Dwarf_Line *find_line(Dwfl_Module *mod, GElf_Addr address) {
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias = 0;
    for (int i = 0; i < UNITS_MAX; i++) {
        unit = dwfl_module_nextcu(mod, unit, &bias);
        if (unit == NULL)
            return NULL;
        if (dwarf_haspc(unit, address - bias) > 0)
            return dwarf_getsrc_die(unit, address - bias);
    }
    return NULL;
}

static void add_line(Dwfl_Module *mod, GElf_Addr address, struct mp_crash_frame *frame) {
    int number = 0;
    const char *file = NULL;
    Dwfl_Line *known = dwfl_module_getsrc(mod, address);
    Dwarf_Line *line = known == NULL ? find_line(mod, address) : NULL;
    if (known != NULL) {
        file = dwfl_lineinfo(known, NULL, &number, NULL, NULL, NULL);
    } else if (line != NULL) {
        file = dwarf_linesrc(line, NULL, NULL);
        (void)dwarf_lineno(line, &number);
    }
    if (file == NULL)
        return;
    mp_excerpt_end(frame->file, sizeof(frame->file), file, strlen(file));
    frame->line = number > 0 ? (unsigned)number : 0;
}

static void find_name(struct mp_symbols *symbols, struct mp_crash_frame *frame,
                      bool is_exact) {
    GElf_Addr address = is_exact ? frame->pc : frame->pc - 1;
    Dwfl_Module *mod = frame->module >= 0 ? find_module(symbols, address) : NULL;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name = mod == NULL ? NULL
                                   : dwfl_module_addrinfo(mod, address, &offset, &symbol,
                                                          NULL, NULL, NULL);
    if (name == NULL)
        return;
    frame->symbol_bytes = mp_symbol_copy(name, frame->symbol, sizeof(frame->symbol));
    frame->offset = offset + (frame->pc - address);
    add_line(mod, address, frame);
}

void mp_symbols_name(struct mp_symbols *symbols, struct mp_crash_frame *frame,
                     bool is_exact) {
    if (symbols == NULL)
        return;
    struct name *name = &symbols->name[(frame->pc ^ frame->pc >> 7) % NAMES_MAX];
    if (!name->is_known || name->frame.pc != frame->pc || name->is_exact != is_exact) {
        *name = (struct name){.is_known = true, .is_exact = is_exact, .frame = *frame};
        find_name(symbols, &name->frame, is_exact);
    }
    *frame = name->frame;
}

/* Reads the header of `mod`'s table, of the only kind that linkers write: the number of
 * entries as four bytes, and a table of pairs of signed 32-bit offsets from the
 * header. */
static bool read_table(Dwfl_Module *mod, struct mp_unwind_table *table) {
    GElf_Addr bias = 0;
    GElf_Phdr segment = {0};
    size_t count = 0;
    size_t i = 0;
    Elf *elf = dwfl_module_getelf(mod, &bias);
    if (elf == NULL || elf_getphdrnum(elf, &count) != 0)
        return false;
    while (i < count && gelf_getphdr(elf, (int)i, &segment) != NULL &&
           segment.p_type != PT_GNU_EH_FRAME)
        i++;
    if (i == count || segment.p_type != PT_GNU_EH_FRAME ||
        segment.p_filesz < TABLE_HEADER_SIZE)
        return false;
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
                                          TABLE_HEADER_SIZE, ELF_T_BYTE);
    const unsigned char *bytes = data != NULL ? data->d_buf : NULL;
    uint32_t entries = 0;
    if (bytes == NULL || bytes[0] != 1 || bytes[2] != DW_EH_PE_udata4 ||
        bytes[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
        return false;
    memcpy(&entries, bytes + 8, sizeof(entries));
    uint64_t room = (segment.p_filesz - TABLE_HEADER_SIZE) / MP_UNWIND_ENTRY_SIZE;
    table->header = segment.p_vaddr + bias;
    table->entries = table->header + TABLE_HEADER_SIZE;
    table->entry_count = entries < room ? entries : room;
    return true;
}

bool mp_symbols_find_table(struct mp_symbols *symbols, uint64_t pc,
                           struct mp_unwind_table *ret_table) {
    if (symbols == NULL)
        return false;
    struct mp_unwind_table *table = &symbols->table;
    if (pc < table->start || pc >= table->end) {
        Dwfl_Module *mod = find_module(symbols, pc);
        if (mod == NULL)
            return false;
        *table = (struct mp_unwind_table){0};
        dwfl_module_info(mod, NULL, &table->start, &table->end, NULL, NULL, NULL, NULL);
        (void)read_table(mod, table); /* without a table it has no entries */
    }
    *ret_table = *table;
    return table->entry_count > 0;
}

void mp_symbols_close(struct mp_symbols *symbols) {
    if (symbols == NULL)
        return;
    dwfl_end(symbols->dwfl);
    free(symbols->module);
    free(symbols);
}
