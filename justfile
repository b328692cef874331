# The common chores; CI runs the same commands.

# All tests
test:
    cargo test --workspace

# Tests against the real nginx, php-fpm, Apache, fail2ban and rsyslog, which must be installed, and the kernel
live:
    LOGSCAN_REQUIRE_LIVE=1 cargo test -p logscan --test '*live'

# Format, lints and docs, as CI wants them
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy -p logscan --no-default-features -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Licences, sources and banned crates
deny:
    cargo deny check licenses bans sources

# Accept new snapshots after reading their difference
bless:
    INSTA_UPDATE=always cargo test -p logscan

# Layers, in bytes a second
bench:
    cargo bench -p logscan-benches

# Whole commands against their peers
compare size="500MB":
    benches/compare.sh {{size}}

# Instructions a record of each layer, against the stored ones
instructions:
    benches/instructions.sh

# Reports against a day of logs
correlate scale="1":
    benches/correlate.sh {{scale}}

# How many attributions are right
score:
    cargo test -p logscan --test correlate_incidents -- --nocapture
