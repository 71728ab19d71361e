# scripts/nightly: nights of seconds into a home of the test, and the units it writes.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

prepare_home() {
    export HOME=$PWD/home MPSTRESS=$program
    unset XDG_STATE_HOME XDG_CONFIG_HOME
    mkdir -p "$HOME"
    nightly=$MP_SOURCE/scripts/nightly
    state=$HOME/.local/state/mpstress
    printf 'rounds = 3\n[noop]\n[noop: must fail]\nrole = positive_control\ndevice = null:fault=abort\n' > short.ini
}

@test "two nights stand in one database, with a report of each" {
    prepare_home
    run -0 --separate-stderr "$nightly" --suite ./short.ini --device null --duration 1m
    [[ "$stderr" == *"ended with 0; its reports are $state/night-"* ]]
    run -0 "$nightly" --suite ./short.ini --device null --duration 1m
    [ "$(query "SELECT count(*), count(DISTINCT night), max(state) FROM campaign" "$state/nights.db")" = "2|1|complete" ]
    [ "$(query "SELECT night = date('now', 'localtime', '-12 hours') FROM campaign LIMIT 1" "$state/nights.db")" = 1 ]
    grep -q CLEAN "$state"/night-*[0-9].txt
    [ ! -e "$state/nights.db.night" ]
}

@test "pages, a summary and a badge stand beside the reports, and the night says where" {
    prepare_home
    run -0 --separate-stderr "$nightly" --suite ./short.ini --device null
    night=$(basename "$(ls "$state"/night-*[0-9].txt)" .txt)
    for page in "$night.html" "$night.summary.html" "$night.nights.html"; do
        head -c 15 "$state/$page" | grep -qi '^<!doctype html>'
        [[ "$stderr" == *"  $state/$page  "* ]]
    done
    grep -q '<table' "$state/$night.html"
    [[ "$stderr" == *"  $state/badge.svg  the verdict as a badge"* ]]
    grep -q 'aria-label="mpstress: clean, campaign 1"' "$state/badge.svg"
    # The badge is the newest night's; of a night without one, none of an earlier night stays.
    printf '[noop]\ndevice = null:fault=abort\nrounds = 2\n' > bad.ini
    run -1 "$nightly" --suite ./bad.ini
    grep -q 'aria-label="mpstress: failures, campaign 2"' "$state/badge.svg"
    printf '#!/bin/sh\ncase "$*" in *badge*) exit 6 ;; esac\nexec "%s" "$@"\n' "$program" > no_badge
    chmod +x no_badge
    MPSTRESS=$PWD/no_badge run -0 "$nightly" --suite ./short.ini --device null
    [[ "$output" == *"no $state/badge.svg was written"* ]]
    [[ "$output" != *"the verdict as a badge"* ]]
    [ ! -e "$state/badge.svg" ]
}

@test "with --only-new the reports of a night follow the new failures as its code does" {
    prepare_home
    printf '[noop]\ndevice = null:fault=abort\nrounds = 2\n' > bad.ini
    run -1 "$nightly" --suite ./bad.ini
    "$program" known add 1 --issue https://example.org/1 --until 2099-12-31 --db "$state/nights.db"
    run -1 "$nightly" --suite ./bad.ini
    run -0 "$nightly" --suite ./bad.ini --only-new
    grep -q 'aria-label="mpstress: known failures, campaign 3"' "$state/badge.svg"
    grep -q '<testsuites .* failures="0"' "$state"/night-*.xml
}

@test "the exit code is the verdict of the night" {
    prepare_home
    printf '[noop]\ndevice = null:fault=abort\nrounds = 2\n' > bad.ini
    run -1 "$nightly" --suite ./bad.ini
    printf 'rounds = 2\n[noop]\n[noop: silent]\nrole = positive_control\nthreads = 2\n' > silent.ini
    run -5 "$nightly" --suite ./silent.ini --device null:fault=abort,at=9
    run -2 "$nightly" --suite ./none.ini
    run -2 "$nightly" --suite
    run -2 "$nightly" --lock maybe
    run -2 "$nightly" --at 25:00
    run -2 "$nightly" --what
}

