# Help, man page and completions: made from the tables, complete and well formed.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# options COMMAND: its options, as its help shows them.
options() {
    "$program" help "$1" | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'
}

@test "the man page passes mandoc's lint" {
    command -v mandoc > /dev/null || skip "no mandoc"
    "$program" help --format=man > mpstress.1
    run mandoc -T lint mpstress.1
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "man page and completions hold every command and every option" {
    for format in man bash zsh fish; do
        "$program" help --format=$format > $format
    done
    for name in $("$program" list --names=commands); do
        [ -n "$(options "$name")" ]
        for option in $(options "$name"); do
            word=${option#--}
            grep -q -- "Fl .*${word//-/.*}" man || { echo "man: $name $option"; false; }
            grep -q -- "$name:.*$option" bash || { echo "bash: $name $option"; false; }
            grep -q -- "$option" zsh || { echo "zsh: $name $option"; false; }
            grep -q -- "_from $name' -l $word" fish || { echo "fish: $name $option"; false; }
        done
    done
    for variable in MPSTRESS_DB MPSTRESS_SUITES MPSTRESS_ROUND MPSTRESS_MODEL NO_COLOR; do
        grep -q "Ev $variable" man
    done
}

@test "the options of run are those of the design" {
    for option in suite rounds duration seed round-seed timeout jobs arm device db capture recorder json \
        quiet verbose color; do
        options run | grep -qx -- "--$option"
    done
}

@test "completions describe an option by the first clause of its help" {
    "$program" help --format=zsh > zsh
    "$program" help --format=fish > fish
    grep -qF -- "'--rounds=[rounds of each cell, overriding the suite]:N:'" zsh
    grep -qF -- "-l rounds -x -d 'rounds of each cell, overriding the suite'" fish
    grep -qF -- "a name that '\\''mpstress list'\\'' shows" zsh
    grep -qF -- "a name that \\'mpstress list\\' shows" fish
    [[ "$("$program" help run)" == *"rounds of each cell, overriding the suite; 0:"* ]]
}

@test "completions have the syntax of their shells" {
    "$program" help --format=bash > bash
    bash -n bash
    if command -v zsh > /dev/null; then
        "$program" help --format=zsh > zsh
        zsh -n zsh
    fi
    if command -v fish > /dev/null; then
        "$program" help --format=fish > fish
        fish -n fish
    fi
}

# complete_line LINE: what bash offers at its end, and puts behind the last = or : of it, or in place of the last @.
complete_line() {
    COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
    _mpstress
    printf '%s\n' "${COMPREPLY[@]}"
}

@test "bash completes commands, options, choices and names" {
    PATH="$MP_BIN:$PATH"
    "$program" help --format=bash > completion
    # shellcheck disable=SC1091 # made above
    source ./completion
    complete_line 'mpstress re' | grep -qx report
    complete_line 'mpstress run --cap' | grep -qx -- --capture
    complete_line 'mpstress run --capture of' | grep -qx off
    complete_line 'mpstress report --format=' | grep -qx junit
    complete_line 'mpstress report --format=ma' | grep -qx markdown
    complete_line 'mpstress run destroy' | grep -qx destroy_impl
    complete_line 'mpstress run --arm encode' | grep -qx encode_mutex
    complete_line 'mpstress run --arm ' | grep -qx encode_mutex
    complete_line 'mpstress run --suite smo' | grep -qx smoke
    complete_line 'mpstress run --device metal@' | grep -qx @model
    complete_line 'mpstress run --device=metal@mo' | grep -qx @model
    complete_line 'mpstress show ' | grep -qx crash
    touch 'my rounds.db'
    complete_line 'mpstress report --db my' | grep -qx 'my rounds.db'
    complete_line 'mpstress help ver' | grep -qx version
}

@test "the names that bash completes are text: none is run, and none that a shell would act on is offered" {
    PATH="$MP_BIN:$PATH"
    "$program" help --format=bash > completion
    # shellcheck disable=SC1091 # made above
    source ./completion
    mkdir suites
    cp "$MP_SOURCE/scenarios/suites/smoke.ini" suites/smoke.ini
    cp suites/smoke.ini 'suites/$(touch${IFS}ran).ini'
    cp suites/smoke.ini 'suites/`touch${IFS}ran`.ini'
    export MPSTRESS_SUITES=$PWD/suites
    "$program" list --names=suites | grep -qF '$(touch${IFS}ran)'
    run -0 complete_line 'mpstress run --suite '
    grep -qx smoke <<< "$output"
    [[ "$output" != *touch* ]]
    run complete_line "mpstress run --suite '"
    [[ "$output" != *touch* ]]
    [ ! -e ran ]
}

# What each shell has to offer, a line "LINE;WORD;WHAT BASH INSERTS": parameters and their values, in lists and behind an
# opened quote; numbers of the database that the line names.
offers() {
    "$program" run noop --device null:fault=segv_null --rounds 2 --db some.db --quiet > /dev/null || true
    sqlite3 some.db 'UPDATE round SET id = 4100 + id; UPDATE crash SET id = 4200 + id; UPDATE signature SET id = 4300 + id;
        UPDATE campaign SET id = 4400 + id'
    cat << 'END'
run mm:thr;mm:threads=;threads=
run mm:threads=2,it;mm:threads=2,iters=;2,iters=
run mm:share=th;mm:share=thread;thread
run mm:rol;mm:role=;role=
run 'mm:threads=2|4,share=th;mm:threads=2|4,share=thread;mm:threads=2|4,share=thread
run --device metal@model:read;metal@model:reader=;reader=
run --device metal@model:defects=destroy_race+nog;metal@model:defects=destroy_race+nograph_shared;destroy_race+nograph_shared
run --device=metal@model:order=p;metal@model:order=patched;patched
run --arm semaphore=12;semaphore=128;128
show round --db some.db ;4102;4102
show crash --db=some.db 42;4201;4201
show signature --db some.db ;4301;4301
known add --db some.db ;4301;4301
package crash --db some.db ;4201;4201
package signature --db some.db ;4301;4301
help ni;nightly;nightly
help compari;comparing;comparing
report --db some.db --campaign ;4401;4401
END
}

@test "bash completes parameters, their values, and numbers" {
    PATH="$MP_BIN:$PATH"
    "$program" help --format=bash > completion
    # shellcheck disable=SC1091 # made above
    source ./completion
    while IFS=';' read -r line _ expected; do
        offered=$(complete_line "mpstress $line")
        grep -qxF -- "$expected" <<< "$offered" || { echo "$line: not '$expected' but '$offered'"; return 1; }
    done < <(offers)
}

@test "an interactive bash inserts a device and a choice" {
    command -v tmux > /dev/null || skip "no tmux"
    "$program" help --format=bash > completion
    printf 'PATH=%q:$PATH\nPS1=\nset +o history\nmpstress() { command mpstress "$@"; }\nsource ./completion\n' "$MP_BIN" > rc
    tmux -S "$PWD/tmux" -f /dev/null new-session -d -s live -x 120 -y 24 "bash --noprofile --rcfile ./rc -i"
    for line in 'run --device metal@mo' 'report --format=mark' 'run --arm encode_m' 'show sig' 'run mm:thr' \
        "run 'mm:threads=2|4,share=th"; do
        tmux -S "$PWD/tmux" send-keys -t live "echo $line" C-a C-k
        tmux -S "$PWD/tmux" send-keys -t live "mpstress $line" Tab C-a 'echo ' C-m
    done
    for line in 'run --device metal@model' 'report --format=markdown' 'run --arm encode_mutex' 'show signature' \
        'run mm:threads=' 'run mm:threads=2|4,share=thread'; do
        wait_until "it is $line" sh -c "tmux -S '$PWD/tmux' capture-pane -p -t live | grep -qx 'mpstress $line *'"
    done
    tmux -S "$PWD/tmux" kill-server
}

# zsh_complete LINE: what an interactive zsh offers at its end.
zsh_complete() {
    cat > driver << 'END'
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "PROMPT=; unsetopt zle_bracketed_paste; PATH=$MP_BIN:\$PATH; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell "zstyle ':completion:*' list-prompt ''; LISTMAX=0; bindkey '^T' list-choices; print re''ady"
zpty -r -m shell text '*ready*'
zpty -w -n shell "$1"$'\t\t'
sleep_until=$((SECONDS + 10)) all=
while (( SECONDS < sleep_until )); do
    zpty -r -t shell text && all+=$text
    [[ $all == *$2* ]] && break
done
print -r -- "$all"
zpty -d shell
END
    MP_BIN=$MP_BIN zsh -f driver "$1" "$2"
}

@test "zsh completes names of arms, suites, devices and scenarios" {
    command -v zsh > /dev/null || skip "no zsh here"
    "$program" help --format=zsh > _mpstress
    zsh_complete 'mpstress run --arm encode_m' encode_mutex | grep -q encode_mutex
    zsh_complete 'mpstress run --suite smo' smoke | grep -q smoke
    zsh_complete 'mpstress run --device metal@' metal@model | grep -q metal@model
    zsh_complete 'mpstress run destroy' destroy_impl | grep -q destroy_impl
}

@test "zsh completes parameters, their values, and numbers" {
    command -v zsh > /dev/null || skip "no zsh here"
    "$program" help --format=zsh > _mpstress
    while IFS=';' read -r line expected _; do
        zsh_complete "mpstress $line" "$expected" | tr -d '\\' | grep -qF -- "$expected" || { echo "$line: no $expected"; return 1; }
    done < <(offers)
}

@test "fish completes names, and shows no option help at a value" {
    command -v fish > /dev/null || skip "no fish here"
    "$program" help --format=fish > mpstress.fish
    for case in '--arm encode_m|encode_mutex' '--suite smo|smoke' '--device metal@|metal@model' 'destroy|destroy_impl' \
        '--capture of|off'; do
        PATH="$MP_BIN:$PATH" fish -N -c "source mpstress.fish; complete -C 'mpstress run ${case%|*}'" > offered
        grep -qP "^${case#*|}\t?\$" offered
    done
}

@test "fish completes parameters, their values, and numbers" {
    command -v fish > /dev/null || skip "no fish here"
    "$program" help --format=fish > mpstress.fish
    while IFS=';' read -r line expected _; do
        [[ $line != *--device=* ]] || expected=--device=$expected
        PATH="$MP_BIN:$PATH" fish -N -c 'source mpstress.fish; complete -C "mpstress $argv"' "$line" > offered
        cut -f 1 offered | grep -qxF -- "$expected" || { echo "$line: no $expected but"; cat offered; return 1; }
        # Numbers stand alone: not beside words that have been said.
        run ! grep -qwE 'crash|add' offered
    done < <(offers)
}

@test "help lines stay within 80 columns except examples" {
    for name in $("$program" list --names=commands); do
        "$program" help "$name" | sed '/^Examples:/,$d' | awk 'length > 80 { print; bad = 1 } END { exit bad }'
    done
    "$program" help | awk 'length > 80 { print; bad = 1 } END { exit bad }'
}
