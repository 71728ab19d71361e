# From the rounds of a campaign as CSV: medians of what ran under mpstress and of the bare program beside
# it, and their ratio in each block (the k-th rounds of both), median and range. what=ops: ops per
# second; what=startup: milliseconds of a whole round.
# SPDX-License-Identifier: Apache-2.0
function split_row(row, field,    n, i, c, is_quoted) {
    n = 1
    field[1] = ""
    for (i = 1; i <= length(row); i++) {
        c = substr(row, i, 1)
        if (c == "\"")
            is_quoted = !is_quoted
        else if (c == "," && !is_quoted)
            field[++n] = ""
        else
            field[n] = field[n] c
    }
    return n
}
# Without its double quotes, params is {name:value,...}.
function param(params, name,    from) {
    if (!match(params, "[{,]" name ":[^,}]*"))
        return ""
    from = RSTART + length(name) + 2
    return substr(params, from, RLENGTH - length(name) - 2)
}
function median(list, n,    i, j, keep) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
            keep = list[j]
            list[j] = list[j - 1]
            list[j - 1] = keep
        }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function place(key,    part) {
    split(key, part, " ")
    return (part[1] == "mm") * 1e6 + part[3] * 1e3 + part[2]
}
NR == 1 {
    n = split($0, name, ",")
    for (i = 1; i <= n; i++)
        at[name[i]] = i
    next
}
{
    split_row($0, f)
    if (f[at["outcome"]] != "pass" && f[at["outcome"]] != "no_overlap")
        next
    is_bare = f[at["scenario"]] == "exec"
    if (is_bare) {
        words = param(f[at["params"]], "exec")
        n = split(words, word, " ")
        for (i = 1; i <= n && word[i] !~ /bench_vulkan$/; i++)
            ;
        key = word[i + 1] " " word[i + 2] " " (word[i + 4] == "" ? 1 : word[i + 4])
        done = word[i + 2] * word[i + 3] # to mpstress each of its threads is one op
    } else {
        batch = param(f[at["params"]], "batch")
        key = f[at["scenario"]] " " param(f[at["params"]], "threads") " " (batch == "" ? 1 : batch)
        done = f[at["ops_done"]]
    }
    value = what == "ops" ? done / (f[at["run_ns"]] / 1e9) : f[at["wall_ns"]] / 1e6
    if (!(key in seen)) {
        seen[key] = 1
        order[++keys] = key
    }
    got[key, is_bare, ++count[key, is_bare]] = value
}
END {
    printf "%-24s %12s %12s   %s\n", what == "ops" ? "ops/s" : "ms a round", "mpstress", "bare",
        "ratio: median of blocks [least, most]"
    for (k = 2; k <= keys; k++)
        for (i = k; i > 1 && place(order[i]) < place(order[i - 1]); i--) {
            key = order[i]
            order[i] = order[i - 1]
            order[i - 1] = key
        }
    for (k = 1; k <= keys; k++) {
        key = order[k]
        pairs = count[key, 0] < count[key, 1] ? count[key, 0] : count[key, 1]
        if (pairs == 0)
            continue
        for (i = 1; i <= pairs; i++) {
            ours[i] = got[key, 0, i]
            bare[i] = got[key, 1, i]
            ratio[i] = ours[i] / bare[i]
        }
        middle = median(ratio, pairs)
        split(key, part, " ")
        label = part[1] ", " part[2] (part[2] > 1 ? " threads" : " thread") (part[3] > 1 ? ", batch " part[3] : "")
        printf "%-24s %12.1f %12.1f   %.3f [%.3f, %.3f] of %d\n", label, median(ours, pairs),
            median(bare, pairs), middle, ratio[1], ratio[pairs], pairs
    }
}
