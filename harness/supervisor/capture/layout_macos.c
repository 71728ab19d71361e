/* Our own declarations of what lies in messages and in a task, held against the headers
 * of the system. Nothing to call: it compiles, or it does not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <mach-o/loader.h>
#include <mach-o/nlist.h>
#include <mach/mach.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/capture/mach_message.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/supervisor/capture/task.h"

#define SAME_SIZE(ours, theirs)                                                          \
    _Static_assert(sizeof(struct ours) == sizeof(theirs), #ours " has another size")
#define SAME_PLACE(ours, our_member, theirs, their_member)                               \
    _Static_assert(offsetof(struct ours, our_member) == offsetof(theirs, their_member),  \
                   #ours "." #our_member " is elsewhere")
#define SAME_VALUE(ours, theirs)                                                         \
    _Static_assert((uint32_t)(ours) == (uint32_t)(theirs), #ours " has another value")

SAME_SIZE(mp_mach_header, mach_msg_header_t);
SAME_PLACE(mp_mach_header, bits, mach_msg_header_t, msgh_bits);
SAME_PLACE(mp_mach_header, size, mach_msg_header_t, msgh_size);
SAME_PLACE(mp_mach_header, remote, mach_msg_header_t, msgh_remote_port);
SAME_PLACE(mp_mach_header, local, mach_msg_header_t, msgh_local_port);
SAME_PLACE(mp_mach_header, voucher, mach_msg_header_t, msgh_voucher_port);
SAME_PLACE(mp_mach_header, id, mach_msg_header_t, msgh_id);
SAME_SIZE(mp_mach_port, mach_msg_port_descriptor_t);
SAME_PLACE(mp_mach_port, name, mach_msg_port_descriptor_t, name);

/* As mig lays out mach_exception_raise, EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES. */
#pragma pack(push, 4)
struct request {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t thread, task;
    NDR_record_t ndr;
    exception_type_t exception;
    mach_msg_type_number_t code_count;
    int64_t code[2];
};
struct hello {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t task;
};
#pragma pack(pop)
SAME_SIZE(mp_mach_exception_message, struct request);
SAME_PLACE(mp_mach_exception_message, descriptors, struct request, body);
SAME_PLACE(mp_mach_exception_message, thread, struct request, thread);
SAME_PLACE(mp_mach_exception_message, task, struct request, task);
SAME_PLACE(mp_mach_exception_message, ndr, struct request, ndr);
SAME_PLACE(mp_mach_exception_message, exception, struct request, exception);
SAME_PLACE(mp_mach_exception_message, code_count, struct request, code_count);
SAME_PLACE(mp_mach_exception_message, code, struct request, code);
SAME_SIZE(mp_mach_reply, mig_reply_error_t);
SAME_PLACE(mp_mach_reply, ndr, mig_reply_error_t, NDR);
SAME_PLACE(mp_mach_reply, status, mig_reply_error_t, RetCode);
SAME_SIZE(mp_hello_message, struct hello);
SAME_PLACE(mp_hello_message, descriptors, struct hello, body);
SAME_PLACE(mp_hello_message, task, struct hello, task);
SAME_VALUE(MP_MACH_EXC_CRASH, EXC_CRASH);
SAME_VALUE(MP_MACH_COMPLEX, MACH_MSGH_BITS_COMPLEX);
SAME_VALUE(MP_MACH_REMOTE_BITS, MACH_MSGH_BITS_REMOTE_MASK);
SAME_VALUE(MP_MACH_PORT_TYPE, MACH_MSG_PORT_DESCRIPTOR);
SAME_VALUE(MP_MACH_MOVE_SEND, MACH_MSG_TYPE_PORT_SEND);
SAME_VALUE(MP_MACH_MOVE_SEND_ONCE, MACH_MSG_TYPE_MOVE_SEND_ONCE);
_Static_assert(sizeof(struct mp_mach_exception_message) +
                       sizeof(mach_msg_max_trailer_t) <=
                   MP_MACH_RECEIVE_MAX,
               "a message and the longest trailer fit");

