//! The answers in every form, read as a reader would.

mod hostile;
mod json;
mod sample;
mod tables;
mod text;
