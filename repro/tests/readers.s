// How a method of the encoder gets at the context, in four ways; each at a multiple of 64 bytes.
// Registers as in destroy_impl.s. svc #1: take the pool's lock; #2: release it; #0: done.

.text
.p2align 6                      // U: load once, no lock, no test (as disassembled)
    ldr  x10, [x19, x24]
    ldr  x11, [x10, #0x5c8]
    svc  #0

.p2align 6                      // L: lock, test, load again for the use, unlock
    svc  #1
    ldr  x10, [x19, x24]
    cbz  x10, 1f
    ldr  x10, [x19, x24]
    ldr  x11, [x10, #0x5c8]
1:  svc  #2
    svc  #0

.p2align 6                      // S: test under the lock, unlock, load again
    svc  #1
    ldr  x10, [x19, x24]
    svc  #2
    cbz  x10, 1f
    ldr  x10, [x19, x24]
    ldr  x11, [x10, #0x5c8]
1:  svc  #0

.p2align 6                      // P: lock, load once, test and use that copy, unlock
    svc  #1
    ldr  x10, [x19, x24]
    cbz  x10, 1f
    ldr  x11, [x10, #0x5c8]
1:  svc  #2
    svc  #0
