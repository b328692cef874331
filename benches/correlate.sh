#!/usr/bin/env bash
# Sets the time of `logscan correlate` against that of a plain `logscan` over the same logs, and prints ratios and the
# most memory that was held. Usage: benches/correlate.sh [SCALE] (default 1). Needs python3.
set -euo pipefail

scale=${1:-1}
rounds=3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

build() {
    (cd "$root" && cargo build --release --quiet -p logscan -p logscan-benches)
    local target
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    logscan=$target/release/logscan
    generate=$target/release/generate-incident
}

# Runs a command without its output, and adds a line to a file: seconds, seconds of processors, most memory in KiB.
measure() {
    local to=$1
    shift
    python3 - "$@" >>"$folder/measured.$to" <<'PYTHON'
import os, sys, time
begin = time.monotonic()
pid = os.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
if status != 0:
    sys.exit(f"{' '.join(sys.argv[1:])}: ended with {status}")
print(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
PYTHON
}

plain() { measure "$1" "$logscan" --format json --no-rotated --progress never "$folder/$1/logs"; }

correlate() {
    measure "$1.$2" "$logscan" correlate --format json --no-rotated --progress never \
        --reported "$folder/$1/reports/$2" "$folder/$1/logs"
}

# A round runs each once, so that whatever else the machine does falls on all.
run() {
    local set kind round
    for ((round = 0; round <= rounds; round++)); do
        for set in full combined; do
            plain "$set"
            for kind in "${kinds[@]}"; do correlate "$set" "$kind"; done
        done
        # The first run of each warms the cache and is not counted.
        if ((round == 0)); then rm "$folder"/measured.*; fi
    done
}

# Median of a column of a file.
median() { awk -v c="$2" '{ print $c }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row() {
    local set=$1 kind=$2 own=$folder/measured.$1.$2 peer=$folder/measured.$1
    local ratio busy memory
    ratio=$(paste "$own" "$peer" | awk '{ print $1 / $4 }' >"$own.ratio" && median "$own.ratio" 1)
    busy=$(paste "$own" "$peer" | awk '{ print $2 / $5 }' >"$own.busy" && median "$own.busy" 1)
    memory=$(awk '$3 > m { m = $3 } END { print m / 1024 }' "$own")
    printf '%-10s %-16s %8.2f s %8.2f s %7.2f %11.2f %8.0f MiB\n' \
        "$set" "$kind" "$(median "$own" 1)" "$(median "$peer" 1)" "$ratio" "$busy" "$memory"
}

table() {
    local set kind
    printf '\n%-10s %-16s %10s %10s %7s %11s %12s\n' \
        'access log' reports correlate logscan ratio 'ratio (CPU)' 'most memory'
    for set in full combined; do
        for kind in "${kinds[@]}"; do row "$set" "$kind"; done
    done
    printf '\nratio: time of correlate / time of logscan in the same round; medians of %d rounds.\n' "$rounds"
}

kinds=(logpush.ndjson errors.csv times.txt)
build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
for set in full combined; do
    say "writing the logs of a day, access log: $set"
    "$generate" --scale "$scale" --access "$set" "$folder/$set" >&2
done
say "running each $rounds times in turn"
run
table
