/* The memory operands of x86-64 instructions, from the opcode maps of Intel's manual,
 * volume 2, appendix A. EVEX (AVX-512) and gathers are not decoded; they stay unknown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/instruction.h"

#include <string.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum opcode_map { MAP_ONE_BYTE, MAP_0F, MAP_0F38, MAP_0F3A };

/* One letter an opcode: r reads its memory operand, w writes it (a read that is followed
 * by a write faults as a write), g depends on the group in ModRM, s names its memory
 * without ModRM, m has a ModRM byte and touches no memory, . has none of all that. */
static const char one_byte[] =
    "wwrr....wwrr....wwrr....wwrr....wwrr....wwrr....wwrr....rrrr....................ssssssssssssssss...r....srsr....................gg.grrwwwwrrwmrw............ss..ssssssss..ssssss................wwss..ww.s......wwww....rgrgrgrg........s.............gg......gg";
static const char two_byte[] =
    "mm..............rwrwrrrwmmmmmmmmmmmmmmmmrwrwrrrr................rrrrrrrrrrrrrrrrmrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrmmmrrr.mm..rrgw................wwwwwwwwwwwwwwww...rww.....wwwgrwwrwrrrrr.gwrrrrwwrwmrrg........rrrrrrwmrrrrrrrrrrrrrrrwrrrrrrrrrrrrrrrmrrrrrrr.";

struct decoder {
    const uint8_t *bytes;
    size_t len, at;
    const struct mp_x86_registers *regs;
    bool is_cut; /* ran out of bytes */
    bool has_32_bit_addresses, has_rep, has_repne;
    bool rex_w, rex_r, rex_x, rex_b;
    uint64_t segment_base;
    enum opcode_map map;
    uint8_t opcode;
    unsigned mod, reg, rm;
};

static uint8_t next_byte(struct decoder *d) {
    if (d->at >= d->len) {
        d->is_cut = true;
        return 0;
    }
    return d->bytes[d->at++];
}

/* A little-endian number of `size` bytes, sign-extended. */
static uint64_t next_signed(struct decoder *d, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)next_byte(d) << (8 * i);
    if (size < 8 && (value >> (8 * size - 1)) != 0)
        value |= ~UINT64_C(0) << (8 * size);
    return value;
}

/* Reads legacy prefixes and REX; returns the first byte after them. */
static uint8_t read_prefixes(struct decoder *d) {
    for (;;) {
        uint8_t byte = next_byte(d);
        switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x66:
        case 0xf0:
            break;
        case 0x64:
            d->segment_base = d->regs->fs_base;
            break;
        case 0x65:
            d->segment_base = d->regs->gs_base;
            break;
        case 0x67:
            d->has_32_bit_addresses = true;
            break;
        case 0xf2:
            d->has_repne = true;
            break;
        case 0xf3:
            d->has_rep = true;
            break;
        default:
            if ((byte & 0xf0) != 0x40 || d->is_cut)
                return byte;
            d->rex_w = (byte & 8) != 0;
            d->rex_r = (byte & 4) != 0;
            d->rex_x = (byte & 2) != 0;
            d->rex_b = (byte & 1) != 0;
            return next_byte(d);
        }
    }
}

/* VEX carries REX's bits inverted, and the map and the mandatory prefix. */
static void read_vex(struct decoder *d, bool is_three_byte) {
    uint8_t first = next_byte(d);
    uint8_t last = first;
    unsigned map = MAP_0F;
    d->rex_r = (first & 0x80) == 0;
    if (is_three_byte) {
        d->rex_x = (first & 0x40) == 0;
        d->rex_b = (first & 0x20) == 0;
        map = first & 0x1f;
        last = next_byte(d);
        d->rex_w = (last & 0x80) != 0;
    }
    d->has_rep = (last & 3) == 2;
    d->has_repne = (last & 3) == 3;
    if (map < MAP_0F || map > MAP_0F3A)
        d->is_cut = true;
    d->map = (enum opcode_map)map;
    d->opcode = next_byte(d);
}

static void read_opcode(struct decoder *d) {
    uint8_t byte = read_prefixes(d);
    d->map = MAP_ONE_BYTE;
    d->opcode = byte;
    if (byte == 0xc5 || byte == 0xc4) {
        read_vex(d, byte == 0xc4);
    } else if (byte == 0x0f) {
        d->map = MAP_0F;
        d->opcode = next_byte(d);
        if (d->opcode == 0x38 || d->opcode == 0x3a) {
            d->map = d->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
            d->opcode = next_byte(d);
        }
    }
}

