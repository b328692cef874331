#!/usr/bin/env bash
# Compares logscan with tools that read the same bytes: prints ratios, as times of one machine say nothing
# about another. Usage: benches/compare.sh [SIZE] (default 500MB). Needs ripgrep, gzip and, if there, isal.
set -euo pipefail

size=${1:-500MB}
rounds=5
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pattern='upstream prematurely closed connection|no live upstreams|upstream timed out|failed \(11: Resource temporarily|Connection reset by peer'

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

build() {
    (cd "$root" && cargo build --release --quiet -p logscan -p logscan-benches)
    local target
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    logscan=$target/release/logscan
    generate=$target/release/generate
}

# What is measured. Each reads the whole log and writes next to nothing.
logscan_1() { "$logscan" --format json --no-rotated --progress never --threads 1 "$log" >/dev/null; }
logscan_2() { "$logscan" --format json --no-rotated --progress never --threads 2 "$log" >/dev/null; }
logscan_gz() { "$logscan" --format json --no-rotated --progress never "$log.gz" >/dev/null; }
rg_plain() { rg -c "$pattern" "$log" >/dev/null; }
zcat_rg() { zcat "$log.gz" | rg -c "$pattern" >/dev/null; }
igzip_dc() { igzip -dc "$log.gz" >/dev/null; }

# Prints the microseconds that a command takes. EPOCHREALTIME has the decimal sign of the locale.
microseconds() {
    local from=${EPOCHREALTIME/[.,]/}
    "$@"
    printf '%s\n' $((${EPOCHREALTIME/[.,]/} - from))
}

# Prints the median of the numbers on standard input, and the least and the greatest.
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[1], v[NR] }'; }

# Times of a contestant, one a line, in the order of the rounds.
times() { cat "$folder/times.$1"; }

contestants() {
    local names=(logscan_1 logscan_2 logscan_gz)
    if has rg; then
        names+=(rg_plain)
        if has zcat; then names+=(zcat_rg); else say 'zcat is missing (package gzip)'; fi
    else
        say 'rg is missing (package ripgrep): nothing to compare plain files with'
    fi
    if has igzip; then names+=(igzip_dc); else say 'igzip is missing (package isal): left out'; fi
    printf '%s\n' "${names[@]}"
}

# A round runs each once, so that whatever else the machine does falls on all.
run() {
    local name round
    for name in "$@"; do "$name"; done
    for ((round = 0; round < rounds; round++)); do
        for name in "$@"; do microseconds "$name" >>"$folder/times.$name"; done
    done
}

row() {
    local what=$1 ours=$2 with=$3 theirs=$4
    local time ratio least most
    read -r time _ < <(times "$ours" | median)
    time=$(awk -v t="$time" 'BEGIN { printf "%.2f s", t / 1e6 }')
    if [[ -f $folder/times.$theirs ]]; then
        read -r ratio least most < <(paste <(times "$ours") <(times "$theirs") | awk '{ print $1 / $2 }' | median)
        printf '%-22s %9s   %-22s %6.2f   %.2f .. %.2f\n' "$what" "$time" "$with" "$ratio" "$least" "$most"
    else
        printf '%-22s %9s   %-22s %6s   %s\n' "$what" "$time" "$with" - missing
    fi
}

table() {
    printf '\n%-22s %9s   %-22s %6s   %s\n' logscan median peer ratio 'least .. greatest'
    row 'plain, 1 thread' logscan_1 'rg -c' rg_plain
    row 'plain, 2 threads' logscan_2 'rg -c' rg_plain
    row 'gz' logscan_gz 'zcat | rg -c' zcat_rg
    row 'gz' logscan_gz 'igzip -dc' igzip_dc
    printf '\nratio: time of logscan / time of the peer in the same round; median of %d rounds.\n' "$rounds"
}

build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
log=$folder/error.log
say "writing a log of $size, and packing it"
"$generate" --size "$size" >"$log"
gzip -c "$log" >"$log.gz"
mapfile -t names < <(contestants)
# The first run of each warms the cache and is not counted.
say "running ${names[*]}, $rounds times in turn"
run "${names[@]}"
table
