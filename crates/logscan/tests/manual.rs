//! What the program tells of itself: kinds and causes, help, manual page, completions.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{command, finish, run, text};
use logscan::catalogue::{Catalogue, Kind};

const COMMANDS: [&str; 5] = ["events", "correlate", "explain", "completions", "man"];

/// A text without its line breaks and indentation.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_list_holds_every_kind_and_cause() {
    let catalogue = Catalogue::builtin();
    let run = run(["explain"]);
    let listed: BTreeSet<&str> =
        run.ok().lines().filter_map(|l| l.strip_prefix("  ")?.split(' ').next()).collect();
    let kinds = catalogue.kinds().map(|k| &*k.id);
    let missing: Vec<&str> =
        kinds.chain(catalogue.causes().map(|c| &*c.id)).filter(|name| !listed.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(listed.len(), catalogue.kinds().len() + catalogue.causes().len(), "nothing else is listed");
}

#[test]
fn the_list_as_json_holds_what_the_pages_tell() {
    let run = run(["explain", "--format", "json"]);
    run.is_quiet(0);
    let list = run.json();
    let catalogue = Catalogue::builtin();
    let kinds = list["kinds"].as_array().unwrap();
    assert_eq!(kinds.len(), catalogue.kinds().len());
    for (shown, kind) in kinds.iter().zip(catalogue.kinds()) {
        assert_eq!(text(shown, "kind"), kind.id);
        assert_eq!(text(shown, "cause"), kind.cause);
        assert_eq!(text(shown, "meaning"), kind.meaning);
        assert_eq!(text(shown, "sample"), kind.sample);
        assert_eq!(shown["fix"].as_array().unwrap().len(), kind.fix.len());
    }
    let causes: Vec<&str> = list["causes"].as_array().unwrap().iter().map(|c| text(c, "cause")).collect();
    assert_eq!(causes, catalogue.causes().map(|c| &*c.id).collect::<Vec<_>>());
}

/// Each log that kinds are known of has its section, and each kind stands in that of its log.
#[test]
fn the_list_has_a_section_for_each_log() {
    let catalogue = Catalogue::builtin();
    let run = run(["explain"]);
    let mut sections: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for line in run.ok().lines() {
        match line.strip_prefix("  ") {
            Some(row) => {
                let name = row.split(' ').next().unwrap_or_default();
                sections.last_mut().expect("a section").1.insert(name);
            }
            None if line.starts_with("Kinds of ") => sections.push((line, BTreeSet::new())),
            None if line.starts_with("Causes") => sections.push((line, BTreeSet::new())),
            None => {}
        }
    }
    let titles: Vec<&str> =
        sections.iter().map(|(title, _)| title.split(" (").next().unwrap_or_default()).collect();
    let of_logs = [
        "Kinds of nginx's error log",
        "Kinds of nginx's access log",
        "Kinds of php-fpm's logs",
        "Kinds of PHP's own log",
        "Kinds of the kernel, with packets that a firewall logs",
        "Kinds of systemd",
        "Kinds of fail2ban",
        "Kinds of Apache's error log",
        "Kinds of Apache's access log",
        "Kinds of ModSecurity's audit log",
        "Kinds of other programs: lfd, Imunify360",
    ];
    assert_eq!(titles.iter().filter(|t| t.starts_with("Kinds")).copied().collect::<Vec<_>>(), of_logs);
    let sources = catalogue.kinds().filter_map(|k| k.source).collect::<BTreeSet<_>>();
    assert_eq!(sources.len(), of_logs.len(), "a log has no section");
    for (kind, title) in [
        ("bind-in-use", of_logs[0]),
        ("access-444", of_logs[1]),
        ("fpm-child-sigkill", of_logs[2]),
        ("php-uncaught", of_logs[3]),
        ("oom-killed-memcg", of_logs[4]),
        ("ufw-block-cloudflare", of_logs[4]),
        ("unit-killed-kill", of_logs[5]),
        ("f2b-ban-cloudflare", of_logs[6]),
        ("apache-access-500", of_logs[8]),
    ] {
        let of: Vec<&str> =
            sections.iter().filter(|(_, kinds)| kinds.contains(kind)).map(|(title, _)| *title).collect();
        assert_eq!(of.len(), 1, "{kind} is listed once");
        assert!(of[0].starts_with(title), "{kind} in {}", of[0]);
        let count = format!("({})", sections.iter().find(|(t, _)| *t == of[0]).unwrap().1.len());
        assert!(of[0].ends_with(&count), "{} counts its kinds", of[0]);
    }
}

/// One page of each of some: the first and last kind, one with several causes, some in between.
fn chosen() -> Vec<&'static Kind> {
    let all: Vec<&Kind> = Catalogue::builtin().kinds().collect();
    let mut chosen: Vec<&Kind> = all.iter().step_by(all.len() / 12).copied().collect();
    chosen.extend(all.last());
    chosen.extend(all.iter().find(|k| !k.cause_when.is_empty()));
    chosen
}

