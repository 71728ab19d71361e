/* Decoding instructions and naming faults, on hand-assembled bytes and made-up stops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/fault.h"

#define R MP_ACCESS_READ
#define W MP_ACCESS_WRITE
#define U MP_ACCESS_UNKNOWN

/* Every register has a value of its own: 0x1000 times its number plus one. */
static const struct mp_x86_registers regs = {
    .general = {0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000, 0x8000, 0x9000,
                0xa000, 0xb000, 0xc000, 0xd000, 0xe000, 0xf000, 0x10000},
    .fs_base = 0x100000,
    .gs_base = 0x200000,
};

struct row {
    const char *text;
    const char *bytes;
    size_t len;
    size_t operands;
    enum mp_crash_access access; /* of operand 0 */
    bool has_address;
    uint64_t address; /* of operand 0 */
};

#define ROW(text, bytes, ...)                                                            \
    { text, bytes, sizeof(bytes) - 1, __VA_ARGS__ }

static const struct row rows[] = {
    ROW("mov (%rax),%rax", "\x48\x8b\x00", 1, R, true, 0x1000),
    ROW("mov %rax,(%rcx)", "\x48\x89\x01", 1, W, true, 0x2000),
    ROW("mov 0x5c8(%rdi),%eax", "\x8b\x87\xc8\x05\x00\x00", 1, R, true, 0x85c8),
    ROW("mov %al,-8(%rbp)", "\x88\x45\xf8", 1, W, true, 0x5ff8),
    ROW("mov 8(%r8,%r9,4),%edx", "\x43\x8b\x54\x88\x08", 1, R, true,
        0x9000 + 0xa000 * 4 + 8),
    ROW("mov (%rsp),%rax", "\x48\x8b\x04\x24", 1, R, true, 0x5000),
    ROW("mov (%r12),%rax", "\x49\x8b\x04\x24", 1, R, true, 0xd000),
    ROW("mov 0(%r13),%rax", "\x49\x8b\x45\x00", 1, R, true, 0xe000),
    ROW("mov 0x10(,%rbx,8),%rax", "\x48\x8b\x04\xdd\x10\x00\x00\x00", 1, R, true,
        0x4000 * 8 + 0x10),
    ROW("mov (%rbx,%rsi),%eax", "\x8b\x04\x33", 1, R, true, 0xb000),
    ROW("mov 0x1234(%rip),%eax", "\x8b\x05\x34\x12\x00\x00", 1, R, false, 0),
    ROW("mov %fs:0x28,%rax", "\x64\x48\x8b\x04\x25\x28\x00\x00\x00", 1, R, true,
        0x100028),
    ROW("mov %gs:(%rax),%eax", "\x65\x8b\x00", 1, R, true, 0x201000),
    ROW("mov (%ebx),%eax", "\x67\x8b\x03", 1, R, true, 0x4000),
    ROW("movabs 0x5a5a000000000010,%al", "\xa0\x10\x00\x00\x00\x00\x00\x5a\x5a", 1, R,
        true, 0x5a5a000000000010),
    ROW("movabs %eax,0x10", "\xa3\x10\x00\x00\x00\x00\x00\x00\x00", 1, W, true, 0x10),
    ROW("movl $7,(%rdi)", "\xc7\x07\x07\x00\x00\x00", 1, W, true, 0x8000),
    ROW("cmpl $0,(%rdi)", "\x83\x3f\x00", 1, R, true, 0x8000),
    ROW("cmp %eax,(%rdi)", "\x39\x07", 1, R, true, 0x8000),
    ROW("addl $1,(%rdi)", "\x83\x07\x01", 1, W, true, 0x8000),
    ROW("add (%rdi),%eax", "\x03\x07", 1, R, true, 0x8000),
    ROW("lock incl (%rdi)", "\xf0\xff\x07", 1, W, true, 0x8000),
    ROW("notl (%rdi)", "\xf7\x17", 1, W, true, 0x8000),
    ROW("divl (%rdi)", "\xf7\x37", 1, R, true, 0x8000),
    ROW("test %eax,(%rdi)", "\x85\x07", 1, R, true, 0x8000),
    ROW("xchg %eax,(%rdi)", "\x87\x07", 1, W, true, 0x8000),
    ROW("lock cmpxchg %ecx,(%rdi)", "\xf0\x0f\xb1\x0f", 1, W, true, 0x8000),
    ROW("lock xadd %eax,(%rdi)", "\xf0\x0f\xc1\x07", 1, W, true, 0x8000),
    ROW("cmpxchg16b (%rdi)", "\x48\x0f\xc7\x0f", 1, W, true, 0x8000),
    ROW("movzbl (%rsi),%eax", "\x0f\xb6\x06", 1, R, true, 0x7000),
    ROW("movslq (%rsi),%rax", "\x48\x63\x06", 1, R, true, 0x7000),
    ROW("sete (%rsi)", "\x0f\x94\x06", 1, W, true, 0x7000),
    ROW("bt %eax,(%rsi)", "\x0f\xa3\x06", 1, R, true, 0x7000),
    ROW("btsl $1,(%rsi)", "\x0f\xba\x2e\x01", 1, W, true, 0x7000),
    ROW("movups (%rsi),%xmm0", "\x0f\x10\x06", 1, R, true, 0x7000),
    ROW("movaps %xmm0,(%rsi)", "\x0f\x29\x06", 1, W, true, 0x7000),
    ROW("movdqu (%rsi),%xmm0", "\xf3\x0f\x6f\x06", 1, R, true, 0x7000),
    ROW("movdqa %xmm0,(%rsi)", "\x66\x0f\x7f\x06", 1, W, true, 0x7000),
    ROW("movq (%rsi),%xmm0", "\xf3\x0f\x7e\x06", 1, R, true, 0x7000),
    ROW("movd %xmm0,(%rsi)", "\x66\x0f\x7e\x06", 1, W, true, 0x7000),
    ROW("movq %xmm0,(%rsi)", "\x66\x0f\xd6\x06", 1, W, true, 0x7000),
    ROW("movntps %xmm0,(%rsi)", "\x0f\x2b\x06", 1, W, true, 0x7000),
    ROW("vmovups (%rsi),%ymm0", "\xc5\xfc\x10\x06", 1, R, true, 0x7000),
    ROW("vmovups %ymm0,(%r14)", "\xc4\xc1\x7c\x11\x06", 1, W, true, 0xf000),
    ROW("vpmaskmovd (%rsi)", "\xc4\xe2\x7d\x8c\x06", 1, R, true, 0x7000),
    ROW("vpmaskmovd to (%rsi)", "\xc4\xe2\x7d\x8e\x06", 1, W, true, 0x7000),
    ROW("movbe (%rsi),%eax", "\x0f\x38\xf0\x06", 1, R, true, 0x7000),
    ROW("movbe %eax,(%rsi)", "\x0f\x38\xf1\x06", 1, W, true, 0x7000),
    ROW("fldl (%rsi)", "\xdd\x06", 1, R, true, 0x7000),
    ROW("fstpl (%rsi)", "\xdd\x1e", 1, W, true, 0x7000),
    ROW("push %rbp", "\x55", 1, W, true, 0x4ff8),
    ROW("pop %rbp", "\x5d", 1, R, true, 0x5000),
    ROW("call rel32", "\xe8\x00\x00\x00\x00", 1, W, true, 0x4ff8),
    ROW("leave", "\xc9", 1, R, true, 0x6000),
    ROW("rep movsq", "\xf3\x48\xa5", 2, R, true, 0x7000),
    ROW("rep stosb", "\xf3\xaa", 1, W, true, 0x8000),
    ROW("repne scasb", "\xf2\xae", 1, R, true, 0x8000),
    ROW("lodsb", "\xac", 1, R, true, 0x7000),
    ROW("pushq (%rsi)", "\xff\x36", 2, R, true, 0x7000),
    ROW("lea (%rsi),%rax", "\x48\x8d\x06", 0, U, false, 0),
    ROW("mov %eax,%ecx", "\x89\xc1", 0, U, false, 0),
    ROW("nopw (%rax)", "\x66\x0f\x1f\x00", 0, U, false, 0),
    ROW("hlt", "\xf4", 0, U, false, 0),
    ROW("ud2", "\x0f\x0b", 0, U, false, 0),
    ROW("cpuid", "\x0f\xa2", 0, U, false, 0),
    ROW("jmp rel8", "\xeb\x10", 0, U, false, 0),
};

