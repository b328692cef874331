//! The best assignment of reports to lines: each used once, the sum of costs least.