#[test]
fn a_page_teaches_a_kind() {
    for kind in chosen() {
        let run = run(["explain", &kind.id]);
        run.is_quiet(0);
        let page = flat(run.out());
        assert!(run.out().starts_with(&*kind.id), "{}", kind.id);
        let mut wanted = vec![&*kind.meaning, &*kind.cause, kind.severity.as_str(), &*kind.origin];
        wanted.extend(kind.fix.iter().map(|f| &**f));
        wanted.extend(kind.cause_when.iter().map(|w| &*w.cause));
        wanted.extend(kind.sample.lines());
        for words in wanted {
            assert!(page.contains(&flat(words)), "the page of {} must say: {words}\n{}", kind.id, run.out());
        }
        for status in &*kind.edge {
            assert!(page.contains(&status.to_string()), "{}: {status}", kind.id);
        }
    }
}

#[test]
fn a_page_teaches_a_cause() {
    for cause in Catalogue::builtin().causes().step_by(6) {
        let run = run(["explain", &cause.id]);
        run.is_quiet(0);
        let page = flat(run.out());
        for words in [&cause.title, &cause.meaning].into_iter().chain(&*cause.fix) {
            assert!(page.contains(&flat(words)), "the page of {} must say: {words}\n{}", cause.id, run.out());
        }
        for kind in Catalogue::builtin().kinds().filter(|k| k.cause == cause.id) {
            assert!(page.contains(&*kind.id), "the page of {} must name {}", cause.id, kind.id);
        }
    }
}

/// Every cause that can make a status is on its page, with its kinds, and the first two steps of its advice.
#[test]
fn a_page_teaches_a_status() {
    let catalogue = Catalogue::builtin();
    for status in catalogue.statuses() {
        let run = run(["explain", &status.code.to_string()]);
        run.is_quiet(0);
        let page = flat(run.out());
        assert!(run.out().starts_with(&format!("{}  {}\n", status.code, status.title)));
        let mut wanted = vec![status.meaning];
        wanted.extend(status.first_steps.iter().chain(status.silent).chain(status.mistaken));
        wanted.extend(status.limits.iter().flat_map(|l| [l.what, l.value, l.older]));
        for of in status.causes {
            let cause = catalogue.cause_named(of.cause).unwrap().1;
            wanted.extend([of.title.unwrap_or(&cause.title), of.why]);
            wanted.extend(of.kinds);
            wanted.extend(of.fix);
            if of.fix.is_empty() {
                wanted.extend(cause.fix.iter().take(2).map(|f| &**f));
            }
        }
        for words in wanted {
            assert!(page.contains(&flat(words)), "{} must say: {words}\n{}", status.code, run.out());
        }
        let told: BTreeSet<&str> = run
            .out()
            .lines()
            .filter_map(|l| l.trim_start().strip_prefix("logscan explain ")?.split(' ').next())
            .collect();
        let causes = catalogue.causes().filter(|c| c.edge.contains(&status.code)).map(|c| &*c.id);
        let of_page = status.causes.iter().map(|c| c.cause);
        assert_eq!(told, of_page.chain(causes).collect(), "{}", status.code);
    }
}

/// No line is wider than the terminal but for what must stay on one.
#[test]
fn the_page_of_a_status_fits_the_terminal() {
    for status in Catalogue::builtin().statuses() {
        let page = finish(command().env("COLUMNS", "80").args(["explain", &status.code.to_string()]));
        page.is_quiet(0);
        assert!(page.out().is_ascii(), "{}", status.code);
        for line in page.out().lines() {
            // The title and the name of a cause with its title stand on one line.
            let whole =
                line.starts_with(char::is_numeric) || line.trim_start().starts_with("logscan explain ");
            assert!(line.len() <= 80 || whole, "{}: {line}", status.code);
            assert!(!line.ends_with(' '), "{}: {line:?}", status.code);
        }
    }
    let page = finish(command().env("COLUMNS", "80").args(["explain", "520"]));
    insta::assert_snapshot!("explain_520", page.ok());
}

