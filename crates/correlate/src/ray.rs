//! Ray IDs of Cloudflare and the time they carry.

use std::fmt;

use logscan_catalogue::Timestamp;

/// 2012-10-12T00:00:00Z, from which Ray IDs count, in microseconds.
const EPOCH: i64 = 1_350_000_000 * 1_000_000;

/// Centiseconds to microseconds.
const STEP: i64 = 10_000;

/// A Ray ID, without the data centre that may follow it: 16 hex digits.
///
/// The first nine are seen to count centiseconds since 2012-10-12. Cloudflare promises nothing of that, so the time
/// is a hint, to be believed where other clues of time agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RayId(pub u64);

impl RayId {
    /// Reads `a5e879cb61d3c7e5` or `a5e879cb61d3c7e5-FRA`, in either case of letters. All zeros are no ID.
    pub fn parse(text: &[u8]) -> Option<RayId> {
        let (digits, rest) = text.split_at_checked(16)?;
        if !(rest.is_empty() || rest.first() == Some(&b'-')) {
            return None;
        }
        let mut id = 0u64;
        for digit in digits {
            id = id << 4 | u64::from(char::from(*digit).to_digit(16)?);
        }
        (id != 0).then_some(RayId(id))
    }

    /// When the request began, on the edge's clock, cut to a hundredth of a second; nonsense for made-up IDs.
    pub fn time(self) -> Timestamp {
        let centiseconds = i64::try_from(self.0 >> 28).unwrap_or(0);
        Timestamp::from_micros(EPOCH + centiseconds * STEP)
    }
}

impl fmt::Display for RayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_a_data_centre() {
        let id = RayId(0xa5e8_79cb_61d3_c7e5);
        assert_eq!(RayId::parse(b"a5e879cb61d3c7e5"), Some(id));
        assert_eq!(RayId::parse(b"A5E879CB61D3C7E5-FRA"), Some(id));
        assert_eq!(id.to_string(), "a5e879cb61d3c7e5");
        for wrong in [
            &b""[..],
            b"-",
            b"00",
            b"a5e879cb61d3c7e",
            b"a5e879cb61d3c7e5f",
            b"g5e879cb61d3c7e5",
            b"0000000000000000",
        ] {
            assert_eq!(RayId::parse(wrong), None);
        }
    }

    #[test]
    fn carries_its_time() {
        // A public sample with a time to the nanosecond beside it: 1506702504433000200.
        let at = RayId::parse(b"3a6050bcbe121a87").unwrap().time();
        assert_eq!(at, Timestamp::from_micros(1_506_702_504_430_000));
    }
}
