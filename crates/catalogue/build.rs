//! Turns `data/**/*.toml` into tables of constants, so that nothing is read or parsed at start.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

#[path = "src/form.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod form;
#[path = "build/statuses.rs"]
mod statuses;

#[path = "src/when.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod when;

use form::{
    AccessForm, AddressForm, CarrierForm, CauseForm, ContextForm, KindForm, OneOrMany, ScopeForm,
    SeverityForm,
};

use when::AccessWhen;

/// The order of the files is the order in which kinds are tried.
const FILES: &[&str] = &[
    "nginx/lua.toml",
    "nginx/upstream.toml",
    "nginx/request.toml",
    "nginx/client.toml",
    "nginx/tls.toml",
    "nginx/process.toml",
    "nginx/config.toml",
    "nginx/modules.toml",
    "nginx/other.toml",
    "php-fpm/workers.toml",
    "php-fpm/master.toml",
    "php-fpm/config.toml",
    "php-fpm/output.toml",
    "php/log.toml",
    "system/kernel.toml",
    "system/systemd.toml",
    "firewall/packets.toml",
    "firewall/fail2ban.toml",
    "firewall/guards.toml",
    "firewall/modsecurity.toml",
    "apache/error.toml",
    "access/nginx.toml",
    "access/apache.toml",
    "causes.toml",
];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("data");
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=src/form.rs");
    println!("cargo::rerun-if-changed=build");
    let mut kinds = String::new();
    let mut causes = String::new();
    let mut known = BTreeSet::new();
    for name in FILES {
        let file = read(&root.join(name));
        for kind in &file.kind {
            write_kind(&mut kinds, kind, file.source.as_deref().unwrap_or("other"));
        }
        for cause in &file.cause {
            write_cause(&mut causes, cause);
            known.insert(cause.id.clone());
        }
    }
    let statuses = statuses(&root.join("statuses.toml"), &known);
    let tables = format!(
        "pub(crate) static KINDS: &[Kind] = &[\n{kinds}];\n\npub(crate) static CAUSES: &[Cause] = &[\n{causes}];\n\n{statuses}"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("tables.rs");
    if let Err(e) = fs::write(&out, tables) {
        fail(&format!("{}: {e}", out.display()));
    }
}

fn read(path: &Path) -> form::File {
    let text = fs::read_to_string(path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
    form::parse(&text).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())))
}

/// The table of statuses, all of whose causes must be known.
fn statuses(path: &Path, causes: &BTreeSet<String>) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
    let file: statuses::File =
        toml::from_str(&text).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
    for status in &file.status {
        if let Some(unknown) = status.cause.iter().find(|c| !causes.contains(&c.cause)) {
            fail(&format!("{}: {}: no such cause: {}", path.display(), status.code, unknown.cause));
        }
    }
    statuses::table(&file.status)
}

fn fail(words: &str) -> ! {
    println!("cargo::error={}", words.replace('\n', " / "));
    process::exit(1)
}

fn write_kind(out: &mut String, k: &KindForm, file_source: &str) {
    let source = k.source.as_deref().unwrap_or(file_source);
    let when: String = k
        .cause_when
        .iter()
        .map(|w| {
            format!(
                "CauseWhen {{ upstream: {}, literals: {}, errno: Cow::Borrowed(&{:?}), access: {}, cause: Cow::Borrowed({:?}) }}, ",
                optional(w.upstream.as_deref()),
                strings(&w.literals),
                w.errno,
                access(w.access.as_ref(), &k.id),
                w.cause
            )
        })
        .collect();
    let fields = [
        ("id", cow(&k.id)),
        ("aliases", list(&k.also)),
        ("source", format!("Some({})", source_path(source))),
        ("literals", strings(&k.literals)),
        ("regex", optional(k.regex.as_deref())),
        ("scope", scope(k.scope)),
        ("errno", format!("Cow::Borrowed(&{:?})", k.errno)),
        ("actions", list(&k.actions)),
        ("context", context(k.context)),
        ("access", access(k.access.as_ref(), &k.id)),
        ("address", address(k.address)),
        ("unit", if k.unit.is_some() { "Some(UnitKind::Web)" } else { "None" }.to_owned()),
        ("guard", k.guard.map_or("None".to_owned(), |g| format!("Some(GuardProgram::{g:?})"))),
        ("syslog_only", matches!(k.carrier, Some(CarrierForm::Syslog)).to_string()),
        ("levels", levels(&k.levels, &k.id)),
        ("strict_level", k.strict_level.to_string()),
        ("severity", severity(k.severity, &k.id)),
        ("cause", cow(k.cause.as_deref().unwrap_or("other"))),
        ("cause_when", format!("Cow::Borrowed(&[{when}])")),
        ("edge", format!("Cow::Borrowed(&{:?})", k.edge)),
        ("meaning", cow(&k.meaning)),
        ("fix", strings(&k.fix)),
        ("origin", cow(&k.origin)),
        ("sample", cow(&k.sample)),
        ("near_misses", strings(&k.near_miss)),
        ("user", "false".to_owned()),
    ];
    out.push_str("    Kind {\n");
    for (name, value) in fields {
        let _ = writeln!(out, "        {name}: {value},");
    }
    out.push_str("    },\n");
}

