//! The kernel, systemd and other programs that write to syslog or the journal.

pub(crate) mod dmesg;
mod kernel;
mod other;
mod systemd;

pub use kernel::{Crash, Kernel, Killed, OomSummary};
pub use other::Other;
pub use systemd::{Systemd, UnitEnd, UnitExit};

pub(crate) use kernel::kernel;
pub(crate) use systemd::systemd;
