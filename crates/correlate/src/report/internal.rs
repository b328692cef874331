//! Requests that Cloudflare made by itself.

/// Whether a request was not a visitor's, judged by `ClientRequestSource` (`requestSource` in GraphQL), a name or its
/// number. Internal requests are noise in a list of errors: look-ups of early hints and of a Worker's cache show as
/// 504 with origin status 0, and a Worker's subrequests have Ray IDs of their own.
///
/// Health checks are asked of the origin as visitors' requests are, so they count.
pub(super) fn is_internal(source: Option<&str>) -> bool {
    let Some(source) = source.map(str::trim) else { return false };
    let real = ["eyeball", "healthcheck", "1", "4", "0"];
    !real.iter().any(|name| source.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_and_health_checks_are_real() {
        for source in [None, Some("eyeball"), Some("1"), Some("healthCheck"), Some("4"), Some("0")] {
            assert!(!is_internal(source), "{source:?}");
        }
        for source in ["edgeWorkerFetch", "edgeWorkerCacheAPI", "earlyHintsCache", "6", "11", "12"] {
            assert!(is_internal(Some(source)), "{source}");
        }
    }
}
