# What a terminal shows, as SVG: text in a grid, so that columns stand under each other whatever the font. Reads UTF-8 as
# bytes (LC_ALL=C); of the escapes it knows those that mpstress writes: bold, dim, red, green, magenta, and their end.
# SPDX-License-Identifier: Apache-2.0
function columns(text) {
    gsub(/[\200-\277]/, "", text) # bytes that continue a character
    return length(text)
}
function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}
# A run of text in one style, blanks at its ends left out: each run has its place and its width.
function add_run(text, style,    indent, width) {
    width = columns(text)
    match(text, /^ */)
    indent = RLENGTH
    text = substr(text, indent + 1)
    sub(/ +$/, "", text)
    if (text != "")
        body = body sprintf("<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\"%s>%s</text>\n", 20 + CELL * (column + indent),
                            y, CELL * columns(text), style == "" ? "" : " class=\"" style "\"", escaped(text))
    column += width
    if (column > widest)
        widest = column
}
function style_of(code) {
    if (code == "1") return "b"
    if (code == "2") return "d"
    if (code == "1;31") return "r"
    if (code == "32") return "g"
    if (code == "35") return "m"
    return ""
}
BEGIN {
    CELL = 7.8
    LINE = 18
    y = 62
}
{
    column = 0
    style = ""
    rest = $0
    while (match(rest, /\033\[[0-9;]*m/)) {
        before = substr(rest, 1, RSTART - 1)
        code = substr(rest, RSTART + 2, RLENGTH - 3)
        rest = substr(rest, RSTART + RLENGTH)
        add_run(before, style)
        style = style_of(code)
    }
    add_run(rest, style)
    y += LINE
}
END {
    width = 40 + CELL * widest
    height = y - LINE + 4
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%.0f\" height=\"%d\" role=\"img\" " \
        "aria-labelledby=\"t\">\n", width, height, width, height
    print "<title id=\"t\">Two runs of mpstress in a terminal, on the software model of the driver</title>"
    print "<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dde4;" \
        "white-space:pre}.b{font-weight:700;fill:#fff}.d{fill:#98a2ad}.r{font-weight:700;fill:#ff8a80}.g{fill:#7fdc91}" \
        ".m{fill:#d9b3ff}.h{text-anchor:middle;fill:#98a2ad}</style>"
    printf "<rect width=\"%.0f\" height=\"%d\" rx=\"10\" fill=\"#12161c\"/>\n", width, height
    printf "<path d=\"M0 36V10A10 10 0 0 1 10 0H%.0fA10 10 0 0 1 %.0f 10V36Z\" fill=\"#222931\"/>\n", width - 10, width
    print "<circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#febc2e\"/>" \
        "<circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#28c840\"/>"
    printf "<text class=\"h\" x=\"%.0f\" y=\"23\">metal@model: a software model, not Apple's driver</text>\n", width / 2
    printf "%s</svg>\n", body
}
