/* ELF files that look like Mach-O images: at the base of each stands a Mach-O header
 * instead of its own, and its symbols are laid out in memory that only the double has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/tests/mach_double/double.h"

#define LINKEDIT_AT     UINT64_C(0x610000000000)
#define LINKEDIT_STRIDE UINT64_C(0x100000000)
#define ULEB_MAX        10 /* bytes of one number */
#define LIST_AT         (DOUBLE_DYLD_INFOS + 0x1000)
#define PATHS_AT        (DOUBLE_DYLD_INFOS + 0x10000)

/* Everything that the symbol table of one file holds. */
struct table {
    uint64_t info_offset, info_size; /* of its section __crash_info; size 0: none */
    uint64_t *start;                 /* owned: of functions, rising */
    size_t start_count;
    struct mp_macho_symbol *symbol; /* owned */
    size_t count, size;
    char *text; /* owned */
    size_t text_len, text_size;
};

static void add_symbol(struct table *table, const char *name, uint64_t offset) {
    size_t len = strlen(name) + 2; /* the underscore of C, the NUL */
    if (table->count == table->size) {
        table->size = table->size > 0 ? 2 * table->size : 256;
        table->symbol =
            mp_memory_resize(table->symbol, table->size, sizeof(*table->symbol));
    }
    while (table->text_len + len > table->text_size) {
        table->text_size = table->text_size > 0 ? 2 * table->text_size : 4096;
        table->text = mp_memory_resize(table->text, table->text_size, 1);
    }
    table->symbol[table->count++] = (struct mp_macho_symbol){
        .strx = (uint32_t)table->text_len, .type = MP_MACHO_IN_SECTION, .value = offset};
    table->text[table->text_len] = '_';
    memcpy(table->text + table->text_len + 1, name, len - 1);
    table->text_len += len;
}

static Elf_Scn *find_symbols(Elf *elf, GElf_Word type, GElf_Shdr *ret_header) {
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section))
        if (gelf_getshdr(section, ret_header) != NULL && ret_header->sh_type == type)
            return section;
    return NULL;
}

static void find_info(Elf *elf, uint64_t first, struct table *table) {
    GElf_Shdr header;
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        const char *name = gelf_getshdr(section, &header) != NULL
                               ? elf_strptr(elf, names, header.sh_name)
                               : NULL;
        if (name != NULL && strcmp(name, "__crash_info") == 0) {
            table->info_offset = header.sh_addr - first;
            table->info_size = header.sh_size;
        }
    }
}

/* The starts of functions as a linker writes them for unwinders: .eh_frame_hdr with a
 * sorted table of pairs of 32 bits, from the beginning of the section (LSB 4.1, 8.6.2). */
static void find_starts(Elf *elf, uint64_t first, struct table *table) {
    static const uint8_t form[4] = {1, 0x1b, 0x03, 0x3b};
    GElf_Shdr header;
    size_t names = 0;
    uint32_t count = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        const char *name = gelf_getshdr(section, &header) != NULL
                               ? elf_strptr(elf, names, header.sh_name)
                               : NULL;
        const Elf_Data *data = name != NULL && strcmp(name, ".eh_frame_hdr") == 0
                                   ? elf_getdata(section, NULL)
                                   : NULL;
        if (data == NULL || data->d_size < 12 || memcmp(data->d_buf, form, 4) != 0)
            continue;
        const uint8_t *bytes = data->d_buf;
        memcpy(&count, bytes + 8, sizeof(count));
        if (count > (data->d_size - 12) / 8)
            return;
        table->start = mp_memory_zeroed(count + 1, sizeof(*table->start));
        for (uint32_t i = 0; i < count; i++) {
            int32_t distance = 0;
            memcpy(&distance, bytes + 12 + (size_t)i * 8, sizeof(distance));
            table->start[table->start_count++] =
                header.sh_addr + (uint64_t)(int64_t)distance - first;
        }
    }
}