@test "a night that was killed resumes in the same night" {
    prepare_home
    printf '[noop]\nrounds = 30\n' > long.ini
    "$nightly" --suite ./long.ini --device null:delay=100ms --duration 5m > first.out 2> first.err &
    wait_until "rounds were run" test -s "$state/nights.db"
    wait_until "the third round stands" eval '[ "$(query "SELECT count(*) FROM round" "$state/nights.db")" -ge 3 ]'
    pkill -KILL -f "db $state/nights.db"
    wait
    [ -e "$state/nights.db.night" ]
    run -0 --separate-stderr "$nightly" --suite ./long.ini --device null:delay=100ms --duration 5m
    [[ "$stderr" == *"resumes after round"* ]]
    [ "$(query "SELECT count(*) FROM campaign" "$state/nights.db")" = 1 ]
    [ "$(query "SELECT planned, passed + lost FROM balance" "$state/nights.db")" = "30|30" ]
}

# stop_night SIGNAL CODE: a signal to the script alone ends its run as an interrupt, with reports, and leaves no child.
stop_night() {
    printf '[noop]\nrounds = 300\n' > long.ini
    # Bash lets what runs beside it ignore SIGINT, and a shell cannot undo that.
    env --default-signal=INT "$nightly" --suite ./long.ini --device null:delay=100ms --duration 5m > stop.out 2> stop.err &
    campaign_pid=$!
    wait_until "a round stands" eval '[ "$(query "SELECT count(*) FROM round" "$state/nights.db")" -ge 1 ]'
    kill -s "$1" "$campaign_pid"
    status=0
    wait "$campaign_pid" || status=$?
    cat stop.err
    [ "$status" -eq "$2" ]
    run ! pgrep -f "db $state/nights.db"
    [ "$(query "SELECT state FROM campaign" "$state/nights.db")" = interrupted ]
    grep -q "ended with $2; its reports are" stop.err
    grep -q interrupted "$state"/night-*[0-9].txt
    [ -e "$state/nights.db.night" ]
    rm -r "$state"
}

@test "a signal to the script ends its run as an interrupt and still writes the reports" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "env cannot give SIGINT its default back here"; fi
    stop_night TERM 143
    stop_night INT 130
}

@test "two databases in one folder have reports of their own, and what is no file is not waited for" {
    prepare_home
    printf 'rounds = 2\n[noop]\n' > two.ini
    for db in a b nights; do
        run -0 "$nightly" --suite ./two.ini --device null --db "$PWD/nights/$db.db"
    done
    for report in nights/a.db.night-*[0-9].txt nights/b.db.night-*[0-9].txt nights/night-*[0-9].txt; do
        grep -q "^database .*/nights/$(basename "${report%.night*}" .db | sed 's/^night-.*/nights/')\.db" "$report"
    done
    ls nights/badge.svg nights/a.db.badge.svg nights/b.db.badge.svg
    # A pipe or a folder in a report's place, and a link to a file of somebody else's.
    night=$(ls nights/night-*[0-9].txt)
    rm nights/badge.svg
    mkdir nights/badge.svg
    mkfifo "${night%.txt}.html.new"
    echo precious > other
    ln -s ../other "$night.new"
    run -0 timeout 60 "$nightly" --suite ./two.ini --device null --db "$PWD/nights/nights.db"
    [[ "$output" == *"no $PWD/nights/badge.svg was written: something else stands there"* ]]
    [ "$(cat other)" = precious ]
    [ -z "$(ls nights/badge.svg)" ]
    [ -f "$night" ]
    mkfifo nights/nights.db.night
    run -6 timeout 60 "$nightly" --suite ./two.ini --device null --db "$PWD/nights/nights.db"
    [[ "$output" == *"nights.db.night, which says what to resume, is not a regular file"* ]]
}

