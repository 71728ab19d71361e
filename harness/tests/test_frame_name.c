/* Names of frames: whole where they are Objective-C, bare where they are C++, the same
 * everywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/frame_name.h"
#include "harness/supervisor/capture/symbol.h"

static void assert_name(const char *symbol, const char *expected) {
    struct mp_crash_frame frame = {.module = -1};
    struct mp_crash *crash = mp_crash_create();
    char name[MP_FRAME_NAME_MAX];
    mp_symbol_copy(symbol, frame.symbol, sizeof(frame.symbol));
    mp_frame_name(crash, &frame, name, sizeof(name));
    mp_crash_destroy(crash);
    assert_string_equal(name, expected);
}

static void name_of_a_method_is_whole_but_for_its_category(void **state) {
    (void)state;
    assert_name("-[AGXG16XFamilyComputeContext setBuffer:offset:atIndex:]",
                "-[AGX*FamilyComputeContext setBuffer:offset:atIndex:]");
    assert_name("-[AGXG13GFamilyComputeContext endEncoding]",
                "-[AGX*FamilyComputeContext endEncoding]");
    assert_name("-[AGXG17XFamilyComputeContext setComputePipelineState:]",
                "-[AGX*FamilyComputeContext setComputePipelineState:]");
    assert_name("-[AGXG17SDevice newCommandQueue]", "-[AGX*Device newCommandQueue]");
    assert_name("-[AGXG18PFamilyCommandBuffer commit]",
                "-[AGX*FamilyCommandBuffer commit]");
    /* Metal 4 is other code, and so is the driver of a virtual machine. */
    assert_name("-[AGXG17XFamilyComputeContext_mtlnext endEncoding]",
                "-[AGX*FamilyComputeContext_mtlnext endEncoding]");
    assert_name("-[AppleParavirtCommandQueue commandBuffer]",
                "-[AppleParavirtCommandQueue commandBuffer]");
    assert_name("+[MPSGraph(Private) make:]", "+[MPSGraph make:]");
    assert_name("__52-[Stream(Extra) end]_block_invoke_2", "-[Stream end]{block}");
    assert_name("__encode_block_invoke.12", "encode{block}");
}

static void name_of_a_function_has_no_arguments_and_no_suffix(void **state) {
    (void)state;
    assert_name("guilty.constprop.0", "guilty");
    assert_name("guilty.cold.3", "guilty");
    assert_name("guilty.llvm.8123456", "guilty");
    assert_name(
        "AGX::ComputeContext<AGX::G16X::Classes, AGX::HAL200>::prepareForEnqueue(bool)",
        "AGX::ComputeContext<T>::prepareForEnqueue");
    assert_name("void AGX::bind<int, std::less<int>>(int (*)(int)) const",
                "AGX::bind<T>");
    assert_name("(anonymous namespace)::Pool::take(unsigned long)",
                "(anonymous namespace)::Pool::take");
    assert_name("make[abi:cxx11](int)", "make");
    assert_name("invocation function for block in run(int)", "run{block}");
    assert_name("operator<<(Stream&, int)", "operator<<");
    assert_name("Row::operator->() const", "Row::operator->");
    assert_name("AGXMetalG13X::bind", "AGX*::bind");
    assert_name("agxa_G16G_B0_submit", "agxa_G*_submit");
    assert_name("HALT_now", "HALT_now");
    assert_name("GLOBAL", "GLOBAL");
}