#[test]
fn the_page_of_a_status_as_json() {
    let catalogue = Catalogue::builtin();
    let run = run(["explain", "--format", "json", "520"]);
    run.is_quiet(0);
    let page = run.json();
    let status = catalogue.status(520).unwrap();
    assert_eq!(page["status"], 520);
    assert_eq!(page["whose"], "edge");
    assert_eq!(text(&page, "title"), status.title);
    assert_eq!(text(&page, "meaning"), status.meaning);
    assert_eq!(text(&page["limits"][0], "value"), "128 KB");
    assert!(page["limits"][1].get("older").is_none(), "what is empty is left out");
    for (shown, of) in page["causes"].as_array().unwrap().iter().zip(status.causes) {
        let cause = catalogue.cause_named(of.cause).unwrap().1;
        assert_eq!(text(shown, "cause"), of.cause);
        assert_eq!(text(shown, "title"), of.title.unwrap_or(&cause.title));
        assert_eq!(text(shown, "why"), of.why);
        assert_eq!(shown["kinds"].as_array().unwrap().len(), of.kinds.len());
        let steps = if of.fix.is_empty() { cause.fix.len() } else { of.fix.len() };
        assert_eq!(shown["fix"].as_array().unwrap().len(), steps, "programs get all steps");
    }
    assert_eq!(page["causes"].as_array().unwrap().len(), status.causes.len());
    assert_eq!(page["first_steps"].as_array().unwrap().len(), status.first_steps.len());
    // All other causes that can make it, in the order of the list.
    let rarer =
        ["edge-blocked", "rate-limited", "out-of-memory", "disk-error", "apache-down", "apache-child-crash"];
    assert_eq!(page["rarer"], serde_json::json!(rarer));
}

/// Of a status without a page of its own its causes are told.
#[test]
fn a_status_without_a_page_has_its_causes() {
    let page = run(["explain", "413"]);
    assert!(page.ok().starts_with("Causes of a 413\n"));
    assert!(page.out().contains("logscan explain client-request-too-big"));
    let as_json = run(["explain", "--format", "json", "413"]).json();
    assert_eq!(as_json["status"], 413);
    assert_eq!(text(&as_json["causes"][0], "cause"), "client-request-too-big");
}

#[test]
fn names_may_be_written_otherwise() {
    let page = run(["explain", "fpm-child-sigkill"]);
    assert_eq!(run(["explain", "FPM_Child_SIGKILL"]).ok(), page.ok());
    let as_json = run(["explain", "--format", "json", "php_fpm_oom_killed"]).json();
    assert_eq!(as_json["cause"], "php-fpm-oom-killed");
}

#[test]
fn a_name_that_is_none_gets_a_hint() {
    run(["explain", "fpm-child-sigkil"]).says(2, &["`fpm-child-sigkil`", "fpm-child-sigkill"]);
    run(["explain", "fpm-satuarted"]).says(2, &["did you mean `fpm-saturated`"]);
    run(["explain", "sigsegv"]).says(2, &["fpm-child-sigsegv"]);
    run(["explain", "299"]).says(2, &["no kind, cause or status `299`"]);
    assert_eq!(run(["explain", "299"]).out(), "");
}

#[test]
fn completions_know_commands_and_options() {
    for shell in ["bash", "zsh", "fish"] {
        let run = run(["completions", shell]);
        run.is_quiet(0);
        let words = COMMANDS.iter().chain(&["input-format", "exit-code", "php-fpm"]);
        let missing: Vec<_> = words.filter(|w| !run.out().contains(**w)).collect();
        assert!(missing.is_empty(), "{shell} does not complete {missing:?}");
    }
}

#[test]
fn the_manual_page_is_one() {
    let run = run(["man"]);
    run.is_quiet(0);
    let header = run.out().lines().find(|l| !l.starts_with(".ie") && !l.starts_with(".el")).unwrap();
    assert!(header.starts_with(".TH logscan 1"), "{header}");
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        assert!(run.out().lines().any(|l| l == format!(".SH {section}")), "{section}");
    }
    assert!(run.out().contains("Exit status"));
}

#[test]
fn help_and_version() {
    assert_eq!(run(["--version"]).ok(), concat!("logscan ", env!("CARGO_PKG_VERSION"), "\n"));
    let (short, long) = (run(["-h"]), run(["--help"]));
    assert!(short.ok().len() < long.ok().len(), "-h is the short one");
    for help in [short.ok(), long.ok()] {
        for word in COMMANDS.iter().chain(&["--since", "--rules", "--exit-code", "Exit status"]) {
            assert!(help.contains(word), "{word}");
        }
        let wide = help.lines().find(|l| l.chars().count() > 100);
        assert_eq!(wide, None);
    }
    for command in COMMANDS {
        assert!(run([command, "--help"]).ok().contains("Usage: logscan"), "{command}");
    }
}

#[test]
fn the_one_page_tells_all_commands_and_options() {
    let page = run(["man"]);
    let page = page.ok().replace("\\-", "-");
    for section in ["COMMANDS", "EXIT STATUS", "EXAMPLES"] {
        assert!(page.contains(section), "{section}");
    }
    for word in ["logscan events", "logscan explain", "logscan completions", "--raw", "--since", "--rules"] {
        assert!(page.contains(word), "{word}");
    }
    // There is no page but this.
    assert!(!page.contains("logscan-events(1)"));
}