static void read_elf(Elf *elf, struct table *table) {
    GElf_Shdr header;
    GElf_Phdr program;
    GElf_Sym symbol;
    size_t programs = 0;
    uint64_t first = UINT64_MAX;
    if (elf_getphdrnum(elf, &programs) != 0)
        return;
    for (size_t i = 0; i < programs; i++)
        if (gelf_getphdr(elf, (int)i, &program) != NULL && program.p_type == PT_LOAD &&
            program.p_vaddr < first)
            first = program.p_vaddr;
    find_info(elf, first, table);
    find_starts(elf, first, table);
    Elf_Scn *section = find_symbols(elf, SHT_SYMTAB, &header);
    if (section == NULL)
        section = find_symbols(elf, SHT_DYNSYM, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    size_t count = data != NULL ? header.sh_size / header.sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getsym(data, (int)i, &symbol) == NULL ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (name != NULL)
            add_symbol(table, name, symbol.st_value - first);
    }
}

static void read_file(const char *path, struct table *table) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf != NULL) {
        read_elf(elf, table);
        elf_end(elf);
    }
    close(fd);
}

static size_t put(uint8_t *to, size_t at, const void *bytes, size_t size) {
    memcpy(to + at, bytes, size);
    return at + size;
}

/* As LC_FUNCTION_STARTS has them: distances in ULEB128. Returns their bytes. */
static size_t write_starts(const struct table *table, uint8_t *to) {
    size_t at = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < table->start_count; i++) {
        uint64_t distance = table->start[i] - last;
        last = table->start[i];
        for (; distance >= 0x80; distance >>= 7)
            to[at++] = (uint8_t)(distance | 0x80);
        to[at++] = (uint8_t)distance;
    }
    return at;
}