static void decode(const char *bytes, size_t len, struct mp_instruction *ret) {
    mp_instruction_decode_x86_64((const uint8_t *)bytes, len, &regs, ret);
}

static void decoder_names_address_and_access_of_common_instructions(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct mp_instruction ins;
        decode(row->bytes, row->len, &ins);
        const struct mp_operand *first = &ins.operand[0];
        if (!ins.is_known || ins.operand_count != row->operands ||
            first->access != row->access || first->has_address != row->has_address ||
            (row->has_address && first->address != row->address))
            fail_msg("%s: known %d, %zu operands, %s at %#llx", row->text, ins.is_known,
                     ins.operand_count, mp_crash_access_name(first->access),
                     (unsigned long long)first->address);
    }
}

static void decoder_names_branch_targets(void **state) {
    struct mp_instruction ins;
    (void)state;
    decode("\xff\xd0", 2, &ins); /* call *%rax */
    assert_true(ins.is_branch && !ins.loads_target && ins.target == 0x1000);
    assert_int_equal(ins.operand[0].address, 0x4ff8);
    decode("\x41\xff\xe3", 3, &ins); /* jmp *%r11 */
    assert_true(ins.is_branch && !ins.loads_target && ins.target == 0xc000);
    assert_int_equal(ins.operand_count, 0);
    decode("\xff\x50\x18", 3, &ins); /* call *0x18(%rax) */
    assert_true(ins.is_branch && ins.loads_target && ins.operand[0].address == 0x1018);
    decode("\xc3", 1, &ins); /* ret */
    assert_true(ins.is_branch && ins.loads_target && ins.operand[0].address == 0x5000);
}

