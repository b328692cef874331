//! What Cloudflare's edge bears with, as far as it shows in an origin's logs.

use std::time::Duration;

/// Limits of the edge. They have changed over the years and differ by plan, so they are settings.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a whole response head; more is a 520.
    pub response_head: u64,
    /// The same in former times, still found in many texts.
    pub old_response_head: u64,
    /// How long the edge waits for a response head; then it shows a 524.
    pub read_timeout: Duration,
    /// The same in former times.
    pub old_read_timeouts: Vec<Duration>,
}

impl Default for Limits {
    /// As documented in 2026: 128 KB, formerly 16 KB; 125 s, formerly 100 s and 120 s.
    fn default() -> Limits {
        Limits {
            response_head: 128 * 1024,
            old_response_head: 16 * 1024,
            read_timeout: Duration::from_secs(125),
            old_read_timeouts: vec![Duration::from_secs(100), Duration::from_secs(120)],
        }
    }
}

impl Limits {
    /// Whether a request took as long as the edge waits or waited, give or take a little.
    pub fn is_at_read_timeout(&self, took: Duration) -> bool {
        const LITTLE: Duration = Duration::from_millis(1500);
        let mut limits = self.old_read_timeouts.iter().chain(Some(&self.read_timeout));
        limits.any(|limit| limit.abs_diff(took) <= LITTLE)
    }
}
