/* Reports of every kind that people have, each with what must be read out of it, and how
 * well signatures tell their bugs apart.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/tests/report_fixture.h"

#define NO_ADDRESS UINT64_MAX

/* What a report must give; "" and 0: not asked. */
struct expected {
    const char *file;
    const char *bug; /* reports of one bug have one signature, of two bugs two */
    const char *key; /* begins so */
    unsigned part;   /* which report of the file */
    const char *signal, *fault_class, *access;
    uint64_t address;
    const char *title, *message; /* hold these words */
};

/* clang-format off */
static const struct expected table[] = {
    {.file = "01_asi_only_the_assertion.ips",        .bug = "encoder", .key = "SIGABRT/encoder_already_open/", .message = "failed assertion `A command encoder"},
    {.file = "01_asi_abort_called_first.ips",        .bug = "encoder", .key = "SIGABRT/encoder_already_open/", .message = "failed assertion `A command encoder"},
    {.file = "01_asi_abort_called_same_list.ips",    .bug = "encoder", .key = "SIGABRT/encoder_already_open/", .message = "failed assertion `A command encoder"},
    {.file = "11_two_reports_in_one_file.ips",       .bug = "encoder", .key = "SIGABRT/encoder_already_open/"},
    {.file = "01_asi_malloc_after_abort_called.ips", .bug = "free", .key = "SIGABRT/*** error for object ADDR: pointer being freed was not allocated/drop_buffer", .title = "pointer being freed was not allocated", .message = "pointer being freed was not allocated"},
    {.file = "02_exception_archive.ips",             .bug = "archive", .key = "SIGABRT/none/-[_MTLBinaryArchive loadFromURL:error:]"},
    {.file = "02_exception_selector.ips",            .bug = "plot", .key = "SIGABRT/none/-[PlotView drawRect:]"},
    {.file = "02_crash_on_exception_a.ips",          .bug = "palette", .key = "SIGTRAP/instruction/-[Palette colourAt:]", .message = "index 7 beyond bounds"},
    {.file = "02_crash_on_exception_b.ips",          .bug = "layout", .key = "SIGTRAP/instruction/-[NSWindow _postWindowNeedsUpdateConstraints]"},
    {.file = "03_swift_fatal_draw.ips",              .bug = "fatal draw", .key = "SIGTRAP/instruction/Canvas.draw(in:)", .title = "Canvas.draw(in:)"},
    {.file = "03_swift_fatal_pool.ips",              .bug = "fatal pool", .key = "SIGTRAP/instruction/BufferPool.take()", .title = "BufferPool.take(_:)"},
    {.file = "03_swift_methods_draw.ips",            .bug = "draw", .key = "SIGSEGV/null/Canvas.draw(in:)|Canvas.encode()|Canvas.tick()"},
    {.file = "03_swift_methods_upload.ips",          .bug = "upload", .key = "SIGSEGV/null/Canvas.upload()|Canvas.map()|Canvas.resize(to:)"},
    {.file = "03_swift_thunk.ips",                   .bug = "thunk", .key = "SIGSEGV/null/worker_entry"},
    {.file = "05_long_symbol_find.ips",              .bug = "find", .key = "SIGSEGV/null/std::__1::unordered_map<T>::find|"},
    {.file = "05_long_symbol_erase.ips",             .bug = "erase", .key = "SIGSEGV/null/std::__1::unordered_map<T>::erase|"},
    {.file = "05_deduplicated.ips",                  .bug = "cache", .key = "SIGSEGV/null/KernelCache::find", .title = "KernelCache::find"},
    {.file = "06_code_signature_page.ips",           .bug = "page", .key = "SIGKILL/", .signal = "SIGKILL", .fault_class = "protection", .address = 0x112004000},
    {.file = "06_code_signature_start.ips",          .bug = "start", .key = "SIGKILL/none/load_plugin", .signal = "SIGKILL"},
    {.file = "07_stack_guard_far_from_sp.ips",       .bug = "big", .key = "SIGBUS/stack_overflow/big_frame", .fault_class = "stack_overflow"},
    {.file = "08_fourth_thread.ips",                 .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "11_two_reports_in_one_file.ips",       .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .part = 1, .address = 0x18},
    {.file = "12_fenced.md",                         .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "12_full_report_crlf.txt",              .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "22_same_crash_as_text.crash",          .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "22_same_crash_as_json.ips",            .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "09_rust_build_1.ips",                  .bug = "submit", .key = "SIGSEGV/null/lab_gpu::queue::Queue::submit|workbench::main"},
    {.file = "09_rust_build_2.ips",                  .bug = "submit", .key = "SIGSEGV/null/lab_gpu::queue::Queue::submit|workbench::main"},
    {.file = "09_go_draw.ips",                       .bug = "go draw", .key = "SIGABRT/none/main.(*Canvas).Draw"},
    {.file = "09_go_pool.ips",                       .bug = "go pool", .key = "SIGABRT/none/main.(*Pool).Put"},
    {.file = "13_text_few_images.crash",             .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "13_text_300_images.crash",             .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "14_excerpt_without_images.crash",      .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "21_indented.md",                       .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "21_quoted.md",                         .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "14_excerpt_only_offsets.crash",        .bug = "offsets", .key = "SIGSEGV/null/workbench!+0x1234|workbench!+0x2345"},
    {.file = "19_reporter_library.crash",            .bug = "offsets", .key = "SIGSEGV/null/workbench!+0x1234|workbench!+0x2345", .signal = "SIGSEGV", .address = 0x5c8},
    {.file = "15_jump_to_null.crash",                .bug = "hook", .key = "SIGSEGV/jump_null/call_hook", .fault_class = "jump_null", .access = "execute"},
    {.file = "15_unknown_images.crash",              .bug = "compiled", .key = "SIGSEGV/null/run_compiled|main"},
    {.file = "16_x86_text_read.crash",               .bug = "push", .key = "SIGSEGV/null/Queue::push|main", .access = "read"},
    {.file = "16_x86_text_write.crash",              .bug = "push", .key = "SIGSEGV/null/Queue::push|main", .access = "write"},
    {.file = "17_atos_names.crash",                  .bug = "paint", .key = "SIGSEGV/null/-[Canvas paint]|Canvas.status"},
    {.file = "17_names_in_brackets.crash",           .bug = "follow", .key = "SIGSEGV/wild/-[Canvas follow:]|-[Canvas step]"},
    {.file = "18_text_last_exception.crash",         .bug = "graph", .key = "SIGABRT/none/-[MPSGraph checkFeeds:]"},
    {.file = "18_text_dyld_line_first.crash",        .bug = "encoder in flush", .key = "SIGABRT/encoder_already_open/", .message = "failed assertion `A command encoder"},
    {.file = "30_gdb_threads.txt",                   .bug = "gdb push", .key = "SIGSEGV/none/Queue::push|worker_main", .signal = "SIGSEGV"},
    {.file = "30_gdb_core.txt",                      .bug = "gdb take", .key = "SIGABRT/none/Pool::take<T>|main"},
    {.file = "31_lldb.txt",                          .bug = "pipeline", .key = "SIGSEGV/null/-[AGX*FamilyComputeContext setComputePipelineState:]|Queue::dispatch|worker_main", .address = 0x5c8},
    {.file = "32_asan_segv.txt",                     .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .access = "read", .address = 0x5c8},
    {.file = "35_tombstone.txt",                     .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "36_coredumpctl.txt",                   .bug = "gdb push", .key = "SIGSEGV/none/Queue::push|worker_main"},
    {.file = "32_asan_use_after_free.txt",           .bug = "freed", .key = "sanitizer/SUMMARY: AddressSanitizer: heap-use-after-free", .title = "heap-use-after-free"},
    {.file = "33_tsan_race.txt",                     .bug = "race", .key = "sanitizer/SUMMARY: ThreadSanitizer: data race"},
    {.file = "34_ubsan.txt",                         .bug = "null load", .key = "sanitizer/"},
    {.file = "37_html.html",                         .bug = "find int", .key = "SIGSEGV/null/KernelCache::find<T>|main"},
    {.file = "38_kscrash.txt",                       .bug = "range", .key = "SIGABRT/*** Terminating app due to uncaught exception", .message = "NSRangeException"},
    {.file = "40_asi_backtraces.ips",                .bug = "graph", .key = "SIGABRT/none/-[MPSGraph checkFeeds:]|run_graph"},
    {.file = "41_sentry_segv.json",                  .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .signal = "SIGSEGV", .access = "read", .address = 0x5c8},
    {.file = "41_sentry_service.json",               .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "41_sentry_exception.json",             .bug = "range", .key = "SIGABRT/*** Terminating app due to uncaught exception", .message = "NSRangeException"},
    {.file = "42_kscrash.json",                      .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .access = "read", .address = 0x5c8},
    {.file = "42_kscrash_exception.json",            .bug = "range", .key = "SIGABRT/*** Terminating app due to uncaught exception", .message = "index 7"},
    {.file = "43_watchdog.ips",                      .bug = "watchdog", .key = "SIGKILL/watchdog/Loader::wait|Loader::start|main", .title = "SIGKILL (watchdog) in Loader::wait()"},
    {.file = "43_watchdog_old.crash",                .bug = "watchdog", .key = "SIGKILL/watchdog/Loader::wait|Loader::start|main", .signal = "SIGKILL"},
    {.file = "43_suspended_lock.ips",                .bug = "suspended", .key = "SIGKILL/suspended_lock/Loader::wait|"},
    {.file = "44_only_runtime.ips",                  .bug = "tiny", .key = "SIGSEGV/wild/tiny_free_list_remove_ptr|free_tiny|start_wqthread"},
    {.file = "44_only_runtime_other.ips",            .bug = "autorelease", .key = "SIGSEGV/wild/AutoreleasePoolPage::releaseUntil|objc_autoreleasePoolPop|"},
    {.file = "50_cxx_demangled.ips",                 .bug = "lambda", .key = "SIGSEGV/null/(anonymous namespace)::Pool::take::{lambda}|lab::visit<T>|lab::operator<<"},
    {.file = "50_cxx_mangled.ips",                   .bug = "lambda", .key = "SIGSEGV/null/(anonymous namespace)::Pool::take::{lambda}|lab::visit<T>|lab::operator<<"},
    {.file = "50_cxx_operator.ips",                  .bug = "operators", .key = "SIGSEGV/null/std::__1::vector<T>::operator[]|lab::Tensor::operator float|lab::Tensor::operator()"},
    {.file = "50_cxx_tagged.ips",                    .bug = "operators", .key = "SIGSEGV/null/std::__1::vector<T>::operator[]|lab::Tensor::operator float|"},
    {.file = "51_objc_block.ips",                    .bug = "block", .key = "SIGSEGV/null/via objc_msgSend/-[Canvas paintWithRect:inContext:]{block}|-[Canvas paintWithRect:inContext:]|"},
    {.file = "51_objc_block_other_build.ips",        .bug = "block", .key = "SIGSEGV/null/via objc_msgSend/-[Canvas paintWithRect:inContext:]{block}|"},
    {.file = "52_swift_async.ips",                   .bug = "load", .key = "SIGTRAP/instruction/Loader.load(){closure}|", .message = "Fatal error: no data"},
    {.file = "52_swift_async_full.ips",              .bug = "load", .key = "SIGTRAP/instruction/Loader.load(){closure}|"},
    {.file = "52_swift_witness.ips",                 .bug = "store", .key = "SIGSEGV/null/DiskStore.put(at:)|Model.save()|main"},
    {.file = "52_swift_witness_other.ips",           .bug = "store", .key = "SIGSEGV/null/DiskStore.put(at:)|Model.save()|main"},
    {.file = "53_rust_drop.ips",                     .bug = "drop", .key = "SIGSEGV/null/<lab_gpu::pool::Pool as core::ops::drop::Drop>::drop|workbench::main"},
    {.file = "53_rust_drop_other.ips",               .bug = "drop", .key = "SIGSEGV/null/<lab_gpu::pool::Pool as core::ops::drop::Drop>::drop|workbench::main"},
    {.file = "53_rust_v0.ips",                       .bug = "submit", .key = "SIGSEGV/null/lab_gpu::queue::Queue::submit|workbench::main"},
    {.file = "54_go_generic.ips",                    .bug = "go take", .key = "SIGSEGV/null/main.(*Pool).Take.func1|lab.dev/gpu/queue.(*Queue).Submit|main.main"},
    {.file = "54_go_generic_other.ips",              .bug = "go take", .key = "SIGSEGV/null/main.(*Pool).Take.func1|"},
    {.file = "55_python_jit.ips",                    .bug = "extension", .key = "SIGSEGV/null/lab_extension_call|main"},
    {.file = "56_high_sierra.crash",                 .bug = "descend", .key = "SIGBUS/stack_overflow/Tree::descend", .access = "write", .address = 0x70000f2e1ff8},
    {.file = "56_rosetta.crash",                     .bug = "push", .key = "SIGSEGV/null/Queue::push|main", .address = 0x18},
    {.file = "60_forge_details.md",                  .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "60_mail_quote.txt",                    .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "60_escaped.html",                      .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "60_list_item.md",                      .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "61_translated_german.txt",             .bug = "layer", .key = "SIGSEGV/null/via objc_release/-[Canvas dropLayer:]|"},
    {.file = "61_full_report_torn.txt",              .bug = "layer", .key = "SIGSEGV/null/via objc_release/-[Canvas dropLayer:]|", .address = 0x18},
    {.file = "70_quoted_crlf_bom.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_double_spaced.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_wrapped.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_numbered.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_entities.html", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_line_breaks.html", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_one_blank.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "71_frames_alone.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "71_thread_alone.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "71_tail.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "78_corpse.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "83_huge_numbers.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "70_two_details.md", .bug = "pipeline", .key = "SIGSEGV/null/-[AGX*FamilyComputeContext setComputePipelineState:]|Queue::dispatch|worker_main", .address = 0x5c8},
    {.file = "70_two_details.md", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000", .part = 1},
    {.file = "72_lldb_abort.txt", .bug = "lldb flush", .key = "SIGABRT/none/Queue::flush|workbench!___lldb_unnamed_symbol12"},
    {.file = "72_lldb_swift.txt", .bug = "lldb fatal", .key = "SIGTRAP/instruction/Canvas.draw|main", .message = "Index out of range"},
    {.file = "72_lldb_gpflt.txt", .bug = "lldb push", .key = "SIGSEGV/non_canonical/Queue::push|worker_main"},
    {.file = "72_lldb_bt_all.txt", .bug = "pipeline", .key = "SIGSEGV/null/-[AGX*FamilyComputeContext setComputePipelineState:]|Queue::dispatch|worker_main", .address = 0x5c8},
    {.file = "74_colours_lldb.txt", .bug = "pipeline", .key = "SIGSEGV/null/-[AGX*FamilyComputeContext setComputePipelineState:]|Queue::dispatch|worker_main", .address = 0x5c8},
    {.file = "73_gdb_full.txt", .bug = "gdb push", .key = "SIGSEGV/none/Queue::push|worker_main"},
    {.file = "73_gdb_templates.txt", .bug = "gdb vector", .key = "SIGABRT/none/std::vector<T>::push_back|lab::Pool<T>::take::{lambda}|main"},
    {.file = "74_colours_asan.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "75_logcat.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "75_logcat_old.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "75_tombstone_abort.txt", .bug = "take apk", .key = "SIGABRT/", .message = "CHECK failed: pool"},
    {.file = "76_asan_overflow.txt", .bug = "fill", .key = "sanitizer/SUMMARY: AddressSanitizer: heap-buffer-overflow"},
    {.file = "76_lsan.txt", .bug = "leak", .key = "sanitizer/SUMMARY: AddressSanitizer: NUM byte(s) leaked in NUM allocation(s)./make_queue"},
    {.file = "76_msan.txt", .bug = "uninitialised", .key = "sanitizer/SUMMARY: MemorySanitizer: use-of-uninitialized-value"},
    {.file = "76_tsan_two.txt", .bug = "race", .key = "sanitizer/SUMMARY: ThreadSanitizer: data race"},
    {.file = "76_tsan_two.txt", .bug = "deadlock", .key = "sanitizer/SUMMARY: ThreadSanitizer: lock-order-inversion", .part = 1},
    {.file = "76_ubsan_two.txt", .bug = "overflow", .key = "sanitizer/a.c:NUM:NUM: runtime error: signed integer overflow"},
    {.file = "76_ubsan_two.txt", .bug = "bounds", .key = "sanitizer/b.c:NUM:NUM: runtime error: index NUM out of bounds", .part = 1},
    {.file = "76_asan_stack.txt", .bug = "asan descend", .key = "SIGSEGV/stack_overflow/Tree::descend", .fault_class = "stack_overflow"},
    {.file = "77_journal.txt", .bug = "push without signal", .key = "unknown/none/Queue::push|worker_main"},
    {.file = "77_core_two.txt", .bug = "gdb push", .key = "SIGSEGV/none/Queue::push|worker_main"},
    {.file = "77_core_two.txt", .bug = "core take", .key = "SIGSEGV/none/Pool::take|worker_main", .part = 1},
    {.file = "78_xcode_swift.crash", .bug = "draw twice", .key = "SIGABRT/none/Canvas.draw(in:)|workbench!+0x2000"},
    {.file = "78_guard.crash", .bug = "guard", .key = "SIGKILL/guard/Queue::flush", .signal = "SIGKILL", .message = "Namespace GUARD"},
    {.file = "78_resource_fatal.crash", .bug = "resource", .key = "SIGKILL/resource/Queue::flush", .message = "Observed 90%"},
    {.file = "80_mixture.txt", .bug = "fourth", .key = "SIGSEGV/null/fourth_thread"},
    {.file = "80_mixture.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .part = 1},
    {.file = "80_mixture.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .part = 2},
    {.file = "80_mixture.txt", .bug = "gdb push", .key = "SIGSEGV/none/Queue::push|worker_main", .part = 3},
    {.file = "80_mixture.txt", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000", .part = 4},
    {.file = "81_asi_of_no_fault.ips", .bug = "real fault", .key = "SIGSEGV/null/Real::fault|Queue::flush"},
    {.file = "81_asi_text.crash", .bug = "graph", .key = "SIGABRT/none/-[MPSGraph checkFeeds:]|run_graph"},
    {.file = "81_asi_second.ips", .bug = "graph", .key = "SIGABRT/none/-[MPSGraph checkFeeds:]|run_graph"},
    {.file = "81_exception_offsets.ips", .bug = "thrown by offset", .key = "SIGABRT/none/workbench!+0x1234|workbench!+0x2345"},
    {.file = "82_offset_behind_abort.ips", .bug = "abort by offset", .key = "SIGABRT/none/workbench!+0x1234"},
    {.file = "82_only_abort.ips", .bug = "only abort", .key = "SIGABRT/none/__pthread_kill|abort"},
    {.file = "84_html_mail.html", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "84_two_marked.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "87_nobody_marked.crash", .bug = "flush", .key = "SIGABRT/none/Queue::flush|workbench!+0x2000"},
    {.file = "85_lldb_swift.txt", .bug = "lldb draw", .key = "SIGSEGV/null/-[AGX*FamilyComputeContext setComputePipelineState:]|Canvas.draw(in:)|worker_main"},
    {.file = "85_gdb_rust.txt", .bug = "gdb submit", .key = "SIGSEGV/none/lab_gpu::queue::Queue::submit|worker_main"},
    {.file = "85_asan_objc.txt", .bug = "asan rect", .key = "SIGSEGV/null/-[Canvas drawRect:]|worker_main"},
    {.file = "85_tombstone_rust.txt", .bug = "tombstone submit", .key = "SIGSEGV/null/lab_gpu::queue::Queue::submit|worker_main"},
    {.file = "85_core_go.txt", .bug = "core draw", .key = "SIGSEGV/none/main.(*Canvas).Draw|worker_main"},
    {.file = "86_sentry_fenced.md", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "86_kscrash_quoted.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "87_lldb_linux.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main", .address = 0x5c8},
    {.file = "86_ips_html.html", .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "86_ips_quoted_crlf.txt", .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "86_ips_head_torn.ips", .bug = "fourth", .key = "SIGSEGV/null/fourth_thread", .address = 0x18},
    {.file = "87_asan_two.txt", .bug = "worker push", .key = "SIGSEGV/null/Queue::push|worker_main"},
    {.file = "87_asan_two.txt", .bug = "worker take", .key = "SIGSEGV/null/Pool::take|worker_main", .part = 1},
    {.file = "87_translated_japanese.txt", .bug = "layer", .key = "SIGSEGV/null/via objc_release/-[Canvas dropLayer:]|", .address = 0x18},
    {.file = "87_gdb_question_marks.txt", .bug = "bus", .key = "SIGBUS/none/worker_main"},
    {.file = "88_no_module.crash", .bug = "nowhere", .key = "SIGSEGV/null/no module", .title = "in code of no module"},
    {.file = "88_no_module_again.crash", .bug = "nowhere", .key = "SIGSEGV/null/no module"},
    {.file = "87_name_with_blanks.crash", .bug = "blanks", .key = "SIGABRT/none/Queue::flush|My Work Bench (Renderer)!+0x2000"},
    {.file = "88_tombstone_kernel.txt", .bug = "ring", .key = "SIGBUS/non_canonical/Ring::unlink|submit_main", .title = "SIGBUS at a non-canonical address in Ring::unlink"},
};
/* clang-format on */

static const char folder[] = MP_CRASH_CASES;

static struct mp_os_report *load(const char *name) {
    char path[512];
    struct mp_os_report *report = NULL;
    struct mp_error err;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mp_os_report_read(path, &report, &err) != MP_OK)
        fail_msg("%s: %s", name, err.text);
    return report;
}

static const struct mp_os_report *part_of(const struct mp_os_report *report,
                                          unsigned part) {
    for (; part > 0 && report != NULL; part--)
        report = report->next;
    return report;
}

static unsigned wrong(const struct expected *row, const char *what, const char *is,
                      const char *should) {
    print_error("%s: %s is '%s', not '%s'\n", row->file, what, is, should);
    return 1;
}

static unsigned check_crash(const struct expected *row, const struct mp_crash *crash) {
    char number[16];
    unsigned errors = 0;
    const char *signal = mp_crash_signal_name(crash->signal, number, sizeof(number));
    if (row->signal != NULL && strcmp(signal, row->signal) != 0)
        errors += wrong(row, "signal", signal, row->signal);
    const char *class = mp_fault_class_name(crash->fault_class);
    if (row->fault_class != NULL && strcmp(class, row->fault_class) != 0)
        errors += wrong(row, "class", class, row->fault_class);
    const char *access = mp_crash_access_name(crash->access);
    if (row->access != NULL && strcmp(access, row->access) != 0)
        errors += wrong(row, "access", access, row->access);
    if (row->address != 0 && (!crash->has_address || crash->address != row->address))
        errors += wrong(row, "address", "", "as it should be");
    return errors;
}

static unsigned check(const struct expected *row, struct mp_signature *ret_signature) {
    struct mp_os_report *list = load(row->file);
    const struct mp_os_report *report = part_of(list, row->part);
    unsigned errors = 0;
    *ret_signature = (struct mp_signature){.key = ""};
    if (report == NULL || report->crash == NULL) {
        errors += wrong(row, "crash", "missing", "there");
    } else {
        errors += check_crash(row, report->crash);
        if (!mp_os_report_sign(report, ret_signature))
            errors += wrong(row, "signature", "missing", row->key);
        else if (strncmp(ret_signature->key, row->key, strlen(row->key)) != 0)
            errors += wrong(row, "key", ret_signature->key, row->key);
        if (row->title != NULL && strstr(ret_signature->title, row->title) == NULL)
            errors += wrong(row, "title", ret_signature->title, row->title);
        if (row->message != NULL && strstr(report->message, row->message) == NULL)
            errors += wrong(row, "message", report->message, row->message);
    }
    mp_os_report_destroy(list);
    return errors;
}

static void each_report_gives_what_it_says(void **state) {
    (void)state;
    unsigned errors = 0;
    for (size_t i = 0; i < MP_COUNT(table); i++) {
        struct mp_signature signature;
        errors += check(&table[i], &signature);
    }
    assert_int_equal(errors, 0);
}

/* Pairs of reports: of one bug in one bucket (true), of two bugs in one (false merge), of
 * one bug in two (false split). */
static void two_bugs_have_two_signatures_and_one_bug_has_one(void **state) {
    (void)state;
    static struct mp_signature signature[MP_COUNT(table)];
    unsigned together = 0, merged = 0, split = 0;
    for (size_t i = 0; i < MP_COUNT(table); i++)
        (void)check(&table[i], &signature[i]);
    for (size_t i = 0; i < MP_COUNT(table); i++) {
        for (size_t k = 0; k < i; k++) {
            bool is_one_bug = strcmp(table[i].bug, table[k].bug) == 0;
            bool is_one_key = strcmp(signature[i].key, signature[k].key) == 0;
            together += is_one_bug && is_one_key;
            merged += !is_one_bug && is_one_key;
            split += is_one_bug && !is_one_key;
            if (is_one_bug != is_one_key)
                print_error("%s and %s: %s\n", table[i].file, table[k].file,
                            is_one_key ? "merged" : "split");
        }
    }
    print_message("%zu reports: precision %.3f, recall %.3f\n", MP_COUNT(table),
                  together / (double)(together + merged),
                  together / (double)(together + split));
    assert_int_equal(merged, 0);
    assert_true(split <= 1);
    assert_true(together > 20);
}

static void frame_keeps_its_module_its_line_and_its_offset(void **state) {
    (void)state;
    struct mp_os_report *report = load("14_excerpt_without_images.crash");
    const struct mp_crash *crash = report->crash;
    assert_string_equal(crash->module[crash->thread[0].frame[0].module].path,
                        "libsystem_kernel.dylib");
    mp_os_report_destroy(report);
    report = load("17_atos_names.crash");
    assert_string_equal(report->crash->thread[0].frame[0].file, "Canvas.m");
    assert_int_equal(report->crash->thread[0].frame[0].line, 21);
    mp_os_report_destroy(report);
    report = load("17_names_in_brackets.crash");
    assert_int_equal(report->crash->thread[0].frame[0].offset, 24);
    mp_os_report_destroy(report);
    report = load("30_gdb_threads.txt");
    crash = report->crash;
    assert_int_equal(crash->thread_count, 2);
    assert_int_equal(crash->thread[0].frame_count, 3);
    assert_string_equal(crash->thread[0].frame[1].symbol, "worker_main");
    assert_string_equal(crash->thread[0].frame[1].file, "/home/lab/worker.cpp");
    assert_int_equal(crash->thread[0].frame[1].line, 12);
    mp_os_report_destroy(report);
}

static void only_images_that_a_frame_uses_are_kept(void **state) {
    (void)state;
    struct mp_os_report *report = load("13_text_300_images.crash");
    assert_int_equal(report->crash->module_count, 6);
    assert_int_equal(report->crash->modules_missed, 0);
    mp_os_report_destroy(report);
}

static void facts_of_a_report_are_kept(void **state) {
    (void)state;
    struct mp_os_report *report = load("08_fourth_thread.ips");
    assert_int_equal(report->crash->thread[0].number, 3);
    assert_int_equal(report->crash->thread[1].number, 0);
    assert_string_equal(report->model, "Mac16,5");
    assert_string_equal(report->exception_type, "EXC_BAD_ACCESS");
    assert_string_equal(report->exception_codes,
                        "0x0000000000000001, 0x0000000000000018");
    assert_string_equal(report->termination, "SIGNAL");
    assert_true(report->has_termination_code);
    assert_int_equal(report->termination_code, 6);
    mp_os_report_destroy(report);
    report = load("06_code_signature_page.ips");
    assert_int_equal(report->crash->code, 50);
    mp_os_report_destroy(report);
    report = load("12_full_report_crlf.txt");
    assert_string_equal(report->incident, "0CA5E000-0000-4000-8000-00000000001E");
    assert_null(report->next);
    mp_os_report_destroy(report);
    report = load("19_reporter_library.crash");
    assert_int_equal(report->crash->thread[0].number, 2);
    assert_string_equal(report->model, "Mac15,9");
    assert_true(report->captured_wall_ns == UINT64_C(1770117133) * MP_CLOCK_NS_PER_S);
    mp_os_report_destroy(report);
}

static void facts_of_other_reporters_are_kept(void **state) {
    (void)state;
    struct mp_os_report *report = load("41_sentry_segv.json");
    assert_string_equal(report->form, "sentry");
    assert_string_equal(report->incident, "0CA5E000-0000-4000-8000-0000000000A1");
    assert_string_equal(report->process, "workbench");
    assert_string_equal(report->model, "Mac16,5");
    assert_string_equal(report->os_build, "24G419");
    assert_true(report->captured_wall_ns == UINT64_C(1772352180250) * MP_CLOCK_NS_PER_MS);
    assert_int_equal(report->crash->thread_count, 2);
    assert_string_equal(report->crash->thread[0].name, "worker");
    assert_int_equal(report->crash->thread[0].frame[0].offset, 0x34);
    mp_os_report_destroy(report);
    report = load("42_kscrash.json");
    assert_string_equal(report->form, "kscrash");
    assert_int_equal(report->pid, 7401);
    assert_int_equal(report->crash->thread[0].number, 3);
    assert_int_equal(report->crash->thread[1].frames_total, 13);
    assert_true(report->captured_wall_ns == UINT64_C(1772352184) * MP_CLOCK_NS_PER_S);
    mp_os_report_destroy(report);
}

static void event_of_the_gpu_has_its_reason_and_its_time(void **state) {
    (void)state;
    struct mp_os_report *report = load("04_gpu_event.ips");
    assert_int_equal(report->kind, MP_OS_REPORT_GPU_EVENT);
    assert_string_equal(report->message, "firmware-detected lockup");
    assert_string_equal(report->process, "workbench");
    assert_true(report->captured_wall_ns == UINT64_C(1772352611) * MP_CLOCK_NS_PER_S);
    mp_os_report_destroy(report);
}

static void what_is_no_crash_is_named(void **state) {
    (void)state;
    static const struct {
        const char *file, *what;
    } rows[] = {
        {"10_user_fault.ips", "fault that a process logged (user fault)"},
        {"20_panic.panic", "kernel panic"},
        {"20_hang.spin", "sample of all stacks (spindump)"},
        {"41_sentry_python.json", "event that a program reported (Sentry)"},
        {"42_kscrash_user.json", "error that a program reported itself"},
        {"43_stackshot.crash", "sample of all stacks (stackshot)"},
        {"78_resource_survived.crash", "limit or guard that the process survived"},
        {"79_sample.txt", "sample of the stacks of a process"},
        {"79_spindump.txt", "sample of all stacks (spindump)"},
        {"79_stackshot.ips", "sample of all stacks"},
        {"79_jetsam.ips", "lack of memory (jetsam)"},
        {"79_cpu.diag", "limit of processor time"},
        {"79_panic_full.ips", "kernel panic"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_os_report *report = load(rows[i].file);
        assert_int_equal(report->kind, MP_OS_REPORT_OTHER);
        assert_string_equal(report->what, rows[i].what);
        mp_os_report_destroy(report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_report_gives_what_it_says),
        cmocka_unit_test(two_bugs_have_two_signatures_and_one_bug_has_one),
        cmocka_unit_test(frame_keeps_its_module_its_line_and_its_offset),
        cmocka_unit_test(only_images_that_a_frame_uses_are_kept),
        cmocka_unit_test(facts_of_a_report_are_kept),
        cmocka_unit_test(facts_of_other_reporters_are_kept),
        cmocka_unit_test(event_of_the_gpu_has_its_reason_and_its_time),
        cmocka_unit_test(what_is_no_crash_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
