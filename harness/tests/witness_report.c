/* See the header. Exceptions are named as XNU's trap handlers name them (osfmk/i386/trap.c,
 * bsd/kern/kern_exit.c), the layout is that of Apple's page "Interpreting the JSON format of
 * a crash report", symbols come from the ELF tables of the files that were mapped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/witness_report.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"

#define FRAMES_MAX    64
#define IMAGES_MAX    64
#define REGISTERS_MAX 40

struct image {
    char path[512];
    uint64_t base, end;
};

struct value {
    char name[16];
    uint64_t value;
};

struct witness {
    uint64_t signal, code, address;
    struct value reg[REGISTERS_MAX];
    size_t registers;
    uint64_t frame[FRAMES_MAX];
    size_t frames;
    struct image image[IMAGES_MAX];
    size_t images;
};

static void take_value(struct witness *witness, const char *name, uint64_t value) {
    if (strcmp(name, "signal") == 0)
        witness->signal = value;
    else if (strcmp(name, "code") == 0)
        witness->code = value;
    else if (strcmp(name, "address") == 0)
        witness->address = value;
    else if (strcmp(name, "frame") == 0 && witness->frames < FRAMES_MAX)
        witness->frame[witness->frames++] = value;
    else if (witness->registers < REGISTERS_MAX) {
        struct value *reg = &witness->reg[witness->registers++];
        snprintf(reg->name, sizeof(reg->name), "%s", name);
        reg->value = value;
    }
}

/* "7f12ab000000-7f12ab001000 r-xp 00000000 08:01 1234   /usr/lib/libc.so.6" */
static void take_mapping(struct witness *witness, const char *line) {
    uint64_t from = 0, to = 0;
    const char *path = strchr(line, '/');
    if (sscanf(line, "%" SCNx64 "-%" SCNx64, &from, &to) != 2 || path == NULL)
        return;
    size_t len = strcspn(path, "\n");
    struct image *last =
        witness->images > 0 ? &witness->image[witness->images - 1] : NULL;
    if (last != NULL && strlen(last->path) == len && memcmp(last->path, path, len) == 0) {
        last->end = to;
    } else if (witness->images < IMAGES_MAX) {
        struct image *image = &witness->image[witness->images++];
        snprintf(image->path, sizeof(image->path), "%.*s", (int)len, path);
        image->base = from;
        image->end = to;
    }
}

static bool read_witness(const char *path, struct witness *witness) {
    char line[1024], name[16];
    bool is_maps = false;
    uint64_t value = 0;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (is_maps)
            take_mapping(witness, line);
        else if (strcmp(line, "maps\n") == 0)
            is_maps = true;
        else if (sscanf(line, "%15s %" SCNx64, name, &value) == 2)
            take_value(witness, name, value);
    if (file != NULL)
        fclose(file);
    return witness->signal != 0;
}

static uint64_t register_of(const struct witness *witness, const char *name) {
    for (size_t i = 0; i < witness->registers; i++)
        if (strcmp(witness->reg[i].name, name) == 0)
            return witness->reg[i].value;
    return 0;
}

struct exception {
    const char *type;
    uint64_t code, address;
};

static struct exception of_address(const struct witness *witness) {
    uint64_t code = witness->code == SEGV_MAPERR ? 1 : 2; /* KERN_INVALID_ADDRESS, ... */
    if (witness->signal == SIGBUS)
        code = witness->code == BUS_ADRALN ? 0x101 : 10; /* EXC_ARM_DA_ALIGN, ... */
    return (struct exception){"EXC_BAD_ACCESS", code, witness->address};
}

#if defined(__x86_64__)
static struct exception find_exception(const struct witness *witness) {
    static const struct {
        uint64_t trap;
        const char *type;
        uint64_t code;
    } traps[] = {
        {0, "EXC_ARITHMETIC", 1},      /* divide error: EXC_I386_DIV */
        {1, "EXC_BREAKPOINT", 1},      /* debug: EXC_I386_SGL */
        {3, "EXC_BREAKPOINT", 2},      /* int3: EXC_I386_BPT */
        {6, "EXC_BAD_INSTRUCTION", 1}, /* EXC_I386_INVOP */
        {13, "EXC_BAD_ACCESS", 13},    /* EXC_I386_GPFLT */
        {19, "EXC_ARITHMETIC", 8},     /* EXC_I386_SSEEXTERR */
    };
    /* Sent by somebody: the kernel did not stop it. */
    if ((int32_t)witness->code <= 0)
        return (struct exception){"EXC_CRASH", 0, 0};
    uint64_t trap = register_of(witness, "trap");
    for (size_t i = 0; i < MP_COUNT(traps); i++)
        if (traps[i].trap == trap)
            return (struct exception){traps[i].type, traps[i].code, 0};
    return of_address(witness);
}
#else
static struct exception find_exception(const struct witness *witness) {
    if ((int32_t)witness->code <= 0)
        return (struct exception){"EXC_CRASH", 0, 0};
    if (witness->signal == SIGTRAP)
        return (struct exception){"EXC_BREAKPOINT", 1, witness->address};
    if (witness->signal == SIGILL)
        return (struct exception){"EXC_BAD_INSTRUCTION", 1, witness->address};
    if (witness->signal == SIGFPE)
        return (struct exception){"EXC_ARITHMETIC", 1, witness->address};
    return of_address(witness);
}
#endif

/* -- symbols -- */

struct symbol {
    char name[256];
    uint64_t start;
};