SAME_SIZE(mp_arm64_state, arm_thread_state64_t);
SAME_PLACE(mp_arm64_state, x, arm_thread_state64_t, __x);
SAME_PLACE(mp_arm64_state, fp, arm_thread_state64_t, __fp);
SAME_PLACE(mp_arm64_state, lr, arm_thread_state64_t, __lr);
SAME_PLACE(mp_arm64_state, sp, arm_thread_state64_t, __sp);
SAME_PLACE(mp_arm64_state, pc, arm_thread_state64_t, __pc);
SAME_PLACE(mp_arm64_state, cpsr, arm_thread_state64_t, __cpsr);
_Static_assert(ARM_THREAD_STATE64_COUNT == 68, "68 words");
_Static_assert(ARM_EXCEPTION_STATE64_COUNT == 4, "4 words");
SAME_VALUE(MP_TASK_NAME_MAX, MAXTHREADNAMESIZE);

SAME_SIZE(mp_macho_header, struct mach_header_64);
SAME_PLACE(mp_macho_header, magic, struct mach_header_64, magic);
SAME_PLACE(mp_macho_header, ncmds, struct mach_header_64, ncmds);
SAME_PLACE(mp_macho_header, sizeofcmds, struct mach_header_64, sizeofcmds);
SAME_SIZE(mp_macho_command, struct load_command);
SAME_PLACE(mp_macho_command, cmd, struct load_command, cmd);
SAME_PLACE(mp_macho_command, cmdsize, struct load_command, cmdsize);
SAME_SIZE(mp_macho_segment, struct segment_command_64);
SAME_PLACE(mp_macho_segment, segname, struct segment_command_64, segname);
SAME_PLACE(mp_macho_segment, vmaddr, struct segment_command_64, vmaddr);
SAME_PLACE(mp_macho_segment, vmsize, struct segment_command_64, vmsize);
SAME_PLACE(mp_macho_segment, fileoff, struct segment_command_64, fileoff);
SAME_PLACE(mp_macho_segment, filesize, struct segment_command_64, filesize);
SAME_PLACE(mp_macho_segment, nsects, struct segment_command_64, nsects);
SAME_SIZE(mp_macho_section, struct section_64);
SAME_PLACE(mp_macho_section, sectname, struct section_64, sectname);
SAME_PLACE(mp_macho_section, segname, struct section_64, segname);
SAME_PLACE(mp_macho_section, addr, struct section_64, addr);
SAME_PLACE(mp_macho_section, size, struct section_64, size);
SAME_SIZE(mp_macho_symtab, struct symtab_command);
SAME_PLACE(mp_macho_symtab, symoff, struct symtab_command, symoff);
SAME_PLACE(mp_macho_symtab, nsyms, struct symtab_command, nsyms);
SAME_PLACE(mp_macho_symtab, stroff, struct symtab_command, stroff);
SAME_PLACE(mp_macho_symtab, strsize, struct symtab_command, strsize);
SAME_SIZE(mp_macho_uuid, struct uuid_command);
SAME_PLACE(mp_macho_uuid, uuid, struct uuid_command, uuid);
SAME_SIZE(mp_macho_linkedit, struct linkedit_data_command);
SAME_PLACE(mp_macho_linkedit, dataoff, struct linkedit_data_command, dataoff);
SAME_PLACE(mp_macho_linkedit, datasize, struct linkedit_data_command, datasize);
SAME_SIZE(mp_macho_dylib, struct dylib_command);
SAME_PLACE(mp_macho_dylib, name, struct dylib_command, dylib.name);
SAME_SIZE(mp_macho_symbol, struct nlist_64);
SAME_PLACE(mp_macho_symbol, strx, struct nlist_64, n_un);
SAME_PLACE(mp_macho_symbol, type, struct nlist_64, n_type);
SAME_PLACE(mp_macho_symbol, value, struct nlist_64, n_value);
SAME_VALUE(MP_MACHO_MAGIC, MH_MAGIC_64);
SAME_VALUE(MP_MACHO_SEGMENT, LC_SEGMENT_64);
SAME_VALUE(MP_MACHO_SYMTAB, LC_SYMTAB);
SAME_VALUE(MP_MACHO_ID_DYLIB, LC_ID_DYLIB);
SAME_VALUE(MP_MACHO_UUID, LC_UUID);
SAME_VALUE(MP_MACHO_FUNCTION_STARTS, LC_FUNCTION_STARTS);
SAME_VALUE(MP_MACHO_STAB_BITS, N_STAB);
SAME_VALUE(MP_MACHO_TYPE_BITS, N_TYPE);
SAME_VALUE(MP_MACHO_IN_SECTION, N_SECT);
SAME_VALUE(MP_MACHO_EXTERNAL, N_EXT);

