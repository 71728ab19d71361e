# Machines over ssh, all at once through GNU parallel. Of each there is, in from/: NAME.db, the newest copy of its
# database, and NAME.sum, its sum; NAME.state, 'running', 'ended CODE', 'lost HOW' or 'gone WHY'; NAME.log, what its
# run said.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0

engine_needs() {
    command -v parallel >/dev/null || die 'needs GNU parallel (package parallel)' 6
    parallel --version 2>/dev/null | grep -q 'GNU parallel' || die 'parallel is not GNU parallel: install that one' 6
}

# Blanks that the shell splits at become tabs; what is missing has its default. Last stands the seed.
engine_prepare() {
    [ -r "$hosts" ] || die "cannot read $hosts"
    sed 's/#.*//' "$hosts" | while read -r name where there into rest; do
        [ -n "$name" ] || continue
        if [ -z "$where" ] || [ -n "$rest" ]; then
            die "$hosts: '$name' needs a destination, and at most a program and a folder after it"
        fi
        case $name in *[!A-Za-z0-9._-]*) die "$hosts: a name has letters, digits, '.', '_' and '-' only, not '$name'" ;; esac
        printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$where" "${there:-mpstress}" "${into:-mpstress-fleet}" "$(seed_of "$name")"
    done >"$folder/hosts"
    [ -s "$folder/hosts" ] || die "$hosts names no machine"
    twice=$(cut -f 1 "$folder/hosts" | sort | uniq -d | head -n 1)
    [ -z "$twice" ] || die "$hosts has two machines called $twice"
}

# each SCRIPT: sends a script of fleet.d to all machines at once, with what it is to know; its output goes to way/NAME.
each() {
    rm -f "$folder"/way/*.out
    # shellcheck disable=SC2034
    while IFS='	' read -r name where there into own_seed; do
        {
            for word in there into fleet name own_seed; do
                assignment "$word"
            done
            read_line "$folder/from/$name.sum"
            # shellcheck disable=SC2016
            printf 'program=$there seed=$own_seed have="%s"\n' "$line"
            printf 'arguments() {\n    run%s\n}\n' "$arguments"
            cat "$parts/machine.sh" "$parts/$1"
        } >"$folder/way/$name.sh"
        printf '%s\t%s\n' "$name" "$where"
    done <"$folder/hosts" >"$folder/way/list"
    # shellcheck disable=SC2016
    SSH=$ssh WAY=$folder/way parallel --will-cite --jobs 0 --timeout 600 --colsep '\t' \
        '$SSH {2} sh -s <"$WAY"/{1}.sh >"$WAY"/{1}.out 2>"$WAY"/{1}.err' <"$folder/way/list" 2>/dev/null || :
}

# read_answer NAME: `state`, `problem` and `sum` of what it said, and its log into from/. What comes after the line with
# the sum is the copy of its database.
read_answer() {
    state='' problem='' sum='' log=$folder/way/$1.log
    : >"$log"
    while IFS= read -r line; do
        case $line in
        'state '*) state=${line#state } ;;
        'problem '*) problem=${line#problem } ;;
        'log '*) printf '%s\n' "${line#log }" >>"$log" ;;
        'copy '*)
            sum=${line#copy }
            break
            ;;
        esac
    done 2>/dev/null <"$folder/way/$1.out" || :
    [ -z "$state" ] || mv "$log" "$folder/from/$1.log"
}

# A copy that did not arrive whole comes at the next look.
keep_copy() {
    new=$folder/from/$1.new
    tail -c "${sum#* }" "$folder/way/$1.out" >"$new"
    if [ "$(cksum <"$new")" = "$sum" ]; then
        rm -f "$folder/from/$1".db-*
        mv "$new" "$folder/from/$1.db"
        printf '%s\n' "$sum" >"$folder/from/$1.sum"
    else
        rm "$new"
        say "the copy of $1 did not arrive whole; the one before stays"
    fi
}

# What each said became its state; a machine that said nothing is gone, for now.
keep_answers() {
    while IFS='	' read -r name rest; do
        read_line "$folder/from/$name.state"
        before=$line
        read_answer "$name"
        [ -n "$state" ] || state="gone $(tail -n 1 "$folder/way/$name.err" 2>/dev/null | cut -c 1-200)"
        case ${state%%[ ,]*}-${before%%[ ,]*} in
        gone-gone | lost-lost) ;;
        gone-*) say "$name cannot be reached: ${state#gone }" ;;
        lost-*) say "the run on $name is $state; what it recorded counts, and --resume goes on with it" ;;
        esac
        [ -z "$problem" ] || say "$name: $problem"
        printf '%s\n' "$state" >"$folder/from/$name.state"
        [ -z "$sum" ] || keep_copy "$name"
    done <"$folder/hosts"
}

engine_start() {
    each start.sh
    keep_answers
}

engine_fetch() {
    each fetch.sh
    keep_answers
}

engine_stop() {
    each stop.sh
    keep_answers
}
