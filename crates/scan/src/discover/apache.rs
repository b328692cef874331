//! What Apache's configuration says of logs.
//!
//! `<IfModule>`, `<IfDefine>` and the like are taken as if they held: which modules are loaded is not looked up.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use glob::Pattern;

use super::gather::{Claim, Gather, is_beside};
use super::note::Why;
use super::{Role, Server};
use crate::input::{Identity, identity};

/// Where Debian, RHEL, cPanel, Alpine, SUSE and Apache itself keep the configuration.
pub(super) const CONFS: &[&str] = &[
    "/etc/apache2/apache2.conf",
    "/etc/httpd/conf/httpd.conf",
    "/etc/apache2/conf/httpd.conf",
    "/etc/apache2/httpd.conf",
    "/usr/local/apache/conf/httpd.conf",
    "/usr/local/apache2/conf/httpd.conf",
];

/// The format of a `TransferLog` where none was set: `DEFAULT_LOG_FORMAT` of `modules/loggers/mod_log_config.c`.
const COMMON: &str = r#""%h %l %u %t \"%r\" %>s %b""#;

/// Files and bytes that are read of one configuration, and how deep they include others.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: usize = 128 << 20;
const MAX_INCLUDES: usize = 16;

/// Logs that are taken of one configuration, and names that are kept of a host.
const MAX_LOGS: usize = 50_000;
const MAX_NAMES: usize = 64;

/// A value may hold others, which were put in before: their number of bytes doubles with each definition.
const MAX_VALUE: usize = 64 * 1024;

pub(super) fn find(gather: &mut Gather<'_>) {
    for conf in CONFS.iter().map(Path::new) {
        if let Some(text) = gather.conf(conf) {
            let mut reader = Reader::new(gather, conf);
            reader.environment();
            reader.file(conf, &text);
            reader.finish();
        }
    }
}

/// The format of a log, as its directive has it.
enum Format {
    None,
    /// A nickname, or the format itself, with its quotes.
    Given(String, String),
    /// The last `LogFormat` without a nickname.
    Last(Option<usize>),
}

struct Reader<'g, 't> {
    gather: &'g mut Gather<'t>,
    main: PathBuf,
    /// `ServerRoot`, where relative paths start.
    root: PathBuf,
    /// What `Define` and the file `envvars` set.
    defined: HashMap<String, String>,
    /// Files and folders that are being read, each included by the one before.
    open: Vec<Identity>,
    files: usize,
    bytes: usize,
    /// Names of the virtual hosts, and the number of the one that is being read.
    hosts: Vec<Vec<String>>,
    host: Option<usize>,
    drafts: Vec<(Claim, Option<usize>, Format)>,
    nicknames: HashMap<String, usize>,
    transfer: Option<usize>,
    main_error: bool,
}

