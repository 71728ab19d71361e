# On a node of Slurm: one task of the array. Before it stand from, program, fleet, every, name, seed and arguments.
# shellcheck shell=sh disable=SC2154,SC2317
# SPDX-License-Identifier: Apache-2.0
set -u
place=${TMPDIR:-/tmp}/mpstress-$fleet/$name
mkdir -p "$place" && cd "$place" || exit 6
exec >"$from/$name.log" 2>&1

# A whole copy, which takes the place of the one before at once.
copy() {
    [ -s run.db ] || return 0
    "$program" merge --quiet copy.db run.db >/dev/null && cp copy.db "$from/$name.new" && mv "$from/$name.new" "$from/$name.db"
}
run() {
    # What was copied may be of another node, and what lies here of an earlier life. If both went on, the copy counts.
    if [ -s "$from/$name.db" ] && [ -s run.db ] && ! "$program" merge --quiet run.db "$from/$name.db"; then
        mkdir -p "aside.$$"
        mv run.db* "aside.$$"
    fi
    [ -s run.db ] || [ ! -s "$from/$name.db" ] || cp "$from/$name.db" run.db
    if [ -s run.db ]; then
        "$program" run --resume --quiet --db run.db &
    else
        "$program" run "$@" --fleet "$fleet/$name" --seed "$seed" --db run.db &
    fi
}
arguments
run=$!
# A signal is passed on to the run, which ends its rounds first.
trap 'kill -TERM "$run" 2>/dev/null' TERM INT
while kill -0 "$run" 2>/dev/null; do
    waited=0
    while [ "$waited" -lt "$every" ] && kill -0 "$run" 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
    done
    copy
done
wait "$run"
code=$?
# What is not in the shared folder stays here.
if copy && [ ! -e "$(echo aside.*)" ]; then rm -rf "$place"; fi
echo "$code" >"$from/$name.code.new"
mv "$from/$name.code.new" "$from/$name.code"
rmdir "${place%/*}" 2>/dev/null || :
