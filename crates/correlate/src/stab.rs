//! The offset that most intervals agree on.
