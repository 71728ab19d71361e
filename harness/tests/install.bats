# An installed copy: everything works from an empty prefix, with nothing of the build or the sources.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    export prefix="$BATS_FILE_TMPDIR/prefix"
    cmake --install "$MP_BIN/.." --prefix "$prefix" > "$BATS_FILE_TMPDIR/install.log"
}

# installed COMMAND...: runs with only the installed programs, as for a user.
installed() {
    mkdir -p home
    env -i "HOME=$PWD/home" "PATH=$prefix/bin:/usr/bin:/bin" "ASAN_OPTIONS=$ASAN_OPTIONS" \
        "TSAN_OPTIONS=$TSAN_OPTIONS" "UBSAN_OPTIONS=$UBSAN_OPTIONS" "$@"
}

@test "the smoke suite runs on the installed model, and the control is found" {
    run installed mpstress run --suite smoke --rounds 4 --db rounds.db
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'broken'")" = 0 ]
    # A sanitizer ends the planted crash in its own way: then work is missing.
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome IN ('crash', 'dropped')")" = 1 ]
    # Whatever was mapped is of the prefix or of the system.
    [ "$(query "SELECT count(*) FROM module_set_member WHERE path LIKE '%libmpmodel%'")" -ge 1 ]
    [ "$(query "SELECT count(*) FROM module_set_member WHERE instr(path, '$MP_BIN') > 0
        OR instr(path, '$MP_SOURCE') > 0")" = 0 ]
}

@test "a night runs, and reports stand beside its database" {
    printf 'rounds = 2\n[mm]\niters = 2\nn = 8\n' > short.ini
    run installed mpstress-nightly --suite ./short.ini --duration 1m
    [[ "$output" == *"mpstress-nightly: night "*" ended with "* ]]
    echo "$output"
    [ "$status" -eq 0 ]
    [ -s "home/.local/state/mpstress/nights.db" ]
    ls home/.local/state/mpstress/night-*.md
    ls home/.local/state/mpstress/night-*.{html,summary.html,nights.html} home/.local/state/mpstress/badge.svg
}

@test "programs find what they may say, and the examples work" {
    cp "$prefix"/share/mpstress/examples/* .
    cc -pthread -I "$prefix/include" -o sums sums.c
    installed mpstress run --exec './sums locked' --rounds 2 --db rounds.db || [ $? -eq 3 ] # no overlap
    [ "$(query "SELECT DISTINCT ops_done FROM round")" = 2000 ]
    command -v /usr/bin/python3 > /dev/null || skip "there is no python3"
    installed PYTHONPATH="$prefix/share/mpstress/python" mpstress run --exec 'python3 sums.py' --rounds 1 --db python.db
    [ "$(query "SELECT ops_done FROM round" python.db)" = 80 ]
}

@test "every command of the installed copy answers" {
    installed mpstress run noop --device null --rounds 3 --db rounds.db
    installed mpstress run noop --device null:fault=abort --rounds 1 --db crashed.db || true
    local call
    for call in 'report --db rounds.db' 'show crash 1 --db crashed.db' 'plan rate<5% --rounds 9' 'list' \
        'list smoke' 'doctor --db rounds.db' 'merge all.db rounds.db crashed.db' 'help run' 'version'; do
        run installed mpstress $call
        echo "$call: $output"
        [ "$status" -eq 0 ]
    done
    run installed mpstress compare none serial mm:iters=2,n=8 --rounds 2 --all-rounds --db compared.db
    echo "$output"
    [ "$status" -eq 3 ] || [ "$status" -eq 5 ]
    for call in smoke nightly controls streams; do
        installed mpstress list --names suites | grep -qx "$call"
    done
    # Every program has a page: its own, a guide of its name, or one that leads to a guide.
    for call in "$prefix"/bin/*; do
        page=$(cat "$prefix/share/man/man1/${call##*/}.1" "$prefix/share/man/man7/${call##*/}.7" 2> /dev/null || true)
        [ -n "$page" ]
        [[ "$page" != .so\ * ]] || [ -s "$prefix/share/man/${page#.so }" ]
    done
    # Guides, as pages and in the program; completions; what is told by --notify; what is known.
    for call in "$MP_SOURCE"/harness/manual/*; do
        [ -s "$prefix/share/man/man7/mpstress-${call##*/}.7" ]
        installed mpstress help "${call##*/}" | grep -q "^${call##*/} - "
    done
    [ -s "$prefix/share/bash-completion/completions/mpstress" ]
    [ -s "$prefix/share/zsh/site-functions/_mpstress" ]
    [ -s "$prefix/share/fish/vendor_completions.d/mpstress.fish" ]
    for call in mail webhook github_issue; do
        [ -x "$prefix/share/mpstress/notify/$call" ]
    done
    installed mpstress known list --db crashed.db
}

@test "the installed fleet finds its parts, its program, and refuses what it has no engine for" {
    run -0 installed mpstress-fleet --help
    [[ "$output" == *"Usage: mpstress-fleet --hosts FILE"* ]]
    for part in machine start fetch stop ssh slurm task; do
        [ -s "$prefix/share/mpstress/fleet.d/$part.sh" ]
    done
    # It goes as far as it can without a machine: through parallel and ssh, where they are.
    printf 'nowhere nobody@127.0.0.1\n' >hosts
    run -6 installed mpstress-fleet --ssh 'ssh -p 1 -o BatchMode=yes' --hosts hosts -- noop --device null
    echo "$output"
    [[ "$output" == *"no machine could be started"* ]] || [[ "$output" == *"needs GNU parallel"* ]]
}
