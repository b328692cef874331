use std::sync::LazyLock;

use logscan_parser::{AccessFormat, AccessServer, Format, Frames};
use proptest::prelude::*;

use super::*;
use crate::kind::Kind;
use crate::matcher::oracle::Oracle;
use crate::rules::Rules;

/// Rules that come before all others, look at whole lines and at texts, and have conditions of every form.
const RULES: &str = r#"
[[kind]]
id = "user-login"
match = ["POST /wp-login.php", "lo"]
[[kind]]
id = "user-site"
match = "site7.example.org"
[[kind]]
id = "user-regex"
regex = '(?i)lock WAIT|deadlock'
source = "nginx-error"
[[kind]]
id = "user-timed-out"
match = "timed out"
in = "message"
levels = ["warn"]
strict-level = true
[[kind]]
id = "user-stranger"
match = "closed connection"
in = "message"
address = "stranger"
source = "nginx-error"
cause-when = [{ upstream = "fastcgi", cause = "php-fpm-crash" }, { errno = [110], cause = "upstream-timeout" }]
[[kind]]
id = "user-short"
match = ["foo", "baz"]
regex = '^(open|bar)'
in = "message"
[[kind]]
id = "user-slow"
access = { status = ["200"], time = "over-edge-limit" }
match = "GET"
"#;

/// The columns of the samples of nginx's access log.
const COLUMNS: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
     \"$http_referer\" \"$http_user_agent\" \"$http_cf_ray\" $host rt=$request_time us=$upstream_status \
     urt=$upstream_response_time bs=$bytes_sent";

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| {
    let with_rules = Catalogue::with_rules(Rules::parse(RULES).unwrap()).unwrap();
    [Catalogue::with_rules(Rules::default()).unwrap(), with_rules]
});

static ORACLES: LazyLock<[Oracle<'static>; 2]> = LazyLock::new(|| {
    let [builtin, with_rules] = &*CATALOGUES;
    [Oracle::new(builtin), Oracle::new(with_rules)]
});

/// Samples and near misses of all kinds.
static SAMPLES: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let texts = |kind: &'static Kind| std::iter::once(&kind.sample).chain(kind.near_misses.iter());
    Catalogue::builtin().kinds().flat_map(texts).map(|text| text.as_bytes()).collect()
});

/// All literals of the catalogue.
static LITERALS: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let kinds = Catalogue::builtin().kinds();
    kinds.flat_map(|kind| kind.literals.iter()).map(|l| l.as_bytes()).collect()
});

/// The formats that a text is read in.
fn formats(text: &[u8]) -> Vec<Format> {
    let any = Format::detect(b"", AccessServer::Nginx);
    if Frames::of(text, &any).any(|frame| frame.record().is_some()) {
        return vec![any];
    }
    let mut formats =
        [AccessServer::Nginx, AccessServer::Apache].map(|server| Format::detect(text, server)).to_vec();
    formats.push(Format::with_access(vec![AccessFormat::nginx(COLUMNS).unwrap()], true));
    formats
}

/// Asserts that each way names the records of a text as asking all kinds does.
fn check(namers: &mut [Namer<'_>], text: &[u8]) {
    for format in formats(text) {
        for record in Frames::of(text, &format).filter_map(|frame| frame.record()) {
            for (catalogue, oracle) in CATALOGUES.iter().zip(ORACLES.iter()) {
                let expected = oracle.name(&record);
                assert_eq!(catalogue.name(&record), expected, "{:?}", String::from_utf8_lossy(record.raw));
                for namer in namers.iter_mut().filter(|n| std::ptr::eq(n.catalogue(), catalogue)) {
                    for _ in 0..3 {
                        assert_eq!(
                            namer.name(&record),
                            expected,
                            "size {}: {:?}",
                            namer.memory.size,
                            String::from_utf8_lossy(record.raw)
                        );
                    }
                }
            }
        }
    }
}

fn with_size(catalogue: &Catalogue, size: usize) -> Namer<'_> {
    Namer { catalogue, memory: Memory::new(size) }
}

/// One that remembers the beginning of each new text.
fn by_beginnings(catalogue: &Catalogue) -> Namer<'_> {
    Namer { catalogue, memory: Memory { many: 1, ..Memory::new(2) } }
}

fn namers() -> Vec<Namer<'static>> {
    let of = |catalogue| [1, 2, 1024].map(|size| with_size(catalogue, size));
    let by_beginnings = CATALOGUES.iter().map(by_beginnings);
    CATALOGUES.iter().flat_map(of).chain(by_beginnings).collect()
}