fn write_cause(out: &mut String, c: &CauseForm) {
    let _ = writeln!(
        out,
        "    Cause {{ id: {}, title: {}, edge: Cow::Borrowed(&{:?}), meaning: {}, fix: {} }},",
        cow(&c.id),
        cow(&c.title),
        c.edge,
        cow(&c.meaning),
        strings(&c.fix)
    );
}

fn cow(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), |t| format!("Some({})", cow(t)))
}

fn strings(texts: &OneOrMany) -> String {
    list(&texts.0)
}

fn list(texts: &[String]) -> String {
    let items: String = texts.iter().map(|t| format!("{}, ", cow(t))).collect();
    format!("Cow::Borrowed(&[{items}])")
}

fn source_path(name: &str) -> &'static str {
    match name {
        "nginx-error" => "Source::NginxError",
        "nginx-access" => "Source::NginxAccess",
        "php-fpm" => "Source::PhpFpm",
        "php-slow" => "Source::PhpSlow",
        "php-error" => "Source::PhpError",
        "kernel" => "Source::Kernel",
        "systemd" => "Source::Systemd",
        "fail2ban" => "Source::Fail2ban",
        "apache-error" => "Source::ApacheError",
        "apache-access" => "Source::ApacheAccess",
        "modsecurity" => "Source::Modsecurity",
        "other" => "Source::Other",
        other => fail(&format!("no such source: {other}")),
    }
}

fn access(form: Option<&AccessForm>, id: &str) -> String {
    let Some(form) = form else { return "None".to_owned() };
    let when = AccessWhen::new(form).unwrap_or_else(|e| fail(&format!("{id}: {e}")));
    format!(
        "Some(AccessWhen {{ statuses: Cow::Borrowed(&{:?}), upstream_statuses: Cow::Borrowed(&{:?}), \
         upstream: {}, request: {}, head: {}, time: {}, empty_body: {}, via: {} }})",
        when.statuses,
        when.upstream_statuses,
        option("Tried", when.upstream),
        option("RequestIs", when.request),
        option("HeadIs", when.head),
        option("TimeIs", when.time),
        when.empty_body,
        option("Via", when.via)
    )
}

fn address(form: Option<AddressForm>) -> String {
    match form {
        None => "None",
        Some(AddressForm::Cloudflare) => "Some(AddressKind::Cloudflare)",
        Some(AddressForm::Stranger) => "Some(AddressKind::Stranger)",
    }
    .to_owned()
}

fn option<T: std::fmt::Debug>(name: &str, value: Option<T>) -> String {
    value.map_or_else(|| "None".to_owned(), |v| format!("Some({name}::{v:?})"))
}

fn scope(form: Option<ScopeForm>) -> String {
    match form {
        Some(ScopeForm::Line) => "Scope::Line",
        Some(ScopeForm::Message) | None => "Scope::Message",
    }
    .to_owned()
}

fn context(form: Option<ContextForm>) -> String {
    match form {
        None => "None",
        Some(ContextForm::Client) => "Some(ContextKind::Client)",
        Some(ContextForm::None) => "Some(ContextKind::Absent)",
        Some(ContextForm::Stream) => "Some(ContextKind::Stream)",
    }
    .to_owned()
}

fn severity(form: Option<SeverityForm>, id: &str) -> String {
    match form {
        Some(SeverityForm::Critical) => "Severity::Critical",
        Some(SeverityForm::Error) => "Severity::Error",
        Some(SeverityForm::Warning) => "Severity::Warning",
        Some(SeverityForm::Notice) => "Severity::Notice",
        Some(SeverityForm::Info) => "Severity::Info",
        None => fail(&format!("{id} has no severity")),
    }
    .to_owned()
}

fn levels(names: &[String], id: &str) -> String {
    let items: String = names
        .iter()
        .map(|name| match name.as_str() {
            "emerg" => "Level::Emerg, ",
            "alert" | "ALERT" => "Level::Alert, ",
            "crit" => "Level::Crit, ",
            "error" | "ERROR" => "Level::Error, ",
            "warn" | "WARNING" => "Level::Warn, ",
            "notice" | "NOTICE" => "Level::Notice, ",
            "info" => "Level::Info, ",
            "debug" | "DEBUG" => "Level::Debug, ",
            other => fail(&format!("{id}: no such level: {other}")),
        })
        .collect();
    format!("Cow::Borrowed(&[{items}])")
}