@test "a night is started by a link too, and says so where there is no program" {
    prepare_home
    unset MPSTRESS
    printf 'rounds = 2\n[noop]\n' > two.ini
    mkdir -p prefix/bin links
    cp "$nightly" prefix/bin/mpstress-nightly
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$program" > prefix/bin/mpstress
    chmod +x prefix/bin/mpstress
    ln -s "$PWD/prefix/bin/mpstress-nightly" links/night
    run -0 env PATH=/usr/bin:/bin links/night --suite ./two.ini --device null --db "$PWD/linked.db"
    [ "$(query "SELECT count(*) FROM round" linked.db)" = 2 ]
    # Beside the program, as Homebrew lays links, the units name the link: its target's path changes with the version.
    ln -s "$PWD/prefix/bin/mpstress" links/mpstress
    mkdir cellar
    mv links cellar/bin
    run -0 env PATH=/usr/bin:/bin cellar/bin/night --print --db /x.db
    if [ "$(uname -s)" = Linux ]; then [[ "$output" == *"$PWD/cellar/bin/night"* ]]; fi
    rm prefix/bin/mpstress
    run -6 env PATH=/usr/bin:/bin prefix/bin/mpstress-nightly --suite ./two.ini --db "$PWD/none.db"
    [[ "$output" == *"cannot find the program mpstress: build it, or set MPSTRESS to its path" ]]
    run -0 env -u HOME "$nightly" --help
    run -2 env -u HOME "$nightly" --uninstall
    [[ "$output" == *"HOME is not set, and what is installed would lie below it: set HOME" ]]
}

@test "a reader of its messages who went away changes no verdict" {
    prepare_home
    printf 'rounds = 2\n[noop]\n' > two.ini
    { "$nightly" --suite ./two.ini --device null 2>&1; echo "$?" > code; } | true
    [ "$(cat code)" = 0 ]
    grep -q CLEAN "$state"/night-*[0-9].txt
}

@test "no signal that would end the script alone lets its run go on" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "env cannot give SIGINT its default back here"; fi
    printf '[noop]\nrounds = 300\n' > long.ini
    for signal in QUIT PIPE USR1; do
        env --default-signal=INT,QUIT "$nightly" --suite ./long.ini --device null:delay=100ms --db "$PWD/$signal.db" > out 2> err &
        campaign_pid=$!
        wait_until "a round stands" eval '[ "$(query "SELECT count(*) FROM round" "$signal.db")" -ge 1 ]'
        kill -s "$signal" "$campaign_pid"
        status=0
        wait "$campaign_pid" || status=$?
        [ "$status" -eq 143 ]
        run ! pgrep -f "db $PWD/$signal.db"
        [ "$(query "SELECT state FROM campaign" "$signal.db")" = interrupted ]
    done
}

@test "without HOME a night needs a database, and says so" {
    prepare_home
    printf 'rounds = 2\n[noop]\n' > two.ini
    run -0 env -u HOME "$nightly" --suite ./two.ini --device null --db "$PWD/own.db"
    [ "$(query "SELECT count(*) FROM round" own.db)" = 2 ]
    run -2 env -u HOME "$nightly" --suite ./two.ini --device null
    [[ "$output" == "nightly: HOME is not set, and the database would lie below it: name it with --db"* ]]
    run -2 env HOME= "$nightly" --suite ./two.ini --device null
    [[ "$output" == *"HOME is not set"* ]]
    run -2 env -u HOME "$nightly" --install --db "$PWD/own.db"
    [[ "$output" == *"HOME is not set, and what is installed would lie below it: set HOME"* ]]
}