static void
decoder_says_unknown_of_what_it_does_not_know_and_reads_no_further(void **state) {
    struct mp_instruction ins;
    (void)state;
    decode("\x62\xf1\x7c\x48\x10\x06", 6, &ins); /* EVEX: vmovups (%rsi),%zmm0 */
    assert_false(ins.is_known);
    decode("\xc4\xe2\xfd\x92\x04\x0e", 6, &ins); /* gather */
    assert_false(ins.is_known);
    assert_int_equal(ins.operand_count, 0);
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        decode("", 0, &ins);
        assert_false(ins.is_known);
        decode(rows[i].bytes, 1,
               &ins); /* one byte of a longer one, or a short one whole */
        assert_true(ins.operand_count <= 2);
    }
    decode("\x48\x8b\x87\xc8\x05\x00", 6, &ins); /* the displacement is cut */
    assert_false(ins.is_known && ins.operand[0].has_address);
    decode("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66", 16, &ins);
    assert_false(ins.is_known);
}

static void decoder_survives_every_pair_of_bytes(void **state) {
    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t bytes[MP_INSTRUCTION_BYTES_MAX] = {(uint8_t)(i & 0xff),
                                                   (uint8_t)(i >> 8)};
        struct mp_instruction ins;
        for (size_t len = 0; len <= sizeof(bytes); len += 4) {
            mp_instruction_decode_x86_64(bytes, len, &regs, &ins);
            assert_true(ins.operand_count <= 2);
        }
    }
}

