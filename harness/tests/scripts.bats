# The scripts that build: several at once, called by whatever path. cmake is stood in for by one that fails if two of it
# run at once.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    mkdir -p tree/scripts bin
    cp "$MP_SOURCE/scripts/run" "$MP_SOURCE/scripts/build" tree/scripts/
    printf '#!/bin/sh\n' > tree/scripts/bootstrap
    cat > bin/cmake <<'SH'
#!/bin/sh
mkdir busy || { echo "two builds at once"; exit 1; }
sleep 0.3
case $1 in
--build)
    mkdir -p build/release/bin
    printf '#!/bin/sh\necho "ran $*"\n' > build/release/bin/mpstress
    chmod +x build/release/bin/mpstress
    ;;
*) touch build/release/build.ninja ;;
esac
rmdir busy
SH
    chmod +x bin/cmake tree/scripts/bootstrap
    export PATH="$PWD/bin:$PATH"
    unset CDPATH
}

@test "two builds at once take turns" {
    tree/scripts/run version > first 2>&1 &
    other=$!
    run -0 tree/scripts/run version
    [ "$output" = "ran version" ]
    wait "$other"
    [ "$(cat first)" = "ran version" ]
}

@test "builds take turns where neither flock nor lockf is, and what is no file is not waited for" {
    mkdir few
    for tool in sh sleep mkdir rmdir touch chmod cat rm mv dirname perl readlink; do
        ln -s "$(command -v $tool)" few/
    done
    PATH=$PWD/bin:$PWD/few tree/scripts/run version > first 2>&1 &
    other=$!
    PATH=$PWD/bin:$PWD/few run -0 tree/scripts/run version
    wait "$other"
    [ "$output$(cat first)" = "ran versionran version" ]
    rm tree/build/release.lock
    mkfifo tree/build/release.lock
    run -6 timeout 20 tree/scripts/build release
    [[ "$output" == *"release.lock, by which two builds take turns, is no file; remove it" ]]
}

@test "what a killed call left is removed, and what another call writes is kept" {
    mkdir -p tree/build/release
    touch tree/build/release/last-build.log.999999999 "tree/build/release/last-build.log.$$"
    run -0 tree/scripts/run version
    [ ! -e tree/build/release/last-build.log.999999999 ]
    [ -e "tree/build/release/last-build.log.$$" ]
}

@test "a script is found by a relative path, with CDPATH, and by a symbolic link" {
    CDPATH="$PWD" run -0 sh tree/scripts/run version
    [ "$output" = "ran version" ]
    cd tree
    CDPATH=.. run -0 sh scripts/run version
    [ "$output" = "ran version" ]
    ln -s "$PWD/scripts/run" ../bin/stress
    run -0 stress version
    [ "$output" = "ran version" ]
}

@test "scripts/fleet finds its parts through a symbolic link" {
    ln -s "$MP_SOURCE/scripts/fleet" fleet
    echo alone > hosts
    MPSTRESS=$MP_BIN/mpstress run ! ./fleet --rounds 1 --folder runs --hosts hosts -- noop --device null
    # What its parts say, be it that GNU parallel is missing.
    [[ "$output" == *"'alone' needs a destination"* || "$output" == *"GNU parallel"* ]]
}

@test "what was built in a tree that is read-only is run as it is" {
    [ "$(id -u)" -ne 0 ] || skip "root may write anywhere"
    run -0 tree/scripts/run version
    chmod a-w tree/build/release
    run -0 --separate-stderr tree/scripts/run version
    [ "$output" = "ran version" ]
    [[ "$stderr" == *"is read-only; what was built there is run as it is"* ]]
    chmod u+w tree/build/release
}

@test "where nothing is built and nothing can be written, that is said" {
    touch tree/build
    run -6 --separate-stderr tree/scripts/run version
    [[ "$stderr" == *"cannot build in $PWD/tree/build/release: nothing can be written there"* ]]
}
