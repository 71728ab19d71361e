# An array job of Slurm. Each task records on its own node, since SQLite wants a disk that is not shared, and puts whole
# copies into from/ of the folder, which is: NAME.db; NAME.log; NAME.code once it has ended. NAME.state is as with ssh.
# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0

engine_needs() {
    command -v sbatch >/dev/null || die 'needs Slurm: there is no sbatch here' 6
}

engine_prepare() {
    task=0
    while [ "$task" -lt "$tasks" ]; do
        echo "task-$task"
        task=$((task + 1))
    done >"$folder/hosts"
}

# The job of each task: what all need to know, the seeds, and then task.sh.
write_job() {
    {
        echo '#!/bin/sh'
        from=$folder/from
        for word in from program fleet every; do
            assignment "$word"
        done
        # shellcheck disable=SC2016
        echo 'case $SLURM_ARRAY_TASK_ID in'
        while read -r name; do
            printf '%s) name=%s seed=%s ;;\n' "${name#task-}" "$name" "$(seed_of "$name")"
        done <"$folder/hosts"
        printf 'esac\narguments() {\n    run%s\n}\n' "$arguments"
        cat "$parts/task.sh"
    } >"$folder/job.sh"
}

# Tasks that have not come to their end; those that run, and what Slurm still keeps in its queue, are left alone.
engine_start() {
    job=$(cat "$folder/job" 2>/dev/null) || :
    [ -z "$job" ] || set_states
    waiting=''
    while read -r name; do
        case $(cat "$folder/from/$name.state" 2>/dev/null) in
        running | 'ended '[013-5]) ;;
        *) waiting=$waiting${waiting:+,}${name#task-} ;;
        esac
    done <"$folder/hosts"
    [ -n "$waiting" ] || return 0
    write_job
    # shellcheck disable=SC2086
    new=$(sbatch --parsable --array="$waiting" --job-name="mpstress-$fleet" --output="$folder/from/slurm-%a.out" \
        $sbatch "$folder/job.sh") || die 'sbatch did not take the job' 6
    new=${new%%;*}
    say "job $new of Slurm, tasks $waiting"
    for task in $(echo "$waiting" | tr , ' '); do
        rm -f "$folder/from/task-$task.code"
        echo running >"$folder/from/task-$task.state"
    done
    job=${job:+$job,}$new
    echo "$job" >"$folder/job"
}

# A task that Slurm knows no longer and that left no code is lost with its node. If Slurm does not answer, nothing is
# known anew.
set_states() {
    known=$(squeue --noheader --array --format='%K' --job="$job" 2>/dev/null) ||
        known=$(squeue --noheader --array --format='%K' --name="mpstress-$fleet" 2>/dev/null) || return 0
    while read -r name; do
        base=$folder/from/$name
        state=$(cat "$base.state" 2>/dev/null) || :
        if [ -e "$base.code" ]; then
            case $(cat "$base.code") in
            130 | 143) state="ended $(cat "$base.code")" ;;
            1[2-9][0-9] | 2??) state="lost, code $(cat "$base.code")" ;;
            *) state="ended $(cat "$base.code")" ;;
            esac
        elif printf '%s\n' "$known" | grep -qx "${name#task-}"; then
            state=running
        elif [ "$state" = running ] && [ ! -e "$base.log" ]; then
            state=unbegun
        elif [ "$state" = running ]; then
            state='lost with its node'
            say "$name is lost with its node; what it recorded counts, and --resume goes on with it"
        fi
        printf '%s\n' "$state" >"$base.state"
    done <"$folder/hosts"
}

engine_fetch() {
    set_states
}

# What waits for a node has recorded nothing.
engine_stop() {
    scancel --state=PENDING --name="mpstress-$fleet" 2>/dev/null || :
    scancel --signal=TERM --batch --name="mpstress-$fleet" 2>/dev/null || :
    waited=0
    while [ "$waited" -lt 100 ] && squeue --noheader --name="mpstress-$fleet" 2>/dev/null | grep -q .; do
        sleep 1
        waited=$((waited + 1))
    done
    set_states
}
