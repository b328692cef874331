//! Messages of the kernel.

use crate::firewall::Packet;

/// A message of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kernel<'b> {
    /// The message, without `[uptime]` and caller mark.
    pub text: &'b [u8],
}

impl<'b> Kernel<'b> {
    /// The packet that a rule of the firewall logged.
    pub fn packet(&self) -> Option<Packet<'b>> {
        Packet::parse(self.text)
    }
}

/// What the tag `kernel:` carries, or what follows dmesg's time.
pub(crate) fn kernel(inner: &[u8]) -> Kernel<'_> {
    Kernel { text: inner }
}
