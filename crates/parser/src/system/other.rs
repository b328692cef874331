//! Lines of programs that have no grammar of their own here.

/// A line of another program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Other<'b> {
    /// What it wrote.
    pub text: &'b [u8],
}
