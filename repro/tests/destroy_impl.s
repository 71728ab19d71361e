// The end of destroyImpl as the words of the known build give it, with a beginning and four instructions in the
// middle (the push onto the free list, whose words are not known) written for this test.
//
// x19 encoder, x24 offset of its _impl, x20 the context, x25 pool, x21 offset of its lock.
// Pool: 0 head of the free list, 8 number of contexts in it, 16 lock. A context's first word links it.

.globl _destroy_impl, _os_unfair_lock_lock, _os_unfair_lock_unlock, _free

.text
.ifdef KNOWN_BUILD
.p2align 14
.space 0x2be058 - 0x4000 - 20
.else
.p2align 2
nop
.endif

_destroy_impl:
    add  x0, x25, x21
    bl   _os_unfair_lock_lock
    ldr  x20, [x19, x24]
    ldr  x8, [x25]
    ldr  x9, [x25, #8]
    cmp  x9, #7
_routine:
    b.hi path_2
    str  x8, [x20]
    str  x20, [x25]
    add  x9, x9, #1
    str  x9, [x25, #8]
    add  x0, x25, x21
    bl   _os_unfair_lock_unlock
    b    store
path_2:
    add  x0, x25, x21
    bl   _os_unfair_lock_unlock
    mov  x0, x20
    bl   _free
store:
    str  xzr, [x19, x24]
_end:
    ret

.ifdef KNOWN_BUILD
.space 0x6d46c4 - 0x2be094
_free:
    ret
.space 0x6d49e4 - 0x6d46c8
_os_unfair_lock_unlock:
    ret
_os_unfair_lock_lock:
    ret
.else
_os_unfair_lock_lock:
    ret
_os_unfair_lock_unlock:
    ret
_free:
    ret
.ifdef TWICE
    b.hi 1f
    nop
    nop
    nop
    nop
    add  x0, x2, x3
    bl   _os_unfair_lock_unlock
    b    2f
1:  add  x0, x2, x3
    bl   _os_unfair_lock_unlock
    mov  x0, x4
    bl   _free
2:  str  xzr, [x5, x6]
    ret
.endif
.endif
