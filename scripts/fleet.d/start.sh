# On a machine: starts its share, beside this shell. Before it stand program, into, fleet, name, seed and arguments.
# shellcheck shell=sh disable=SC2154,SC2317
# SPDX-License-Identifier: Apache-2.0
set -u
run() {
    # A process of its own: what asked for it may go away.
    nohup sh -c '"$@" >run.log 2>&1 </dev/null & echo $! >run.pid; wait $!; echo $? >run.code.new; mv run.code.new run.code' \
        sh "$program" run "$@" --fleet "$fleet/$name" --seed "$seed" --db run.db >/dev/null 2>&1 </dev/null &
}
case $into in /*) ;; *) into=$HOME/$into ;; esac
if ! mkdir -p "$into/$fleet" || ! cd "$into/$fleet"; then
    echo "state ended 6"
    echo "log cannot make $into/$fleet"
    exit 0
fi
if ! command -v "$program" >/dev/null 2>&1; then
    echo "state ended 6"
    echo "log $name has no $program"
    exit 0
fi
arguments
# What is refused is refused at once.
tries=0
while [ "$tries" -lt 100 ] && [ ! -e run.code ] && [ ! -s run.db ]; do
    sleep 0.1 2>/dev/null || sleep 1
    tries=$((tries + 1))
done
if [ -e run.code ]; then echo "state ended $(cat run.code)"; else echo "state running"; fi
tail -n 5 run.log 2>/dev/null | sed 's/^/log /'