impl<'g, 't> Reader<'g, 't> {
    fn new(gather: &'g mut Gather<'t>, main: &Path) -> Reader<'g, 't> {
        let folder = main.parent().unwrap_or(Path::new("/"));
        let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == "conf"));
        Reader {
            gather,
            main: main.to_owned(),
            root: above.unwrap_or(folder).to_owned(),
            defined: HashMap::new(),
            open: Vec::new(),
            files: 0,
            bytes: 0,
            hosts: Vec::new(),
            host: None,
            drafts: Vec::new(),
            nicknames: HashMap::new(),
            transfer: None,
            main_error: false,
        }
    }

    /// Reads the shell variables that Debian's `apache2ctl` sets.
    fn environment(&mut self) {
        let path = self.main.with_file_name("envvars");
        if !self.gather.tree.exists(&path) {
            return;
        }
        let Some(text) = self.gather.text(&path, Some(&self.main.clone())) else { return };
        for line in text.lines().map(str::trim) {
            let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
                continue;
            };
            if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                let value = shell_value(value, &self.defined);
                self.defined.insert(name.to_owned(), value);
            }
        }
    }

    fn file(&mut self, path: &Path, text: &str) {
        self.open.push(self.gather.tree.identity(path));
        let mut joined = String::new();
        for line in text.lines() {
            // A backslash at the end of a line joins it with the next.
            if let Some(begun) = line.strip_suffix('\\') {
                joined.push_str(begun);
                continue;
            }
            joined.push_str(line);
            self.line(path, joined.trim());
            joined.clear();
        }
        self.line(path, joined.trim());
        self.open.pop();
    }

    fn line(&mut self, path: &Path, line: &str) {
        if line.starts_with('#') || line.is_empty() {
            return;
        }
        let (name, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let name = name.to_ascii_lowercase();
        let args = || words(rest, 4);
        match name.as_str() {
            "<virtualhost" => {
                self.host = Some(self.hosts.len());
                self.hosts.push(Vec::new());
            }
            "</virtualhost>" => self.host = None,
            "servername" | "serveralias" => self.name(rest),
            "define" => {
                let mut args = args().into_iter();
                let (name, value) = (args.next(), args.next());
                if let Some((_, name)) = name {
                    let value = value.map(|(_, text)| self.expanded(&text)).unwrap_or_default();
                    self.defined.insert(name, value);
                }
            }
            "serverroot" => {
                if let Some((_, folder)) = args().into_iter().next() {
                    self.root = PathBuf::from(self.expanded(&folder));
                }
            }
            "include" | "includeoptional" => {
                if let Some((_, pattern)) = args().into_iter().next() {
                    let pattern = self.expanded(&pattern);
                    self.include(path, &pattern, name == "includeoptional");
                }
            }
            "logformat" => self.log_format(path, args()),
            "errorlog" => {
                self.main_error |= self.host.is_none();
                self.log(path, Role::ApacheError, &args(), |_, _| Format::None);
            }
            "customlog" | "globallog" => self.log(path, Role::ApacheAccess, &args(), |_, args| {
                args.get(1).map_or(Format::None, |(raw, text)| Format::Given(text.clone(), (*raw).to_owned()))
            }),
            "transferlog" => self.log(path, Role::ApacheAccess, &args(), |me, _| Format::Last(me.transfer)),
            "secauditlog" => self.log(path, Role::ModSecurity, &args(), |_, _| Format::None),
            _ => {}
        }
    }

    fn name(&mut self, rest: &str) {
        let Some(names) = self.host.and_then(|host| self.hosts.get_mut(host)) else { return };
        let room = MAX_NAMES.saturating_sub(names.len());
        for (_, name) in words(rest, room) {
            // `https://example.com:443` names example.com.
            let name = name.rsplit("//").next().unwrap_or_default();
            names.push(name.split(':').next().unwrap_or_default().to_owned());
        }
    }

    fn log_format(&mut self, path: &Path, args: Vec<(&str, String)>) {
        let mut args = args.into_iter();
        let Some((raw, text)) = args.next() else { return };
        match args.next() {
            Some((_, nickname)) => {
                let number = self.gather.format(&nickname, raw.to_owned(), Server::Apache, path);
                // The last definition counts.
                self.nicknames.insert(nickname, number);
            }
            // A nickname alone makes it the format of those `TransferLog`s that follow.
            None => {
                let known = self.nicknames.get(&text).copied();
                let number =
                    known.unwrap_or_else(|| self.gather.format("", raw.to_owned(), Server::Apache, path));
                self.transfer = Some(number);
            }
        }
    }

    fn log(
        &mut self,
        path: &Path,
        role: Role,
        args: &[(&str, String)],
        format: impl FnOnce(&Self, &[(&str, String)]) -> Format,
    ) {
        let Some((_, target)) = args.first() else { return };
        let target = target.as_str();
        let why = if let Some(command) = target.strip_prefix('|') {
            Why::Pipe(self.expanded(command.trim_start_matches('$').trim()))
        } else if let Some(parameters) = journal(target) {
            // `syslog:facility:tag`; by default the tag is the program's name.
            let tag = parameters.split(':').nth(2).filter(|tag| !tag.is_empty());
            let program = if self.main.ends_with("apache2.conf") { "apache2" } else { "httpd" };
            Why::Syslog { tag: tag.unwrap_or(program).to_owned(), server: None }
        } else {
            return self.file_log(path, role, target, format(self, args));
        };
        self.gather.note(path, Some(role), None, why);
    }

    fn file_log(&mut self, path: &Path, role: Role, target: &str, format: Format) {
        let target = self.expanded(target);
        if is_beside(&target) || self.drafts.len() >= MAX_LOGS {
            return;
        }
        let mut claim = Claim::new(role, Vec::new(), path);
        // A variable that is not known is left as it stands.
        let (pattern, any) = stars(&target);
        if any && pattern.starts_with('*') {
            return self.gather.note(path, Some(role), None, Why::Variable(target));
        }
        claim.pattern = any;
        let root = if any { Pattern::escape(&self.root.to_string_lossy()) } else { String::new() };
        claim.paths = vec![if any { Path::new(&root).join(pattern) } else { self.root.join(target) }];
        self.drafts.push((claim, self.host, format));
    }

    fn include(&mut self, path: &Path, pattern: &str, optional: bool) {
        let whole = self.root.join(pattern);
        let found = if super::tree::is_pattern(pattern) {
            let root = Pattern::escape(&self.root.to_string_lossy());
            self.gather.included(&Path::new(&root).join(pattern).to_string_lossy(), path)
        } else if optional && !self.gather.tree.exists(&whole) {
            Vec::new()
        } else {
            vec![whole]
        };
        for file in found {
            self.included(&file, path);
        }
    }

    fn included(&mut self, file: &Path, from: &Path) {
        let Ok(real) = self.gather.tree.real(file) else { return };
        if self.files >= MAX_FILES || self.bytes >= MAX_BYTES || self.open.len() >= MAX_INCLUDES {
            return self.gather.note(&self.main.clone(), None, None, Why::TooMuch);
        }
        self.files += 1;
        let node = identity(&real);
        if self.open.contains(&node) {
            return self.gather.note(file, None, Some(from), Why::Cycle);
        }
        if real.is_dir() {
            // Of a folder, all files.
            self.open.push(node);
            let all = format!("{}/*", Pattern::escape(&file.to_string_lossy()));
            for inner in self.gather.included(&all, from) {
                self.included(&inner, from);
            }
            self.open.pop();
            return;
        }
        if let Some(text) = self.gather.text(file, Some(from)) {
            self.bytes += text.len();
            self.file(file, &text);
        }
    }

    /// A value with what is defined in place of `${NAME}`.
    fn expanded(&self, text: &str) -> String {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            value.push_str(before);
            let known = variable(after).and_then(|(name, rest)| Some((self.defined.get(name)?, rest)));
            match known {
                Some((known, after)) if value.len() + known.len() <= MAX_VALUE => {
                    value.push_str(known);
                    rest = after;
                }
                _ => {
                    value.push_str("${");
                    rest = after;
                }
            }
        }
        value + rest
    }

    fn finish(mut self) {
        if !self.main_error {
            // `ap_init_log_defaults`: `logs/error_log` of ServerRoot; RHEL keeps that name.
            let paths = ["logs/error_log", "logs/error.log"].map(|log| self.root.join(log)).to_vec();
            let mut claim = Claim::new(Role::ApacheError, paths, &self.main);
            claim.presumed = true;
            self.drafts.push((claim, None, Format::None));
        }
        // One entry for each text that stands in place of a nickname.
        let mut inline: HashMap<String, usize> = HashMap::new();
        let mut seen: HashSet<(PathBuf, Option<usize>, Option<usize>)> = HashSet::new();
        for (mut claim, host, format) in std::mem::take(&mut self.drafts) {
            let gather = &mut self.gather;
            let mut given = |text: &str, raw: &str| {
                *inline
                    .entry(text.to_owned())
                    .or_insert_with(|| gather.format("", raw.to_owned(), Server::Apache, &claim.from))
            };
            claim.format = match &format {
                Format::None => None,
                Format::Given(text, _) if self.nicknames.contains_key(text) => {
                    self.nicknames.get(text).copied()
                }
                Format::Given(text, raw) if text.contains('%') => Some(given(text, raw)),
                Format::Given(..) => None,
                Format::Last(Some(number)) => Some(*number),
                Format::Last(None) => Some(given("", COMMON)),
            };
            let key = (claim.paths.first().cloned().unwrap_or_default(), claim.format, host);
            if seen.insert(key) {
                claim.hosts = host.and_then(|h| self.hosts.get(h)).cloned().unwrap_or_default();
                self.gather.claim(claim);
            }
        }
    }
}