static void name_in_cxx_ends_in_its_function_whatever_the_templates(void **state) {
    (void)state;
    char symbol[2048], name[MP_CRASH_SYMBOL_MAX];
    static const char text[] =
        "std::__1::basic_string<char, std::__1::char_traits<char>>";
    snprintf(symbol, sizeof(symbol),
             "std::__1::unordered_map<%s, %s, %s, %s>::find(%s const&)", text, text, text,
             text, text);
    assert_name(symbol, "std::__1::unordered_map<T>::find");
    mp_symbol_copy(symbol, name, sizeof(name));
    assert_string_equal(name,
                        "std::__1::unordered_map<...>::find(std::__1::basic_string<...> "
                        "const&)");
    assert_name("Queue::flush()::{lambda(int)#1}::operator()(int) const",
                "Queue::flush::{lambda}");
    assert_name("Queue::flush()::$_0::operator()(int) const", "Queue::flush::{lambda}");
    assert_name("Queue::flush()::'lambda'(int)::operator()(int) const",
                "Queue::flush::{lambda}");
    assert_name("Row::operator bool() const", "Row::operator bool");
    assert_name("std::vector<int, std::allocator<int>> make<int>(int)", "make<T>");
    assert_name("decltype(auto) make<int>(int)", "make<T>");
    assert_name("non-virtual thunk to Canvas::draw(int)", "Canvas::draw");
    assert_name("bool operator< <int>(Row<int> const&)", "operator<<T>");
    assert_name("draw(int) [clone .cold.3]", "draw");
    assert_name("_ZN5Queue5flushEv", "Queue::flush");
    assert_name("__ZN5Queue5flushEv", "Queue::flush");
    assert_name("_ZN12_GLOBAL__N_14Pool4takeEm", "(anonymous namespace)::Pool::take");
}

static void name_in_swift_is_that_of_the_declaration(void **state) {
    (void)state;
    assert_name("Canvas.draw(in:)", "Canvas.draw(in:)");
    assert_name("Canvas.tick()", "Canvas.tick()");
    assert_name("specialized Canvas.status()", "Canvas.status()");
    assert_name("closure #1 in closure #2 in Canvas.draw(in:)",
                "Canvas.draw(in:){closure}");
    assert_name("closure #1 (Swift.Int) -> () in Swift.run(in: Swift.Int) -> ()",
                "run(in:){closure}");
    assert_name("partial apply for implicit closure #1 in Canvas.draw(in:)",
                "Canvas.draw(in:){closure}");
    assert_name("generic specialization <Swift.Int> of Canvas.map<A>(_: A, by: A) -> A",
                "Canvas.map(by:)");
    assert_name("protocol witness for Drawable.draw(in:) in conformance Canvas",
                "Canvas.draw(in:)");
    assert_name("Canvas.size.getter", "Canvas.size.getter");
    assert_name("(2) suspend resume partial function for Canvas.load(from:)",
                "Canvas.load(from:)");
    assert_name("helper #1 (in:) in Canvas.draw(_:)", "helper #1(in:) in Canvas.draw()");
    assert_name("Canvas.(draw in _12AB34)(in:)", "Canvas.draw(in:)");
    assert_name("$s9workbench6CanvasC4draw2inySo6CGRectV_tF",
                "workbench.Canvas.draw(in:)");
    assert_name("_$s9workbench6CanvasC04drawB0yyF", "workbench.Canvas.drawCanvas()");
    assert_name("$s9workbench6CanvasC4draw2inySi_tFyycfU_",
                "workbench.Canvas.draw(in:){closure}");
    assert_name("$s9workbench6CanvasC4sizeSo6CGSizeVvg", "workbench.Canvas.size.getter");
    assert_name("$s9workbench6CanvasC5widthACSi_tcfC", "workbench.Canvas.init(width:)");
    assert_name("$s9workbench6CanvasCfD", "workbench.Canvas.deinit");
    assert_name("$s9workbench6secret33_0123456789ABCDEF0123456789ABCDEFLLyyF",
                "workbench.secret()");
}

