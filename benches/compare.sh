#!/usr/bin/env bash
# Sets logscan against tools that read the same bytes, and against itself: prints ratios beside what they are to be, as
# times of one machine say nothing about another. Usage: benches/compare.sh [--big] [SIZE] (default 500MB); --big looks
# at memory and at the window with logs of ten times the size, too. What is missing of ripgrep, gzip, isal, rhit,
# GoAccess and python3 is named, and its rows are left out.
set -euo pipefail
export LC_ALL=C

size=500MB
big=
for argument in "$@"; do
    case $argument in
        --big) big=yes ;;
        [0-9]*) size=$argument ;;
        *) printf 'Usage: benches/compare.sh [--big] [SIZE]\n' >&2 && exit 2 ;;
    esac
done
rounds=5
# Logs with a span are of 2026-11-22, in UTC.
span=24h
since='2026-11-22 23:00'
# Clients, hosts and pages of the logs that are hard on memory.
distinct=1000000
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pattern='upstream prematurely closed connection|no live upstreams|upstream timed out|failed \(11: Resource temporarily|Connection reset by peer'

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

build() {
    (cd "$root" && cargo build --release --quiet -p logscan -p logscan-benches --bin logscan --bin generate)
    local target
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    logscan=$target/release/logscan
    generate=$target/release/generate
}

# --- Logs -----------------------------------------------------------------------------------------------------------

bytes_of() { wc -c <"$1"; }

# A log of a day, and the end of it with two of its hours.
day() {
    "$generate" --size "$1" --span "$span" >"$folder/day.$2.log"
    tail -c $(($1 / 12)) "$folder/day.$2.log" | sed 1d >"$folder/hours.$2.log"
}

write_logs() {
    log=$folder/error.log
    access_log=$folder/access.log
    say "writing logs of $size"
    "$generate" --size "$size" >"$log"
    "$generate" --size "$size" --kind nginx-access >"$access_log"
    "$generate" --size 1KB >"$folder/tiny.log"
    gzip -c "$log" >"$log.gz"
    # The same in four, cut between lines. (The shell of split knows the name.)
    # shellcheck disable=SC2016
    split -n l/4 --additional-suffix=.log.gz --filter='gzip >"$FILE"' "$log" "$folder/quarter."
    quarters=("$folder"/quarter.*.log.gz)
    day "$(bytes_of "$log")" plain
    if [[ $big ]]; then day $((10 * $(bytes_of "$log"))) big; fi
}

# --- What is timed --------------------------------------------------------------------------------------------------

# Words about a log that was cut inside a record are of no interest here.
common=(--no-rotated --progress never --quiet --tz UTC)
scan() { "$logscan" "$@" "${common[@]}"; }
summary() { scan --format json "$@" >/dev/null; }
twenty() { for _ in {1..20}; do "$@" >/dev/null; done; }

plain_1() { summary --threads 1 "$log"; }
plain_2() { summary --threads 2 "$log"; }
plain() { summary "$log"; }
access_1() { summary --threads 1 "$access_log"; }
access() { summary "$access_log"; }
packed() { summary "$log.gz"; }
packed_four() { summary "${quarters[@]}"; }
events() { scan events --format ndjson "$log" >"$folder/events.ndjson"; }
window() { summary --since "$since" "$folder/day.plain.log"; }
window_small() { summary --since "$since" "$folder/hours.plain.log"; }
window_big() { summary --since "$since" "$folder/day.big.log"; }
window_big_small() { summary --since "$since" "$folder/hours.big.log"; }
version() { twenty "$logscan" --version; }

rg_plain() { rg -c "$pattern" "$log" >/dev/null; }
rhit_access() { rhit --silent-load --color no "$access_log" >/dev/null </dev/null; }
goaccess_access() {
    goaccess "$access_log" --log-format=COMBINED --no-global-config --no-progress -o "$folder/goaccess.json" \
        >/dev/null 2>&1 </dev/null
}
zcat_rg() { zcat "$log.gz" | rg -c "$pattern" >/dev/null; }
igzip_one() { igzip -dc "$log.gz" >/dev/null; }
igzip_four() { igzip -dc "${quarters[@]}" >/dev/null; }
rg_version() { twenty rg --version; }

