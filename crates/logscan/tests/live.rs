//! Proof against the real programs: nginx and php-fpm are started with a configuration of their own and made to
//! fail on loopback ports, in about a hundred ways that the catalogue knows. In the logs they wrote logscan must
//! name every one of these failures, in the right file, and account for every single line.
//!
//! Without nginx or php-fpm the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead.
//! LOGSCAN_LIVE_KEEP keeps the logs.

#![cfg(target_os = "linux")]
// errno numbers and signals of Linux are expected
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "live/expect.rs"]
mod expect;
#[path = "live/http.rs"]
mod http;
#[path = "live/process.rs"]
mod process;
#[path = "live/provoke.rs"]
mod provoke;
#[path = "live/setup.rs"]
mod setup;

use process::Programs;
use setup::Site;

#[test]
fn every_provoked_failure_is_named() {
    let programs = match Programs::find() {
        Ok(programs) => programs,
        Err(missing) => {
            let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
            assert!(!required, "{missing}, but this run requires it");
            eprintln!("skipped: {missing}; no real failure was provoked");
            return;
        }
    };
    let begin = expect::clock(-2);
    let mut site = Site::start(programs);
    std::thread::scope(|scope| {
        scope.spawn(|| provoke::slow_requests(&site));
        scope.spawn(|| provoke::failed_starts(&site));
        provoke::quick_requests(&site);
        provoke::bad_clients(&site);
        provoke::leaving_clients(&site);
        provoke::exhausted_connections(&site);
    });
    provoke::lost_fpm_workers(&site);
    provoke::lost_nginx_workers(&site);
    provoke::reload_and_stop(&mut site);
    let end = expect::clock(2);

    let logs = expect::written_logs(&site.dir);
    expect::conservation(&logs);
    let events = expect::events(&logs);
    expect::kinds(&logs, &events);
    expect::details(&site.dir, &events);
    expect::times_and_places(&site.dir, &events, &begin, &end);
}