/// The first words of a line, each as written and without its quotes (`ap_getword_conf` of `server/util.c`: a
/// backslash escapes a quote or a backslash).
fn words(line: &str, most: usize) -> Vec<(&str, String)> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && words.len() < most {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (raw, text) = match quote {
            Some(quote) => {
                let mut text = String::new();
                let mut end = rest.len();
                let mut chars = rest.char_indices().skip(1);
                while let Some((at, char)) = chars.next() {
                    if char == quote {
                        end = at + 1;
                        break;
                    }
                    if char != '\\' {
                        text.push(char);
                        continue;
                    }
                    match chars.next() {
                        Some((_, next)) if next == quote || next == '\\' => text.push(next),
                        Some((_, next)) => text.extend(['\\', next]),
                        None => text.push('\\'),
                    }
                }
                (rest.get(..end).unwrap_or(rest), text)
            }
            None => {
                let raw = rest.split([' ', '\t']).next().unwrap_or(rest);
                (raw, raw.to_owned())
            }
        };
        rest = rest.get(raw.len()..).unwrap_or_default().trim_start();
        words.push((raw, text));
    }
    words
}

/// What follows in `syslog`, `syslog:facility:tag` and `journald` (of mod_journald).
fn journal(target: &str) -> Option<&str> {
    let rest = target.strip_prefix("syslog").or_else(|| target.strip_prefix("journald"))?;
    (rest.is_empty() || rest.starts_with(':')).then_some(rest)
}

