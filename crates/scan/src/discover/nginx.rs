//! What nginx's configuration says of logs.
//!
//! Only what is understood is taken: a configuration that nginx would refuse is read as far as it makes sense.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use glob::Pattern;

use super::gather::{Claim, Gather};
use super::lexer::{Lexer, Token, Word};
use super::note::Why;
use super::{Role, Server};
use crate::input::Identity;

/// Where builds of nginx and its relatives keep their configuration.
pub(super) const CONFS: &[&str] = &[
    "/etc/nginx/nginx.conf",
    "/etc/angie/angie.conf",
    "/etc/openresty/nginx.conf",
    "/usr/local/etc/nginx/nginx.conf",
    "/usr/local/nginx/conf/nginx.conf",
    "/usr/local/openresty/nginx/conf/nginx.conf",
    "/opt/nginx/conf/nginx.conf",
];

/// The format that nginx has without a `log_format`: `ngx_http_combined_fmt` of
/// `src/http/modules/ngx_http_log_module.c`.
const COMBINED: &str = "'$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
                        \"$http_referer\" \"$http_user_agent\"'";

/// How deep files include others, and blocks stand in blocks.
const MAX_INCLUDES: usize = 32;
const MAX_BLOCKS: usize = 128;

/// Files and bytes that are read of one configuration, each time they are included.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: usize = 128 << 20;

/// Logs that are taken of one configuration.
const MAX_LOGS: usize = 50_000;

/// Names of a server that are kept.
const MAX_NAMES: usize = 64;

/// Blocks that hold data, not directives.
const DATA: &[&str] = &["map", "geo", "types", "charset_map", "split_clients", "match", "events"];

pub(super) fn find(gather: &mut Gather<'_>) {
    for conf in CONFS.iter().map(Path::new) {
        if let Some(text) = gather.conf(conf) {
            let mut reader = Reader::new(gather, conf, false);
            reader.file(conf, &text);
            reader.finish();
        }
    }
}

/// Reads one configuration that was named.
pub(super) fn read_copy(gather: &mut Gather<'_>, conf: &Path) {
    let conf = std::path::absolute(conf).unwrap_or_else(|_| conf.to_owned());
    gather.tell_missing = true;
    let text = gather.text(&conf, None);
    gather.tell_missing = false;
    if let Some(text) = text {
        gather.discovery.confs.push(conf.clone());
        let mut reader = Reader::new(gather, &conf, true);
        let text = dump(&text).inspect(|_| reader.dump = true).unwrap_or(&text);
        reader.file(&conf, text);
        reader.finish();
    }
}

/// The text from its first file on, where it is what `nginx -T` prints: all files one after the other, each under a
/// comment with its name.
fn dump(text: &str) -> Option<&str> {
    const MARK: &str = "# configuration file ";
    let mut at = 0;
    for line in text.split_inclusive('\n').take(16) {
        if line.starts_with(MARK) {
            return text.get(at..);
        }
        at += line.len();
    }
    None
}

/// What is known of the block that is being read.
#[derive(Clone, Copy, Default)]
struct Block {
    kind: Kind,
    /// Number of the server it belongs to.
    server: Option<usize>,
    /// Whether it is in `stream` or `mail`.
    stream: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Main,
    Http,
    Server,
    Data,
    Other,
}

#[derive(Default)]
struct Host {
    names: Vec<String>,
    /// Whether its access log is its own, or is that of `http`.
    own_access: bool,
    stream: bool,
}