static void decoder_tells_loads_from_stores_on_arm64(void **state) {
    static const struct {
        uint32_t word;
        enum mp_crash_access access;
    } words[] = {
        {0xf9400000, R}, /* ldr x0,[x0] */
        {0xf9000001, W}, /* str x1,[x0] */
        {0xb945c801, R}, /* ldr w1,[x0,#0x5c8] */
        {0x39000001, W}, /* strb w1,[x0] */
        {0xb9800001, R}, /* ldrsw x1,[x0] */
        {0x38401401, R}, /* ldrb w1,[x0],#1 */
        {0xf8616800, R}, /* ldr x0,[x0,x1] */
        {0xa9400400, R}, /* ldp x0,x1,[x0] */
        {0xa9bf7bfd, W}, /* stp x29,x30,[sp,#-16]! */
        {0x3dc00000, R}, /* ldr q0,[x0] */
        {0x3d800000, W}, /* str q0,[x0] */
        {0x58000040, R}, /* ldr x0,label */
        {0xc85f7c00, R}, /* ldxr x0,[x0] */
        {0xc8027c01, W}, /* stxr w2,x1,[x0] */
        {0xc8dffc00, R}, /* ldar x0,[x0] */
        {0xc89ffc01, W}, /* stlr x1,[x0] */
        {0xc8a07c01, W}, /* cas x0,x1,[x0] */
        {0xf8200001, W}, /* ldadd x0,x1,[x0] */
        {0x4c407000, R}, /* ld1 {v0.16b},[x0] */
        {0x4c007000, W}, /* st1 {v0.16b},[x0] */
        {0xd65f03c0, U}, /* ret */
        {0x8b010000, U}, /* add x0,x0,x1 */
        {0xd4200000, U}, /* brk #0 */
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(words); i++) {
        struct mp_instruction ins;
        mp_instruction_decode_arm64(words[i].word, &ins);
        if (ins.operand[0].access != words[i].access)
            fail_msg("%08x: %s, not %s", words[i].word,
                     mp_crash_access_name(ins.operand[0].access),
                     mp_crash_access_name(words[i].access));
    }
}

static struct mp_fault locate(struct mp_fault_stop stop) {
    struct mp_fault fault;
    mp_fault_locate(&stop, &fault);
    return fault;
}

/* A stop of a general protection fault at `bytes`, rdi being `rdi`. */
static struct mp_fault_stop protection_stop(const char *bytes, size_t len, uint64_t rdi) {
    struct mp_fault_stop stop = {
        .signal = SIGSEGV, .code = 0x80, .pc = 0x400000, .sp = 0x5000};
    struct mp_x86_registers with = regs;
    with.general[7] = rdi;
    mp_instruction_decode_x86_64((const uint8_t *)bytes, len, &with, &stop.instruction);
    return stop;
}

static void fault_derives_what_the_kernel_hides_and_never_says_zero(void **state) {
    const uint64_t bad = UINT64_C(0x5a5a000000000000);
    (void)state;
    struct mp_fault fault = locate(protection_stop("\x48\x8b\x47\x10", 4, bad));
    assert_true(fault.has_address && fault.address_is_derived &&
                fault.address == bad + 0x10);
    assert_int_equal(fault.fault_class, MP_FAULT_NON_CANONICAL);
    assert_int_equal(fault.access, R);

    fault = locate(protection_stop("\xff\xd7", 2, bad)); /* call *%rdi */
    assert_true(fault.has_address && fault.address == bad);
    assert_int_equal(fault.access, MP_ACCESS_EXECUTE);

    struct mp_fault_stop stop = protection_stop("\xc3", 1, 0); /* ret to a bad word */
    stop.has_loaded_target = true;
    stop.loaded_target = bad;
    fault = locate(stop);
    assert_true(fault.has_address && fault.address == bad);
    assert_int_equal(fault.access, MP_ACCESS_EXECUTE);

    stop = protection_stop("\x90", 1, 0); /* some processors fault after the jump */
    stop.pc = bad;
    fault = locate(stop);
    assert_true(fault.has_address && fault.address == bad && fault.is_off_code);

    fault = locate(protection_stop("\x62\xf1\x7c\x48\x10\x07", 6, bad)); /* not decoded */
    assert_false(fault.has_address);
    assert_int_equal(fault.fault_class, MP_FAULT_NON_CANONICAL);

    fault = locate(protection_stop("\x0f\x28\x07", 3, 0x1004)); /* movaps (%rdi) */
    assert_int_equal(fault.fault_class, MP_FAULT_MISALIGNED);
    assert_true(fault.has_address && fault.address == 0x1004);

    fault = locate(protection_stop("\xf4", 1, 0)); /* hlt */
    assert_int_equal(fault.fault_class, MP_FAULT_INSTRUCTION);
    assert_false(fault.has_address);
}