/* The pinned cross compiler has no mach-o/dyld_images.h, a Mac has: there, what dyld
 * publishes of it (include/mach-o/dyld_images.h), up to what is read. */
#if __has_include(<mach-o/dyld_images.h>)
#include <mach-o/dyld_images.h>
#else
struct dyld_image_info {
    const struct mach_header *imageLoadAddress;
    const char *imageFilePath;
    uintptr_t imageFileModDate;
};
struct dyld_all_image_infos {
    uint32_t version, infoArrayCount;
    const struct dyld_image_info *infoArray;
    void (*notification)(void);
    bool processDetachedFromSharedRegion, libSystemInitialized;
    const struct mach_header *dyldImageLoadAddress;
    void *jitInfo;
    const char *dyldVersion, *errorMessage;
    uintptr_t terminationFlags;
    void *coreSymbolicationShmPage;
    uintptr_t systemOrderFlag, uuidArrayCount;
    const void *uuidArray, *dyldAllImageInfosAddress;
    uintptr_t initialImageCount, errorKind;
    const char *errorClientOfDylibPath, *errorTargetDylibPath, *errorSymbol;
    uintptr_t sharedCacheSlide;
    uint8_t sharedCacheUUID[16];
    uintptr_t sharedCacheBaseAddress;
    uint64_t infoArrayChangeTimestamp;
    const char *dyldPath;
};
#endif
SAME_PLACE(mp_dyld_infos, version, struct dyld_all_image_infos, version);
SAME_PLACE(mp_dyld_infos, image_count, struct dyld_all_image_infos, infoArrayCount);
SAME_PLACE(mp_dyld_infos, images, struct dyld_all_image_infos, infoArray);
SAME_PLACE(mp_dyld_infos, notification, struct dyld_all_image_infos, notification);
SAME_PLACE(mp_dyld_infos, dyld_base, struct dyld_all_image_infos, dyldImageLoadAddress);
SAME_PLACE(mp_dyld_infos, dyld_path, struct dyld_all_image_infos, dyldPath);
SAME_SIZE(mp_dyld_image, struct dyld_image_info);
SAME_PLACE(mp_dyld_image, base, struct dyld_image_info, imageLoadAddress);
SAME_PLACE(mp_dyld_image, path, struct dyld_image_info, imageFilePath);

/* CrashReporterClient.h, which no system installs; as LLVM and Swift declare it. */
struct crashreporter_annotations_t {
    uint64_t version, message, signature_string, backtrace, message2, thread, dialog_mode,
        abort_cause;
};
SAME_PLACE(mp_macho_info, version, struct crashreporter_annotations_t, version);
SAME_PLACE(mp_macho_info, message, struct crashreporter_annotations_t, message);
SAME_PLACE(mp_macho_info, message2, struct crashreporter_annotations_t, message2);
_Static_assert(sizeof(struct mp_macho_info) ==
                   offsetof(struct crashreporter_annotations_t, abort_cause),
               "version 4 ends before the member that version 5 adds");
