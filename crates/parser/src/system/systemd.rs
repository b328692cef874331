//! Messages of systemd and its helpers.

/// A message of systemd.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Systemd<'b> {
    /// The unit that it is about.
    pub unit: Option<&'b [u8]>,
    /// The message.
    pub text: &'b [u8],
}

/// What such a tag carries; `None` where the tag is none of systemd's.
pub(crate) fn systemd<'b>(tag: &[u8], inner: &'b [u8]) -> Option<Systemd<'b>> {
    tag.starts_with(b"systemd").then_some(Systemd { unit: None, text: inner })
}
