# An array job of Slurm, whose tasks record into from/ of the folder themselves: it is shared. Of each task there is NAME.db,
# NAME.log and NAME.code, once it has ended, and NAME.state as with ssh.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0

engine_prepare() {
    command -v sbatch >/dev/null || die 'needs Slurm: there is no sbatch here' 6
    mkdir -p "$folder/from"
    arguments=$(quoted "$@")
}

engine_start() {
    {
        printf '#!/bin/sh\n'
        printf 'name=task-$SLURM_ARRAY_TASK_ID\ncd %s || exit 6\n' "$(quoted "$folder/from")"
        printf 'case $SLURM_ARRAY_TASK_ID in\n'
        task=0
        while [ "$task" -lt "$tasks" ]; do
            printf '%s) seed=%s ;;\n' "$task" "$(seed_of "task-$task")"
            task=$((task + 1))
        done
        printf 'esac\n%s run%s --fleet %s/"$name" --seed "$seed" --db "$name.db" >"$name.log" 2>&1 &\n' "$(quoted "$program")" "$arguments" "$fleet"
        # A signal ends the wait; the run, to which it is passed on, ends its rounds first.
        printf 'run=$!\ntrap '\''kill -TERM $run'\'' TERM INT\nwait $run; code=$?\n'
        printf 'while kill -0 $run 2>/dev/null; do wait $run; code=$?; done\necho "$code" >"$name.code"\n'
    } >"$folder/job.sh"
    # shellcheck disable=SC2086
    job=$(sbatch --parsable --array="0-$((tasks - 1))" --job-name="mpstress-$fleet" --output="$folder/from/slurm-%a.out" $sbatch "$folder/job.sh") ||
        die 'sbatch did not take the job' 6
    job=${job%%;*}
    say "job $job of Slurm, $tasks tasks"
    set_states
}

# A task that Slurm knows no longer and that left no code is gone with its node.
set_states() {
    known=$(squeue --noheader --array --format='%K' --job="$job" 2>/dev/null) || known=''
    task=0
    while [ "$task" -lt "$tasks" ]; do
        base=$folder/from/task-$task
        if [ -e "$base.code" ]; then
            state="ended $(cat "$base.code")"
        elif printf '%s\n' "$known" | grep -qx "$task"; then
            state=running
        else
            state='gone with its node, or Slurm does not answer'
        fi
        printf '%s\n' "$state" >"$base.state"
        task=$((task + 1))
    done
}

engine_fetch() {
    set_states
}

engine_stop() {
    scancel --signal=TERM --batch "$job" 2>/dev/null || :
    # What waits for a node has recorded nothing.
    scancel --state=PENDING "$job" 2>/dev/null || :
    waited=0
    while [ "$waited" -lt 100 ] && squeue --noheader --job="$job" 2>/dev/null | grep -q .; do
        sleep 1
        waited=$((waited + 1))
    done
    set_states
}
