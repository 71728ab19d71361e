# Machines over ssh, all at once through GNU parallel. Of each there is, in from/: NAME.db, the newest copy of its
# database, and NAME.sum, its sum; NAME.state, 'running', 'ended CODE', 'lost HOW' or 'gone WHY'; NAME.log, what its
# run said.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0

engine_needs() {
    command -v parallel >/dev/null || die 'needs GNU parallel (package parallel)' 6
    parallel --version 2>/dev/null | grep -q 'GNU parallel' || die 'parallel is not GNU parallel: install that one' 6
}

# Blanks that the shell splits at become tabs; what is missing has its default.
engine_prepare() {
    [ -r "$hosts" ] || die "cannot read $hosts"
    sed 's/#.*//' "$hosts" | while read -r name where there into rest; do
        [ -n "$name" ] || continue
        if [ -z "$where" ] || [ -n "$rest" ]; then
            die "$hosts: '$name' needs a destination, and at most a program and a folder after it"
        fi
        case $name in *[!A-Za-z0-9._-]*) die "$hosts: a name has letters, digits, '.', '_' and '-' only, not '$name'" ;; esac
        printf '%s\t%s\t%s\t%s\n' "$name" "$where" "${there:-mpstress}" "${into:-mpstress-fleet}"
    done >"$folder/hosts"
    [ -s "$folder/hosts" ] || die "$hosts names no machine"
    twice=$(cut -f 1 "$folder/hosts" | sort | uniq -d | head -n 1)
    [ -z "$twice" ] || die "$hosts has two machines called $twice"
}

# each SCRIPT: sends a script of fleet.d to all machines at once, with what it is to know; its output goes to way/NAME.
each() {
    rm -f "$folder"/way/*.out
    while IFS='	' read -r name where there into; do
        {
            for word in there into fleet name; do
                assignment "$word"
            done
            # shellcheck disable=SC2016
            printf 'program=$there seed=%s have="%s"\n' "$(seed_of "$name")" "$(cat "$folder/from/$name.sum" 2>/dev/null)"
            printf 'arguments() {\n    run%s\n}\n' "$arguments"
            cat "$parts/machine.sh" "$parts/$1"
        } >"$folder/way/$name.sh"
        printf '%s\t%s\n' "$name" "$where"
    done <"$folder/hosts" >"$folder/way/list"
    # shellcheck disable=SC2016
    SSH=$ssh WAY=$folder/way parallel --will-cite --jobs 0 --timeout 600 --colsep '\t' \
        '$SSH {2} sh -s <"$WAY"/{1}.sh >"$WAY"/{1}.out 2>"$WAY"/{1}.err' <"$folder/way/list" 2>/dev/null || :
}

# said NAME WORD: the lines of its answer that begin with it, before the copy of its database.
said() {
    LC_ALL=C sed -n -e "s/^$2 //p" -e '/^copy /q' "$folder/way/$1.out" 2>/dev/null || :
}

# What each said became its state; a machine that said nothing is gone, for now.
keep_states() {
    cut -f 1 "$folder/hosts" | while read -r name; do
        before=$(cat "$folder/from/$name.state" 2>/dev/null) || :
        state=$(said "$name" state)
        [ -n "$state" ] || state="gone $(tail -n 1 "$folder/way/$name.err" 2>/dev/null | cut -c 1-200)"
        case ${state%%[ ,]*}-${before%%[ ,]*} in
        gone-gone | lost-lost) ;;
        gone-*) say "$name cannot be reached: ${state#gone }" ;;
        lost-*) say "the run on $name is $state; what it recorded counts, and --resume goes on with it" ;;
        esac
        said "$name" problem | while read -r line; do say "$name: $line"; done
        printf '%s\n' "$state" >"$folder/from/$name.state"
        case $state in gone*) ;; *) said "$name" log >"$folder/from/$name.log" ;; esac
    done
}

engine_start() {
    each start.sh
    keep_states
}

# A copy that did not arrive whole comes at the next look.
engine_fetch() {
    each fetch.sh
    keep_states
    cut -f 1 "$folder/hosts" | while read -r name; do
        sum=$(said "$name" copy)
        [ -n "$sum" ] || continue
        new=$folder/from/$name.new
        tail -c "${sum#* }" "$folder/way/$name.out" >"$new"
        if [ "$(cksum <"$new")" = "$sum" ]; then
            rm -f "$folder/from/$name".db-*
            mv "$new" "$folder/from/$name.db"
            printf '%s\n' "$sum" >"$folder/from/$name.sum"
        else
            rm "$new"
            say "the copy of $name did not arrive whole; the one before stays"
        fi
    done
}

engine_stop() {
    each stop.sh
    keep_states
}
