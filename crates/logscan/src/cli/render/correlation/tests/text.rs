//! The page for people.

use super::sample::{Sample, crashes, look};
use crate::cli::render::correlation::text;
use crate::cli::style::Look;

fn page(sample: &Sample, look: Look, all: bool) -> String {
    let mut out = Vec::new();
    text(&mut out, sample.told(look, all)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_page_of_an_incident() {
    let sample = crashes();
    insta::assert_snapshot!("text_80", page(&sample, look(80), false));
    insta::assert_snapshot!("text_120", page(&sample, look(120), false));
    insta::assert_snapshot!("text_all_100", page(&sample, look(100), true));
}