# What each peer is of.
peers() {
    peer rg ripgrep rg_plain rg_version
    if has rg; then peer zcat gzip zcat_rg; fi
    peer igzip isal igzip_one igzip_four
    peer rhit 'rhit, of cargo' rhit_access
    peer goaccess goaccess goaccess_access
}

peer() {
    local program=$1 package=$2
    shift 2
    if has "$program"; then
        printf '%s\n' "$@"
    else
        say "$program is missing (package $package): left out"
    fi
}

own() {
    printf '%s\n' plain_1 plain_2 plain access_1 access packed packed_four window window_small version
    if [[ $big ]]; then printf '%s\n' window_big window_big_small; fi
}

# Prints the microseconds that a command takes. EPOCHREALTIME has the decimal sign of the locale.
microseconds() {
    local from=${EPOCHREALTIME/[.,]/}
    "$@"
    printf '%s\n' $((${EPOCHREALTIME/[.,]/} - from))
}

# A round runs each once, so that whatever else the machine does falls on all.
run() {
    local name round
    # The first run of each warms the cache and is not counted.
    for name in "$@"; do "$name"; done
    for ((round = 0; round < rounds; round++)); do
        for name in "$@"; do microseconds "$name" >>"$folder/times.$name"; done
    done
}

# --- The table ------------------------------------------------------------------------------------------------------

# Prints the median of the numbers on standard input, and the least and the greatest.
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[1], v[NR] }'; }

# Prints a goal (`<= 2.5`, `>= 1.7`), and a mark where a number misses it.
against() {
    awk -v number="$1" -v sign="$2" -v goal="$3" 'BEGIN {
        met = sign == "<=" ? number <= goal : number >= goal
        printf "%s %-5s %s", sign, goal, met ? "" : "MISSED"
    }'
}

# A row: what logscan did and its contestant, the peer and its contestant, and the goal.
row() {
    local what=$1 ours=$2 with=$3 theirs=$4 sign=${5-} goal=${6-}
    local time ratio least most
    [[ -f $folder/times.$ours && -f $folder/times.$theirs ]] || return 0
    read -r time _ < <(median <"$folder/times.$ours")
    read -r ratio least most < <(paste "$folder/times.$ours" "$folder/times.$theirs" | awk '{ print $1 / $2 }' | median)
    printf '%-34s %8.3f s   %-26s %7.3f   %6.3f .. %-7.3f %s\n' "$what" "$(awk -v t="$time" 'BEGIN { print t / 1e6 }')" \
        "$with" "$ratio" "$least" "$most" "$([[ -z $goal ]] || against "$ratio" "$sign" "$goal")"
}

times_table() {
    printf '\n%-34s %10s   %-26s %7s   %-17s %s\n' logscan median peer ratio 'least .. greatest' goal
    row 'error log, 1 thread' plain_1 'rg -c' rg_plain '<=' 2.5
    row 'error log, 2 threads' plain_2 'rg -c' rg_plain '<=' 1.0
    row 'access log' access rhit rhit_access '<=' 0.12
    row 'access log' access goaccess goaccess_access '<=' 0.01
    row 'access log, 1 thread' access_1 rhit rhit_access
    row 'one .gz' packed 'zcat | rg -c' zcat_rg '<=' 0.25
    row 'one .gz' packed 'igzip -dc' igzip_one '<=' 2.6
    row 'four .gz' packed_four 'igzip -dc of the four' igzip_four '<=' 1.5
    row 'error log, 1 thread' plain_1 'logscan, 2 threads' plain_2 '>=' 1.7
    row 'events --format ndjson > FILE' events 'logscan, summary' plain '<=' 3
    row '--since, last hour of 24' window 'logscan, last of 2' window_small '<=' 2
    row '--since, last hour of 24, big' window_big 'logscan, last of 2, big' window_big_small '<=' 2
    row '--version, 20 times' version 'rg --version, 20 times' rg_version '<=' 2
    printf '\nratio: time of logscan / time of the peer in the same round; median of %d rounds, warm cache.\n' "$rounds"
}