static void name_of_a_frame_in_swift_has_no_module(void **state) {
    struct mp_crash *crash = mp_crash_create();
    struct mp_crash_frame frame = {.module = 0};
    char name[MP_FRAME_NAME_MAX];
    (void)state;
    snprintf(mp_crash_add_module(crash)->path, MP_CRASH_PATH_MAX, "/opt/lab/workbench");
    snprintf(frame.symbol, sizeof(frame.symbol),
             "workbench.Canvas.draw(in: __C.CGRect) -> ()");
    mp_frame_name(crash, &frame, name, sizeof(name));
    assert_string_equal(name, "Canvas.draw(in:)");
    snprintf(frame.symbol, sizeof(frame.symbol),
             "$s9workbench6CanvasC4draw2inySo6CGRectV_tF");
    mp_frame_name(crash, &frame, name, sizeof(name));
    assert_string_equal(name, "Canvas.draw(in:)");
    mp_crash_destroy(crash);
}

static void name_in_rust_has_neither_hash_nor_generic_arguments(void **state) {
    (void)state;
    assert_name("lab_gpu::queue::Queue::submit::h0123456789abcdef",
                "lab_gpu::queue::Queue::submit");
    assert_name("<lab::Queue<T> as core::ops::Drop>::drop::h0123456789abcdef",
                "<lab::Queue as core::ops::Drop>::drop");
    assert_name("<lab::Pool as core::ops::Drop>::drop",
                "<lab::Pool as core::ops::Drop>::drop");
    assert_name("lab::main::{{closure}}::h0123456789abcdef", "lab::main::{closure}");
    assert_name("lab::main::{closure#0}", "lab::main::{closure}");
    assert_name("_ZN7lab_gpu5queue5Queue6submit17h0123456789abcdefE",
                "lab_gpu::queue::Queue::submit");
    assert_name("_ZN46_$LT$lab..Queue$u20$as$u20$core..ops..Drop$GT$4drop17h"
                "0123456789abcdefE",
                "<lab::Queue as core::ops::Drop>::drop");
    assert_name("_RNvNtCs15kBYyAo9fc_7mycrate3foo7example", "mycrate::foo::example");
    assert_name("_RNvMCs15kBYyAo9fc_7mycrateNtB2_7Example3foo", "mycrate::Example::foo");
    assert_name("_RNvXCs15kBYyAo9fc_7mycrateNtB2_7ExampleNtB2_5Trait3foo",
                "<mycrate::Example as mycrate::Trait>::foo");
    assert_name("_RNCNvCsgStHSCytQ6I_7mycrate4main0B3_", "mycrate::main::{closure}");
    assert_name("_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of");
}

static void name_in_go_is_package_and_method(void **state) {
    (void)state;
    assert_name("main.(*Canvas).Draw", "main.(*Canvas).Draw");
    assert_name("main.(*Canvas).Draw(0xc000012345, 0x1)", "main.(*Canvas).Draw");
    assert_name("github.com/lab/gpu/pool.Take", "github.com/lab/gpu/pool.Take");
    assert_name("runtime.raise.abi0", "runtime.raise");
    assert_name("main.Map[...]", "main.Map");
}

/* What a debugger or an assembler writes where it knows no name. */
static void name_that_says_nothing_is_module_and_offset(void **state) {
    static const char *const names[] = {
        "<redacted>", "0", "???", "Ltmp12", "0x104001000", "___lldb_unnamed_symbol77"};
    struct mp_crash *crash = mp_crash_create();
    struct mp_crash_module *module = mp_crash_add_module(crash);
    (void)state;
    snprintf(module->path, sizeof(module->path), "/opt/lab/workbench");
    module->base = 0x104000000;
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        struct mp_crash_frame frame = {.pc = 0x104001234, .offset = 8};
        char name[MP_FRAME_NAME_MAX];
        snprintf(frame.symbol, sizeof(frame.symbol), "%s", names[i]);
        mp_frame_name(crash, &frame, name, sizeof(name));
        assert_string_equal(name, "workbench!+0x1234");
        assert_false(mp_frame_is_runtime(crash, &frame, NULL));
    }
    mp_crash_destroy(crash);
}

