#!/usr/bin/env bats
# The life of an encoder's context, checked to completion by spin, says what the emulator says of the driver's
# instructions (patch.bats) and the model's tests of its readers: who is hurt in which order, and what cures it.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

@test "readers, orders and fixes: which can meet NULL or a context that was given back" {
    cd "$BATS_TEST_TMPDIR" || exit 1
    run -0 --separate-stderr "$MP_SOURCE/repro/spin/check"
    [ "$stderr" = "" ]
    echo "$output"
    # Each search went over more than a handful of states.
    echo "$output" | awk 'NR > 1 && ($6 + 0 < 40 || $7 + 0 < 40) { exit 1 }'
    echo "$output" | awk 'NR > 1 { print $1, $2, $3, $4, $5 }' > found
    cat > expected <<'END'
U original none yes yes
U original mutex yes no
U original guard no no
U patched none yes yes
U patched mutex yes no
U patched guard no no
L original none yes yes
L original mutex no no
L original guard no no
L patched none no no
L patched mutex no no
L patched guard no no
S original none yes yes
S original mutex no no
S original guard no no
S patched none yes yes
S patched mutex no no
S patched guard no no
P original none no yes
P original mutex no no
P original guard no no
P patched none no no
P patched mutex no no
P patched guard no no
END
    diff expected found
}
