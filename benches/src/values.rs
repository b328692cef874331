//! The values of a record that differ from one record to the next, and how they are written.

use logscan_parser::Civil;

use crate::Log;
use crate::random::{Random, mixed};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Odd; its bits are those of the golden ratio.
const SCATTER: u64 = 0x9e37_79b9;

const POOLS: &[&str] = &["www", "shop", "blog", "api", "intranet", "forum", "wiki", "static"];
const DOMAINS: &[&str] = &["example.com", "example.net", "example.org", "shop.example", "blog.example"];
const CLASSES: &[&str] = &["Cart", "Checkout", "Mailer", "Report", "Search", "Session", "Template", "Upload"];
const METHODS: &[&str] = &["load", "handle", "render", "query", "dispatch", "save"];

/// What stands before the number of a URI, what after it (`None` for a page without one), and a query that ends
/// in the number.
const PAGES: &[(&str, Option<&str>, &str)] = &[
    ("/", None, ""),
    ("/wp-login.php", None, ""),
    ("/xmlrpc.php", None, ""),
    ("/favicon.ico", None, ""),
    ("/wp-admin/admin-ajax.php", None, ""),
    ("/index.php", None, "?p="),
    ("/search", None, "?utm_source=newsletter&q="),
    ("/wp-cron.php", None, "?doing_wp_cron=17639"),
    ("/product/", Some("/"), ""),
    ("/blog/2026/", Some("/how-we-moved-to-a-new-server"), ""),
    ("/api/v2/orders/", Some(""), ""),
    ("/api/v2/customers/", Some("/invoices"), ""),
    ("/wp-content/uploads/2026/11/image-", Some(".jpg"), ""),
    ("/assets/app-", Some(".min.js"), ""),
    ("/wp-json/wp/v2/posts/", Some(""), ""),
    ("/checkout/step/", Some(".php"), ""),
];

/// The time of the records, as their log writes it.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    log: Log,
    seconds: i64,
    now: Vec<u8>,
    before: Vec<u8>,
}

impl Clock {
    pub(crate) fn new(log: Log) -> Clock {
        Clock::at(log, begin())
    }

    /// A clock that stands at a time, in seconds since 1970.
    pub(crate) fn at(log: Log, seconds: i64) -> Clock {
        let mut clock = Clock { log, seconds, now: Vec::new(), before: Vec::new() };
        clock.advance(0);
        clock
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.set(self.seconds + seconds);
    }

    /// Moves on to a number of seconds after the begin of all logs.
    pub(crate) fn advance_to(&mut self, since_begin: i64) {
        if begin() + since_begin > self.seconds {
            self.set(begin() + since_begin);
        }
    }

    fn set(&mut self, seconds: i64) {
        self.seconds = seconds;
        for (ago, text) in [(0, &mut self.now), (1, &mut self.before)] {
            text.clear();
            // Nothing is older than the log.
            let seconds = (self.seconds - ago).max(begin());
            stamp(self.log, Civil { seconds, nanos: 0 }, text);
        }
    }
}

/// When logs begin, in seconds since 1970.
fn begin() -> i64 {
    Civil::new(2026, 11, 22, 0, 0, 0).map_or(0, |c| c.seconds)
}

/// `2026-11-22T04:05:06`, with another character between date and time where asked for, of microseconds since 1970.
pub(crate) fn civil_text(micros: i64, between: char) -> String {
    let at = Civil { seconds: micros.div_euclid(1_000_000), nanos: 0 };
    let (year, month, day) = at.date();
    let time = at.seconds.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02}{between}{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60)
}

fn stamp(log: Log, at: Civil, out: &mut Vec<u8>) {
    let (year, month, day) = at.date();
    let time = at.seconds.rem_euclid(86_400);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let name =
        usize::try_from(month).ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).copied().unwrap_or("Jan");
    let text = match log {
        Log::NginxError => format!("{year:04}/{month:02}/{day:02} {hour:02}:{minute:02}:{second:02}"),
        Log::NginxAccess => format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000"),
        Log::PhpFpm => format!("{day:02}-{name}-{year:04} {hour:02}:{minute:02}:{second:02}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// How many clients, hosts and pages there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spread {
    /// As in life: some thousands, a few of which come most often.
    Natural,
    /// So many of each, one as often as the other.
    Even(u64),
}

impl Spread {
    /// A number for one of them; in the natural case of up to `bits` bits.
    fn draw(self, random: &mut Random, bits: u32) -> u64 {
        match self {
            Spread::Natural => random.skewed(bits),
            Spread::Even(count) => random.below(count),
        }
    }
}

/// The values of one record.
#[derive(Clone, Debug)]
pub(crate) struct Values<'c> {
    stamp: &'c [u8],
    pub(crate) pid: u64,
    pub(crate) child: u64,
    pub(crate) connection: u64,
    /// Any number, to fill in counts and the like.
    pub(crate) number: u64,
    client: u64,
    host: u64,
    pub(crate) page: u64,
}