static struct mp_fault classify(uint64_t address, uint64_t pc, uint64_t sp,
                                struct mp_fault_memory memory) {
    struct mp_fault_stop stop = {.signal = SIGSEGV,
                                 .code = SEGV_MAPERR,
                                 .kernel_address = address,
                                 .pc = pc,
                                 .sp = sp};
    struct mp_fault fault;
    mp_fault_locate(&stop, &fault);
    mp_fault_classify(&stop, &memory, &fault);
    return fault;
}

static void fault_class_follows_address_and_mappings(void **state) {
    const struct mp_fault_memory none = {0};
    const struct mp_fault_memory mapped = {.is_mapped = true, .is_accessible = true};
    const struct mp_fault_memory guard = {
        .is_mapped = true, .is_below_stack = true, .above_start = 0x7f0000001000};
    (void)state;
    assert_int_equal(classify(0x5c8, 1, 1, none).fault_class, MP_FAULT_NULL);
    assert_int_equal(classify(0xffff, 1, 1, none).fault_class, MP_FAULT_NULL);
    assert_int_equal(classify(0x10000, 1, 1, none).fault_class, MP_FAULT_WILD);
    assert_int_equal(classify(0x40, 0x40, 1, none).fault_class, MP_FAULT_JUMP_NULL);
    assert_int_equal(classify(0x40, 0x40, 1, none).access, MP_ACCESS_EXECUTE);
    assert_int_equal(classify(0x123456, 0x123456, 1, none).fault_class, MP_FAULT_WILD);
    assert_int_equal(classify(0x123456, 1, 1, mapped).fault_class, MP_FAULT_PROTECTION);
    assert_int_equal(classify(0x7f0000000ff8, 1, 0x7f0000001000, guard).fault_class,
                     MP_FAULT_STACK_OVERFLOW);
    /* The same guard, touched by a stray pointer of a thread whose stack is elsewhere. */
    assert_int_equal(classify(0x7f0000000ff8, 1, 0x7e0000000000, guard).fault_class,
                     MP_FAULT_PROTECTION);
}

static void fault_without_an_address_has_none(void **state) {
    (void)state;
    assert_false(
        locate((struct mp_fault_stop){.signal = SIGABRT, .code = -6}).has_address);
    struct mp_fault fault = locate(
        (struct mp_fault_stop){.signal = SIGSEGV, .code = 0, .kernel_address = 1234});
    assert_false(fault.has_address); /* sent by kill: the field holds the sender */
    assert_int_equal(fault.fault_class, MP_FAULT_NONE);
    fault = locate((struct mp_fault_stop){
        .signal = SIGFPE, .code = FPE_INTDIV, .kernel_address = 77, .pc = 77});
    assert_int_equal(fault.fault_class, MP_FAULT_ARITHMETIC);
    assert_int_equal(fault.address, 77);
    fault = locate((struct mp_fault_stop){.signal = SIGTRAP, .code = 0x80});
    assert_int_equal(fault.fault_class, MP_FAULT_INSTRUCTION);
    assert_false(fault.has_address);
    fault = locate((struct mp_fault_stop){
        .signal = SIGBUS, .code = BUS_ADRERR, .kernel_address = 0x7f0000000000});
    assert_int_equal(fault.fault_class, MP_FAULT_BUS);
    /* A stack segment fault (a wild rbp, as lavapipe dies of torn lists): no address. */
    fault = locate((struct mp_fault_stop){.signal = SIGBUS, .code = 0x80});
    assert_int_equal(fault.fault_class, MP_FAULT_NON_CANONICAL);
    assert_false(fault.has_address);
    fault = locate((struct mp_fault_stop){.signal = SIGBUS, .code = BUS_ADRALN});
    assert_int_equal(fault.fault_class, MP_FAULT_MISALIGNED);
    assert_false(fault.has_address);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoder_names_address_and_access_of_common_instructions),
        cmocka_unit_test(decoder_names_branch_targets),
        cmocka_unit_test(
            decoder_says_unknown_of_what_it_does_not_know_and_reads_no_further),
        cmocka_unit_test(decoder_survives_every_pair_of_bytes),
        cmocka_unit_test(decoder_tells_loads_from_stores_on_arm64),
        cmocka_unit_test(fault_derives_what_the_kernel_hides_and_never_says_zero),
        cmocka_unit_test(fault_class_follows_address_and_mappings),
        cmocka_unit_test(fault_without_an_address_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
