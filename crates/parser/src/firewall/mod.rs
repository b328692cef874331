//! Programs that keep addresses out: fail2ban, lfd, Imunify360, and packets that the kernel logs for a firewall.

pub(crate) mod fail2ban;
pub(crate) mod guards;

pub use fail2ban::Fail2ban;