@test "the units hold every word of the options and are well-formed" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "there are no systemd units here"; fi
    run -0 "$nightly" --print --db "/a b/%x\$y\"z.db" --until 'rate<0.1%@95%' --at 03:05
    [[ "$output" == *'"--db" "/a b/%%x$$y\"z.db"'* ]]
    [[ "$output" == *'"--until" "rate<0.1%%@95%%"'* ]]
    [[ "$output" == *"OnCalendar=*-*-* 03:05:00"* ]]
    [ ! -e "$HOME/.config" ]
    if command -v systemd-analyze; then
        "$nightly" --install || [ $? -eq 6 ]
        XDG_RUNTIME_DIR=$PWD systemd-analyze verify --user "$HOME/.config/systemd/user/mpstress-nightly.timer"
    fi
}

@test "units of an earlier version are replaced, and those that somebody changed are not" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "there are no systemd units here"; fi
    printf '#!/bin/sh\nexit 0\n' > systemctl
    printf '#!/bin/sh\necho yes\n' > loginctl
    chmod +x systemctl loginctl
    units=$HOME/.config/systemd/user
    PATH=$PWD:$PATH run -0 "$nightly" --install --db /x.db
    cp "$units/mpstress-nightly.service" now.service
    # What 0.1.0 wrote before nights with failures were failed units.
    sed -i '/^TimeoutStartSec/d; s/^SuccessExitStatus=.*/SuccessExitStatus=1 3 5/' "$units/mpstress-nightly.service"
    cp "$units/mpstress-nightly.service" former.service
    PATH=$PWD:$PATH run -0 "$nightly" --install --db /x.db
    [[ "$output" == *"mpstress-nightly.service was of an earlier version; it is kept as "*".old"* ]]
    cmp now.service "$units/mpstress-nightly.service"
    cmp former.service "$units/mpstress-nightly.service.old"
    # A line of somebody's own stays, and the installation says so.
    echo 'Environment=MTL_DEBUG_LAYER=1' >> "$units/mpstress-nightly.service"
    cp "$units/mpstress-nightly.service" own.service
    PATH=$PWD:$PATH run -6 "$nightly" --install --db /x.db
    [[ "$output" == *"says something else"* ]]
    cmp own.service "$units/mpstress-nightly.service"
    PATH=$PWD:$PATH run -0 "$nightly" --uninstall
    [ -z "$(ls -A "$units")" ]
}

@test "what is installed is never overwritten with something else, and goes when told" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "launchd is not touched by tests"; fi
    printf '#!/bin/sh\nexit 1\n' > systemctl # this host's own must not hear of it
    chmod +x systemctl
    PATH=$PWD:$PATH run -6 "$nightly" --install --db /x.db
    units=$HOME/.config/systemd/user
    grep -q '"--db" "/x.db"' "$units/mpstress-nightly.service"
    PATH=$PWD:$PATH run -6 "$nightly" --install --db /y.db
    [[ "$output" == *"is there already and says something else"* ]]
    grep -q '"--db" "/x.db"' "$units/mpstress-nightly.service"
    PATH=$PWD:$PATH run -0 "$nightly" --uninstall
    [ ! -e "$units/mpstress-nightly.service" ]
    [ ! -e "$units/mpstress-nightly.timer" ]
}

# macos DOMAIN: a PATH on which this machine is a Mac whose launchd has only that domain, and writes what it is told.
macos() {
    mkdir -p mac
    printf '#!/bin/sh\necho Darwin\n' > mac/uname
    printf '#!/bin/sh\necho "$*" >> "%s/launchctl.log"\n[ "$1" != print ] || [ "${2%%%%/*}" = %s ]\n' "$PWD" "$1" > mac/launchctl
    chmod +x mac/uname mac/launchctl
    PATH=$PWD/mac:$PATH
}

