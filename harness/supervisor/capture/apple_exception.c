/* Mach exceptions as faults. On arm64 the signal and its code say no more than the
 * exception (XNU's arm unix_signal.c), so the class comes from the exception codes and
 * from ESR.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/apple_exception.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/fault.h"

#define SIGNALS_MAX   64
#define STACK_REACH   UINT64_C(0x10000)
#define X86_TRAP_PAGE 14

/* XNU's mach/kern_return.h, mach/arm/exception.h and mach/i386/exception.h. */
enum exception_code {
    KERN_INVALID_ADDRESS = 1,
    KERN_PROTECTION_FAILURE = 2,
    KERN_MEMORY_ERROR = 10,
    EXC_I386_GPFLT = 13,
    KERN_CODESIGN_ERROR = 50,
    EXC_ARM_DA_ALIGN = 0x101,
    EXC_ARM_PAC_FAIL = 0x105
};

static const struct {
    const char *name;
    enum exception_code code;
} code_names[] = {
    {"KERN_INVALID_ADDRESS", KERN_INVALID_ADDRESS},
    {"KERN_PROTECTION_FAILURE", KERN_PROTECTION_FAILURE},
    {"KERN_MEMORY_ERROR", KERN_MEMORY_ERROR},
    {"EXC_I386_GPFLT", EXC_I386_GPFLT},
    {"EXC_ARM_DA_ALIGN", EXC_ARM_DA_ALIGN},
    {"EXC_ARM_PAC_FAIL", EXC_ARM_PAC_FAIL},
};

static const struct {
    const char *type;
    int signal;
} type_signals[] = {
    {"EXC_BAD_ACCESS", SIGSEGV}, {"EXC_BAD_INSTRUCTION", SIGILL},
    {"EXC_ARITHMETIC", SIGFPE},  {"EXC_BREAKPOINT", SIGTRAP},
    {"EXC_GUARD", SIGKILL},      {"EXC_RESOURCE", SIGKILL},
};

static bool read_hex(const char *text, uint64_t *ret_value, const char **ret_end) {
    char *end = NULL;
    if (strncmp(text, "0x", 2) != 0)
        return false;
    uint64_t value = strtoull(text, &end, 16);
    if (end == text + 2 || end == text)
        return false;
    *ret_value = value;
    *ret_end = end;
    return true;
}

void mp_apple_exception_read(struct mp_apple_exception *exception, const char *text) {
    const char *end = NULL;
    uint64_t value = 0;
    if (read_hex(text, &value, &end)) {
        exception->has_code = true;
        exception->code = value;
        end += strspn(end, ", ");
        if (read_hex(end, &value, &end)) {
            exception->has_address = true;
            exception->address = value;
        }
        return;
    }
    for (size_t i = 0; i < MP_COUNT(code_names); i++) {
        if (strncmp(text, code_names[i].name, strlen(code_names[i].name)) == 0 &&
            !exception->has_code) {
            exception->has_code = true;
            exception->code = code_names[i].code;
        }
    }
    const char *at = strstr(text, " at 0x");
    if (at != NULL && !exception->has_address && read_hex(at + 4, &value, &end)) {
        exception->has_address = true;
        exception->address = value;
    }
    snprintf(exception->detail, sizeof(exception->detail), "%s", text);
}

void mp_apple_exception_read_region(struct mp_apple_exception *exception,
                                    const char *text) {
    static const char arrow[] = "-->"; /* or a longer one */
    const char *row = strstr(text, arrow);
    if (strstr(text, " is not in any region") != NULL) {
        exception->region = MP_REGION_NONE;
        return;
    }
    if (row == NULL)
        return;
    row += sizeof(arrow) - 1;
    row += strspn(row, " \t");
    if (strncmp(row, "Stack Guard", 11) == 0 || strncmp(row, "STACK GUARD", 11) == 0)
        exception->region = MP_REGION_GUARD;
    else if (strncmp(row, "GAP OF", 6) != 0 && strncmp(row, "UNUSED SPACE", 12) != 0 &&
             *row != '\0' && *row != '\n')
        exception->region = MP_REGION_MAPPED;
}

static bool find_register(const struct mp_crash *crash, const char *name,
                          uint64_t *ret_value) {
    bool has_thread = crash->thread_count > 0 && crash->thread[0].is_faulting;
    const struct mp_crash_thread *thread = crash->thread;
    for (size_t i = 0; has_thread && i < thread->register_count; i++) {
        if (strcmp(thread->reg[i].name, name) == 0) {
            *ret_value = thread->reg[i].value;
            return true;
        }
    }
    return false;
}

/* Signal numbers differ between systems (SIGBUS is 10 on macOS and 7 on Linux): the
 * name counts. */
static int signal_number(const struct mp_apple_exception *exception) {
    char number[16];
    /* "SIGKILL (Code Signature Invalid)" */
    size_t len = strcspn(exception->signal, " (");
    for (int i = 1; i < SIGNALS_MAX; i++) {
        const char *name = mp_crash_signal_name(i, number, sizeof(number));
        if (strlen(name) == len && memcmp(name, exception->signal, len) == 0)
            return i;
    }
    for (size_t i = 0; i < MP_COUNT(type_signals); i++)
        if (strcmp(type_signals[i].type, exception->type) == 0)
            return type_signals[i].signal;
    return 0;
}