struct Reader<'g, 't> {
    gather: &'g mut Gather<'t>,
    /// The main configuration file, the folder it lies in, and those that relative paths of logs may start from.
    main: PathBuf,
    folder: PathBuf,
    prefixes: Vec<PathBuf>,
    /// Whether the configuration was named, and may be a copy.
    copy: bool,
    /// Whether it is what `nginx -T` prints, so that nothing is to be included.
    dump: bool,
    /// Files that are being read, each included by the one before.
    open: Vec<Identity>,
    blocks: Vec<Block>,
    files: usize,
    bytes: usize,
    hosts: Vec<Host>,
    /// Logs, with the server and the name of the format.
    drafts: Vec<(Claim, Option<usize>, Option<String>)>,
    /// Numbers of the formats of each kind by their names.
    formats: HashMap<(Server, String), usize>,
    /// Whether the levels above all servers set the logs, and whether `access_log off` stood anywhere.
    main_error: bool,
    http_access: bool,
    off: bool,
}

impl<'g, 't> Reader<'g, 't> {
    fn new(gather: &'g mut Gather<'t>, main: &Path, copy: bool) -> Reader<'g, 't> {
        let folder = main.parent().unwrap_or(Path::new("/")).to_owned();
        Reader {
            gather,
            main: main.to_owned(),
            prefixes: prefixes(&folder),
            folder,
            copy,
            dump: false,
            open: Vec::new(),
            blocks: vec![Block::default()],
            files: 0,
            bytes: 0,
            hosts: Vec::new(),
            drafts: Vec::new(),
            formats: HashMap::new(),
            main_error: false,
            http_access: false,
            off: false,
        }
    }

    fn block(&self) -> Block {
        self.blocks.last().copied().unwrap_or_default()
    }

    /// Reads a file in the block that includes it.
    fn file(&mut self, path: &Path, text: &str) {
        self.open.push(self.gather.tree.identity(path));
        let outside = self.blocks.len();
        // Blocks that stand too deep are counted only.
        let mut deep = 0usize;
        let mut words = Vec::new();
        let mut lexer = Lexer::new(text);
        while let Some(token) = lexer.next() {
            match token {
                Token::Word(word) => words.push(word),
                Token::End => {
                    self.directive(path, &words);
                    words.clear();
                }
                Token::Open => {
                    let name = words.first().map_or("", |w| w.text.as_str());
                    if name.ends_with("_by_lua_block") {
                        lexer.skip_lua();
                    } else if self.blocks.len() < MAX_BLOCKS {
                        let block = self.inner(name);
                        self.blocks.push(block);
                    } else {
                        deep += 1;
                    }
                    words.clear();
                }
                Token::Close => {
                    if deep > 0 {
                        deep -= 1;
                    } else if self.blocks.len() > outside {
                        self.blocks.pop();
                    }
                    words.clear();
                }
            }
        }
        self.blocks.truncate(outside);
        self.open.pop();
    }

    fn inner(&mut self, name: &str) -> Block {
        let outer = self.block();
        let kind = match name {
            _ if outer.kind == Kind::Data || DATA.contains(&name) => Kind::Data,
            "http" => Kind::Http,
            "server" => Kind::Server,
            _ => Kind::Other,
        };
        let mut block = Block { kind, ..outer };
        // `mail` has no access logs at all.
        block.stream |= matches!(name, "stream" | "mail");
        // `server` in `upstream` is no block.
        if kind == Kind::Server {
            block.server = Some(self.hosts.len());
            self.hosts.push(Host { stream: block.stream, ..Host::default() });
        }
        block
    }