#[test]
fn all_samples_are_named_as_by_asking_all_kinds() {
    let mut namers = namers();
    for _ in 0..2 {
        for sample in SAMPLES.iter() {
            check(&mut namers, sample);
        }
    }
}

/// A record of nginx with a text, and what is around it.
fn nginx(level: &str, text: &[u8], list: &str) -> Vec<u8> {
    [format!("2026/11/22 14:03:07 [{level}] 1#1: *5 ").as_bytes(), text, list.as_bytes()].concat()
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"])
}

fn list() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        ", client: 172.68.10.5, server: a",
        ", client: 192.0.2.7, server: a, request: \"GET /lock wait HTTP/1.1\", upstream: \"fastcgi://unix:/run/a.sock:\", host: \"site7.example.org\"",
        ", client: 192.0.2.7, server: a, request: \"POST /wp-login.php HTTP/1.1\", upstream: \"http://10.0.0.2:80/\", host: \"a\"",
        ", client: 192.0.2.7, server: 0.0.0.0:53, upstream: \"10.0.0.5:53\", bytes from/to client:1/2, bytes from/to upstream:2/1",
    ])
}

fn literal() -> impl Strategy<Value = &'static [u8]> {
    any::<prop::sample::Index>().prop_map(|at| *at.get(&LITERALS))
}

fn sample() -> impl Strategy<Value = &'static [u8]> {
    any::<prop::sample::Index>().prop_map(|at| *at.get(&SAMPLES))
}

/// A piece of a text that was made to be taken for another.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b" while ",
        b"reading response header from upstream",
        b"SSL handshaking",
        b" (110: Connection timed out)",
        b" (2: No such file or directory)",
        b" failed",
        b"connect()",
        b"FastCGI sent in stderr: \"",
        b"PHP message: ",
        b"\" ",
        b", client: ",
        b"\x00\xff",
        b" in /etc/nginx/nginx.conf:3",
        b"1",
        b"x",
    ];
    prop_oneof![
        2 => literal().prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Samples with bytes changed, cut out or put in.
    #[test]
    fn changed_samples_are_named_as_by_asking_all_kinds(
        sample in sample(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..4, piece()), 1..4),
    ) {
        let mut text = sample.to_vec();
        for (at, cut, piece) in changes {
            let from = at.index(text.len() + 1);
            text.splice(from..(from + cut).min(text.len()), piece);
        }
        check(&mut namers(), &text);
    }

    /// Texts that hold the literals of several kinds, in all surroundings, by namers that have named others: of every size,
    /// so that texts push each other out.
    #[test]
    fn hostile_texts_are_named_as_by_asking_all_kinds(
        texts in prop::collection::vec(prop::collection::vec(piece(), 1..6), 1..4),
        around in prop::collection::vec((any::<prop::sample::Index>(), level(), list()), 1..16),
    ) {
        let mut namers = namers();
        for (text, level, list) in around {
            check(&mut namers, &nginx(level, &text.get(&texts).concat(), list));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Texts that begin as a sample does and go on otherwise, after that sample.
    #[test]
    fn texts_that_begin_alike_are_named_as_by_asking_all_kinds(
        sample in sample(),
        tails in prop::collection::vec(prop::collection::vec(piece(), 0..5), 1..4),
        kept in any::<prop::sample::Index>(),
        around in prop::collection::vec((any::<prop::sample::Index>(), level(), list()), 1..8),
    ) {
        let mut namers: Vec<Namer<'_>> = CATALOGUES.iter().map(by_beginnings).collect();
        check(&mut namers, sample);
        let Some(record) = Record::parse(sample) else { return Ok(()) };
        let stem = namers.iter().find_map(|n| n.memory.stem(&n.catalogue.matcher, record.source(), record.text()));
        // Mostly up to where its kind is known, else cut somewhere.
        let start = match stem {
            Some(stem) => stem.start(),
            None => &record.text()[..kept.index(record.text().len() + 1)],
        };
        for (tail, level, list) in around {
            let text = [start, &tail.get(&tails).concat()].concat();
            check(&mut namers, &nginx(level, &text, list));
        }
    }
}

#[test]
fn many_new_texts_of_a_kind_are_known_by_their_beginning() {
    let catalogue = &CATALOGUES[0];
    let mut namer = with_size(catalogue, TEXTS);
    let list = ", client: 192.0.2.7, server: a, request: \"GET / HTTP/1.1\", host: \"a\"";
    let text = |n: usize| {
        nginx("error", format!("open() \"/srv/{n}\" failed (2: No such file or directory)").as_bytes(), list)
    };
    let is_known = |namer: &Namer<'_>| {
        namer.memory.stem(&catalogue.matcher, Source::NginxError, b"open() \"x").is_some()
    };
    for n in 0..usize::from(MANY) {
        assert!(!is_known(&namer), "after {n}");
        namer.name(&Record::parse(&text(n)).unwrap());
    }
    assert!(is_known(&namer));
    let line = text(1000);
    let record = Record::parse(&line).unwrap();
    let stem = namer.memory.stem(&catalogue.matcher, Source::NginxError, record.text()).unwrap();
    let named = by_stem(catalogue, stem, Source::NginxError, &record, record.text()).unwrap();
    assert_eq!(catalogue.kind(named.kind).unwrap().id, "static-not-found");
    let overruled = nginx("error", b"open() \"/srv/connect() failed\" failed (2: x)", list);
    let record = Record::parse(&overruled).unwrap();
    assert_eq!(by_stem(catalogue, stem, Source::NginxError, &record, record.text()), None);
    assert_eq!(namer.name(&record), catalogue.name(&record));
}

