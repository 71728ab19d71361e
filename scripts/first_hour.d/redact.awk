# Replaces names in a text. `names` is a file of lines: kind TAB what TAB by what; a "text" is replaced
# wherever it stands, a "word" only where it is no part of a longer one. With `only_inserts` set the text
# is a dump of SQLite, of which only the values of rows are touched, never a name of a table. The key
# by which Apple's crash reports know a machine goes too.
# SPDX-License-Identifier: Apache-2.0

BEGIN {
    while ((getline line < names) > 0) {
        split(line, part, "\t")
        kind[++count] = part[1]
        what[count] = part[2]
        by[count] = part[3]
    }
}

function is_word(character) {
    return character ~ /[A-Za-z0-9_]/
}

function replace(text, i,    at, done, before, after) {
    done = ""
    while ((at = index(text, what[i])) > 0) {
        before = at > 1 ? substr(text, at - 1, 1) : substr(done, length(done), 1)
        after = substr(text, at + length(what[i]), 1)
        done = done substr(text, 1, at - 1)
        if (kind[i] == "word" && (is_word(before) || is_word(after)))
            done = done what[i]
        else
            done = done by[i]
        text = substr(text, at + length(what[i]))
    }
    return done text
}

{
    head = ""
    text = $0
    if (only_inserts != "") {
        if (text !~ /^INSERT INTO /) {
            print
            next
        }
        at = index(text, "VALUES(")
        head = substr(text, 1, at - 1)
        text = substr(text, at)
    }
    for (i = 1; i <= count; i++)
        text = replace(text, i)
    gsub(/"crashReporterKey" *: *"[^"]*"/, "\"crashReporterKey\":\"KEY\"", text)
    print head text
}
