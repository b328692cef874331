//! Heads of mails: the time that a mail was sent is not the time of an error.

use crate::report::stamp::{Hints, at};

/// What a line is to a mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A line of its head.
    Head,
    /// A line that a mail's head has, but other texts too: `Date:`.
    Date,
    /// None.
    Text,
}

/// Lines that only heads of mails have.
const HEADS: [&str; 18] = [
    "From:",
    "To:",
    "Cc:",
    "Message-ID:",
    "Message-Id:",
    "Return-Path:",
    "Received:",
    "Delivered-To:",
    "Reply-To:",
    "MIME-Version:",
    "In-Reply-To:",
    "DKIM-Signature:",
    "ARC-Seal:",
    "Von:",
    "An:",
    "Envelope-To:",
    "Subject:",
    "Betreff:",
];

const DATES: [&str; 5] = ["Date:", "Sent:", "Gesendet:", "Datum:", "Delivery-date:"];

/// What a line is, given whether the lines before are of a head.
pub(super) fn part(line: &str, in_head: bool, hints: Hints) -> Part {
    if in_head && line.starts_with([' ', '\t']) && !line.trim().is_empty() {
        return Part::Head;
    }
    let line = line.trim_start_matches(['>', ' ']);
    // Who quotes a mail writes when it was sent.
    if line.trim_end().ends_with("wrote:") || line.trim_end().ends_with("schrieb:") {
        return Part::Head;
    }
    let starts = |names: &[&str]| names.iter().find_map(|n| line.strip_prefix(n));
    if let Some(value) = starts(&HEADS) {
        // `From: 2026-11-22 14:03` begins a stretch of time.
        return if at(value.trim_start().as_bytes(), hints).is_some() { Part::Text } else { Part::Head };
    }
    if starts(&DATES).is_some() {
        return Part::Date;
    }
    let named = line.split_once(": ").is_some_and(|(name, _)| {
        name.contains('-') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    if in_head && named { Part::Head } else { Part::Text }
}

/// What a line of a head says of the error: its subject.
pub(super) fn subject(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['>', ' ']);
    line.strip_prefix("Subject:").or_else(|| line.strip_prefix("Betreff:"))
}
