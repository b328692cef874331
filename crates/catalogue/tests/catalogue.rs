//! The catalogue's data: every kind is recognised by its own sample and by no other, and says what it must.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use logscan_catalogue::{AddressKind, Catalogue, Fields, Kind, Ranges, Rules, Scope, Severity};
use logscan_parser::{AccessFormat, AccessServer, Format, Frames, Level, Record, Source};

/// The form of the samples of requests to nginx. A single line does not always tell it.
const NGINX_SAMPLES: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
     \"$http_referer\" \"$http_user_agent\" \"$http_cf_ray\" $host rt=$request_time us=$upstream_status \
     urt=$upstream_response_time bs=$bytes_sent";

/// The format that a text is of. A test runs not for long: what it leaks does not matter.
fn format_of(text: &str, server: AccessServer) -> &'static Format {
    let of_samples = match server {
        AccessServer::Nginx => AccessFormat::nginx(NGINX_SAMPLES).expect("a format"),
        AccessServer::Apache => {
            AccessFormat::apache("%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"")
                .expect("a format")
        }
    };
    let format = if of_samples.parse(text.as_bytes()).is_some() {
        Format::with_access(vec![of_samples], true)
    } else {
        Format::detect(text.as_bytes(), server)
    };
    Box::leak(Box::new(format))
}

/// Whose access log a kind is of.
fn server(kind: &Kind) -> AccessServer {
    match kind.source {
        Some(Source::ApacheAccess) => AccessServer::Apache,
        _ => AccessServer::Nginx,
    }
}

/// The record that a kind's sample is.
#[track_caller]
fn sample(kind: &Kind) -> Record<'_> {
    let record = Frames::of(kind.sample.as_bytes(), format_of(&kind.sample, server(kind)))
        .next()
        .and_then(|f| f.record());
    record.unwrap_or_else(|| panic!("the sample of {} is no record", kind.id))
}

/// The name of a text that holds one record.
fn named_in(catalogue: &Catalogue, text: &str, server: AccessServer) -> Option<String> {
    let mut frames = Frames::of(text.as_bytes(), format_of(text, server));
    let record = frames.next()?.record()?;
    assert!(frames.next().is_none(), "more than one record: {text}");
    let named = catalogue.name(&record)?;
    Some(catalogue.kind(named.kind)?.id.to_string())
}

fn named(catalogue: &Catalogue, text: &str) -> Option<String> {
    named_in(catalogue, text, AccessServer::Nginx)
}

fn cause_of(text: &str) -> String {
    let catalogue = Catalogue::builtin();
    let record = Frames::new(text.as_bytes()).next().and_then(|f| f.record()).expect("a record");
    let named = catalogue.name(&record).expect("a name");
    catalogue.cause(named.cause).expect("a cause").id.to_string()
}

/// A file may begin with a mark, end its lines as Windows does, and hold zeros where the machine crashed.
#[test]
fn what_is_around_a_line_does_not_change_its_kind() {
    let catalogue = Catalogue::builtin();
    for kind in catalogue.kinds().filter(|k| k.scope == Scope::Line && k.source != Some(Source::NginxAccess))
    {
        for text in [format!("\u{feff}{}", kind.sample), format!("\0\0{}\r", kind.sample)] {
            let got = named_in(catalogue, &text, server(kind));
            assert_eq!(got.as_deref(), Some(&*kind.id), "{text:?}");
        }
    }
}