/// A value of the shell, as far as assignments need it: quotes, `$NAME` and `${NAME}`. What is not known is empty.
fn shell_value(text: &str, known: &HashMap<String, String>) -> String {
    let text = text.trim();
    let text = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text.trim_start_matches(quote).split(quote).next().unwrap_or_default(),
        _ => text.split([' ', '\t', ';']).next().unwrap_or_default(),
    };
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        value.push_str(before);
        let (name, after) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').unwrap_or((inner, "")),
            None => {
                let end = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                after.split_at_checked(end).unwrap_or((after, ""))
            }
        };
        if let Some(known) = known.get(name).filter(|k| value.len() + k.len() <= MAX_VALUE) {
            value.push_str(known);
        }
        rest = after;
    }
    value + rest
}

/// The name before `}`, and what follows; names are short.
fn variable(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(256).position(|b| b == b'}')?;
    let (name, rest) = text.split_at_checked(end)?;
    Some((name, rest.get(1..)?))
}

/// A path as a pattern with `*` for each `${NAME}`, and whether there was any.
fn stars(path: &str) -> (String, bool) {
    let mut pattern = String::new();
    let mut any = false;
    let mut rest = path;
    while let Some((before, inner)) = rest.split_once("${") {
        pattern.push_str(&Pattern::escape(before));
        match variable(inner) {
            Some((_, after)) => {
                if !pattern.ends_with('*') {
                    pattern.push('*');
                }
                any = true;
                rest = after;
            }
            None => {
                pattern.push_str("${");
                rest = inner;
            }
        }
    }
    pattern.push_str(&Pattern::escape(rest));
    (pattern, any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line, 9).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn words_of_apache() {
        assert_eq!(texts(r#" "%h \"%r\" \\n" combined env=!x"#), [r#"%h "%r" \n"#, "combined", "env=!x"]);
        assert_eq!(texts(r#"'a "b' c"#), [r#"a "b"#, "c"]);
        assert_eq!(texts(r#""\t\"#), [r"\t\"]);
        assert_eq!(texts("\"open é"), ["open é"]);
        assert_eq!(words(r#""%h \"%r\"" x"#, 1)[0].0, r#""%h \"%r\"""#);
        assert!(texts("  ").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read(line in "[a\"'\\\\ ${}:|é]{0,40}") {
            for (raw, _) in words(&line, 9) {
                assert!(!raw.is_empty());
            }
            shell_value(&line, &HashMap::new());
            stars(&line);
        }
    }

    #[test]
    fn values_of_the_shell() {
        let known = HashMap::from([("SUFFIX".to_owned(), "-x".to_owned())]);
        assert_eq!(shell_value("/var/log/apache2$SUFFIX", &known), "/var/log/apache2-x");
        assert_eq!(shell_value("\"/a/${SUFFIX}/b c\" # d", &known), "/a/-x/b c");
        assert_eq!(shell_value("\"-${CONFDIR##/etc/apache2-}\"", &known), "-");
        assert_eq!(shell_value("", &known), "");
    }

    #[test]
    fn unknown_variables_become_stars() {
        assert_eq!(stars("/l/a.log"), ("/l/a.log".to_owned(), false));
        assert_eq!(stars("/l/${A}${B}/c[1].log"), ("/l/*/c[[]1[]].log".to_owned(), true));
        assert_eq!(stars("/l/${A"), ("/l/${A".to_owned(), false));
    }
}