impl<'c> Values<'c> {
    pub(crate) fn draw(random: &mut Random, clock: &'c Clock, connection: u64, spread: Spread) -> Values<'c> {
        // Processes write at the same time, so a record may come after one that is a second younger.
        let stamp = if random.one_in(16) { &clock.before } else { &clock.now };
        Values {
            stamp,
            pid: 1200 + random.below(8),
            child: 20_000 + random.below(4096),
            connection: connection + random.below(64),
            number: random.next(),
            client: spread.draw(random, 20),
            host: spread.draw(random, 10),
            page: spread.draw(random, 20),
        }
    }

    /// A request to one of a few sites of some thousand pages, a few of which are asked for most.
    pub(crate) fn of_site(random: &mut Random, clock: &'c Clock, connection: u64) -> Values<'c> {
        Values {
            stamp: &clock.now,
            pid: 1200 + random.below(8),
            child: 20_000 + random.below(4096),
            connection,
            number: random.next(),
            client: random.skewed(14),
            host: random.skewed(3),
            page: random.skewed(10),
        }
    }

    /// The same at another time.
    pub(crate) fn at<'d>(&self, clock: &'d Clock) -> Values<'d> {
        Values { stamp: &clock.now, ..*self }
    }

    /// The same of another client.
    #[cfg(test)]
    pub(crate) fn of_client(&self, client: u64) -> Values<'c> {
        Values { client, ..*self }
    }

    pub(crate) fn stamp(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.stamp);
    }

    /// An address of the edge, of both families. No two clients below 2^32 have the same.
    pub(crate) fn client(&self, out: &mut Vec<u8>) {
        // A multiple by an odd number takes each value of the low bits once.
        let [.., a, b, c, d] = self.client.wrapping_add(1).wrapping_mul(SCATTER).to_be_bytes();
        if self.client % 8 == 7 || self.client >> 20 > 0 {
            text(out, "2606:4700:10::");
            hex(out, u64::from(a) << 8 | u64::from(b));
            text(out, ":");
            hex(out, u64::from(c) << 8 | u64::from(d));
        } else {
            // 104.16.0.0/13 and 172.64.0.0/13.
            let (first, second) = if b & 8 == 0 { (104, 16) } else { (172, 64) };
            for (place, part) in
                [first, second + u64::from(b & 7), c.into(), d.into()].into_iter().enumerate()
            {
                if place > 0 {
                    text(out, ".");
                }
                decimal(out, part);
            }
        }
    }

    pub(crate) fn host(&self, out: &mut Vec<u8>) {
        if self.host > 0 {
            text(out, "site");
            decimal(out, self.host);
            text(out, ".");
        }
        text(out, choice(DOMAINS, self.host));
    }

    pub(crate) fn path(&self, out: &mut Vec<u8>) {
        let (before, after, _) = self.page();
        text(out, before);
        if let Some(after) = after {
            decimal(out, self.page);
            text(out, after);
        }
    }

    /// The path, with its query where it has one.
    pub(crate) fn uri(&self, out: &mut Vec<u8>) {
        self.path(out);
        let (_, _, query) = self.page();
        if !query.is_empty() {
            text(out, query);
            decimal(out, self.page);
        }
    }

    fn page(&self) -> (&'static str, Option<&'static str>, &'static str) {
        let place = mixed((self.page ^ self.host) + 1) % (PAGES.len() as u64);
        usize::try_from(place).ok().and_then(|p| PAGES.get(p)).copied().unwrap_or(("/", None, ""))
    }

    pub(crate) fn pool(&self, out: &mut Vec<u8>) {
        text(out, choice(POOLS, self.host));
    }

    /// Address of a server behind nginx.
    pub(crate) fn peer(&self, out: &mut Vec<u8>) {
        text(out, "10.0.0.");
        decimal(out, 1 + self.host % 16);
        text(out, ":8080");
    }

    pub(crate) fn referrer(&self, out: &mut Vec<u8>) {
        if self.number & 3 == 0 {
            text(out, ", referrer: \"https://");
            self.host(out);
            text(out, "/product/");
            decimal(out, self.page >> 2);
            text(out, "/\"");
        }
    }

    /// Path of a script of PHP.
    pub(crate) fn script(&self, out: &mut Vec<u8>) {
        self.script_at(self.number, out);
    }

    fn script_at(&self, seed: u64, out: &mut Vec<u8>) {
        text(out, "/var/www/");
        self.host(out);
        text(out, "/app/");
        text(out, choice(CLASSES, seed));
        text(out, ".php");
    }

    /// The frames of a stack trace, down to the last.
    pub(crate) fn trace(&self, out: &mut Vec<u8>) {
        let depth = 1 + (self.number >> 8) % 9;
        for place in 0..depth {
            let seed = mixed(self.number ^ place);
            text(out, "#");
            decimal(out, place);
            text(out, " ");
            self.script_at(seed, out);
            text(out, "(");
            decimal(out, seed % 900);
            text(out, "): App\\");
            text(out, choice(CLASSES, seed >> 8));
            text(out, "->");
            text(out, choice(METHODS, seed >> 16));
            text(out, "()\n");
        }
        text(out, "#");
        decimal(out, depth);
        text(out, " {main}");
    }
}

fn choice(of: &[&'static str], number: u64) -> &'static str {
    let place = number.checked_rem(of.len() as u64).and_then(|p| usize::try_from(p).ok());
    place.and_then(|p| of.get(p)).copied().unwrap_or_default()
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Appends a number; `write!` would take most of the time that a record takes.
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64) {
    digits(out, number, 10);
}

fn hex(out: &mut Vec<u8>, number: u64) {
    digits(out, number, 16);
}

fn digits(out: &mut Vec<u8>, mut number: u64, base: u64) {
    let from = out.len();
    loop {
        let digit = u32::try_from(number % base).ok().and_then(|d| char::from_digit(d, 16)).unwrap_or('0');
        out.extend(u8::try_from(digit));
        number /= base;
        if number == 0 {
            break;
        }
    }
    if let Some(written) = out.get_mut(from..) {
        written.reverse();
    }
}
