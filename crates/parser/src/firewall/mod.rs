//! Programs that keep addresses out: fail2ban, lfd, Imunify360, ModSecurity, and packets that the kernel logs for a
//! firewall.

pub(crate) mod audit;
pub(crate) mod fail2ban;
pub(crate) mod guards;
mod modsecurity;

pub use audit::Audit;
pub use fail2ban::Fail2ban;
pub use modsecurity::{ModSecurity, Verdict};
