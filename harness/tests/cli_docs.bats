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

# complete WORD...: what bash offers for the last word.
complete_words() {
    COMP_WORDS=(mpstress "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _mpstress
    printf '%s\n' "${COMPREPLY[@]}"
}

@test "bash completes commands, options, choices and names" {
    PATH="$MP_BIN:$PATH"
    "$program" help --format=bash > completion
    # shellcheck disable=SC1091 # made above
    source ./completion
    complete_words re | grep -qx report
    complete_words run --cap | grep -qx -- --capture
    complete_words run --capture of | grep -qx off
    complete_words run destroy | grep -qx destroy_impl
    complete_words run --arm encode | grep -qx encode_mutex
    complete_words run --suite smo | grep -qx smoke
    touch 'my rounds.db'
    complete_words report --db my | grep -qx 'my rounds.db'
    complete_words help ver | grep -qx version
}

@test "help lines stay within 80 columns but for examples" {
    for name in $("$program" list --names=commands); do
        "$program" help "$name" | sed '/^Examples:/,$d' | awk 'length > 80 { print; bad = 1 } END { exit bad }'
    done
    "$program" help | awk 'length > 80 { print; bad = 1 } END { exit bad }'
}