#[test]
fn a_short_literal_counts_besides_a_regex_that_begins_the_text() {
    let mut namers = namers();
    for text in [
        &b"bar none"[..],
        b"bar baz",
        b"open() \"/foo\" failed (2: x)",
        b"open() \"/\" failed (2: x)",
        b"foo",
    ] {
        check(&mut namers, &nginx("error", text, ", client: 192.0.2.7, server: a"));
    }
}

#[test]
fn more_literals_than_are_expected() {
    let mut namers = namers();
    for literals in LITERALS.chunks(60) {
        check(&mut namers, &nginx("error", &literals.concat(), ", client: 192.0.2.7, server: a"));
    }
}

/// Two texts with one hash, as somebody who knew the state could make them.
#[test]
fn texts_of_one_hash_are_told_apart() {
    let mut namer = with_size(Catalogue::builtin(), 1);
    let key = |text| Key { hash: 7, traits: 1, text };
    namer.memory.remember(key(b"one text"), Answer::default());
    assert!(namer.memory.get(key(b"one text")).is_some());
    assert!(namer.memory.get(key(b"two text")).is_none());
    assert!(namer.memory.get(key(b"one text ")).is_none());
    assert!(namer.memory.get(Key { traits: 2, ..key(b"one text") }).is_none());
}

#[test]
fn a_text_that_is_asked_for_is_not_pushed_out_at_once() {
    let mut namer = with_size(Catalogue::builtin(), 1);
    let key = |text| Key { hash: 7, traits: 1, text };
    namer.memory.remember(key(b"one"), Answer::default());
    assert!(namer.memory.get(key(b"one")).is_some());
    namer.memory.remember(key(b"two"), Answer::default());
    assert!(namer.memory.get(key(b"one")).is_some());
    namer.memory.remember(key(b"two"), Answer::default());
    namer.memory.remember(key(b"two"), Answer::default());
    assert!(namer.memory.get(key(b"two")).is_some(), "nobody asked for the other in between");
}

#[test]
fn memory_is_bounded() {
    let mut namer = with_size(Catalogue::builtin(), 4);
    for n in 0..1000 {
        let text = nginx("error", format!("upstream timed out {n}{}", "x".repeat(n)).as_bytes(), "");
        for _ in 0..3 {
            namer.name(&Record::parse(&text).unwrap());
        }
    }
    assert_eq!(
        (namer.memory.slots.len(), namer.memory.texts.len(), namer.memory.seen.len()),
        (4, 4 * LONGEST, 16)
    );
}

#[test]
fn what_is_given_back_is_taken_again() {
    let [one, other] = &*CATALOGUES;
    let (namers, of_other) = (one.namers(), other.namers());
    let text =
        nginx("error", b"no live upstreams while connecting to upstream", ", client: 192.0.2.7, server: a");
    let record = Record::parse(&text).unwrap();
    let mut namer = namers.take();
    let named = [namer.name(&record), namer.name(&record)];
    assert_eq!(named, [one.name(&record); 2]);
    namers.give_back(namer);
    assert_eq!(namers.take().memory.slots.len(), TEXTS);
    assert_eq!(namers.take().memory.slots.len(), 0, "there was only one");
    of_other.give_back(namers.take());
    assert!(of_other.idle.lock().unwrap().is_empty(), "it goes by other kinds");
}