# --- Time of processors, memory, bytes read -------------------------------------------------------------------------

# Prints the milliseconds of processors that a command takes: one run of twenty.
processors() {
    local TIMEFORMAT='%U %S'
    { time twenty "$@" 2>/dev/null; } 2>&1 | awk '{ print ($1 + $2) * 1000 / 20 }'
}

start_table() {
    local cpu
    read -r cpu _ < <(for ((n = 0; n < rounds; n++)); do processors summary "$folder/tiny.log"; done | median)
    printf '\n%-50s %9.1f ms    %s\n' 'a log of 1 KB, time of processors' "$cpu" "$(against "$cpu" '<=' 10)"
}

# Runs a command without its output. Prints the most memory it held in KiB, and how many bytes it read (0 where the
# system does not tell).
usage_of() {
    python3 - "$@" <<'PYTHON'
import os, sys
pid = os.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
try:
    with open(f"/proc/{pid}/io") as counts:
        read = int(counts.readline().split()[1])
except OSError:
    read = 0
_, status, usage = os.wait4(pid, 0)
if status != 0:
    sys.exit(f"{' '.join(sys.argv[1:])}: ended with {status}")
print(usage.ru_maxrss, read)
PYTHON
}

# Most memory of three runs.
memory() {
    local what=$1
    shift
    local most
    most=$(for _ in 1 2 3; do usage_of "$logscan" "$@" "${common[@]}"; done | awk '$1 > m { m = $1 } END { print m / 1024 }')
    printf '%-50s %8.1f MiB   %s\n' "$what" "$most" "$(against "$most" '<=' 64)"
}

# Summary, events and the packed form of a log.
memory_of() {
    local what=$1 file=$2
    memory "$what, summary" --format json "$file"
    memory "$what, events" events --format ndjson "$file"
    gzip -1 -c "$file" >"$folder/memory.gz"
    memory "$what, .gz, summary" --format json "$folder/memory.gz"
    rm "$folder/memory.gz"
}

memory_of_size() {
    local bytes=$1 words=$2 kind count
    for kind in nginx-error nginx-access; do
        for count in '' "$distinct"; do
            "$generate" --size "$bytes" --kind "$kind" ${count:+--distinct "$count"} >"$folder/memory.log"
            memory_of "$kind, $words${count:+, $count names}" "$folder/memory.log"
            rm "$folder/memory.log"
        done
    done
}

memory_table() {
    printf '\n%-50s %12s   %s\n' 'logscan, default threads' 'most memory' goal
    memory_of_size "$(bytes_of "$log")" "$size"
    if [[ $big ]]; then memory_of_size $((10 * $(bytes_of "$log"))) "10 x $size"; fi
}

# Bytes read for the last hour of a log.
reading() {
    local what=$1 file=$2 read
    read -r _ read < <(usage_of "$logscan" --format json --since "$since" "${common[@]}" "$file")
    awk -v what="$what" -v read="$read" -v all="$(bytes_of "$file")" 'BEGIN {
        printf "%-34s %10.1f MB %10.1f MB %9.1f %%\n", what, read / 1e6, all / 1e6, 100 * read / all
    }'
}

reading_table() {
    local what
    printf '\n%-34s %13s %13s\n' '--since, last hour' 'bytes read' 'of'
    for what in plain ${big:+big}; do
        reading "of 24${big:+, $what}" "$folder/day.$what.log"
        reading "of 2${big:+, $what}" "$folder/hours.$what.log"
    done
}

build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
write_logs
# What fills the cache with pages to be written comes last.
mapfile -t names < <(own; peers; printf 'events\n')
say "running ${names[*]}, $rounds times in turn"
run "${names[@]}"
times_table
start_table
if has python3; then
    reading_table
    rm -f "$folder"/{day,hours,quarter,events}.*
    say 'measuring memory'
    memory_table
else
    say 'python3 is missing (package python3): memory and bytes read are left out'
fi