static void broken_names_are_kept_within_bounds(void **state) {
    static const char *const names[] = {
        "(",        "<<<<<<",      ">>>>", "-[", "-[]",           "[",
        "AGXG",     "HAL",         "G16",  ".",  "_block_invoke", "a<b>c<d",
        "operator", "\x01\x02\xff"};
    char name[MP_FRAME_NAME_MAX];
    struct mp_crash *crash = mp_crash_create();
    (void)state;
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        for (size_t size = 1; size <= sizeof(name); size++) {
            struct mp_crash_frame frame = {.module = -1};
            snprintf(frame.symbol, sizeof(frame.symbol), "%s", names[i]);
            memset(name, 'x', sizeof(name));
            mp_frame_name(crash, &frame, name, size);
            assert_true(strlen(name) < size);
        }
    }
    struct mp_crash_frame frame = {.module = 99};
    memset(frame.symbol, '<', sizeof(frame.symbol) - 1);
    mp_frame_name(crash, &frame, name, sizeof(name));
    memset(frame.symbol, 'G', sizeof(frame.symbol) - 1);
    mp_frame_name(crash, &frame, name, sizeof(name));
    assert_int_equal(strlen(name), sizeof(name) - 1);
    assert_string_equal(mp_frame_module(crash, &frame), "");
    mp_crash_destroy(crash);
}

static void frames_of_the_runtime_are_told_and_their_kinds_named(void **state) {
    static const struct {
        const char *symbol;
        bool is_runtime;
        const char *kind;
    } rows[] = {
        {"objc_msgSend", true, "objc_msgSend"},
        {"objc_retain_x20", true, "objc_retain"},
        {"objc_alloc", true, ""},
        {"_int_free", true, "the allocator"},
        {"abort", true, ""},
        {"abortive", false, ""},
        {"freedom", false, ""},
        {"MTLReportFailure.cold", true, ""},
        {"worker_main", false, ""},
        {"closure #1 in closure #1 in _assertionFailure(_:_:file:line:flags:)", true, ""},
        {"$ss17_assertionFailure__4file4line5flagss5NeverOs12StaticStringV_SSAHSus6UInt32Vt"
         "F",
         true, ""},
        {"swift_retain", true, "swift_retain"},
        {"thunk for @escaping @callee_guaranteed () -> ()", true, ""},
        {"_ZSt9terminatev", true, ""},
        {"_Znwm", true, "the allocator"},
        {"runtime.sigpanic", true, ""},
        {"main.(*Pool).Put", false, ""},
        {"core::panicking::panic_fmt::h0123456789abcdef", true, ""},
        {"<deduplicated_symbol>", true, ""},
        {"-[__NSArrayI objectAtIndex:]", true, ""},
        {"", true, ""},
    };
    struct mp_crash *crash = mp_crash_create();
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_crash_frame frame = {.module = -1};
        const char *kind = NULL;
        snprintf(frame.symbol, sizeof(frame.symbol), "%s", rows[i].symbol);
        assert_int_equal(mp_frame_is_runtime(crash, &frame, &kind), rows[i].is_runtime);
        assert_string_equal(kind, rows[i].kind);
    }
    mp_crash_destroy(crash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_of_a_method_is_whole_but_for_its_category),
        cmocka_unit_test(name_of_a_function_has_no_arguments_and_no_suffix),
        cmocka_unit_test(name_in_cxx_ends_in_its_function_whatever_the_templates),
        cmocka_unit_test(name_in_swift_is_that_of_the_declaration),
        cmocka_unit_test(name_of_a_frame_in_swift_has_no_module),
        cmocka_unit_test(name_in_rust_has_neither_hash_nor_generic_arguments),
        cmocka_unit_test(name_in_go_is_package_and_method),
        cmocka_unit_test(name_that_says_nothing_is_module_and_offset),
        cmocka_unit_test(broken_names_are_kept_within_bounds),
        cmocka_unit_test(frames_of_the_runtime_are_told_and_their_kinds_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
