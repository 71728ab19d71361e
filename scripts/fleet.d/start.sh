# On a machine: starts its share beside this shell, or goes on with one that did not come to its end. One that runs is
# left alone, so that this can be sent again at any time.
# shellcheck shell=sh disable=SC2154,SC2317
# SPDX-License-Identifier: Apache-2.0
if ! mkdir -p "$place" || ! cd "$place"; then
    echo 'state ended 6'
    echo "log cannot make $place"
    exit 0
fi
if ! command -v "$program" >/dev/null 2>&1; then
    echo 'state ended 6'
    echo "log $name has no $program"
    exit 0
fi

# launch ARGUMENT...: a process of its own, since what asked for it may go away. One that has nothing to go on with
# (2) had ended before, with the code that it had.
launch() {
    rm -f run.pid
    # shellcheck disable=SC2016
    nohup sh -c '"$@" >>run.log 2>&1 </dev/null &
        echo $! >run.pid.new; mv run.pid.new run.pid
        wait $!; code=$?
        if [ "$code" = 2 ] && [ -e run.before ]; then code=$(cat run.before); fi
        echo "$code" >run.code.new; mv run.code.new run.code' \
        sh "$program" run "$@" --db "$place/run.db" >/dev/null 2>&1 </dev/null &
}
run() {
    launch "$@" --fleet "$fleet/$name" --seed "$seed"
}

if [ -s run.db ] && ! { [ ! -e run.code ] && is_alive; }; then
    [ ! -e run.code ] || mv run.code run.before
    launch --resume --quiet
    patience=20
elif [ -e run.code ] || ! is_alive; then
    rm -f run.code
    arguments
    patience=200
else
    patience=0
fi
# What is refused is refused at once.
tries=0
while [ "$tries" -lt "$patience" ] && [ ! -e run.code ]; do
    [ "$patience" -eq 20 ] || [ ! -s run.db ] || [ ! -e run.pid ] || break
    sleep 0.1 2>/dev/null || sleep 1
    tries=$((tries + 1))
done
tell