    fn directive(&mut self, path: &Path, words: &[Word<'_>]) {
        let Some((name, args)) = words.split_first() else { return };
        let Some(first) = args.first() else { return };
        let block = self.block();
        if block.kind == Kind::Data || self.drafts.len() >= MAX_LOGS {
            return;
        }
        match name.text.as_str() {
            "include" => self.include(path, &first.text),
            "log_format" => {
                let pieces: Vec<&str> = args.iter().skip(1).map(|w| w.raw).collect();
                let server = if block.stream { Server::NginxStream } else { Server::Nginx };
                let number = self.gather.format(&first.text, pieces.join(" "), server, path);
                self.formats.entry((server, first.text.clone())).or_insert(number);
            }
            "server_name" => {
                if let Some(host) = block.server.and_then(|s| self.hosts.get_mut(s)) {
                    let names =
                        args.iter().map(|w| w.text.clone()).filter(|name| !name.is_empty() && name != "_");
                    host.names.extend(names.take(MAX_NAMES.saturating_sub(host.names.len())));
                }
            }
            "error_log" => self.error_log(path, &first.text, args.get(1)),
            "access_log" => self.access_log(path, &first.text, args),
            _ => {}
        }
    }

    fn include(&mut self, path: &Path, pattern: &str) {
        if self.dump || pattern.is_empty() {
            return;
        }
        let beside = Path::new(&Pattern::escape(&self.folder.to_string_lossy())).join(pattern);
        let mut found = Vec::new();
        if self.copy {
            // Of a copied folder, what lay in the folder of the original.
            let standard = CONFS.iter().filter_map(|conf| Path::new(conf).parent());
            for inside in standard.filter_map(|folder| Path::new(pattern).strip_prefix(folder).ok()) {
                let copied = Path::new(&Pattern::escape(&self.folder.to_string_lossy())).join(inside);
                found.extend(self.gather.tree.glob(&copied.to_string_lossy()).paths);
            }
        }
        if found.is_empty() {
            // A path that is no pattern is told of where it is not there.
            let whole = self.folder.join(pattern);
            found = if super::tree::is_pattern(pattern) {
                self.gather.included(&beside.to_string_lossy(), path)
            } else {
                vec![whole]
            };
        }
        for file in found {
            self.included(&file, path);
        }
    }

    fn included(&mut self, file: &Path, from: &Path) {
        if self.open.contains(&self.gather.tree.identity(file)) {
            return self.gather.note(file, None, Some(from), Why::Cycle);
        }
        if self.files >= MAX_FILES || self.bytes >= MAX_BYTES || self.open.len() >= MAX_INCLUDES {
            return self.gather.note(&self.main.clone(), None, None, Why::TooMuch);
        }
        self.files += 1;
        if let Some(text) = self.gather.text(file, Some(from)) {
            self.bytes += text.len();
            self.file(file, &text);
        }
    }

    fn error_log(&mut self, path: &Path, target: &str, level: Option<&Word<'_>>) {
        let block = self.block();
        self.main_error |= block.kind == Kind::Main;
        let why = if target == "stderr" {
            Why::Stderr
        } else if target.starts_with("memory:") {
            Why::Memory
        } else if let Some(parameters) = target.strip_prefix("syslog:") {
            syslog(parameters)
        } else {
            let mut claim = Claim::new(Role::NginxError, self.below_prefix(target), path);
            claim.level = level.map(|word| word.text.clone());
            self.drafts.push((claim, block.server, None));
            return;
        };
        self.gather.note(path, Some(Role::NginxError), None, why);
    }

    fn access_log(&mut self, path: &Path, target: &str, args: &[Word<'_>]) {
        let block = self.block();
        match block.kind {
            Kind::Http | Kind::Main => self.http_access = true,
            Kind::Server => {
                if let Some(host) = block.server.and_then(|s| self.hosts.get_mut(s)) {
                    host.own_access = true;
                }
            }
            Kind::Data | Kind::Other => {}
        }
        if target == "off" {
            self.off = true;
            return;
        }
        let role = if block.stream { Role::NginxStream } else { Role::NginxAccess };
        if let Some(parameters) = target.strip_prefix("syslog:") {
            return self.gather.note(path, Some(role), None, syslog(parameters));
        }
        let parameter = |text: &str| {
            text == "gzip" || ["gzip=", "buffer=", "flush=", "if="].iter().any(|p| text.starts_with(p))
        };
        let format = args.get(1).map(|word| word.text.as_str()).filter(|text| !parameter(text));
        let mut claim = Claim::new(role, Vec::new(), path);
        match variables(target) {
            None => claim.paths = self.below_prefix(target),
            Some(pattern) if pattern.starts_with('*') => {
                return self.gather.note(path, Some(role), None, Why::Variable(target.to_owned()));
            }
            Some(pattern) => {
                claim.pattern = true;
                claim.paths = self.below_prefix(&pattern);
            }
        }
        self.drafts.push((claim, block.server, Some(format.unwrap_or("combined").to_owned())));
    }

    /// Where a log may be whose path is relative to the folder that is compiled in (`--prefix`).
    fn below_prefix(&self, path: &str) -> Vec<PathBuf> {
        if path.starts_with('/') {
            return vec![PathBuf::from(path)];
        }
        self.prefixes.iter().map(|prefix| prefix.join(path)).collect()
    }

    /// Hands over the logs, now that all formats and names of servers are known.
    fn finish(mut self) {
        // Of `combined`, a definition in the configuration is impossible: nginx refuses it as a duplicate.
        let combined = self.gather.format("combined", COMBINED.to_owned(), Server::Nginx, &self.main);
        self.formats.entry((Server::Nginx, "combined".to_owned())).or_insert(combined);
        let any_access = self.drafts.iter().any(|(claim, ..)| claim.role == Role::NginxAccess);
        if !self.copy {
            self.defaults(combined);
        }
        if self.off && !any_access {
            self.gather.note(&self.main, Some(Role::NginxAccess), None, Why::Off);
        }
        for (mut claim, server, format) in std::mem::take(&mut self.drafts) {
            let of = if claim.role == Role::NginxStream { Server::NginxStream } else { Server::Nginx };
            claim.format = claim.format.or_else(|| self.formats.get(&(of, format?)).copied());
            claim.hosts = server.and_then(|s| self.hosts.get(s)).map(|h| h.names.clone()).unwrap_or_default();
            self.gather.claim(claim);
        }
    }

    /// Logs that are compiled in. nginx opens its error log where the main level sets none
    /// (`ngx_log_open_default`), and an access log for a server where neither it nor `http` sets one
    /// (`ngx_http_log_merge_loc_conf`).
    fn defaults(&mut self, combined: usize) {
        let mut presume = |role, name: &str, format| {
            let mut claim = Claim::new(role, default_logs(&self.folder, &self.prefixes, name), &self.main);
            claim.presumed = true;
            claim.format = format;
            self.drafts.push((claim, None, None));
        };
        if !self.main_error {
            presume(Role::NginxError, "error.log", None);
        }
        if !self.http_access && self.hosts.iter().any(|host| !host.own_access && !host.stream) {
            presume(Role::NginxAccess, "access.log", Some(combined));
        }
    }
}

/// Folders that relative paths of logs may start from; the first where the log is there counts. nginx does not say
/// which it is outside of its binary. `PREFIX/conf/nginx.conf` is what nginx itself and OpenResty install; packages
/// have the configuration in `/etc/nginx` and their prefix in `/usr/share/nginx` (Debian, Fedora), `/etc/nginx`
/// (nginx.org, Angie) or `/var/lib/nginx` (Alpine).
fn prefixes(folder: &Path) -> Vec<PathBuf> {
    match (folder.file_name(), folder.parent()) {
        (Some(name), Some(above)) if name == "conf" => vec![above.to_owned()],
        (Some(name), _) => {
            vec![Path::new("/usr/share").join(name), folder.to_owned(), Path::new("/var/lib").join(name)]
        }
        _ => vec![folder.to_owned()],
    }
}

/// Where a log is written that no directive sets: `/var/log/nginx` in packages, `logs` in the prefix of nginx itself.
fn default_logs(folder: &Path, prefixes: &[PathBuf], name: &str) -> Vec<PathBuf> {
    let packaged =
        folder.file_name().filter(|n| *n != "conf").map(|n| Path::new("/var/log").join(n).join(name));
    packaged.into_iter().chain(prefixes.iter().map(|prefix| prefix.join("logs").join(name))).collect()
}

/// `server=unix:/dev/log,facility=local7,tag=nginx`; the tag is `nginx` by default.
fn syslog(parameters: &str) -> Why {
    let value = |key: &str| parameters.split(',').find_map(|p| p.strip_prefix(key));
    let server = value("server=").filter(|s| !s.starts_with("unix:"));
    let local =
        server.is_none_or(|s| s.starts_with("127.") || s.starts_with("localhost") || s.starts_with("[::1]"));
    let server = server.filter(|_| !local).map(str::to_owned);
    Why::Syslog { tag: value("tag=").unwrap_or("nginx").to_owned(), server }
}

/// A path as a pattern with `*` for each variable; `None` where it has none.
fn variables(path: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = path;
    let mut any = false;
    while let Some((literal, after)) = rest.split_once('$') {
        pattern.push_str(&Pattern::escape(literal));
        let name = |text: &str| text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let length = match after.strip_prefix('{') {
            Some(inner) => {
                Some(name(inner)).filter(|n| inner.as_bytes().get(*n) == Some(&b'}')).map(|n| n + 2)
            }
            None => Some(name(after)).filter(|n| *n > 0),
        };
        match length {
            Some(length) => {
                any = true;
                if !pattern.ends_with('*') {
                    pattern.push('*');
                }
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                pattern.push('$');
                rest = after;
            }
        }
    }
    pattern.push_str(&Pattern::escape(rest));
    any.then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_stars() {
        assert_eq!(variables("/var/log/nginx/access.log"), None);
        assert_eq!(variables("/l/$host-access.log").as_deref(), Some("/l/*-access.log"));
        assert_eq!(variables("/l/${host}x/$a$b.log").as_deref(), Some("/l/*x/*.log"));
        assert_eq!(variables("/l[1]/$a").as_deref(), Some("/l[[]1[]]/*"));
        assert_eq!(variables("/l/$"), None);
        assert_eq!(variables("/l/${x/$y").as_deref(), Some("/l/${x/*"));
        assert_eq!(variables("$log").as_deref(), Some("*"));
    }

    #[test]
    fn syslog_servers() {
        let why = |p: &str| syslog(p);
        let local = |tag: &str| Why::Syslog { tag: tag.into(), server: None };
        assert_eq!(why("server=unix:/dev/log"), local("nginx"));
        assert_eq!(why("server=unix:/dev/log,facility=local7,tag=web,severity=info"), local("web"));
        assert_eq!(why("server=127.0.0.1:514"), local("nginx"));
        assert_eq!(
            why("server=192.0.2.9,nohostname"),
            Why::Syslog { tag: "nginx".into(), server: Some("192.0.2.9".into()) }
        );
    }

    #[test]
    fn prefixes_of_builds() {
        assert_eq!(prefixes(Path::new("/opt/nginx/conf")), [Path::new("/opt/nginx")]);
        assert_eq!(
            prefixes(Path::new("/etc/nginx")),
            [Path::new("/usr/share/nginx"), Path::new("/etc/nginx"), Path::new("/var/lib/nginx")]
        );
        let of = |folder: &str| default_logs(Path::new(folder), &prefixes(Path::new(folder)), "error.log");
        assert_eq!(of("/usr/local/nginx/conf"), [Path::new("/usr/local/nginx/logs/error.log")]);
        assert_eq!(of("/etc/angie").first().unwrap(), Path::new("/var/log/angie/error.log"));
    }

    #[test]
    fn output_of_nginx_t() {
        assert_eq!(dump("user x;\n"), None);
        let text = "nginx: test is successful\n# configuration file /etc/nginx/nginx.conf:\nuser x;\n";
        assert_eq!(dump(text), text.split_once('\n').map(|(_, rest)| rest));
    }
}