static bool is_at_pc(const struct mp_crash *crash, uint64_t address) {
    uint64_t pc = 0;
    return (find_register(crash, "pc", &pc) || find_register(crash, "rip", &pc)) &&
           pc == address;
}

/* ESR: Arm's architecture reference manual (D17.2.37), classes 0x20, 0x21 instruction
 * aborts, 0x24, 0x25 data aborts with bit 6 set for a write. x86: the error code of a
 * page fault. */
static enum mp_crash_access find_access(const struct mp_crash *crash, uint64_t address) {
    uint64_t esr = 0, trap = 0, error = 0;
    if (find_register(crash, "esr", &esr)) {
        uint64_t class = esr >> 26 & 0x3f;
        if (class == 0x20 || class == 0x21)
            return MP_ACCESS_EXECUTE;
        if (class == 0x24 || class == 0x25)
            return esr >> 6 & 1 ? MP_ACCESS_WRITE : MP_ACCESS_READ;
    }
    if (find_register(crash, "trap", &trap) && trap == X86_TRAP_PAGE &&
        find_register(crash, "err", &error)) {
        if (error & 0x10)
            return MP_ACCESS_EXECUTE;
        return error & 2 ? MP_ACCESS_WRITE : MP_ACCESS_READ;
    }
    return is_at_pc(crash, address) ? MP_ACCESS_EXECUTE : MP_ACCESS_UNKNOWN;
}

/* Addresses of programs have the upper 17 bits clear, those of the kernel have them
 * set. */
static bool is_canonical(uint64_t address) {
    uint64_t top = address >> 47;
    return top == 0 || top == 0x1ffff;
}

static bool is_near_stack(const struct mp_crash *crash, uint64_t address) {
    uint64_t sp = 0;
    if (!find_register(crash, "sp", &sp) && !find_register(crash, "rsp", &sp))
        return false;
    return (sp > address ? sp - address : address - sp) <= STACK_REACH;
}

static enum mp_fault_class classify_access(const struct mp_apple_exception *exception,
                                           const struct mp_crash *crash) {
    uint64_t code = exception->has_code ? exception->code : 0;
    uint64_t address = crash->address;
    if (code == EXC_ARM_DA_ALIGN)
        return MP_FAULT_MISALIGNED;
    if (code == EXC_I386_GPFLT || code == EXC_ARM_PAC_FAIL)
        return MP_FAULT_NON_CANONICAL;
    if (!crash->has_address)
        return MP_FAULT_NONE;
    if (address < MP_FAULT_NULL_LIMIT)
        return crash->access == MP_ACCESS_EXECUTE ? MP_FAULT_JUMP_NULL : MP_FAULT_NULL;
    if (!is_canonical(address) ||
        strstr(exception->detail, "possible pointer authentication failure") != NULL)
        return MP_FAULT_NON_CANONICAL;
    if (code == KERN_MEMORY_ERROR)
        return MP_FAULT_BUS;
    if (exception->region == MP_REGION_GUARD ||
        (exception->region == MP_REGION_UNKNOWN && is_near_stack(crash, address)))
        return MP_FAULT_STACK_OVERFLOW;
    bool is_mapped = exception->region == MP_REGION_MAPPED ||
                     code == KERN_PROTECTION_FAILURE || code == KERN_CODESIGN_ERROR;
    return is_mapped && exception->region != MP_REGION_NONE ? MP_FAULT_PROTECTION
                                                            : MP_FAULT_WILD;
}

/* Reporters that live in the process know only the signal. */
static bool is_type(const struct mp_apple_exception *exception, const char *type,
                    const char *signal) {
    return strcmp(exception->type, type) == 0 || strcmp(exception->type, signal) == 0;
}

void mp_apple_exception_apply(const struct mp_apple_exception *exception,
                              struct mp_crash *crash) {
    crash->signal = signal_number(exception);
    crash->code = exception->has_code ? (int)(exception->code & 0x7fffffff) : 0;
    bool is_instruction = is_type(exception, "EXC_BREAKPOINT", "SIGTRAP") ||
                          is_type(exception, "EXC_BAD_INSTRUCTION", "SIGILL");
    bool is_access = is_type(exception, "EXC_BAD_ACCESS", "SIGSEGV") ||
                     is_type(exception, "EXC_BAD_ACCESS", "SIGBUS");
    crash->fault_class = MP_FAULT_NONE;
    if (is_access) {
        /* x86 has no address for a general protection fault: the one reported is
         * meaningless. */
        crash->has_address = exception->has_address &&
                             !(exception->has_code && exception->code == EXC_I386_GPFLT);
        crash->address = crash->has_address ? exception->address : 0;
        if (crash->has_address)
            crash->access = find_access(crash, crash->address);
        crash->fault_class = classify_access(exception, crash);
    } else if (is_instruction || is_type(exception, "EXC_ARITHMETIC", "SIGFPE")) {
        crash->fault_class = is_instruction ? MP_FAULT_INSTRUCTION : MP_FAULT_ARITHMETIC;
        crash->has_address = exception->has_address && exception->address != 0;
        crash->address = crash->has_address ? exception->address : 0;
    }
    if (crash->thread_count > 0 && crash->thread[0].is_faulting) {
        crash->thread[0].signal = crash->signal;
        crash->thread[0].code = crash->code;
    }
}