@test "on macOS the agent has the paths, the session and the wakefulness that launchd does not give" {
    prepare_home
    macos gui
    run -0 "$nightly" --install --at 03:05 --db "$HOME/a&b.db"
    plist=$HOME/Library/LaunchAgents/org.mpstress.nightly.plist
    value() { tr -d '\n' < "$plist" | sed -n "s,.*<key>$1</key> *<\\(string\\|integer\\)>\\([^<]*\\)<.*,\\2,p"; }
    [[ "$(value PATH)" == /opt/homebrew/bin:*:/usr/bin:* ]]
    [ "$(value MPSTRESS)" = "$program" ]
    [ "$(value ProcessType)" = Interactive ]
    [ "$(value LimitLoadToSessionType)" = Aqua ]
    [ "$(value Hour):$(value Minute)" = 3:5 ]
    [[ "$(tr -d '\n ' < "$plist")" == *"<string>/usr/bin/caffeinate</string><string>-i</string><string>-s</string><string>$nightly</string>"* ]]
    grep -q 'a&amp;b.db' "$plist"
    [ "$(tail -n 1 launchctl.log)" = "bootstrap gui/$(id -u) $plist" ]
    if command -v xmllint; then xmllint --nonet --noout "$plist"; fi
    run -0 "$nightly" --uninstall
    [ ! -e "$plist" ]
    grep -q "bootout user/$(id -u)/" launchctl.log
}

@test "on a Mac at whose screen nobody is logged in, the agent is one of the user's background session" {
    prepare_home
    macos user
    run -0 "$nightly" --install
    grep -q '<string>Background</string>' "$HOME/Library/LaunchAgents/org.mpstress.nightly.plist"
    [[ "$(tail -n 1 launchctl.log)" == "bootstrap user/$(id -u) "* ]]
}

@test "on macOS folders that an agent may not enter are refused with the reason" {
    prepare_home
    macos gui
    for folder in Desktop Documents Downloads; do
        run -2 "$nightly" --install --db "$HOME/$folder/x.db"
        [[ "$output" == *"$HOME/$folder/x.db is where macOS lets no agent of launchd in"* ]]
    done
    run -2 "$nightly" --install --db /Volumes/stick/x.db
    mkdir -p "$HOME/Documents/bin"
    ln -s "$program" "$HOME/Documents/bin/mpstress"
    MPSTRESS=$HOME/Documents/bin/mpstress run -2 "$nightly" --install
    [ ! -e "$HOME/Library/LaunchAgents" ]
    MPSTRESS=no-such-program run -6 "$nightly" --install
    [[ "$output" == *"cannot find the program mpstress"* ]]
}

# pretend NAME LINES: a program NAME ahead of this host's own, which must not hear of it.
pretend() {
    mkdir -p pretended
    printf '#!/bin/sh\n%s\n' "$2" > "pretended/$1"
    chmod +x "pretended/$1"
}

@test "an installed timer says whether it survives a logout" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "launchd agents have no linger"; fi
    pretend systemctl 'printf "%s\n" "$*" >> "$HOME/heard"'
    pretend loginctl 'echo no'
    PATH=$PWD/pretended:$PATH run -0 "$nightly" --install --db /x.db
    grep -qx -- '--user enable --now mpstress-nightly.timer' "$HOME/heard"
    [[ "$output" == *"has no linger: nights begin only while $(id -un) is logged in"* ]]
    [[ "$output" == *"\"loginctl enable-linger $(id -un)\""* ]]
    pretend loginctl '[ "$*" = "show-user '"$(id -un)"' --property=Linger --value" ] && echo yes'
    PATH=$PWD/pretended:$PATH run -0 "$nightly" --install --db /x.db
    [[ "$output" != *linger* ]]
    pretend loginctl 'exit 1'
    PATH=$PWD/pretended:$PATH run -0 "$nightly" --install --db /x.db
    [[ "$output" == *"cannot be told"*"enable-linger"* ]]
}

@test "a night with failures, or without power, fails its unit; an undecided one does not" {
    prepare_home
    if [ "$(uname -s)" = Darwin ]; then skip "there are no systemd units here"; fi
    run -0 "$nightly" --print --db /x.db
    [ "$(grep '^SuccessExitStatus=' <<< "$output")" = SuccessExitStatus=3 ]
}

@test "reports that were not written are not announced" {
    prepare_home
    run -2 "$nightly" --suite ./none.ini
    [[ "$output" == *"ended with 2; no report of it was written"* ]]
}
