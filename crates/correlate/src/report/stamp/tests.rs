use super::*;

const NOW: Civil = Civil { seconds: 1_795_435_218, nanos: 0 };
const HINTS: Hints = Hints { now: NOW, day_first: false };

/// 2026-11-22T14:03:07Z.
const AT: i64 = 1_795_356_187;

/// Seconds, nanoseconds, offset and width of a text that is nothing but a stamp.
fn read(text: &str) -> (i64, u32, Option<i32>, u64) {
    match whole(text.as_bytes(), HINTS) {
        Some(Seen::Time(w)) => (w.at.seconds, w.at.nanos, w.offset, w.width),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn iso() {
    let z = Some(0);
    assert_eq!(read("2026-11-22T14:03:07Z"), (AT, 0, z, SECOND));
    assert_eq!(read("2026-11-22T15:03:07+01:00"), (AT + 3600, 0, Some(3600), SECOND));
    assert_eq!(read("2026-11-22T14:03:07.42Z"), (AT, 420_000_000, z, SECOND / 100));
    assert_eq!(read("2026-11-22T14:03:07.123456789Z"), (AT, 123_456_789, z, 1));
    assert_eq!(read("2026-11-22 14:03:07"), (AT, 0, None, SECOND));
    assert_eq!(read("2026-11-22 14:03:07,123"), (AT, 123_000_000, None, SECOND / 1000));
    assert_eq!(read("2026-11-22T14:03"), (AT - 7, 0, None, 60 * SECOND));
    assert_eq!(read("2026-11-22 14:03 UTC"), (AT - 7, 0, z, 60 * SECOND));
    assert_eq!(read("2026/11/22 14:03:07"), (AT, 0, None, SECOND));
    assert_eq!(read("20261122T140307Z"), (AT, 0, z, SECOND));
    assert_eq!(read("20261122140307"), (AT, 0, None, SECOND));
    assert_eq!(read("2026-11-22 14:03:07 +0000 UTC").0, AT);
    assert_eq!(read("\"2026-11-22 14:03:07 (UTC)\""), (AT, 0, z, SECOND));
    assert_eq!(read("2026-11-22T09:03:07-05:00[America/New_York]"), (AT - 18_000, 0, Some(-18_000), SECOND));
    assert_eq!(read("2026-11-22 15:03:07 CET"), (AT + 3600, 0, Some(3600), SECOND));
}

#[test]
fn of_logs_and_mails() {
    let z = Some(0);
    assert_eq!(read("[22/Nov/2026:14:03:07 +0000]"), (AT, 0, z, SECOND));
    assert_eq!(read("22-Nov-2026 14:03:07 UTC"), (AT, 0, z, SECOND));
    assert_eq!(read("Sun, 22 Nov 2026 14:03:07 GMT"), (AT, 0, z, SECOND));
    assert_eq!(read("Sunday, 22-Nov-26 14:03:07 GMT"), (AT, 0, z, SECOND));
    assert_eq!(read("Sun Nov 22 14:03:07.123456 2026"), (AT, 123_456_000, None, 1000));
    assert_eq!(read("Sun Nov 22 14:03:07 UTC 2026"), (AT, 0, z, SECOND));
    assert_eq!(read("Nov 22 14:03:07"), (AT, 0, None, SECOND));
    assert_eq!(read("Nov 22, 2026 2:03:07 PM"), (AT, 0, None, SECOND));
    assert_eq!(read("November 22, 2026 at 2:03 PM UTC"), (AT - 7, 0, z, 60 * SECOND));
    assert_eq!(read("22 November 2026, 14:03"), (AT - 7, 0, None, 60 * SECOND));
    assert_eq!(read("22.11.2026 14:03:07"), (AT, 0, None, SECOND));
    assert_eq!(read("22.11.2026, 14:03"), (AT - 7, 0, None, 60 * SECOND));
    assert_eq!(read("11/22/2026, 2:03:07 PM"), (AT, 0, None, SECOND));
    assert_eq!(read("11/22/2026, 2:03:07\u{202f}PM"), (AT, 0, None, SECOND));
    assert_eq!(read("22/11/2026 14:03:07"), (AT, 0, None, SECOND));
}

#[test]
fn unix_time_by_its_digits() {
    let z = Some(0);
    assert_eq!(read("1795356187"), (AT, 0, z, SECOND));
    assert_eq!(read("1795356187.42"), (AT, 420_000_000, z, SECOND / 100));
    assert_eq!(read("@1795356187"), (AT, 0, z, SECOND));
    assert_eq!(read("1795356187420"), (AT, 420_000_000, z, 1_000_000));
    assert_eq!(read("1795356187420000"), (AT, 420_000_000, z, 1000));
    assert_eq!(read("1795356187420000000"), (AT, 420_000_000, z, 1_000_000));
    assert_eq!(read("1795356187420351000"), (AT, 420_351_000, z, 1000));
}

#[test]
fn a_missing_year_is_the_one_before_now() {
    assert_eq!(read("Nov 23 23:00:00").0, AT - 50_587 + 86_400 + 82_800);
    // Now is 23 November 2026: December was last year's.
    assert_eq!(whole(b"Dec 31 23:00:00", HINTS), whole(b"2025-12-31 23:00:00", HINTS));
    assert_eq!(whole(b"Feb 29 12:00:00", HINTS), whole(b"2024-02-29 12:00:00", HINTS));
}

#[test]
fn slashes_go_both_ways() {
    let seen = |day_first| whole(b"03/04/2026 10:00", Hints { day_first, ..HINTS }).unwrap();
    let (Seen::Time(american), Seen::Time(european)) = (seen(false), seen(true)) else { unreachable!() };
    assert_eq!(american.at, Civil::new(2026, 3, 4, 10, 0, 0).unwrap());
    assert_eq!(european.at, Civil::new(2026, 4, 3, 10, 0, 0).unwrap());
    assert!(american.guessed && european.guessed);
}

#[test]
fn what_is_no_time() {
    for never in
        ["2026-02-30 10:00:00", "2026-13-01T00:00:00Z", "31/Apr/2026:10:00:00 +0000", "2026-11-22 25:00"]
    {
        assert_eq!(whole(never.as_bytes(), HINTS), Some(Seen::Never), "{never}");
    }
    assert_eq!(whole(b"2026-11-22", HINTS), Some(Seen::Day));
    for none in ["", "x", "520", "14:03:07", "1.2.3", "10.0.0.1", "a5e879cb61d3c7e5", "12345", "Monday", "@x"]
    {
        assert_eq!(whole(none.as_bytes(), HINTS), None, "{none}");
    }
}

#[test]
fn in_a_text() {
    let text = b"It was on 2026-11-21, then at 2026-11-22 14:03:08 UTC: Ray ID";
    let found = find(text, 0, HINTS).unwrap();
    assert_eq!(&text[found.start..found.end], b"2026-11-22 14:03:08 UTC");
    assert_eq!(find(b"version 2026.11 of 10.1.2.3", 0, HINTS), None);
    let seen = find(b"on 2026-02-30 10:00 and 2026-03-01 10:00", 0, HINTS).unwrap().seen;
    assert!(matches!(seen, Seen::Time(_)));
}
