//! Messages of the kernel.

/// A message of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kernel<'b> {
    /// The message, without `[uptime]` and caller mark.
    pub text: &'b [u8],
}

/// What the tag `kernel:` carries, or what follows dmesg's time.
pub(crate) fn kernel(inner: &[u8]) -> Kernel<'_> {
    Kernel { text: inner }
}
