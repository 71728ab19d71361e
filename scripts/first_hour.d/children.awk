# The children of process `parent`, and theirs, out of lines "pid ppid".
# SPDX-License-Identifier: Apache-2.0
{ ppid[$1] = $2 }
END {
    for (pid in ppid)
        for (up = pid; up in ppid; up = ppid[up])
            if (ppid[up] == parent) { print pid; break }
}
