//! Why did visitors see a Cloudflare 520 (or 502, 504 ...), and what is to be fixed? The answer stands in the
//! origin's logs; this crate reads them (nginx, php-fpm, PHP, Apache, kernel, systemd, firewalls) and names what they say.
//!
//! It gathers the crates that do the work:
//!
//! * [`parser`]: bytes to borrowed records, without I/O;
//! * [`catalogue`]: records to kinds and causes, with meaning and advice;
//! * [`scan`]: files, rotated and gzipped ones and streams, in parallel, folded in order;
//! * [`correlate`]: errors that were reported at the edge, matched with what the logs say.
//!
//! With the feature `cli` (default) it is also the command line.
//!
//! ```
//! use logscan::catalogue::Catalogue;
//! use logscan::parser::Frames;
//!
//! let log = b"2026/11/23 12:00:18 [crit] 812#812: *5 connect() to unix:/run/php/php8.2-fpm.sock failed (2: No \
//! such file or directory) while connecting to upstream, client: 192.0.2.7, server: example.com, request: \
//! \"GET / HTTP/1.1\", upstream: \"fastcgi://unix:/run/php/php8.2-fpm.sock:\", host: \"example.com\"\n";
//! let catalogue = Catalogue::builtin();
//! for record in Frames::new(log).filter_map(|frame| frame.record()) {
//!     let named = catalogue.name(&record).unwrap();
//!     let kind = catalogue.kind(named.kind).unwrap();
//!     assert_eq!(kind.id, "connect-unix-enoent");
//!     println!("{}: {}", kind.meaning, kind.fix[0]);
//! }
//! ```

pub use logscan_catalogue as catalogue;
pub use logscan_correlate as correlate;
pub use logscan_parser as parser;
pub use logscan_scan as scan;

#[cfg(feature = "cli")]
pub mod cli;