static char letter_of(const struct decoder *d) {
    switch (d->map) {
    case MAP_ONE_BYTE:
        return one_byte[d->opcode];
    case MAP_0F:
        return two_byte[d->opcode];
    case MAP_0F38:
        if (d->opcode == 0x2e || d->opcode == 0x2f || d->opcode == 0x8e)
            return 'w';                                        /* masked stores */
        return d->opcode == 0xf1 && !d->has_repne ? 'w' : 'r'; /* movbe; crc32 reads */
    case MAP_0F3A:
        /* Extractions to memory, and conversion to half floats. */
        return (d->opcode >= 0x14 && d->opcode <= 0x17) || d->opcode == 0x19 ||
                       d->opcode == 0x39 || d->opcode == 0x1d
                   ? 'w'
                   : 'r';
    }
    return '.';
}

/* The access of an opcode whose ModRM.reg selects the operation. */
static char letter_of_group(const struct decoder *d) {
    unsigned bit = 1u << (d->reg & 7);
    unsigned writes = 0;
    if (d->map == MAP_0F) {
        switch (d->opcode) {
        case 0x7e:
            return d->has_rep ? 'r' : 'w';
        case 0xba:
            return (d->reg & 7) == 4 ? 'r' : 'w';
        case 0xc7:
            return 'w';
        default: /* 0xae: fxsave, stmxcsr, xsave, xsaveopt */
            return (bit & 0x59) != 0 ? 'w' : 'r';
        }
    }
    switch (d->opcode) {
    case 0x80:
    case 0x81:
    case 0x83: /* all but cmp */
        writes = 0x7f;
        break;
    case 0xf6:
    case 0xf7: /* not, neg */
        writes = 0x0c;
        break;
    case 0xfe:
    case 0xff: /* inc, dec */
        writes = 0x03;
        break;
    case 0xd9:
        writes = 0xcc;
        break;
    case 0xdb:
        writes = 0x8e;
        break;
    default: /* 0xdd, 0xdf */
        writes = 0xce;
        break;
    }
    return (bit & writes) != 0 ? 'w' : 'r';
}

static struct mp_operand *add_operand(struct mp_instruction *ins,
                                      enum mp_crash_access access) {
    struct mp_operand *operand = &ins->operand[ins->operand_count++];
    operand->access = access;
    return operand;
}

static void add_operand_at(struct mp_instruction *ins, enum mp_crash_access access,
                           uint64_t address) {
    struct mp_operand *operand = add_operand(ins, access);
    operand->has_address = true;
    operand->address = address;
}

static void add_push(struct mp_instruction *ins, const struct decoder *d) {
    add_operand_at(ins, MP_ACCESS_WRITE, d->regs->general[RSP] - 8);
}

/* Reads SIB and displacement and works out the address; a RIP-relative one is always
 * canonical and is left out. */
static bool read_address(struct decoder *d, uint64_t *ret_address) {
    const uint64_t *general = d->regs->general;
    uint64_t address = 0;
    bool has_disp32 = d->mod == 2;
    if ((d->rm & 7) == 4) {
        uint8_t sib = next_byte(d);
        unsigned index = ((sib >> 3) & 7) | (d->rex_x ? 8u : 0);
        unsigned base = (sib & 7) | (d->rex_b ? 8u : 0);
        if (index != 4)
            address += general[index] << (sib >> 6);
        if ((base & 7) == 5 && d->mod == 0)
            has_disp32 = true;
        else
            address += general[base];
    } else if (d->mod == 0 && (d->rm & 7) == 5) {
        return false;
    } else {
        address += general[d->rm];
    }
    if (d->mod == 1)
        address += next_signed(d, 1);
    else if (has_disp32)
        address += next_signed(d, 4);
    if (d->has_32_bit_addresses)
        address &= UINT32_MAX;
    *ret_address = address + d->segment_base;
    return !d->is_cut;
}

