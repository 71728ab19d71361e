# Says what every round of a campaign of one cell on the null device should come to, without anything of
# mpstress: position, seed and outcome, a line each. The device fails with p = EIGHTHS / 8.
# Usage: predict_rounds.bash SEED CELL_HASH ROUNDS EIGHTHS OUTCOME
# SPDX-License-Identifier: Apache-2.0

# Numbers of 64 bits wrap around in bash; only shifts to the right drag the sign along.
gamma=0x9e3779b97f4a7c15

# shift_right NUMBER BITS, mix NUMBER, hash SEED COUNTER: the answer is in $REPLY.
shift_right() {
    REPLY=$((($1 >> $2) & ((1 << (64 - $2)) - 1)))
}
mix() { # the finalizer of splitmix64
    local z=$1
    shift_right "$z" 30
    z=$(((z ^ REPLY) * 0xbf58476d1ce4e5b9))
    shift_right "$z" 27
    z=$(((z ^ REPLY) * 0x94d049bb133111eb))
    shift_right "$z" 31
    REPLY=$((z ^ REPLY))
}
hash() {
    mix $(($1 + gamma))
    mix $((REPLY + ($2 + 1) * gamma))
}
fnv() { # FNV-1a of a text
    local i value
    REPLY=0xcbf29ce484222325
    for ((i = 0; i < ${#1}; i++)); do
        printf -v value %d "'${1:i:1}"
        REPLY=$(((REPLY ^ value) * 0x100000001b3))
    done
}

fnv "$2"
hash "$1" "$REPLY"
cell=$REPLY
for ((index = 0; index < $3; index++)); do
    hash "$cell" "$index"
    round=$REPLY
    hash "$round" 0
    shift_right "$REPLY" 61
    word=pass
    ((REPLY >= $4)) || word=$5
    printf '%d|0x%x|%s\n' $((index + 1)) "$round" "$word"
done