/* __TEXT is linked at 0, so that the slide is the base; __LINKEDIT is far from it. */
static void lay_out(struct double_image *image, const struct table *table,
                    const char *id) {
    size_t symbols = table->count * sizeof(struct mp_macho_symbol);
    size_t starts_at = symbols + table->text_len + 1;
    image->edit = mp_memory_zeroed(starts_at + table->start_count * ULEB_MAX + 1, 1);
    image->edit_size = starts_at + write_starts(table, image->edit + starts_at);
    if (symbols > 0) {
        memcpy(image->edit, table->symbol, symbols);
        memcpy(image->edit + symbols, table->text, table->text_len);
    }
    struct mp_macho_segment text = {MP_MACHO_SEGMENT, sizeof(text), .segname = "__TEXT",
                                    .vmsize = image->size};
    struct mp_macho_segment edit = {
        MP_MACHO_SEGMENT, sizeof(edit), .segname = "__LINKEDIT",
        .vmaddr = image->linkedit - image->base, .vmsize = image->edit_size};
    struct mp_macho_symtab symtab = {
        MP_MACHO_SYMTAB,        sizeof(symtab),    0,
        (uint32_t)table->count, (uint32_t)symbols, (uint32_t)(table->text_len + 1)};
    struct mp_macho_uuid uuid = {MP_MACHO_UUID, sizeof(uuid), {0}};
    for (size_t i = 0; i < sizeof(uuid.uuid) && id[2 * i] != '\0'; i++) {
        char digits[3] = {id[2 * i], id[2 * i + 1], '\0'};
        uuid.uuid[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    struct mp_macho_linkedit starts = {MP_MACHO_FUNCTION_STARTS, sizeof(starts),
                                       (uint32_t)starts_at,
                                       (uint32_t)(image->edit_size - starts_at)};
    struct mp_macho_segment data = {MP_MACHO_SEGMENT,
                                    sizeof(data) + sizeof(struct mp_macho_section),
                                    .segname = "__DATA", .nsects = 1};
    struct mp_macho_section info = {.sectname = "__crash_info",
                                    .segname = "__DATA",
                                    .addr = table->info_offset,
                                    .size = table->info_size};
    struct mp_macho_header header = {
        .magic = MP_MACHO_MAGIC,
        .ncmds = 6,
        .sizeofcmds = sizeof(text) + sizeof(edit) + sizeof(symtab) + sizeof(uuid) +
                      sizeof(data) + sizeof(info) + sizeof(starts)};
    image->header_size = sizeof(header) + header.sizeofcmds;
    image->header = mp_memory_zeroed(image->header_size, 1);
    size_t at = put(image->header, 0, &header, sizeof(header));
    at = put(image->header, at, &text, sizeof(text));
    at = put(image->header, at, &edit, sizeof(edit));
    at = put(image->header, at, &symtab, sizeof(symtab));
    at = put(image->header, at, &uuid, sizeof(uuid));
    at = put(image->header, at, &data, sizeof(data));
    at = put(image->header, at, &info, sizeof(info));
    (void)put(image->header, at, &starts, sizeof(starts));
}

void double_images_make(struct double_task *task, const struct mp_crash *witness) {
    double_images_release(task);
    for (size_t i = 0; i < witness->module_count; i++) {
        const struct mp_crash_module *module = &witness->module[i];
        struct double_image *image = &task->image[task->image_count];
        struct table table = {0};
        if (module->path[0] != '/')
            continue;
        *image = (struct double_image){.base = module->base,
                                       .size = module->size,
                                       .linkedit = LINKEDIT_AT +
                                                   task->image_count * LINKEDIT_STRIDE};
        memcpy(image->path, module->path, sizeof(image->path));
        /* The names of text begin with an empty one. */
        table.text = mp_memory_zeroed(4096, 1);
        table.text_size = 4096;
        table.text_len = 1;
        read_file(module->path, &table);
        lay_out(image, &table, module->id);
        free(table.symbol);
        free(table.start);
        free(table.text);
        task->image_count++;
    }
}

void double_images_release(struct double_task *task) {
    for (size_t i = 0; i < task->image_count; i++) {
        free(task->image[i].header);
        free(task->image[i].edit);
    }
    task->image_count = 0;
}

static bool copy(uint64_t start, const void *bytes, size_t have, uint64_t address,
                 void *buf, size_t size) {
    if (address < start || address - start > have || size > have - (address - start))
        return false;
    memcpy(buf, (const uint8_t *)bytes + (address - start), size);
    return true;
}

/* dyld's list, an entry of it, or a path. */
static bool read_list(const struct double_task *task, uint64_t address, void *buf,
                      size_t size) {
    struct mp_dyld_infos infos = {
        .version = 18, .image_count = (uint32_t)task->image_count, .images = LIST_AT};
    if (copy(DOUBLE_DYLD_INFOS, &infos, sizeof(infos), address, buf, size))
        return true;
    for (size_t i = 0; i < task->image_count; i++) {
        struct mp_dyld_image entry = {.base = task->image[i].base,
                                      .path = PATHS_AT + i * sizeof(task->image[i].path)};
        if (copy(LIST_AT + i * sizeof(entry), &entry, sizeof(entry), address, buf,
                 size) ||
            copy(entry.path, task->image[i].path, sizeof(task->image[i].path), address,
                 buf, size))
            return true;
    }
    return false;
}

bool double_images_read(const struct double_task *task, uint64_t address, void *buf,
                        size_t size) {
    if (read_list(task, address, buf, size))
        return true;
    for (size_t i = 0; i < task->image_count; i++) {
        const struct double_image *image = &task->image[i];
        if (copy(image->base, image->header, image->header_size, address, buf, size) ||
            copy(image->linkedit, image->edit, image->edit_size, address, buf, size))
            return true;
    }
    return false;
}

bool double_images_region(const struct double_task *task, uint64_t address,
                          struct mp_task_region *ret_region) {
    for (size_t i = 0; i < task->image_count; i++) {
        const struct double_image *image = &task->image[i];
        if (image->linkedit + image->edit_size > address) {
            *ret_region =
                (struct mp_task_region){image->linkedit, image->edit_size, true};
            return true;
        }
    }
    return false;
}
