#!/usr/bin/env bash
# Counts the instructions that each layer takes for a record, and compares them with benches/instructions.toml: fails
# where one takes a tenth more. Times are of no use on a machine that does other things; these counts are the same on a
# busy one. Usage: benches/instructions.sh [--store]; --store writes the counts of today. Needs valgrind.
set -euo pipefail
export LC_ALL=C

# Percent.
allowed=10
size=2MB
twice=4MB
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stored=$root/benches/instructions.toml

say() { printf '%s\n' "$*" >&2; }

build() {
    (cd "$root" && cargo build --release --quiet --locked -p logscan -p logscan-benches \
        --bin logscan --bin generate --bin layers-once)
    local target
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    logscan=$target/release/logscan
    generate=$target/release/generate
    once=$target/release/layers-once
}

# What the counts depend on besides the code: the compiler, and what memchr, aho-corasick, zlib-rs and the C library
# choose by the processor when they run.
surroundings() {
    printf 'rustc = "%s"\n' "$(cd "$root" && rustc --version)"
    printf 'machine = "%s"\n' "$(uname -m)$(grep -qw avx2 /proc/cpuinfo && printf ', avx2')"
}

# Instructions of a whole run, in all threads.
count() {
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$folder/counted" \
        "$@" >/dev/null
    sed -n 's/.* I *refs: *//p' "$folder/counted" | tr -d ,
}

records() { "$logscan" --format json "${common[@]}" "$1" | sed -n 's/^ *"records": \([0-9]*\).*/\1/p'; }

figure() { awk -v name="$1" -v more="$2" -v records="$3" 'BEGIN { printf "%s = %.0f\n", name, more / records }'; }

# What a layer takes for a log: it runs once and twice, so that what is done before cancels out.
again() { printf '%s\n' $(($(count "$once" "$1" "$2" 2) - $(count "$once" "$1" "$2" 1))); }

layer() {
    local name=$1 log=$folder/$2.once
    figure "$name" "$(again "$name" "$log")" "$("$once" "$name" "$log")"
}

# What a command takes for the second half of a log: start-up cancels out.
second_half() {
    local log=$1
    shift
    printf '%s\n' $(($(count "$logscan" "$@" "${common[@]}" "$folder/$log.twice") -
        $(count "$logscan" "$@" "${common[@]}" "$folder/$log.once")))
}

measure() {
    local kind error access scan
    for kind in nginx-error nginx-access php-fpm; do
        "$generate" --kind "$kind" --size "$size" >"$folder/$kind.once"
        "$generate" --kind "$kind" --size "$twice" >"$folder/$kind.twice"
    done
    gzip -c "$folder/nginx-error.once" >"$folder/packed"
    error=$(($(records "$folder/nginx-error.twice") - $(records "$folder/nginx-error.once")))
    access=$(($(records "$folder/nginx-access.twice") - $(records "$folder/nginx-access.once")))
    layer newlines nginx-error
    layer nginx-error nginx-error
    layer nginx-access nginx-access
    layer php-fpm php-fpm
    layer naming nginx-error
    layer naming-user-rules nginx-error
    scan=$(again scan "$folder/nginx-error.once")
    figure scan "$scan" "$(records "$folder/nginx-error.once")"
    # Unpacking is what a scan of the packed log takes more.
    figure gunzip $(($(again scan "$folder/packed") - scan)) "$(records "$folder/nginx-error.once")"
    figure summary-error "$(second_half nginx-error --format json)" "$error"
    figure summary-access "$(second_half nginx-access --format json)" "$access"
    figure events "$(second_half nginx-error events --format ndjson)" "$error"
}

store() {
    {
        printf '# Instructions for a record of a log; written by benches/instructions.sh --store.\n'
        surroundings
        printf '\n[instructions]\n'
        cat "$folder/measured"
    } >"$stored"
    say "stored in benches/instructions.toml"
}

# Prints each figure beside the stored one; fails where one is too high or was never stored.
compare() {
    awk -v allowed="$allowed" -F ' = ' '
        NR == FNR { if (NF == 2) before[$1] = $2; next }
        FNR == 1 { printf "%-20s %10s %10s %8s\n", "instructions/record", "stored", "now", "" }
        !($1 in before) { printf "%-20s %10s %10d   not stored\n", $1, "-", $2; failed = 1; next }
        {
            change = 100 * ($2 - before[$1]) / before[$1]
            words = ""
            if (change > allowed) { words = "TOO MANY"; failed = 1 }
            if (change < -allowed) words = "fewer: store them"
            printf "%-20s %10d %10d %+7.1f %%  %s\n", $1, before[$1], $2, change, words
        }
        END { exit failed }
    ' "$stored" "$folder/measured"
}

common=(--no-rotated --progress never --quiet --tz UTC --threads 1)
build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
measure >"$folder/measured"
if [[ ${1-} == --store ]]; then
    store
elif compare; then
    :
elif [[ $(surroundings) != "$(grep -E '^(rustc|machine) = ' "$stored")" ]]; then
    say "The stored counts are of another compiler or processor, so this is a warning only:"
    diff <(grep -E '^(rustc|machine) = ' "$stored") <(surroundings) >&2 || true
    say "benches/instructions.sh --store stores those of this machine."
else
    say "Some layers take more instructions than they did. If that is meant, or worth it:"
    say "benches/instructions.sh --store, and commit benches/instructions.toml."
    exit 1
fi
