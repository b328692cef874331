//! Incidents whose causes are known, changes that leave these causes as they are, and what the answers of
//! `logscan correlate` about them are worth.

// Every test file is a crate of its own and needs only some of this.
#![allow(dead_code)]
// What cannot do its part here fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

pub(crate) mod ask;
pub(crate) mod busy;
pub(crate) mod change;
pub(crate) mod incident;
pub(crate) mod line;
pub(crate) mod load;
pub(crate) mod random;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod stamp;
