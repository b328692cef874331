//! What monitors say: down or up, and words in which a status stands.

use super::column::Column;
use super::fields::Fields;

/// What a record says of a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// It failed.
    Down,
    /// It did not: up again, started, paused, under maintenance.
    Up,
    /// It is no record of a monitor.
    Untold,
}

/// The state that a record tells in words, or in the numbers of the monitors that use some.
pub(super) fn state_of(fields: &Fields<'_>) -> State {
    let status = fields.get(Column::Status).map(str::trim);
    let told = [fields.get(Column::State).map(str::trim), status].into_iter().flatten();
    for text in told {
        match word(text) {
            State::Untold => {}
            state => return state,
        }
    }
    // Uptime Kuma (server/model/heartbeat.js): 0 down, 1 up, 2 pending, 3 maintenance.
    if fields.has(Column::Monitor) || fields.has(Column::Message) {
        match status {
            Some("0" | "false") => return State::Down,
            Some("1" | "2" | "3" | "true") => return State::Up,
            _ => {}
        }
    }
    // UptimeRobot's logs: 1 down, 2 up, 98 started, 99 paused.
    match fields.get(Column::State).map(str::trim) {
        Some("1") => State::Down,
        Some("2" | "98" | "99") => State::Up,
        _ => State::Untold,
    }
}

/// The state that a word names.
fn word(text: &str) -> State {
    const DOWN: [&str; 10] = [
        "down",
        "unconfirmed_down",
        "offline",
        "failed",
        "fail",
        "failure",
        "critical",
        "outage",
        "alert_state_event_start",
        "incident",
    ];
    const UP: [&str; 16] = [
        "up",
        "online",
        "ok",
        "resolved",
        "recovered",
        "started",
        "paused",
        "pending",
        "maintenance",
        "success",
        "unknown",
        "alert_state_event_end",
        "degraded",
        "recovery",
        "unpaused",
        "created",
    ];
    if DOWN.iter().any(|w| text.eq_ignore_ascii_case(w)) {
        State::Down
    } else if UP.iter().any(|w| text.eq_ignore_ascii_case(w)) {
        State::Up
    } else {
        State::Untold
    }
}

/// A status of an error in words: `Request failed with status code 520`, `HTTP code: 521`, `520: Web server ...`.
pub(super) fn status_in(text: &str) -> Option<u16> {
    let mut plain = None;
    let mut before = "";
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    for word in words.take(4096) {
        if let Some(status) = three_digits(word) {
            // Cloudflare's own numbers are seldom anything else; others need a word that says what they are.
            if is_edge(status) || (status >= 500 && names_status(before)) {
                return Some(status);
            }
            if plain.is_none() && before.is_empty() && status >= 500 {
                plain = Some(status);
            }
        }
        before = word;
    }
    plain
}

/// Whether only Cloudflare answers with this status.
pub(super) fn is_edge(status: u16) -> bool {
    matches!(status, 520..=527 | 530)
}

/// A number from 100 to 599.
pub(super) fn three_digits(word: &str) -> Option<u16> {
    (word.len() == 3).then(|| word.parse().ok())?.filter(|s| (100..600).contains(s))
}

/// Whether a number behind this word is a status.
pub(super) fn names_status(word: &str) -> bool {
    [
        "error",
        "code",
        "status",
        "http",
        "fehler",
        "statuscode",
        "errorcode",
        "a",
        "got",
        "returned",
        "2",
        "1",
        "3",
    ]
    .iter()
    .any(|w| word.eq_ignore_ascii_case(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_in_words() {
        assert_eq!(status_in("Request failed with status code 520"), Some(520));
        assert_eq!(status_in("- HTTP code: 521\n- Response time: 502 ms"), Some(521));
        assert_eq!(status_in("HTTP/2 502"), Some(502));
        assert_eq!(status_in("503 - Service Unavailable"), Some(503));
        assert_eq!(status_in("took 512 ms"), None);
        assert_eq!(status_in("timeout of 5200ms exceeded"), None);
        assert_eq!(status_in(""), None);
    }
}