/* Group 5: calls, jumps and pushes through memory or a register. */
static void decode_group5(struct decoder *d, struct mp_instruction *ins) {
    unsigned operation = d->reg & 7;
    if (operation == 2 || operation == 4) {
        ins->is_branch = true;
        ins->loads_target = d->mod != 3;
        if (d->mod == 3)
            ins->target = d->regs->general[d->rm];
    }
    if (operation == 2 || operation == 6)
        add_push(ins, d);
}

static void decode_modrm(struct decoder *d, char letter, struct mp_instruction *ins) {
    uint8_t modrm = next_byte(d);
    d->mod = modrm >> 6;
    d->reg = ((modrm >> 3) & 7) | (d->rex_r ? 8u : 0);
    d->rm = (modrm & 7) | (d->rex_b ? 8u : 0);
    if (letter == 'g')
        letter = letter_of_group(d);
    if (d->mod != 3 && letter != 'm') {
        struct mp_operand *operand =
            add_operand(ins, letter == 'w' ? MP_ACCESS_WRITE : MP_ACCESS_READ);
        operand->has_address = read_address(d, &operand->address);
    }
    if (d->map == MAP_ONE_BYTE && d->opcode == 0xff)
        decode_group5(d, ins);
    if (d->map == MAP_ONE_BYTE && d->opcode == 0x8f)
        add_operand_at(ins, MP_ACCESS_READ, d->regs->general[RSP]);
}

static void decode_string(struct decoder *d, struct mp_instruction *ins) {
    uint64_t source = d->regs->general[RSI] + d->segment_base;
    uint64_t destination = d->regs->general[RDI];
    switch (d->opcode & 0xfe) {
    case 0xa4: /* movs */
        add_operand_at(ins, MP_ACCESS_READ, source);
        add_operand_at(ins, MP_ACCESS_WRITE, destination);
        break;
    case 0xa6: /* cmps */
        add_operand_at(ins, MP_ACCESS_READ, source);
        add_operand_at(ins, MP_ACCESS_READ, destination);
        break;
    case 0xaa: /* stos */
        add_operand_at(ins, MP_ACCESS_WRITE, destination);
        break;
    case 0xac: /* lods */
        add_operand_at(ins, MP_ACCESS_READ, source);
        break;
    default: /* scas */
        add_operand_at(ins, MP_ACCESS_READ, destination);
        break;
    }
}

/* Opcodes that name their memory without a ModRM byte. */
static void decode_special(struct decoder *d, struct mp_instruction *ins) {
    const uint64_t *general = d->regs->general;
    uint8_t op = d->opcode;
    if ((op >= 0x58 && op <= 0x5f) || op == 0x9d) { /* pop */
        add_operand_at(ins, MP_ACCESS_READ, general[RSP]);
    } else if (op == 0xc2 || op == 0xc3) { /* ret */
        add_operand_at(ins, MP_ACCESS_READ, general[RSP]);
        ins->is_branch = true;
        ins->loads_target = true;
    } else if (op == 0xc9) { /* leave */
        add_operand_at(ins, MP_ACCESS_READ, general[RBP]);
    } else if (op >= 0xa0 && op <= 0xa3) { /* mov with a full address */
        add_operand_at(ins, op < 0xa2 ? MP_ACCESS_READ : MP_ACCESS_WRITE,
                       next_signed(d, d->has_32_bit_addresses ? 4 : 8) + d->segment_base);
    } else if (op >= 0xa4 && op <= 0xaf) {
        decode_string(d, ins);
    } else { /* push, call */
        add_push(ins, d);
    }
}

void mp_instruction_decode_x86_64(const uint8_t *bytes, size_t len,
                                  const struct mp_x86_registers *regs,
                                  struct mp_instruction *ret_instruction) {
    struct decoder d = {.bytes = bytes, .len = len, .regs = regs};
    struct mp_instruction ins = {0};
    read_opcode(&d);
    bool is_evex = d.map == MAP_ONE_BYTE && d.opcode == 0x62;
    bool is_gather = d.map == MAP_0F38 && d.opcode >= 0x90 && d.opcode <= 0x93;
    if (!d.is_cut && !is_evex && !is_gather) {
        char letter = letter_of(&d);
        if (letter == 's')
            decode_special(&d, &ins);
        else if (letter != '.')
            decode_modrm(&d, letter, &ins);
        ins.is_known = !d.is_cut;
    }
    if (!ins.is_known)
        memset(&ins, 0, sizeof(ins));
    *ret_instruction = ins;
}
