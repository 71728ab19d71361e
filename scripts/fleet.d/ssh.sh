# Machines over ssh, all at once through GNU parallel. Of each there is, in from/: NAME.db, the newest copy of its
# database; NAME.state, 'running', 'ended CODE' or 'gone WHY'; NAME.log, what its run said.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0

engine_prepare() {
    command -v parallel >/dev/null || die 'needs GNU parallel (package parallel)' 6
    parallel --version 2>/dev/null | grep -q 'GNU parallel' || die 'parallel is not GNU parallel: install that one' 6
    [ -r "$hosts" ] || die "cannot read $hosts"
    mkdir -p "$folder/from" "$folder/way"
    # Blanks that the shell splits at become tabs; what is missing has its default.
    sed 's/#.*//' "$hosts" | while read -r name where there into rest; do
        [ -n "$name" ] || continue
        [ -n "$where" ] && [ -z "$rest" ] || die "$hosts: '$name' needs a destination, and at most a program and a folder after it"
        case $name in *[!A-Za-z0-9._-]*) die "$hosts: a name has letters, digits, '.', '_' and '-' only, not '$name'" ;; esac
        printf '%s\t%s\t%s\t%s\n' "$name" "$where" "${there:-mpstress}" "${into:-mpstress-fleet}"
    done >"$folder/hosts"
    [ -s "$folder/hosts" ] || die "$hosts names no machine"
    twice=$(cut -f 1 "$folder/hosts" | sort | uniq -d | head -n 1)
    [ -z "$twice" ] || die "$hosts has two machines called $twice"
    arguments=$(quoted "$@")
}

# each SCRIPT: sends a script of fleet.d to all machines at once, with what it is to know; its output goes to way/NAME.
each() {
    while IFS='	' read -r name where there into; do
        {
            printf 'program=%s into=%s fleet=%s name=%s seed=%s\n' "$(quoted "$there")" "$(quoted "$into")" "$fleet" "$name" "$(seed_of "$name")" |
                sed "s/= '/='/g"
            printf 'arguments() {\n    set --%s\n    run "$@"\n}\n' "$arguments"
            cat "$parts/$1"
        } >"$folder/way/$name.sh"
        printf '%s\t%s\n' "$name" "$where"
    done <"$folder/hosts" >"$folder/way/list"
    # shellcheck disable=SC2016
    SSH=$ssh WAY=$folder/way parallel --will-cite --jobs 0 --timeout 120 --colsep '\t' \
        '$SSH {2} sh -s <"$WAY"/{1}.sh >"$WAY"/{1}.out 2>"$WAY"/{1}.err; echo $? >"$WAY"/{1}.code' <"$folder/way/list" 2>/dev/null || :
}

# What each said became its state; a machine that said nothing is gone, for now.
keep_states() {
    cut -f 1 "$folder/hosts" | while read -r name; do
        state=$(sed -n 's/^state //p' "$folder/way/$name.out" 2>/dev/null | tail -n 1)
        [ -n "$state" ] || state="gone $(tail -n 1 "$folder/way/$name.err" 2>/dev/null | cut -c 1-200)"
        case $state in gone*)
            case $(cat "$folder/from/$name.state" 2>/dev/null) in
            gone*) ;;
            *) say "$name cannot be reached: ${state#gone }" ;;
            esac
            ;;
        esac
        printf '%s\n' "$state" >"$folder/from/$name.state"
        sed -n 's/^log //p' "$folder/way/$name.out" >"$folder/from/$name.log" 2>/dev/null || :
    done
}

engine_start() {
    rm -f "$folder"/way/*.out
    each start.sh
    keep_states
}

engine_fetch() {
    rm -f "$folder"/way/*.out
    each fetch.sh
    keep_states
    # shellcheck disable=SC2016
    while IFS='	' read -r name where there into; do
        case $(cat "$folder/from/$name.state") in gone*) ;; *) printf '%s\t%s\t%s\n' "$name" "$where" "$(quoted "$into/$fleet/copy.db")" ;; esac
    done <"$folder/hosts" >"$folder/way/list"
    # shellcheck disable=SC2016
    SSH=$ssh FROM=$folder/from parallel --will-cite --jobs 0 --timeout 600 --colsep '\t' \
        '$SSH {2} cat{3} >"$FROM"/{1}.new 2>/dev/null && test -s "$FROM"/{1}.new && mv "$FROM"/{1}.new "$FROM"/{1}.db; rm -f "$FROM"/{1}.new' \
        <"$folder/way/list" 2>/dev/null || :
}

engine_stop() {
    rm -f "$folder"/way/*.out
    each stop.sh
    keep_states
}
