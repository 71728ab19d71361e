# Keeps the wanted paragraphs of a report, each once and at most so many lines of it; a line of dots stands for what is
# left out. A paragraph is wanted if its first line, without colour and indent, begins as `sections` says.
# SPDX-License-Identifier: Apache-2.0
BEGIN {
    count = split(sections, pair, ",")
    for (i = 1; i <= count; i++) {
        at = match(pair[i], /=[0-9]+$/)
        begins[i] = substr(pair[i], 1, at - 1)
        most[i] = substr(pair[i], at + 1) + 0
    }
    is_first = 1
}
{
    plain = $0
    gsub(/\033\[[0-9;]*m/, "", plain)
    sub(/^ +/, "", plain)
}
plain == "" {
    is_first = 1
    left = 0
    next
}
is_first {
    is_first = 0
    left = 0
    for (i = 1; i <= count; i++)
        if (!(i in seen) && index(plain, begins[i]) == 1) {
            if (is_cut)
                print "\033[2m⋯\033[0m"
            else if (NR > 1)
                print ""
            seen[i] = 1
            left = most[i]
            is_cut = 0
            break
        }
}
left > 0 {
    print
    left--
    next
}
{ is_cut = 1 }
END {
    if (is_cut)
        print "\033[2m⋯\033[0m"
    for (i = 1; i <= count; i++)
        if (!(i in seen)) {
            print "picture: no paragraph of the report begins with '" begins[i] "'" >"/dev/stderr"
            exit 1
        }
}