static void search(const uint8_t *file, size_t size, const Elf64_Shdr *table,
                   const Elf64_Shdr *strings, uint64_t offset, struct symbol *best) {
    size_t count = table->sh_entsize > 0 ? table->sh_size / table->sh_entsize : 0;
    if (table->sh_offset + table->sh_size > size ||
        strings->sh_offset + strings->sh_size > size)
        return;
    const char *names = (const char *)file + strings->sh_offset;
    for (size_t i = 0; i < count; i++) {
        Elf64_Sym entry;
        memcpy(&entry, file + table->sh_offset + i * sizeof(entry), sizeof(entry));
        bool is_code = ELF64_ST_TYPE(entry.st_info) == STT_FUNC && entry.st_shndx != 0;
        if (!is_code || offset < entry.st_value ||
            offset >= entry.st_value + (entry.st_size > 0 ? entry.st_size : 1))
            continue;
        snprintf(best->name, sizeof(best->name), "%s", names + entry.st_name);
        best->start = entry.st_value;
    }
}

/* The function around `offset` of the file, "" if its tables name none. */
static void find_symbol(const char *path, uint64_t offset, struct symbol *ret_symbol) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *ret_symbol = (struct symbol){.name = ""};
    if (fd < 0 || fstat(fd, &info) != 0 || (size_t)info.st_size < sizeof(Elf64_Ehdr)) {
        if (fd >= 0)
            close(fd);
        return;
    }
    size_t size = (size_t)info.st_size;
    const uint8_t *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (file == MAP_FAILED)
        return;
    Elf64_Ehdr head;
    memcpy(&head, file, sizeof(head));
    bool is_elf = memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
                  head.e_shoff + (uint64_t)head.e_shnum * sizeof(Elf64_Shdr) <= size;
    for (unsigned i = 0; is_elf && i < head.e_shnum; i++) {
        Elf64_Shdr table, strings;
        memcpy(&table, file + head.e_shoff + i * sizeof(table), sizeof(table));
        if ((table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) ||
            table.sh_link >= head.e_shnum)
            continue;
        memcpy(&strings, file + head.e_shoff + table.sh_link * sizeof(strings),
               sizeof(strings));
        search(file, size, &table, &strings, offset, ret_symbol);
    }
    munmap((void *)(uintptr_t)file, size);
}

/* -- the report -- */

static size_t find_image(const struct witness *witness, uint64_t pc) {
    size_t i = 0;
    while (i < witness->images &&
           (pc < witness->image[i].base || pc >= witness->image[i].end))
        i++;
    return i;
}

static void write_frames(const struct witness *witness, struct mp_strbuf *buf) {
    for (size_t i = 0; i < witness->frames; i++) {
        uint64_t pc = witness->frame[i];
        struct symbol symbol = {.name = ""};
        size_t image = find_image(witness, pc);
        bool is_in = image < witness->images;
        uint64_t offset = pc - (is_in ? witness->image[image].base : 0);
        if (is_in) /* behind a call may be another function */
            find_symbol(witness->image[image].path, i > 0 ? offset - 1 : offset, &symbol);
        mp_strbuf_addf(buf, "%s{\"imageIndex\":%zu,\"imageOffset\":%" PRIu64,
                       i > 0 ? "," : "", image, offset);
        if (symbol.name[0] != '\0')
            mp_strbuf_addf(buf, ",\"symbol\":\"%s\",\"symbolLocation\":%" PRIu64,
                           symbol.name, offset - symbol.start);
        mp_strbuf_addf(buf, "}");
    }
}

static void write_registers(const struct witness *witness, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "\"threadState\":{\"flavor\":\"%s\"",
                   register_of(witness, "rip") != 0 || register_of(witness, "rsp") != 0
                       ? "x86_THREAD_STATE"
                       : "ARM_THREAD_STATE64");
    for (size_t i = 0; i < witness->registers; i++)
        mp_strbuf_addf(buf, ",\"%s\":{\"value\":%" PRIu64 "}", witness->reg[i].name,
                       witness->reg[i].value);
    mp_strbuf_addf(buf, "}");
}

static const char *signal_name(uint64_t number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
        {SIGFPE, "SIGFPE"},   {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if ((uint64_t)names[i].number == number)
            return names[i].name;
    return "";
}

bool witness_report(const char *path, struct mp_strbuf *buf) {
    struct witness *witness = calloc(1, sizeof(*witness));
    bool is_there = witness != NULL && read_witness(path, witness);
    if (!is_there) {
        free(witness);
        return false;
    }
    struct exception exception = find_exception(witness);
    mp_strbuf_addf(buf, "{\"bug_type\":\"309\",\"incident_id\":"
                        "\"5EEDC0DE-00FF-4A1B-9C2D-3E4F50617283\"}\n{");
    mp_strbuf_addf(
        buf,
        "\"exception\":{\"type\":\"%s\",\"signal\":\"%s\",\"rawCodes\":[%" PRIu64
        ",%" PRIu64 "]},\"faultingThread\":0,\"threads\":[{\"triggered\":true,",
        exception.type, signal_name(witness->signal), exception.code, exception.address);
    write_registers(witness, buf);
    mp_strbuf_addf(buf, ",\"frames\":[");
    write_frames(witness, buf);
    mp_strbuf_addf(buf, "]}],\"usedImages\":[");
    for (size_t i = 0; i < witness->images; i++)
        mp_strbuf_addf(buf,
                       "{\"source\":\"P\",\"base\":%" PRIu64 ",\"size\":%" PRIu64
                       ",\"path\":\"%s\"},",
                       witness->image[i].base,
                       witness->image[i].end - witness->image[i].base,
                       witness->image[i].path);
    mp_strbuf_addf(buf, "{\"source\":\"A\",\"base\":0,\"size\":0}]}\n");
    free(witness);
    return true;
}
