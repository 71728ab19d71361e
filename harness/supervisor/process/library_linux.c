/* ELF: a 64-bit shared object of this machine with a GNU build id.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/library.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "harness/supervisor/capture/build_id_linux.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "name this machine"
#endif

static bool lies_within(uint64_t offset, uint64_t size, size_t len) {
    return offset <= len && size <= len - offset;
}

static const char *check_header(const Elf64_Ehdr *head, size_t len) {
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return "it is not an ELF file";
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB ||
        head->e_machine != MACHINE)
        return "it is built for another processor";
    if (head->e_type != ET_DYN)
        return "it is not a shared library";
    if (head->e_phentsize != sizeof(Elf64_Phdr) ||
        !lies_within(head->e_phoff, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr), len))
        return "it is truncated";
    return NULL;
}

const char *const mp_library_suffix = ".so";

const char *mp_library_find_id(const uint8_t *bytes, size_t len, uint8_t *ret_id,
                               size_t max, size_t *ret_len) {
    Elf64_Ehdr head;
    bool has_id = false;
    if (len < sizeof(head))
        return "it is not an ELF file";
    memcpy(&head, bytes, sizeof(head));
    const char *flaw = check_header(&head, len);
    for (size_t i = 0; flaw == NULL && i < head.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, bytes + head.e_phoff + i * sizeof(segment), sizeof(segment));
        if (!lies_within(segment.p_offset, segment.p_filesz, len))
            flaw = "it is truncated";
        else if (segment.p_type == PT_INTERP)
            flaw = "it is a program, not a shared library";
        else if (segment.p_type == PT_NOTE && !has_id)
            has_id = mp_build_id_find(bytes + segment.p_offset, segment.p_filesz, ret_id,
                                      max, ret_len);
    }
    if (flaw == NULL && !has_id)
        flaw = "it has no build id to tell it from another build: link it with "
               "-Wl,--build-id";
    return flaw;
}