#[test]
fn every_sample_is_named_as_its_kind() {
    let catalogue = Catalogue::builtin();
    let wrong: Vec<String> = catalogue
        .kinds()
        .filter_map(|kind| {
            let got = named_in(catalogue, &kind.sample, server(kind));
            (got.as_deref() != Some(&*kind.id)).then(|| format!("{}: {got:?}", kind.id))
        })
        .collect();
    assert!(wrong.is_empty(), "{} samples are named as another kind:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn near_misses_are_of_another_kind() {
    let catalogue = Catalogue::builtin();
    for kind in catalogue.kinds() {
        for text in kind.near_misses.iter() {
            assert_ne!(
                named_in(catalogue, text, server(kind)).as_deref(),
                Some(&*kind.id),
                "near miss of {}: {text}",
                kind.id
            );
        }
    }
}

#[test]
fn samples_survive_crlf_and_the_syslog_prefix() {
    let catalogue = Catalogue::builtin();
    for kind in catalogue.kinds().filter(|k| k.source == Some(Source::NginxError)) {
        if kind.sample.contains('\n') || kind.sample.starts_with("Nov ") {
            continue;
        }
        let id = Some(kind.id.to_string());
        assert_eq!(named(catalogue, &format!("{}\r\n", kind.sample)), id, "with CRLF");
        let carried = format!("<187>Nov  2 10:46:33 web1 nginx: {}", kind.sample);
        assert_eq!(named(catalogue, &carried), id, "{carried}");
    }
}

#[test]
fn samples_are_of_a_level_that_the_kind_names() {
    for kind in Catalogue::builtin().kinds() {
        let record = sample(kind);
        if let Some(level) = record.level() {
            assert!(kind.levels.contains(&level), "{}: its sample is {level}", kind.id);
        }
    }
}

#[test]
fn ids_are_kebab_case_and_come_once() {
    let mut seen = BTreeSet::new();
    for kind in Catalogue::builtin().kinds() {
        for name in std::iter::once(&kind.id).chain(kind.aliases.iter()) {
            assert!(seen.insert(name), "{name} comes twice");
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(name.bytes().all(plain), "{name}");
        }
    }
    assert!(seen.len() >= 990, "{} kinds", seen.len());
}

#[test]
fn a_kind_is_found_by_its_other_names() {
    let (id, kind) = Catalogue::builtin().kind_named("waf-modsec-denied-nginx").expect("a kind");
    assert_eq!(kind.id, "modsec-denied");
    assert_eq!(Catalogue::builtin().kind_named("modsec-denied").map(|(id, _)| id), Some(id));
}

#[test]
fn every_kind_teaches() {
    for kind in Catalogue::builtin().kinds() {
        assert!(kind.meaning.len() > 20, "{} has no meaning", kind.id);
        assert!(!kind.fix.is_empty() && kind.fix.iter().all(|f| f.len() > 15), "{} has no fix", kind.id);
        assert!(!kind.origin.is_empty(), "{} has no origin", kind.id);
        assert!(kind.edge.iter().all(|s| (400..600).contains(s)), "{}: {:?}", kind.id, kind.edge);
    }
}

#[test]
fn every_cause_is_explained() {
    let catalogue = Catalogue::builtin();
    let used: BTreeSet<&str> = catalogue
        .kinds()
        .flat_map(|k| std::iter::once(&*k.cause).chain(k.cause_when.iter().map(|w| &*w.cause)))
        .collect();
    for id in used {
        let (_, cause) = catalogue.cause_named(id).expect("a cause");
        assert!(cause.meaning.len() > 20 && !cause.fix.is_empty(), "cause {id} has no words");
        assert!(cause.title.len() < 60, "cause {id} has a long title");
    }
}

#[test]
fn a_fault_is_never_severe_without_a_status() {
    for kind in Catalogue::builtin().kinds().filter(|k| k.severity == Severity::Error) {
        let harmless = ["php-warning", "routine", "client-abort"];
        assert!(!harmless.contains(&&*kind.cause), "{} is an error of cause {}", kind.id, kind.cause);
    }
}

/// Regexes are compiled at first use, so a broken one would show only as a kind that is never found.
#[test]
fn regexes_compile() {
    for kind in Catalogue::builtin().kinds() {
        if let Some(pattern) = &kind.regex {
            regex::bytes::Regex::new(pattern).unwrap_or_else(|e| panic!("{}: {e}", kind.id));
        }
    }
}

#[test]
fn one_text_has_one_kind_whatever_order_kinds_are_asked_in() {
    // The automaton reports literals in the order of the text, not of the catalogue: the first kind of the
    // catalogue must win all the same. Compared with asking every kind in turn.
    let catalogue = Catalogue::builtin();
    for kind in catalogue.kinds() {
        let record = sample(kind);
        if kind.access.is_some() {
            continue;
        }
        let slow = catalogue.kinds().find(|k| fits(k, &record)).map(|k| k.id.to_string());
        let fast = catalogue.name(&record).and_then(|n| catalogue.kind(n.kind)).map(|k| k.id.to_string());
        assert_eq!(fast, slow);
    }
}

/// A kind's conditions asked without any index: literals and regex by themselves, the rest by a catalogue
/// of this kind alone.
fn fits(kind: &Kind, record: &Record<'_>) -> bool {
    let source = kind
        .source
        .is_some_and(|s| s == record.source() || (s == Source::PhpFpm && record.source() == Source::PhpSlow));
    let searched = if kind.scope == Scope::Line { record.raw } else { record.text() };
    let text = String::from_utf8_lossy(searched).into_owned();
    let literal = kind.literals.is_empty() || kind.literals.iter().any(|l| text.contains(&**l));
    let regex = kind
        .regex
        .as_ref()
        .is_none_or(|r| regex::bytes::Regex::new(&format!("(?s-u){r}")).is_ok_and(|r| r.is_match(searched)));
    source && literal && regex && other_conditions(kind, record)
}

fn other_conditions(kind: &Kind, record: &Record<'_>) -> bool {
    use logscan_catalogue::ContextKind;
    use logscan_parser::Body;
    let nginx = match &record.body {
        Body::NginxError(e) => Some(e),
        _ => None,
    };
    let level = !kind.strict_level || record.level().is_some_and(|l| kind.levels.contains(&l));
    let number = match &record.body {
        Body::ApacheError(e) => e.errno,
        _ => nginx.and_then(|e| e.errno),
    };
    let errno = kind.errno.is_empty() || number.is_some_and(|n| kind.errno.contains(&n));
    let action = nginx.and_then(|e| e.action).unwrap_or_default();
    let action = kind.actions.is_empty() || kind.actions.iter().any(|a| a.as_bytes() == action);
    let context = kind.context.is_none_or(|c| {
        nginx.is_some_and(|e| match c {
            ContextKind::Client => e.context.client.is_some(),
            ContextKind::Stream => e.context.traffic.is_some(),
            _ => e.context == logscan_parser::Context::default(),
        })
    });
    let syslog = !kind.syslog_only || record.carrier.is_some();
    let fields = Fields::of(record);
    let edge = fields.ip.or(fields.client).map(|ip| Ranges::cloudflare().contains(ip));
    let address = kind.address.is_none_or(|a| edge == Some(a == AddressKind::Cloudflare));
    let unit = kind.unit.is_none() || is_web(record);
    level && errno && action && context && syslog && address && unit
}

/// Whether a rule that wants a unit of the web takes a record of systemd.
fn is_web(record: &Record<'_>) -> bool {
    static ONLY_WEB: LazyLock<Catalogue> = LazyLock::new(|| {
        let rules = Rules::parse("[[kind]]\nid = \"u\"\nregex = '.'\nunit = \"web\"\n").expect("rules");
        Catalogue::with_rules(rules).expect("catalogue")
    });
    let named = ONLY_WEB.name(record).and_then(|n| ONLY_WEB.kind(n.kind));
    named.is_some_and(|k| k.id == "u")
}

#[test]
fn the_cause_follows_the_upstream() {
    let line = |upstream: &str| {
        format!(
            "2026/11/22 14:03:07 [error] 1#1: *5 recv() failed (104: Connection reset by peer) while reading \
             response header from upstream, client: 192.0.2.7, server: example.com, request: \"GET / HTTP/1.1\", \
             upstream: \"{upstream}\", host: \"example.com\""
        )
    };
    assert_eq!(cause_of(&line("fastcgi://unix:/run/php/php8.2-fpm.sock:")), "php-fpm-crash");
    assert_eq!(cause_of(&line("http://127.0.0.1:8080/")), "upstream-closed-early");
}

#[test]
fn the_cause_follows_the_message() {
    let said = |text: &str| {
        format!(
            "[22-Nov-2026 14:03:07] WARNING: [pool www] child 12 said into stderr: \"NOTICE: PHP message: {text}\""
        )
    };
    let memory = "PHP Fatal error:  Allowed memory size of 67108864 bytes exhausted (tried to allocate 2097152 bytes) in /a.php on line 1";
    assert_eq!(cause_of(&said(memory)), "php-memory-limit");
    let time = "PHP Fatal error:  Maximum execution time of 30 seconds exceeded in /a.php on line 1";
    assert_eq!(cause_of(&said(time)), "php-execution-timeout");
    let other = "PHP Fatal error:  Uncaught Error: Call to undefined function f() in /a.php:1";
    assert_eq!(cause_of(&said(other)), "php-fatal-error");
}

#[test]
fn what_a_line_of_php_is_about_is_told_in_all_logs() {
    let component = |text: &str| {
        let record = Frames::new(text.as_bytes()).next().and_then(|f| f.record()).expect("a record");
        Fields::of(&record).component.map(|c| c.to_string())
    };
    let plugin = "/var/www/wp-content/plugins/shop/cart.php";
    let core = "/var/www/wp-includes/class-wp-hook.php";
    let trace = format!(
        "PHP Fatal error:  Uncaught TypeError: x in {core}:3\nStack trace:\n#0 {core}(9): f()\n#1 [internal function]: g()\n#2 {plugin}(12): do_action('init')\n#3 /var/www/wp-content/themes/t/index.php(1): h()\n#4 {{main}}\n  thrown in {core} on line 3"
    );
    let wanted = Some("plugin shop".to_owned());
    assert_eq!(component(&format!("[22-Nov-2026 14:03:07 UTC] {trace}")), wanted);
    assert_eq!(component(&format!("NOTICE: PHP message: {trace}")), wanted);
    let list = "while reading response header from upstream, client: 192.0.2.7, server: e, request: \"GET / HTTP/1.1\"";
    let head = "2026/11/22 14:03:07 [error] 1#1: *5 FastCGI sent in stderr: \"PHP message: ";
    assert_eq!(
        component(&format!("{head}PHP Warning:  a in {core} on line 1; PHP message: {trace}\" {list}")),
        wanted
    );
    let said = |text: &str| {
        component(&format!("[22-Nov-2026 14:03:07] WARNING: [pool www] child 1 said into stderr: \"{text}\""))
    };
    assert_eq!(said(&format!("NOTICE: PHP message: PHP Warning:  x in {plugin} on line 3")), wanted);
    assert_eq!(
        said(&format!("NOTICE: PHP message: PHP Warning:  x in {core} on line 3")).as_deref(),
        Some("WordPress core")
    );
    assert_eq!(said(&format!("#2 {plugin}(12): do_action('init')")), wanted);
    assert_eq!(said(&format!("convert: no such file {plugin}")), None);
    let slow = format!(
        "[22-Nov-2026 14:03:07]  [pool www] pid 7\nscript_filename = /var/www/index.php\n[0x00007f3b0ea14250] mysqli_query() {core}:44\n[0x00007f3b0ea14150] query() {plugin}:4"
    );
    assert_eq!(component(&slow), wanted);
    assert_eq!(component("[22-Nov-2026 14:03:07 UTC] PHP Warning:  x in /var/www/a.php on line 3"), None);
}

#[test]
fn the_cause_of_a_line_of_php_follows_its_words() {
    let php = |text: &str| cause_of(&format!("[22-Nov-2026 14:03:07 UTC] {text}"));
    let stream = |why: &str| {
        php(&format!("PHP Warning:  fopen(/x): Failed to open stream: {why} in /a.php on line 1"))
    };
    assert_eq!(stream("No such file or directory"), "php-warning");
    assert_eq!(stream("Permission denied"), "permission-denied");
    assert_eq!(stream("No space left on device"), "disk-error");
    assert_eq!(stream("Too many open files"), "php-fd-exhausted");
    assert_eq!(php("PHP Fatal error:  mine in /a.php on line 1"), "php-fatal-error");
    assert_eq!(php("PHP Fatal error mentioned by an application"), "other");
    assert_eq!(
        cause_of("Sun Nov 22 14:03:07 2026 (1200): Fatal Error Unable to open lock"),
        "fpm-config-error"
    );
}

#[test]
fn errno_words_of_another_libc_change_nothing() {
    let catalogue = Catalogue::builtin();
    let line =
        |words: &str| format!("2026/11/22 14:03:07 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: {words})");
    assert_eq!(named(catalogue, &line("Address in use")), named(catalogue, &line("Address already in use")));
    assert_eq!(named(catalogue, &line("Address in use")).as_deref(), Some("bind-in-use"));
}

#[test]
fn users_rules_come_first_and_look_at_the_whole_line() {
    let rules = Rules::parse(
        "[[kind]]\nid = \"xmlrpc\"\nmatch = \"POST /xmlrpc.php\"\ncause = \"attack\"\nmeaning = \"m\"\nfix = \"block it\"\n\
         [[kind]]\nid = \"slow-db\"\nregex = '(?i)lock wait timeout'\nsource = \"nginx-error\"\n",
    )
    .expect("rules");
    let catalogue = Catalogue::with_rules(rules).expect("catalogue");
    let line = "2026/11/22 14:03:07 [error] 1#1: *5 limiting requests, excess: 1.0 by zone \"one\", client: 192.0.2.7, \
                server: example.com, request: \"POST /xmlrpc.php HTTP/1.1\", host: \"example.com\"";
    assert_eq!(named(&catalogue, line).as_deref(), Some("xmlrpc"));
    assert_eq!(named(Catalogue::builtin(), line).as_deref(), Some("limit-req-reject"));
    let db = "2026/11/22 14:03:07 [error] 1#1: *5 FastCGI sent in stderr: \"PHP message: Lock Wait Timeout exceeded\" while reading upstream, client: 192.0.2.7, server: e";
    assert_eq!(named(&catalogue, db).as_deref(), Some("slow-db"));
    assert!(catalogue.cause_named("attack").is_some());
}

#[test]
fn wrong_rules_are_refused_in_words() {
    let words =
        |text: &str| Rules::parse(text).and_then(Catalogue::with_rules).expect_err("an error").to_string();
    assert!(words("").contains("no [[kind]]"));
    assert!(words("[[kind]]\nid = \"x\"").contains("needs `match"));
    assert!(words("[[kind]]\nid = \"X y\"\nmatch = \"a\"").contains("lower-case"));
    assert!(words("[[kind]]\nid = \"x\"\nmach = \"a\"").contains("unknown field `mach`"));
    assert!(words("[[kind]]\nid = \"x\"\nregex = '('").contains("regex parse error"));
    assert!(words("[[kind]]\nid = \"bind-in-use\"\nmatch = \"a\"").contains("choose another"));
    assert!(words("[[kind]]\nid = \"x\"\nmatch = \"a\"\nlevels = [\"loud\"]").contains("no level `loud`"));
    assert!(
        words("[[kind]]\nid = \"x\"\nmatch = \"a\"\n[[kind]]\nid = \"x\"\nmatch = \"b\"").contains("twice")
    );
}

#[test]
fn levels_are_documented_for_every_kind_that_has_one() {
    let mut none: BTreeMap<&str, Vec<Level>> = BTreeMap::new();
    for kind in Catalogue::builtin().kinds().filter(|k| k.levels.is_empty()) {
        let record = sample(kind);
        none.entry(&kind.id).or_default().extend(record.level());
    }
    assert!(none.values().all(Vec::is_empty), "{none:?}");
}
