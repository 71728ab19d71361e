# scripts/picture: the README's picture is made of a real run, and what is committed is such a one.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "the picture is whole, small, and says what it shows" {
    MPSTRESS=$program run -0 --separate-stderr "$MP_SOURCE/scripts/picture" made.svg
    [ "$output" = made.svg ]
    for picture in made.svg "$MP_SOURCE/results/reference/first_look.svg"; do
        if command -v xmllint; then xmllint --nonet --noout "$picture"; fi
        [ "$(wc -c < "$picture")" -lt 150000 ]
        grep -q "a software model, not Apple's driver</text>" "$picture"
        grep -q 'class="r">FAILURES</text>' "$picture"
        grep -q 'class="g">FIXED</text>' "$picture"
        grep -q 'SIGSEGV at NULL' "$picture"
        run ! grep -q $'\033' "$picture"
        # Each run of text has as much room as it has letters.
        [ "$(grep -c '<text x=' "$picture")" -ge 60 ]
        grep '<text x=' "$picture" | sed 's/&[a-z]*;/#/g' | LC_ALL=C awk -F'"' '
            { text = $0; sub(/^[^>]*>/, "", text); sub(/<\/text>$/, "", text); gsub(/[\200-\277]/, "", text) }
            $6 - 7.8 * length(text) > 0.06 || 7.8 * length(text) - $6 > 0.06 { print; bad = 1 } END { exit bad }'
    done
}

@test "a run that does not end as it must leaves the picture as it was" {
    printf 'kept\n' > kept.svg
    printf '#!/bin/sh\necho broken >&2\nexit 6\n' > mpstress
    chmod +x mpstress
    MPSTRESS=$PWD/mpstress run -6 "$MP_SOURCE/scripts/picture" "$PWD/kept.svg"
    [[ "$output" == *"broken"*"ended with 6 instead of 1; $PWD/kept.svg stays as it was"* ]]
    [ "$(cat kept.svg)" = kept ]
    run -2 "$MP_SOURCE/scripts/picture" a b
}
