//! When this machine was started.

use logscan_catalogue::Timestamp;

/// `btime` of `/proc/stat`; `None` where there is no such file.
pub(crate) fn of_machine() -> Option<Timestamp> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Timestamp::from_seconds(seconds.trim().parse().ok()?))
}
